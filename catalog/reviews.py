"""The two reviews of a version: submitted by a steward, approved or returned by an operator; whose turn it is.

    draft → registration-review → registered → publication-review → published
      └──────────── both at once ─────────────────────┘

Whether everything is there is asked by `policies.publication` before each step; here the steps are taken.

PermissionError
└── SelfReview     whoever had a hand in a version does not review it
ValueError
├── WrongStage     the version is not at the stage that this step starts from
└── NoReason       who returns a version or withdraws a dataset says why
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from catalog import classification, datasets, notices, services, versions
from catalog.differences import Difference
from catalog.models import Dataset, DatasetState, DatasetVersion, Review, SharingClass, Stage
from standards.validation import Finding

STEWARD = "steward"
OPERATOR = notices.OPERATOR
NAMES = {
    Review.REGISTRATION: {"zh": "登记审核", "en": "registration review"},
    Review.PUBLICATION: {"zh": "发布审核", "en": "publication review"},
}
IN_REVIEW = {Review.REGISTRATION: Stage.REGISTRATION_REVIEW, Review.PUBLICATION: Stage.PUBLICATION_REVIEW}

_REASONS = {
    SharingClass.CONDITIONAL: "say under which condition the dataset is shared",
    SharingClass.NOT_SHARED: "name the law or regulation that forbids sharing",
}


class SelfReview(PermissionError):
    """Nobody reviews what they proposed."""

    def __init__(self) -> None:
        super().__init__(
            "Whoever wrote or submitted a version, or a service that is published with it, does not review it: "
            "ask another operator."
        )


class WrongStage(ValueError):
    """The step starts from another stage."""

    def __init__(self, id: str, stage: str, step: str) -> None:
        super().__init__(f"The proposed version of {id} is at {stage} and cannot be {step} from there.")


class NoReason(ValueError):
    """Who is told no is told why."""

    def __init__(self) -> None:
        super().__init__("Say why in a sentence, in Chinese or English or both.")


@dataclass(frozen=True, slots=True)
class Turn:
    """Who acts next on a version: its `steward` or an `operator`; `act` says what they have to do."""

    who: str
    department: str
    act: Mapping[str, str]
    since: datetime

    def as_dict(self) -> dict[str, Any]:
        return {"who": self.who, "department": self.department, "act": dict(self.act), "since": self.since.isoformat()}


_ACTS: Mapping[str, tuple[str, dict[str, str]]] = {
    Stage.DRAFT: (STEWARD, {"zh": "完善并提交审核", "en": "complete it and submit it for review"}),
    Stage.REGISTRATION_REVIEW: (OPERATOR, {"zh": "登记审核", "en": "review the registration"}),
    Stage.REGISTERED: (STEWARD, {"zh": "提交发布审核", "en": "submit it for publication"}),
    Stage.PUBLICATION_REVIEW: (OPERATOR, {"zh": "发布审核", "en": "review the publication"}),
}
TURNS: Mapping[str, tuple[Stage, ...]] = {
    who: tuple(Stage(stage) for stage, (whose, _) in _ACTS.items() if whose == who) for who in (STEWARD, OPERATOR)
}
"""The stages at which it is whose turn."""


def turn(version: DatasetVersion) -> Turn | None:
    """Whose turn it is; nobody's once the version is published, superseded, withdrawn or discarded."""
    if version.stage not in _ACTS:
        return None
    who, act = _ACTS[version.stage]
    return Turn(who, version.dataset_id.partition("/")[0], act, version.moved_at)


def missing(session: Session, category: str | None, sharing_class: str, reason: object, items: int) -> list[Finding]:
    """What a registration review would miss; a dataset that is not shared needs no items."""
    found = classification.missing(session, category)
    if (expected := _REASONS.get(SharingClass(sharing_class))) and not reason:
        found.append(Finding("/sharing_reason", "missing", expected))
    if not items and sharing_class != SharingClass.NOT_SHARED:
        found.append(Finding("/items", "missing", "register the dataset's items, at least one"))
    return found


def submit(
    session: Session, dataset: Dataset, version: DatasetVersion, review: Review, by: str, key: str, now: datetime
) -> None:
    """Hands the version to the operators. Raises WrongStage."""
    starts = (Stage.DRAFT,) if review is Review.REGISTRATION else (Stage.DRAFT, Stage.REGISTERED)
    if version.stage not in starts:
        raise WrongStage(dataset.id, version.stage, f"submitted for {review}")
    version.submitted_by, version.submitted_key, version.submitted_at = by, key or None, now
    versions.add_authors(version, [{"by": by, "key": key}])
    moved = versions.move(version, IN_REVIEW[review], now)
    datasets.changed(session, dataset, by, now, version, "submitted", moved)
    text = {
        "zh": f"{dataset.id} 提交{NAMES[review]['zh']}。",
        "en": f"{dataset.id} waits for its {NAMES[review]['en']}.",
    }
    notices.tell(session, OPERATOR, "dataset.submitted", dataset.id, text, now)


def approve(
    session: Session, dataset: Dataset, version: DatasetVersion, by: str, key: str, now: datetime
) -> tuple[Review, ...]:
    """Takes the step that the version waits for, both when it was submitted for both at once; gives which were taken.

    A dataset gets its resource code with its first registration. Raises WrongStage, SelfReview.
    """
    if version.stage not in versions.IN_REVIEW:
        raise WrongStage(dataset.id, version.stage, "approved")
    if any(by == author["by"] or (key and key == author["key"]) for author in authors(session, version)):
        raise SelfReview
    publishes = version.stage == Stage.PUBLICATION_REVIEW
    taken: list[Review] = []
    if version.registered_at is None:
        _register(session, dataset, version, by, now)
        taken.append(Review.REGISTRATION)
    if publishes:
        _said(version, Review.PUBLICATION, "approved", None, by, now)
        datasets.mark_published(session, dataset, by, now)
        taken.append(Review.PUBLICATION)
    for review in taken:
        text = {
            "zh": f"{dataset.id} 已通过{NAMES[review]['zh']}。",
            "en": f"{dataset.id} passed its {NAMES[review]['en']}.",
        }
        notices.tell(session, dataset.department, "dataset.approved", dataset.id, text, now)
    return tuple(taken)


def authors(session: Session, version: DatasetVersion) -> list[Mapping[str, str]]:
    """Everybody, `{by, key}`, who had a hand in what the version's review looks at: none of them takes it.

    With a publication its services come into force, so whoever wrote those is among them.
    """
    found = versions.authors(version)
    if version.stage != Stage.PUBLICATION_REVIEW:
        return found
    offered = services.of_dataset(session, version.dataset_id)
    return [*found, *(author for service in offered for author in services.authors(service))]


def send_back(
    session: Session, dataset: Dataset, version: DatasetVersion, reason: Mapping[str, str], by: str, now: datetime
) -> Review:
    """Returns the version to its steward, who is told why. Raises WrongStage, NoReason."""
    if version.stage not in versions.IN_REVIEW:
        raise WrongStage(dataset.id, version.stage, "returned")
    said = given(reason)
    review = Review.PUBLICATION if version.stage == Stage.PUBLICATION_REVIEW else Review.REGISTRATION
    _said(version, review, "returned", said, by, now)
    version.submitted_by = version.submitted_key = version.submitted_at = None
    moved = versions.move(version, Stage.DRAFT if version.registered_at is None else Stage.REGISTERED, now)
    datasets.changed(session, dataset, by, now, version, "returned", moved)
    text = {
        "zh": f"{dataset.id} 的{NAMES[review]['zh']}被退回：{said.get('zh') or said.get('en')}",
        "en": f"{dataset.id} comes back from its {NAMES[review]['en']}: {said.get('en') or said.get('zh')}",
    }
    notices.tell(session, dataset.department, "dataset.returned", dataset.id, text, now)
    return review


def note_withdrawal(session: Session, dataset: Dataset, reason: Mapping[str, str], by: str, now: datetime) -> None:
    """Keeps with the version that was in force why it no longer is."""
    version = versions.fetch(session, dataset.id, dataset.version)
    _said(version, Review.PUBLICATION, "withdrawn", reason, by, now)
    session.add(version)
    session.flush()


def given(reason: Mapping[str, str]) -> dict[str, str]:
    """The reason without empty languages. Raises NoReason."""
    said = {language: text.strip() for language, text in reason.items() if text.strip()}
    if not said:
        raise NoReason
    return said


def _register(session: Session, dataset: Dataset, version: DatasetVersion, by: str, now: datetime) -> None:
    changes: list[Difference] = []
    if dataset.resource_code is None:
        dataset.resource_code = classification.issue(session, str(version.document["category"]))
        changes.append({"pointer": "/resource_code", "new": dataset.resource_code})
    if dataset.state == DatasetState.DRAFT:
        dataset.state = DatasetState.REGISTERED
    version.registered_at = now
    _said(version, Review.REGISTRATION, "approved", None, by, now)
    moved = versions.move(version, Stage.REGISTERED, now)
    datasets.changed(session, dataset, by, now, version, "approved", [*moved, *changes])


def _said(
    version: DatasetVersion, review: Review, verdict: str, reason: Mapping[str, str] | None, by: str, now: datetime
) -> None:
    entry = {"stage": review, "verdict": verdict, "reason": reason and dict(reason), "by": by, "at": now.isoformat()}
    version.reviews = [*version.reviews, entry]
