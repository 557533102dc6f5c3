"""docs/settings.md names every setting with its default."""

import re
from collections.abc import Callable

from pydantic import TypeAdapter

from exchange.settings import Settings

Rows = Callable[[str, str], list[list[str]]]
NONE = "—"


def test_every_setting_stands_there_once_and_no_other(rows: Rows) -> None:
    names = [row[0] for row in rows("docs/settings.md", "HUTONG_.*")]
    assert names == [f"HUTONG_{name.upper()}" for name in Settings.model_fields]


def test_defaults_are_those_of_the_code(rows: Rows) -> None:
    told = {row[0].removeprefix("HUTONG_").lower(): row[1] for row in rows("docs/settings.md", "HUTONG_.*")}
    for name, field in Settings.model_fields.items():
        if field.default in (None, ()):
            assert told[name] == NONE, name
        else:
            assert TypeAdapter(field.annotation).validate_python(told[name]) == field.default, name


def test_every_setting_has_unit_and_meaning_in_both_languages(rows: Rows) -> None:
    for name, _, unit, meaning, chinese in rows("docs/settings.md", "HUTONG_.*"):
        assert unit, name
        assert len(meaning) > 10, name
        assert re.search("[\u4e00-\u9fff]", chinese), name
