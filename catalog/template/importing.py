"""A sheet becomes registrations: all of it or nothing, and everything that is wrong is said at once.

Each dataset of the sheet is registered, or revised when it is there already; what the sheet does not change is left
alone. The caller's unit of work makes it one act: it is rolled back when InvalidSheet is raised.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError
from sqlmodel import Session, col, select

from catalog import datasets, departments, differences, drafts
from catalog.models import Dataset, DatasetDraft, Department
from catalog.registration import InvalidRegistration
from catalog.template import columns, csv, exporting, sheet
from catalog.template.cells import narrow
from catalog.template.columns import Column
from catalog.template.faults import Faults, InvalidSheet, Text, TooMany, refuse
from catalog.template.grids import ARCHIVE, OLD, Grid
from catalog.template.sheet import Found, Layout
from standards.validation import Finding

MOST_DATASETS: Final = 500
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a sheet: ids with their revisions; `warnings` are odd, and no fault."""

    created: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)
    warnings: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One dataset of the sheet: what is proposed, whether that differs, and the revision of what is there of it."""

    found: Found
    draft: DatasetDraft
    revision: int | None
    differs: bool = True

    @property
    def id(self) -> str:
        return f"{self.draft.department}/{self.draft.slug}"


def read(content: bytes) -> Grid:
    """The sheet in a file, whichever of both formats it has. Raises InvalidSheet."""
    if not content.strip():
        raise refuse(
            "empty",
            {"zh": "文件是空的", "en": "the file is empty"},
            {"zh": "请选择填好的模板", "en": "choose the template that was filled in"},
        )
    if not content.startswith((ARCHIVE, OLD)):
        return csv.read(content)
    from catalog.template import xlsx  # 15 MB that only who sends or asks for a workbook pays

    return xlsx.read(content)


def understand(grid: Grid) -> tuple[Layout, list[Found]]:
    """The rows of the sheet, read to their end: what takes time and needs no database. Raises InvalidSheet."""
    try:
        layout, found = sheet.read(grid)
    except TooMany:
        raise InvalidSheet(list(grid.faults)) from None
    if len(found) > MOST_DATASETS:
        raise refuse(
            "datasets",
            {"zh": f"超过 {MOST_DATASETS} 个资源", "en": f"there are more than {MOST_DATASETS} datasets"},
            {"zh": "请分成几个文件导入", "en": "import it as several files"},
        )
    return layout, found


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sheet that can be taken, and what was read for it."""

    department: str
    grid: Grid
    layout: Layout
    found: Sequence[Found]
    proposals: Sequence[Proposal]


def prepare(session: Session, department: str, grid: Grid, layout: Layout, found: Sequence[Found]) -> Prepared:
    """The sheet's datasets as drafts without a fault; the session may be one that only reads.

    Raises UnknownDepartment, InvalidSheet.
    """
    owner = departments.fetch(session, department)
    try:
        for finding in departments.suspension(owner):
            for one in found[:1]:
                _fault(grid.faults, one, layout, finding)
        proposals = _proposals(session, owner, grid, layout, found)
        _examine(session, proposals, layout, grid.faults)
    except TooMany:
        raise InvalidSheet(list(grid.faults)) from None
    grid.faults.raise_any()
    return Prepared(department, grid, layout, found, proposals)


def rehearse(prepared: Prepared) -> Report:
    """What would come of the sheet; a new dataset has revision 0."""
    report = Report(warnings=_namesakes(prepared.found, prepared.layout))
    for proposal in prepared.proposals:
        _counted(report, proposal)[proposal.id] = proposal.revision or 0
    return report


def apply(session: Session, prepared: Prepared, by: str, now: datetime, *, key: str = "") -> Report:
    """Registers and revises the department's datasets as the sheet says. Raises UnknownDepartment, InvalidSheet.

    When one of them was changed since the sheet was prepared, it is prepared again.
    """
    department, grid, layout, found = prepared.department, prepared.grid, prepared.layout, prepared.found
    owner = departments.fetch(session, department)
    if not owner.active or not all(_is_current(session, proposal) for proposal in prepared.proposals):
        prepared = prepare(session, department, grid, layout, found)
    report = Report(warnings=_namesakes(found, layout))
    try:
        for proposal in prepared.proposals:
            _act(session, proposal, report, layout, grid.faults, by, key, now)
    except TooMany:
        raise InvalidSheet(list(grid.faults)) from None
    grid.faults.raise_any()
    return report


def _is_current(session: Session, proposal: Proposal) -> bool:
    row = session.get(Dataset, proposal.id)
    return (row.revision if row else None) == proposal.revision


def _counted(report: Report, proposal: Proposal) -> dict[str, int]:
    if proposal.revision is None:
        return report.created
    return report.changed if proposal.differs else report.unchanged


def _examine(session: Session, proposals: Sequence[Proposal], layout: Layout, faults: Faults) -> None:
    """What is wrong with the datasets that can be read, beside those that cannot: all is told. Raises TooMany."""
    before = len(faults)
    for proposal in proposals:
        for finding in drafts.findings(session, proposal.draft):
            if (
                not before or finding.rule != "unique"
            ):  # the sheet itself was looked through for what stands in it twice
                _fault(faults, proposal.found, layout, finding)


def _act(
    session: Session,
    proposal: Proposal,
    report: Report,
    layout: Layout,
    faults: Faults,
    by: str,
    key: str,
    now: datetime,
) -> None:
    revision, draft = proposal.revision, proposal.draft
    try:
        if revision is None:
            revision = datasets.register(session, draft, by, now, key=key).revision
        elif proposal.differs:
            revision = datasets.revise(session, proposal.id, draft, revision, by, now, key=key).revision
        _counted(report, proposal)[proposal.id] = revision
    except InvalidRegistration as error:  # a standard was retired, a service registered, just now
        for finding in error.findings:
            _fault(faults, proposal.found, layout, finding)


# -- understanding ----------------------------------------------------------------------------------------------------


def _proposals(
    session: Session, owner: Department, grid: Grid, layout: Layout, found: Sequence[Found]
) -> list[Proposal]:
    codes = _by_code(session, found)
    known = _known(session, owner.slug, found, codes)
    documents = exporting.documents_of(session, list(known.values()), working=True)
    proposals = []
    for one in found:
        row = known.get(_slug(one, codes, owner.slug))
        if not _is_theirs(one, row, owner, layout, grid.faults):
            continue
        before = len(grid.faults)
        document = sheet.document(one, layout, documents.get(row.id) if row else None, grid.faults, codes.get)
        document |= {"department": owner.slug, "slug": _slug(one, codes, owner.slug)}
        draft = _draft(document, one, layout, grid.faults)
        if draft is not None and len(grid.faults) == before:
            differs = row is None or bool(differences.between(documents.get(row.id), draft.model_dump(mode="json")))
            proposals.append(Proposal(one, draft, row.revision if row else None, differs))
    return proposals


def _by_code(session: Session, found: Sequence[Found]) -> dict[str, str]:
    """Dataset ids by resource code, for every code that the sheet names."""
    form = columns.BY_KEY["related"].form
    named = {narrow(one.cells.get("resource_code", "")) for one in found}
    for one in found:
        if text := one.cells.get("related"):
            try:
                named.update(form.read(text))
            except ValueError:
                continue  # told when the cell is read for itself
    wanted, codes = sorted(named - {""}), {}
    for start in range(0, len(wanted), 500):
        statement = select(Dataset).where(col(Dataset.resource_code).in_(wanted[start : start + 500]))
        codes.update({row.resource_code or "": row.id for row in session.exec(statement)})
    return codes


def _known(session: Session, department: str, found: Sequence[Found], codes: Mapping[str, str]) -> dict[str, Dataset]:
    """The department's datasets that the sheet speaks of, by slug."""
    ids = sorted({f"{department}/{_slug(one, codes, department)}" for one in found})
    rows: list[Dataset] = []
    for start in range(0, len(ids), 500):
        rows += session.exec(select(Dataset).where(col(Dataset.id).in_(ids[start : start + 500])))
    return {row.slug: row for row in rows}


def _slug(one: Found, codes: Mapping[str, str], department: str) -> str:
    """The slug in the row, or that of the department's dataset with the row's resource code."""
    slug = narrow(one.cells.get("slug", ""))
    owner, _, named = codes.get(narrow(one.cells.get("resource_code", "")), "").partition("/")
    return slug or (named if owner == department else "")


def _is_theirs(one: Found, row: Dataset | None, owner: Department, layout: Layout, faults: Faults) -> bool:
    """Whether what the exchange writes itself agrees with what is there. Raises TooMany."""
    told = {key: narrow(one.cells.get(key, "")) for key in ("credit_code", "resource_code")}
    theirs = {"credit_code": owner.credit_code, "resource_code": (row.resource_code if row else None) or ""}
    wrong = [key for key, text in told.items() if text and text != theirs[key]]
    for key in wrong:
        what, fix = _NOT_THEIRS[key]
        faults.add("foreign", what, fix, row=one.row, column=layout.column(key), title=columns.BY_KEY[key].zh)
    return not wrong


_NOT_THEIRS: Final[Mapping[str, tuple[Text, Text]]] = {
    "credit_code": (
        {"zh": "不是本部门的代码", "en": "it is not this department's"},
        {
            "zh": "删除其他部门的行，或以该部门的身份导入",
            "en": "delete other departments' rows, or import it for theirs",
        },
    ),
    "resource_code": (
        {"zh": "不是该资源的代码", "en": "it is not this dataset's"},
        {
            "zh": "代码由平台编制：新资源请留空",
            "en": "codes are given by the exchange: leave it empty for a new dataset",
        },
    ),
}


def _draft(document: dict[str, Any], one: Found, layout: Layout, faults: Faults) -> DatasetDraft | None:
    try:
        return DatasetDraft.model_validate(document)
    except ValidationError as error:
        for found in error.errors():
            pointer = "".join(f"/{step}" for step in found["loc"])
            _fault(faults, one, layout, Finding(pointer, str(found["type"]), str(found["msg"])))
        return None


def _namesakes(found: Sequence[Found], layout: Layout) -> list[dict[str, Any]]:
    """Datasets that are called alike: allowed, and often a slip."""
    names = Counter(one.cells.get("title_zh", "") for one in found)
    column = layout.column("title_zh")
    return [
        {
            "cell": f"{column}{one.row}",
            "row": one.row,
            "what": {"zh": "与其他资源同名", "en": "another dataset of the sheet has this title"},
        }
        for one in found
        if one.cells.get("title_zh") and names[one.cells["title_zh"]] > 1
    ]


# -- where a finding belongs ------------------------------------------------------------------------------------------


def _fault(faults: Faults, one: Found, layout: Layout, finding: Finding) -> None:
    """A finding about a registration as a fault of the cell it comes from. Raises TooMany."""
    row, column = _place(one, finding.pointer)
    if column and faults.has(row, layout.column(column.key)):
        return
    missing = finding.rule == "missing"
    faults.add(
        finding.rule,
        {"zh": "缺少内容", "en": "nothing stands there"} if missing else _REFUSED,
        {"zh": "请填写", "en": "fill it in"} if missing else {"zh": _zh(finding), "en": finding.expected},
        row=row,
        column=layout.column(column.key) if column else "",
        title=column.zh if column else "",
    )


_REFUSED: Final = {"zh": "不符合登记要求", "en": "the registration cannot be accepted so"}
_CHINESE: Final = {
    "string_pattern_mismatch": "格式不符：",
    "string_too_long": "过长：",
    "string_too_short": "过短：",
    "too_long": "数量过多：",
    "less_than_equal": "过大：",
    "greater_than_equal": "过小：",
}


def _zh(finding: Finding) -> str:
    return f"{_CHINESE.get(finding.rule, '要求：')}{finding.expected}"


def _place(one: Found, pointer: str) -> tuple[int, Column | None]:
    steps = tuple(step for step in pointer.split("/") if step)
    if len(steps) > 1 and steps[0] == "items" and steps[1].isdigit():
        index = int(steps[1])
        row = one.items[index][0] if index < len(one.items) else one.row
        return row, _column(columns.ITEM, steps[2:])
    if steps[:1] == ("slug",):
        return one.row, columns.BY_KEY["slug"]
    return one.row, _column(columns.DATASET, steps)


def _column(among: Sequence[Column], steps: tuple[str, ...]) -> Column | None:
    """The column whose path agrees longest with these steps; the first of a language map for the map itself."""
    near = [column for column in among if column.at and (column.at == steps[: len(column.at)])]
    above = [column for column in among if column.at and steps and column.at[: len(steps)] == steps]
    return max(near, key=lambda column: len(column.at), default=above[0] if above else None)
