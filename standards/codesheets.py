"""Code lists in CSV files (RFC 4180): one code on a line, below a line of column names in Chinese or English.

UTF-8 and GB 18030 (with it GBK and GB 2312) are recognised. Full-width digits and dashes of dates are read as
half-width ones; a code is kept as it stands.

ValueError
└── InvalidSheet   .findings: every cell that is wrong, as `/<line>/<column>`, at most 50
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from standards import codelists
from standards.models import Code, CodeListDraft
from standards.validation import Finding

MAX_BYTES = 8 << 20
MAX_LINES = 20_000
_MAX_CELL = 20_000
_MAX_FINDINGS = 50
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "代码", "编码"),
    "name zh": ("name zh", "中文名称", "名称", "名称（中文）", "含义"),
    "name en": ("name en", "英文名称", "名称（英文）"),
    "definition zh": ("definition zh", "说明", "定义"),
    "definition en": ("definition en", "英文说明"),
    "valid_from": ("valid from", "启用日期", "生效日期"),
    "valid_until": ("valid until", "停用日期", "失效日期"),
    "parent": ("parent", "上级代码", "父代码"),
}


class InvalidSheet(ValueError):
    """A file from which no code list can be made; nothing of it was taken."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("The file cannot be read as a code list: mend every listed cell.")


def read(content: bytes, **about: Any) -> CodeListDraft:
    """The code list of a file; `about` are slug, version, name and what else the draft says. Raises InvalidSheet.

    Raises pydantic.ValidationError when `about` is not valid.
    """
    lines = _lines(content)
    columns = _header(lines)
    codes: list[Code] = []
    places: list[int] = []
    findings: list[Finding] = []
    for number, cells in enumerate(lines[1:], 2):
        if any(cell.strip() for cell in cells) and len(findings) < _MAX_FINDINGS:
            code = _code(number, _values(columns, cells), findings)
            if code is not None:
                codes.append(code)
                places.append(number)
    if not codes and not findings:
        findings.append(Finding("/2", "empty", "at least one line with a code"))
    if findings:
        raise InvalidSheet(findings[:_MAX_FINDINGS])
    draft = CodeListDraft(**about, codes=codes)
    if found := codelists.faults(draft):
        raise InvalidSheet([_at_line(one, places) for one in found])
    return draft


def _lines(content: bytes) -> list[list[str]]:
    if len(content) > MAX_BYTES:
        raise InvalidSheet([Finding("", "size", f"a file of at most {MAX_BYTES >> 20} MB")])
    reader = csv.reader(io.StringIO(_decoded(content), newline=""), strict=True)
    csv.field_size_limit(max(csv.field_size_limit(), _MAX_CELL))
    lines: list[list[str]] = []
    try:
        for cells in reader:
            lines.append(cells)
            if len(lines) > MAX_LINES + 1:
                raise InvalidSheet([Finding(f"/{reader.line_num}", "size", f"at most {MAX_LINES} codes")])
    except csv.Error:
        expected = "commas between cells, and quotes that end"
        raise InvalidSheet([Finding(f"/{reader.line_num}", "csv", expected)]) from None
    return lines


def _decoded(content: bytes) -> str:
    if b"\x00" in content:
        raise InvalidSheet([Finding("", "encoding", "a text in UTF-8 or GB 18030, not a workbook or UTF-16")])
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidSheet([Finding("", "encoding", "UTF-8 or GB 18030 (GBK)")])


def _header(lines: Sequence[Sequence[str]]) -> list[str | None]:
    """What each column holds, None for one that is not known."""
    known = {_plain(alias): name for name, aliases in _COLUMNS.items() for alias in aliases}
    cells = [_plain(cell).casefold().replace("_", " ") for cell in (lines[0] if lines else ())]
    columns = [known.get(cell) for cell in cells]
    findings = []
    if "code" not in columns:
        findings.append(Finding("/1", "column", "a column named code or 代码"))
    if not {"name zh", "name en"}.intersection(columns):
        findings.append(Finding("/1", "column", "a column named name_zh (名称) or name_en (英文名称)"))
    for index, name in enumerate(columns, 1):
        if name is None and cells[index - 1]:
            findings.append(Finding(f"/1/{index}", "column", f"one of {', '.join(_COLUMNS).replace(' ', '_')}"))
        elif name is not None and columns.index(name) != index - 1:
            findings.append(Finding(f"/1/{index}", "column", "each column once"))
    if findings:
        raise InvalidSheet(findings[:_MAX_FINDINGS])
    return columns


def _values(columns: Sequence[str | None], cells: Sequence[str]) -> dict[str, str]:
    return {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name and cell.strip()}


def _code(number: int, values: Mapping[str, str], findings: list[Finding]) -> Code | None:
    made: dict[str, Any] = {"code": values.get("code", "")}
    before = len(findings)
    findings.extend(_cells(number, values))
    for text in ("name", "definition"):
        found = {language: values[f"{text} {language}"] for language in ("zh", "en") if f"{text} {language}" in values}
        if found:
            made[text] = found
    if "name" not in made:
        findings.append(Finding(f"/{number}/name_zh", "required", "a name, in Chinese or English"))
    for name in ("valid_from", "valid_until"):
        if name in values:
            made[name] = _date(values[name])
            if made[name] is None:
                findings.append(Finding(f"/{number}/{name}", "date", "a date such as 2026-01-31"))
    if "parent" in values:
        made["parent"] = values["parent"]
    if len(findings) > before:
        return None
    try:
        return Code.model_validate(made)
    except ValidationError as error:
        wrong = ((f"/{number}/{one['loc'][0]}", str(one["type"]), str(one["msg"])) for one in error.errors())
        findings.extend(Finding(*each) for each in wrong)
        return None


def _cells(number: int, values: Mapping[str, str]) -> Iterator[Finding]:
    for name, cell in values.items():
        if cell.startswith("="):
            yield Finding(f"/{number}/{name.replace(' ', '_')}", "formula", "a value, no formula")
        elif len(cell) > _MAX_CELL:
            yield Finding(f"/{number}/{name.replace(' ', '_')}", "size", f"at most {_MAX_CELL} characters")


def _date(text: str) -> date | None:
    found = _DATE.fullmatch(_plain(text))
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _at_line(finding: Finding, places: Sequence[int]) -> Finding:
    """A finding about `/codes/<index>/…` as one about a line of the file."""
    _, _, index, *rest = finding.pointer.split("/")
    expected = re.sub(r"/codes/(\d+)/code", lambda found: f"line {places[int(found[1])]}", finding.expected)
    return Finding("/".join(["", str(places[int(index)]), *rest]), finding.rule, expected)
