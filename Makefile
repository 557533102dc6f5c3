# Every target depends on `install`; it costs nothing once .venv is newer than the lock.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= auto

.PHONY: help install demo test test-long check bench bench-search lock clean

help:  ## print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/installed  ## prepare .venv from requirements.lock

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Hutong needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: install  ## start the demonstration city on http://127.0.0.1:8080 (Ctrl-C ends it)
	$(BIN)/hutong demo

test: install  ## run the tests, in parallel
	$(BIN)/pytest -n $(WORKERS) -m "not long"

test-long: install  ## run all tests, the long ones too
	$(BIN)/pytest -n $(WORKERS)

check: install  ## ruff, types, import direction
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install  ## measure against an nginx reverse proxy in the same run
	$(BIN)/python -m tests.bench

bench-search: install  ## measure search among 100 000 datasets
	$(BIN)/python -m tests.bench.search

lock: install  ## remake requirements.lock from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --universal --all-extras --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade --quiet --output-file requirements.lock

clean:  ## remove the environment and the demonstration's data
	rm -rf .venv var var.keys
