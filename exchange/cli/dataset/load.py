"""`hutong dataset load`: brings a whole catalog at once into an exchange that is not running; all of it or nothing."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from catalog import datasets, departments
from catalog.models import DatasetDraft
from catalog.registration import AlreadyRegistered, InvalidRegistration
from exchange.cli.dataset.files import Draft, read
from exchange.cli.local import Data, holding, settings_with
from exchange.cli.output import NEGATIVE, Json, note, progress, show
from exchange.cli.written import Located, Place, Unreadable
from exchange.unit_of_work import UnitOfWork

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="YAML, JSON, or JSON lines (.jsonl) · 登记文件")]
MOST_LINE = 2**20
MOST_TOLD = 1_000


class _Stopped(Exception):
    """Something is wrong: the unit of work is rolled back."""


def command(files: Files, data: Data = None, as_json: Json = False) -> None:
    """Load many drafts at once, all or nothing; the exchange must not be running · 批量导入登记草稿."""
    wrong: list[Located] = []
    with progress("reading · 读取") as report:
        found = list(_shaped(files, wrong, report))
    if not wrong:
        now = datetime.now(UTC)
        with holding(settings_with(data=data)) as node, progress("registering · 登记") as report:
            try:
                with node.units.begin("console", now) as work:
                    load(work, found, wrong, report)
            except _Stopped:
                pass
    for one in wrong[:MOST_TOLD] if not as_json else ():
        note(str(one))
    loaded = 0 if wrong else len(found)
    shown = {"loaded": loaded, "findings": [one.as_dict() for one in wrong[:MOST_TOLD]]}
    show(
        shown, as_json, f"{loaded} datasets are loaded, {len(wrong)} findings · 已导入 {loaded} 个，{len(wrong)} 个问题"
    )
    if wrong:
        raise typer.Exit(NEGATIVE)


def load(
    work: UnitOfWork,
    found: Sequence[tuple[Draft, DatasetDraft]],
    wrong: list[Located],
    report: Callable[[int, int], None],
) -> None:
    """Registers all of them; what is wrong is added to `wrong`, and then nothing was done."""
    for done, (draft, shape) in enumerate(found, 1):
        try:
            row = datasets.register(work.session, shape, work.by, work.now)
        except InvalidRegistration as invalid:
            wrong += [draft.at(one.pointer, one.rule, one.expected) for one in invalid.findings]
        except (AlreadyRegistered, departments.UnknownDepartment) as error:
            wrong.append(draft.at("/slug", "unique" if isinstance(error, AlreadyRegistered) else "known", str(error)))
        else:
            work.record("dataset.registered", row.id)
        if done % 100 == 0 or done == len(found):
            report(done, len(found))
    if wrong:
        raise _Stopped


def _shaped(
    files: Sequence[Path], wrong: list[Located], report: Callable[[int, int], None]
) -> Iterator[tuple[Draft, DatasetDraft]]:
    done = 0
    for file in files:
        try:
            for draft in _lines(file) if file.suffix.lower() in (".jsonl", ".ndjson") else read(file):
                shape, found = draft.shaped()
                wrong += found
                if shape is not None:
                    yield draft, shape
                done += 1
                if done % 100 == 0:
                    report(done, done)
        except Unreadable as unreadable:
            wrong += unreadable.findings


def _lines(file: Path) -> Iterator[Draft]:
    """One registration a line; every finding is placed at the line's beginning. Raises Unreadable."""
    with file.open("rb") as stream:
        number = 0
        while line := stream.readline(MOST_LINE + 1):
            number += 1
            place = Place(number, 1)
            if len(line) > MOST_LINE:
                raise Unreadable(Located(str(file), place, "", "size", f"at most {MOST_LINE:,} bytes a line"))
            if not line.strip():
                continue
            try:
                yield Draft(str(file), orjson.loads(line), {"": place})
            except ValueError:
                raise Unreadable(Located(str(file), place, "", "syntax", "one JSON object a line, in UTF-8")) from None
