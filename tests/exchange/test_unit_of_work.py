"""The only way to commit: what is recorded is committed whole, what is not recorded is not committed at all."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event, insert, text, update
from sqlmodel import Session, col, delete, select

from catalog.models import Department
from exchange.db import migrate, reading_engine, writing_engine
from exchange.identity.models import AssertionUse
from exchange.unit_of_work import UnitsOfWork, Unrecorded, pending

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Bench:
    def __init__(self, path):
        self.writing, self.reading = writing_engine(path), reading_engine(path)
        migrate(self.writing)
        self.heard = []
        self.units = UnitsOfWork(self.writing, self._hear)

    def _hear(self, changes):
        """Notes what another connection sees at the moment of the notice."""
        self.heard.append(([(change.id, change.kind) for change in changes], self.departments()))

    def do(self, act):
        with self.units.begin("x", NOW) as work:
            act(work)

    def departments(self):
        with Session(self.reading) as session:
            return list(session.exec(select(Department.slug).order_by(Department.slug)))

    def changes(self):
        with Session(self.reading) as session:
            return [(change.id, change.kind, change.subject, change.by) for change in pending(session, 0)]


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path / "exchange.db")
    yield made
    made.writing.dispose()
    made.reading.dispose()


def department(slug="health"):
    return Department(
        slug=slug, name={"en": slug}, credit_code=slug, contact="x", created_at=NOW, created_by="person-00000001"
    )


def register(work):
    work.session.add(department())
    work.record("department.registered", "health")


def test_a_recorded_change_is_committed_and_heard_of_afterwards(bench):
    with bench.units.begin("person-00000001", NOW) as work:
        work.session.add(department())
        work.record("department.registered", "health", revision=1)
        assert bench.departments() == []
        assert bench.heard == []
    assert bench.changes() == [(1, "department.registered", "health", "person-00000001")]
    assert bench.heard == [([(1, "department.registered")], ["health"])], "committed before anybody heard of it"


def test_a_change_names_the_key_that_vouched_for_the_actor(bench):
    with bench.units.begin("person-00000001", NOW, "thumbprint") as work:
        work.record("test.done", "x")
    with bench.units.begin("console", NOW) as work:
        work.record("test.done", "x")
    with Session(bench.reading) as session:
        assert [change.by_key for change in pending(session, 0)] == ["thumbprint", ""]


def test_an_unrecorded_change_is_rolled_back(bench):
    with pytest.raises(Unrecorded), bench.units.begin("x", NOW) as work:
        work.session.add(department())
    assert (bench.departments(), bench.changes(), bench.heard) == ([], [], [])


def test_a_change_that_was_flushed_long_before_is_noticed(bench):
    def act(work):
        work.session.add(department())
        work.session.flush()
        work.session.exec(select(Department)).all()

    with pytest.raises(Unrecorded):
        bench.do(act)
    assert bench.departments() == []


@pytest.mark.parametrize(
    "statement",
    [
        insert(Department).values(
            slug="b", name={}, credit_code="b", contact="x", active=True, revision=1, created_at=NOW, created_by="x"
        ),
        update(Department).values(active=False),
        delete(Department),
        delete(Department).where(col(Department.slug) == "health"),
        text("UPDATE department SET active = 0"),
        text("DELETE FROM department"),
    ],
    ids=str,
)
def test_bulk_statements_need_a_record_too(bench, statement):
    with bench.units.begin("x", NOW) as work:
        work.session.add(department())
        work.record("department.registered", "health")
    with pytest.raises(Unrecorded), bench.units.begin("x", NOW) as work:
        work.session.execute(statement)
    assert bench.departments() == ["health"]
    with Session(bench.reading) as session:
        assert session.get(Department, "health").active


def test_a_modified_row_needs_a_record_and_a_read_one_does_not(bench):
    with bench.units.begin("x", NOW) as work:
        work.session.add(department())
        work.record("department.registered", "health")
    with bench.units.begin("x", NOW) as work:
        row = work.session.get(Department, "health")
        row.contact = row.contact
    with pytest.raises(Unrecorded), bench.units.begin("x", NOW) as work:
        work.session.get(Department, "health").contact = "y"
    with pytest.raises(Unrecorded), bench.units.begin("x", NOW) as work:
        work.session.delete(work.session.get(Department, "health"))
    assert bench.departments() == ["health"]
    assert len(bench.changes()) == 1


def test_bookkeeping_needs_no_record(bench):
    with bench.units.begin("token-endpoint", NOW) as work:
        work.session.add(AssertionUse(digest="d", expires_at=NOW))
    with bench.units.begin("token-endpoint", NOW) as work:
        work.session.exec(delete(AssertionUse))
    assert bench.heard == [], "nobody has to hear of it"


def test_an_error_inside_changes_nothing(bench):
    def act(work):
        register(work)
        work.session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bench.do(act)
    assert (bench.departments(), bench.changes(), bench.heard) == ([], [], [])


def test_a_failing_commit_changes_nothing_and_is_not_told(bench):
    def fail(_connection):
        raise OSError("disk")

    event.listen(bench.writing, "commit", fail)
    with pytest.raises(OSError, match="disk"):
        bench.do(register)
    event.remove(bench.writing, "commit", fail)
    assert (bench.departments(), bench.changes(), bench.heard) == ([], [], [])
    with bench.units.begin("x", NOW) as work:
        work.session.add(department())
        work.record("department.registered", "health")
    assert bench.departments() == ["health"], "the connection is clean again"


def test_changes_are_numbered_in_the_order_of_the_acts(bench):
    with bench.units.begin("x", NOW) as work:
        for number in range(20):
            work.record("test.done", f"subject-{number}")
    assert [(id, subject) for id, _, subject, _ in bench.changes()] == [
        (number + 1, f"subject-{number}") for number in range(20)
    ]


def test_pending_goes_on_where_it_was_left(bench):
    for number in range(7):
        with bench.units.begin("x", NOW) as work:
            work.record("test.done", str(number))
    with Session(bench.reading) as session:
        assert [change.id for change in pending(session, 3, limit=2)] == [4, 5]
        assert [change.id for change in pending(session, 7)] == []
