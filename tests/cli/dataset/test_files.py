"""Registrations in files: every value keeps its place, and no file costs more than it says."""

from pathlib import Path

import pytest

from exchange.cli import written
from exchange.cli.dataset import files
from exchange.cli.dataset.files import Place, Unreadable, read

GOOD = """\
# 居住证
department: public-security
slug: permits
title: {zh: 居住证, en: Residence permits}
description:
  en: >-
    One record
    per permit.
sharing_class: conditional
category: "301001"
keywords:
  - 居住证
  - no
  - 007
items:
- path: number
  title: {en: Number}
  sharing_class: conditional
  sensitivity: 3
  identifies: person
"""


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str | bytes, name: str = "datasets.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refused(path: Path):
    with pytest.raises(Unreadable) as refusal:
        read(path)
    (found,) = refusal.value.findings
    return found.rule, (found.place.line, found.place.column)


def test_a_registration_is_read_with_its_places(file):
    (draft,) = read(file(GOOD))
    shape, found = draft.shaped()
    assert found == []
    assert shape.description == {"en": "One record per permit."}
    assert shape.keywords == ["居住证", "no", "007"], "a word is a word and a code keeps its zeros"
    assert draft.places["/items/0/sensitivity"] == Place(19, 16)
    assert draft.places["/title/en"] == Place(4, 22)


def test_everything_wrong_with_the_shape_has_its_place(file):
    text = GOOD.replace("conditional\ncategory", "secret\ncategory").replace("sensitivity: 3", "sensitivity: 9")
    (draft,) = read(file(text.replace("  identifies: person\n", "  nobody: true\n")))
    shape, found = draft.shaped()
    assert shape is None
    assert [(one.pointer, one.place.line) for one in found] == [
        ("/sharing_class", 9),
        ("/items/0/sensitivity", 19),
        ("/items/0/identifies", 16),  # is not there: where its item stands
        ("/items/0/nobody", 20),
    ]
    assert str(found[1]).startswith(f"{draft.file}:19:16: /items/0/sensitivity: ")


def test_many_in_one_file(file):
    text = f"{GOOD}---\n{GOOD.replace('permits', 'visas')}"
    assert [draft.document["slug"] for draft in read(file(text))] == ["permits", "visas"]
    listed = '[{"slug": "a"},\n\t{"slug": "b", "items": [{"path": "x"}]}]'
    first, second = read(file(listed, "datasets.json"))
    assert (first.document, second.places["/items/0/path"]) == ({"slug": "a"}, Place(2, 35))
    assert second.at("/title", "missing", "a title").place == Place(2, 2)


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ("a: &x [1]\nb: 2", "alias", (1, 4)),
        ("a: 1\nb: *x", "alias", (2, 4)),
        ("a: !!python/object:os.system x", "tag", (1, 4)),
        ("a: !!str 1", "tag", (1, 4)),
        ("a: 1\na: 2", "unique", (2, 1)),
        ("? [1]\n: 2", "name", (1, 3)),
        ("a: [1\nb: 2", "syntax", (2, 2)),
        ("a: 1\n\tb: 2", "syntax", (2, 1)),
        ("a: \x07", "syntax", (1, 1)),
        ("", "empty", (1, 1)),
        ("---\n---\n", "empty", (1, 1)),
        (b"a: 1\nb: \xb9\xab\xb0\xb2", "encoding", (2, 4)),
        (f"a: 1\n? {'b' * 201}\n: 2", "length", (2, 3)),
        ("a: " + "[" * 5_000, "depth", (1, 24)),
        ("a: " + "{b: " * 5_000, "depth", (1, 81)),
    ],
)
def test_what_is_no_plain_registration_is_refused_at_its_place(file, text, rule, place):
    assert refused(file(text)) == (rule, place)


def test_a_bomb_of_aliases_does_not_go_off(file):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert refused(file("\n".join(lines)))[0] == "alias"


def test_a_file_is_bounded(file, monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 2**20)
    assert refused(file("a: " + "x" * 2**20)) == ("size", (1, 1))
    monkeypatch.setattr(written, "MOST_VALUES", 100)
    assert refused(file("".join(f"- {n}\n" for n in range(200))))[0] == "size"


def test_long_names_around_many_values_are_bounded_together(file, monkeypatch):
    monkeypatch.setattr(written, "MOST_POINTERS", 200_000)
    inside = "".join(f"{' ' * depth}{'n' * 200}:\n" for depth in range(10)) + " " * 10
    assert len(read(file(f"{inside}[{'1,' * 50}]"))[0].places) > 50
    assert refused(file(f"{inside}[{'1,' * 100}]"))[0] == "size"
    assert refused(file("---\n".join([f"{inside}[{'1,' * 50}]\n"] * 2)))[0] == "size", "of all documents together"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-1", -1), ("1.5", 1.5), ("true", True), ("null", None), ("~", None), ("", None),
        ("yes", "yes"), ("0x1f", "0x1f"), ("1e999999", "1e999999"), ("9" * 400, "9" * 400),
        ("2026-11-22", "2026-11-22"), ("1:30", "1:30"), (".inf", ".inf"), ("'1'", "1"), ('"true"', "true"),
    ],
)  # fmt: skip
def test_values_mean_what_json_means(file, text, value):
    (draft,) = read(file(f"a: {text}"))
    assert draft.document == {"a": value}


def test_json_with_escaped_characters_of_any_plane_is_read(file):
    (draft,) = read(file('{"a": "\\ud83d\\ude00 \\u5c45 \\/"}', "one.json"))
    assert draft.document == {"a": "😀 居 /"}
