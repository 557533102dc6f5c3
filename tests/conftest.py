"""What every test shares."""

import gc
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.town.inside import MemoryNode, Template, over
from tests.town.people import Town

settings.register_profile("quick", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


# -- a town of one's own: built once over HTTP, opened in a moment on a copy; its parts are in tests/town --


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("town"))


@pytest.fixture
def node(template: Template, tmp_path: Path) -> Iterator[MemoryNode]:
    """The town's node in this process; its providers answer from memory, its logs go where pytest catches them."""
    structlog.reset_defaults()
    opened = template.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
async def town(template: Template, node: MemoryNode) -> AsyncIterator[Town]:
    """The town over HTTP without a socket."""
    async with over(node, template.keys, template.ids) as opened:
        yield opened


def pytest_collection_finish(session: pytest.Session) -> None:
    """Thousands of collected tests stay for good: the collector need not look at them again and again."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*programs): skipped, loudly, where a program is not installed")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A missing program is never a silent pass: `.ci/run` fails on the word that the skip begins with."""
    for marker in item.iter_markers("needs"):
        missing = [program for program in marker.args if shutil.which(program) is None]
        if missing:
            pytest.skip(f"needs: {' '.join(missing)}")
