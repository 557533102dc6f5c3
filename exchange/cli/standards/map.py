"""`hutong standards map`: records through a mapping, from files, as the broker would map them. No server."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from exchange.cli import documents
from exchange.cli.output import NEGATIVE, CommandFailed, Json, note, progress, show
from standards.mapping import InvalidMapping, compile
from standards.mapping.rules import Counts, Failure
from standards.mapping.simulation import simulate
from standards.strict_json import EXPECTED, MAX_BYTES, UnreadableJson, loads
from standards.validation import Checker, InvalidSchema

MOST_TOLD = 1_000
_BETWEEN_REPORTS = 1_000
_LONGEST_LINE = 16 << 20

MappingFile = Annotated[Path, typer.Argument(help="mapping document, JSON · 映射文档")]
RecordsFile = Annotated[Path, typer.Argument(help="records: a JSON array or one JSON value a line · 原始记录")]
StandardFile = Annotated[
    Path | None, typer.Option("--standard", help="bundled standard to check against, JSON · 数据标准（自包含）")
]
CrosswalksFile = Annotated[
    Path | None,
    typer.Option("--crosswalks", help='tables of the crosswalks it names, {"urn:…": {code: code}} · 代码对照'),
]


@dataclass(slots=True)
class Report:
    """What came out. `failures` are the first thousand; `points` counts all of them by target and rule."""

    keep: bool
    mapped: int = 0
    failed: int = 0
    records: list[Any] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    points: Counter[tuple[str, str]] = field(default_factory=Counter)
    unmapped: dict[str, int] = field(default_factory=dict)

    def add(self, position: int, record: Any, failures: tuple[Failure, ...]) -> None:
        if failures:
            self.failed += 1
            self.points.update((failure.pointer, failure.rule) for failure in failures)
            room = MOST_TOLD - len(self.failures)
            self.failures += [{"record": position, **failure.as_dict()} for failure in failures[:room]]
            return
        self.mapped += 1
        if self.keep:
            self.records.append(record)
        else:
            typer.echo(orjson.dumps(record))

    def document(self) -> dict[str, Any]:
        points = [
            {"pointer": where, "rule": rule, "times": times} for (where, rule), times in self.points.most_common()
        ]
        return {
            "mapped": self.mapped, "failed": self.failed, "unmapped": self.unmapped, "points": points,
            "failures": self.failures, "records": self.records,
        }  # fmt: skip


def command(
    mapping: MappingFile,
    records: RecordsFile,
    standard: StandardFile = None,
    crosswalks: CrosswalksFile = None,
    as_json: Json = False,
) -> None:
    """Map records without a server; the mapped ones go to stdout · 离线试映射."""
    compiled = _compiled(mapping, crosswalks)
    checker = None if standard is None else _checker(standard)
    report = Report(keep=as_json)
    with progress("map") as told:
        for position, (record, share) in enumerate(_records(records)):
            outcome = simulate(compiled, checker, record, Counts(report.unmapped))
            report.add(position, outcome.record, outcome.failures)
            if position % _BETWEEN_REPORTS == 0:
                told(*share)
    if as_json:
        show(report.document(), True)
    else:
        _tell(report)
    if report.failed:
        raise typer.Exit(NEGATIVE)


def _tell(report: Report) -> None:
    for failure in report.failures[:20]:
        source = f" from {failure['source']}" if failure["source"] else ""
        note(f"record {failure['record']}: {failure['pointer']} ({failure['rule']}){source}: {failure['expected']}")
    for (pointer, rule), times in report.points.most_common(20):
        note(f"{times} × {pointer} ({rule})")
    for pointer, times in report.unmapped.items():
        note(f"{times} unmapped codes at {pointer}")
    note(f"mapped: {report.mapped} of {report.mapped + report.failed}")


# -- reading -----------------------------------------------------------------------------------------------------------


def _compiled(file: Path, crosswalks: Path | None) -> Any:
    """The document of a file, also as the API shows or takes it, under `document`."""
    document = _read(file)
    tables = {} if crosswalks is None else _read(crosswalks)
    if isinstance(document, dict) and "fields" not in document and isinstance(document.get("document"), dict):
        tables, document = {**(document.get("crosswalks") or {}), **tables}, document["document"]
    if not isinstance(tables, Mapping) or not all(isinstance(table, dict) for table in tables.values()):
        raise CommandFailed(f"{crosswalks}: crosswalks are an object of tables, each {{code: code}}.")
    try:
        return compile(document, tables)
    except InvalidMapping as error:
        problem = {
            "type": "about:blank", "title": "The mapping cannot be used", "detail": f"{file}: {error}",
            "errors": [finding.as_dict() for finding in error.findings],
        }  # fmt: skip
        raise CommandFailed(str(problem["detail"]), problem=problem) from None


def _checker(file: Path) -> Checker:
    """The check of a bundled standard, also as the API shows it, under `bundled`."""
    document = _read(file)
    if isinstance(document, dict) and isinstance(document.get("bundled"), dict):
        document = document["bundled"]
    try:
        return Checker(document)
    except InvalidSchema as error:
        raise CommandFailed(
            f"{file}: {error}. Give the bundled form, such as `bundled` of GET /api/v1/standards/…."
        ) from None


def _read(file: Path) -> Any:
    return documents.document(file, MAX_BYTES)


def _records(file: Path) -> Iterator[tuple[Any, tuple[int, int]]]:
    """Each record with how far it is: entries of an array, or bytes of a file that has one value a line."""
    with file.open("rb") as lines:
        start = lines.read(1024).lstrip()[:1]
        lines.seek(0)
        if start == b"[":
            listed = _read(file)
            yield from ((record, (number, len(listed))) for number, record in enumerate(listed))
            return
        size, at, number = file.stat().st_size, 0, 0
        while line := lines.readline(_LONGEST_LINE):
            number, at = number + 1, at + len(line)
            if line.strip():
                yield _line(file, number, line), (at, size)


def _line(file: Path, number: int, line: bytes) -> Any:
    try:
        return loads(line)
    except UnreadableJson as error:
        raise CommandFailed(
            f"{file}:{number}: {EXPECTED[error.reason]}. One JSON value a line, or one array."
        ) from None
