"""The story of the demonstration: what should happen, what happened, and what the auditor sees of it.

Every scene acts through public HTTP and then asks the auditor's view of the ledger; it returns one line that says what
was observed, which must equal the line that was expected. Scenes do not build on each other's success.
"""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from exchange.ledger import note
from exchange.ledger.sources import DirectorySource
from exchange.ledger.verify import verify_log, verify_receipt
from seeds.city import OPERATOR, steward
from seeds.dials import Dials, Drift
from seeds.stage import Stage

NEWBORN = "government-services/newborn"
OPENING = "government-services/company-opening"
HOUSING = "government-services/housing"
DISPATCH = "city-operations/dispatch"

COMPANIES = "market-regulation/companies"
QUALITY_SECONDS = 5.0


class Scene(NamedTuple):
    """`play` returns what was observed; `expected` is what should have been."""

    name: str
    title: dict[str, str]
    expected: str
    play: Callable[["Stage"], str]


@dataclass(frozen=True, slots=True)
class Played:
    """One row of the table."""

    name: str
    title: dict[str, str]
    expected: str
    happened: str

    @property
    def as_expected(self) -> bool:
        return self.expected == self.happened


def play(stage: Stage, progress: Callable[[Played], None] = lambda row: None) -> list[Played]:
    """Play all scenes in order."""
    rows = []
    for scene in SCENES:
        try:
            happened = scene.play(stage)
        except Exception as error:  # a scene that breaks is a row that differs, not the end of the story
            happened = f"{type(error).__name__}: {error}"
        rows.append(Played(scene.name, scene.title, scene.expected, happened))
        progress(rows[-1])
    return rows


# -- newborn, in one go ----------------------------------------------------------------------------------------------


def _certificate(stage: Stage) -> str:
    body = {"certificate_number": stage.cast.certificate}
    return _newborn(stage, "health/birth-certificates", body)


def _identity(stage: Stage) -> str:
    return _newborn(stage, "public-security/population", {"resident_id": stage.cast.mother})


def _marriage(stage: Stage) -> str:
    return _newborn(stage, "civil-affairs/marriage", {"resident_id": stage.cast.mother})


def _newborn(stage: Stage, service: str, body: dict[str, str]) -> str:
    seen = stage.call(NEWBORN, service, "/v1/lookups", "newborn-registration", json=body)
    stage.made.append(seen)
    return stage.outcome(seen)


def _masked(stage: Stage) -> str:
    body = {"resident_id": stage.cast.father}
    seen = stage.call(
        NEWBORN, "public-security/population", "/v1/lookups", "newborn-registration", json=body, case="MASK-1"
    )
    record = seen.answer.data["data"] if seen.answer else {}
    phone, birth = str(record.get("phone", "")), str(record.get("birth_date", ""))
    masked = "masked" if phone.startswith("*******") else "in clear"
    return f"{stage.outcome(seen)}; phone {masked}, birth date of {len(birth)} characters"


def _over_reach(stage: Stage) -> str:
    body = {"resident_id": stage.cast.mother}
    seen = stage.call(
        NEWBORN,
        "public-security/population",
        "/v1/lookups",
        "newborn-registration",
        json=body,
        fields=["name", "domicile.address"],
        case="OVER-1",
    )
    return stage.outcome(seen)


def _not_shared(stage: Stage) -> str:
    body = {"credit_code": stage.cast.company}
    seen = stage.call(OPENING, "tax/enterprise-tax-credit", "/v1/lookups", "company-opening", json=body)
    law = str(seen.problem.get("failed_checks", [{}])[0].get("satisfy", {}).get("en", "")) if seen.problem else ""
    return f"{stage.outcome(seen)}; {'names the law' if 'article 8' in law else 'names no law'}"


def _revoked(stage: Stage) -> str:
    body = {"resident_id": stage.cast.owner}
    before = stage.call(HOUSING, "planning/real-estate-titles", "/v1/lookups", "housing-purchase", json=body)
    agreement = stage.agreements["housing-titles"]
    stage.client(steward("planning")).post(f"/api/v1/agreements/{agreement}/revoke", {"reason": "purpose achieved"})
    after = stage.call(HOUSING, "planning/real-estate-titles", "/v1/lookups", "housing-purchase", json=body)
    noted = "the act" if stage.acted("agreement.revoked", agreement) else "no act"
    return f"{before.told}, then {stage.outcome(after)}, {noted}"


def _quota(stage: Stage) -> str:
    _renew(stage, "opening-contributions")
    body = {"resident_id": stage.cast.insured}
    seen = [
        stage.call(OPENING, "social-security/contributions", "/v1/lookups", "company-opening", json=body)
        for _ in range(4)
    ]
    return f"{', '.join(one.told for one in seen[:3])}, then {stage.outcome(seen[3])}"


def _renew(stage: Stage, name: str) -> None:
    """The same terms under a new agreement, signed by both sides, whose quota nobody has used yet."""
    old = stage.client(OPERATOR).get(f"/api/v1/agreements/{stage.agreements[name]}")
    consumer, provider = (old[side].split("/")[0] for side in ("application_id", "service_id"))
    path = f"/api/v1/agreements/{old['id']}/revoke"
    stage.client(steward(provider)).post(path, {"reason": "renewed on the same terms"})
    draft = {"application": old["application_id"], "service": old["service_id"], "terms": old["terms"]}
    new = stage.client(steward(consumer)).post("/api/v1/agreements", draft)
    stage.sign(new["id"], "consumer", steward(consumer))
    stage.sign(new["id"], "provider", steward(provider))
    stage.client(steward(provider)).post(f"/api/v1/agreements/{new['id']}/activate", {})


def _drift(stage: Stage) -> str:
    stage.providers.turn("market-regulation", Dials(drift=Drift("registered_capital_yuan", retype="string")))
    try:
        body = {"credit_code": stage.cast.company}
        seen = stage.call(OPENING, "market-regulation/companies", "/v1/lookups", "company-opening", json=body)
    finally:
        stage.providers.turn("market-regulation")
    pointers = ",".join(error["pointer"] for error in seen.problem.get("errors", ()))
    return f"{stage.outcome(seen)}; at {pointers or 'nowhere'}"


def drift(stage: Stage) -> str:
    """One good reply, three from a drifting provider: what everybody may read of its dataset tells them apart."""
    start = _observed(stage, lambda now: True)
    stage.call(OPENING, COMPANIES, "/v1/lookups", "company-opening", json={"credit_code": stage.cast.company})
    good = _observed(stage, lambda now: now["replies"] - now["failing"] > start["replies"] - start["failing"])
    stage.providers.turn("market-regulation", Dials(drift=Drift("registered_capital_yuan", retype="string")))
    try:
        for _ in range(3):
            stage.call(OPENING, COMPANIES, "/v1/lookups", "company-opening", json={"credit_code": stage.cast.company})
    finally:
        stage.providers.turn("market-regulation")
    bad = _observed(stage, lambda now: now["failing"] >= good["failing"] + 3)
    worst = bad["points"][0] if bad["points"] else {"pointer": "nowhere", "rule": "none"}
    fell = "fell" if bad["share"] < good["share"] else "did not fall"
    broken = bad["failing"] - good["failing"]
    return f"{broken} broken replies counted, at {worst['pointer']} ({worst['rule']}); observed conformance {fell}"


def _observed(stage: Stage, seen: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
    """The dataset's observed conformance, as soon as it shows what is waited for, at most five seconds long."""
    until = time.monotonic() + QUALITY_SECONDS
    while True:
        found: Mapping[str, Any] = stage.client(OPENING).get(f"/api/v1/datasets/{COMPANIES}/quality")["conformance"]
        if seen(found) or time.monotonic() > until:
            return found
        time.sleep(0.1)


def _down(stage: Stage) -> str:
    stage.providers.turn("transport", Dials(down="refuse"))
    try:
        seen = stage.call(DISPATCH, "transport/road-sensors", "/v1/readings", "city-dispatch", params={"limit": 5})
    finally:
        stage.providers.turn("transport")
    return stage.outcome(seen)


# -- what the auditor does -------------------------------------------------------------------------------------------


def _audit(stage: Stage) -> str:
    made = {seen.call for seen in stage.made}
    ways = {
        "case": stage.find(case=stage.case),
        "person": stage.find(subject=stage.cast.mother),
        "official": stage.find(actor="clerk-0417"),
        "time": stage.find(since=stage.began.isoformat()),
    }
    about = {seen.call for seen in stage.made[1:]}
    found = [way for way, calls in ways.items() if (about if way == "person" else made) <= calls]
    return f"{len(made)} calls found by {', '.join(found)}"


def _receipts(stage: Stage) -> str:
    verified = 0
    for seen in stage.made:
        receipt = stage.client(NEWBORN).get(f"/ledger/receipts/{seen.call}.json")
        body = seen.answer.body if seen.answer else None
        key = note.decode(receipt["digest_key"])
        verified += verify_receipt(receipt["proof"].encode(), stage.vkey, body=body, key=key).ok
    return f"{verified} of {len(stage.made)} receipts verify offline"


def _forged(stage: Stage) -> str:
    whole = stage.scratch / "export"
    stage.export(whole)
    honest = verify_log(DirectorySource(whole), stage.vkey)
    copy = stage.scratch / "copy"
    shutil.copytree(whole, copy)
    _forge(copy / "tile" / "entries")
    forged = verify_log(DirectorySource(copy), stage.vkey)
    return f"the ledger {_verdict(honest.ok)}, a forged copy {_verdict(forged.ok)}"


def _forge(bundles: Path) -> None:
    """Make one released reply look like another, in the first bundle that has one."""
    for bundle in sorted(path for path in bundles.rglob("*") if path.is_file()):
        raw = bundle.read_bytes()
        forged = raw.replace(b'"outcome":"released"', b'"outcome":"refused!"', 1)
        if forged != raw:
            bundle.write_bytes(forged)
            return


def _verdict(ok: bool) -> str:
    return "verifies" if ok else "is detected"


RELEASED = "200; ledger: request, reply released"

SCENES = (
    Scene("certificate", {"zh": "出生一件事：医学证明", "en": "Newborn: birth certificate"}, RELEASED, _certificate),
    Scene("identity", {"zh": "出生一件事：母亲身份", "en": "Newborn: the mother's identity"}, RELEASED, _identity),
    Scene("marriage", {"zh": "出生一件事：婚姻登记", "en": "Newborn: the marriage"}, RELEASED, _marriage),
    Scene(
        "masked",
        {"zh": "字段脱敏", "en": "Masked fields"},
        f"{RELEASED}; phone masked, birth date of 7 characters",
        _masked,
    ),
    Scene(
        "over-reach",
        {"zh": "超范围索取被拒", "en": "Over-reach is refused"},
        "403 refused (fields); ledger: refusal (fields)",
        _over_reach,
    ),
    Scene(
        "not-shared",
        {"zh": "不予共享的数据", "en": "A dataset that is not shared"},
        "403 refused (sharing-class); ledger: refusal (sharing-class); names the law",
        _not_shared,
    ),
    Scene(
        "revoked",
        {"zh": "协议撤销，下次调用即拒", "en": "Revoked: the next call is refused"},
        "200, then 403 refused (agreement); ledger: refusal (agreement), the act",
        _revoked,
    ),
    Scene(
        "quota",
        {"zh": "配额用尽", "en": "The quota runs out"},
        "200, 200, 200, then 429 quota-exhausted (quota); ledger: refusal (quota)",
        _quota,
    ),
    Scene(
        "drift",
        {"zh": "提供方偏离标准", "en": "A provider drifts from the standard"},
        "502 provider-broke-standard; ledger: request, reply reply-invalid; at /data/registered_capital_yuan",
        _drift,
    ),
    Scene(
        "quality",
        {"zh": "质量：实测符合率下降", "en": "Its quality numbers show the drift"},
        "3 broken replies counted, at /data/registered_capital_yuan (type); observed conformance fell",
        drift,
    ),
    Scene(
        "down",
        {"zh": "提供方宕机", "en": "A provider is down"},
        "502 provider-failed; ledger: request, reply provider-failed",
        _down,
    ),
    Scene(
        "audit",
        {"zh": "审计：按办件、人、经办人、时间", "en": "Audit by case, person, official and time"},
        "3 calls found by case, person, official, time",
        _audit,
    ),
    Scene(
        "receipts",
        {"zh": "离线核验回执", "en": "Receipts verified offline"},
        "3 of 3 receipts verify offline",
        _receipts,
    ),
    Scene(
        "forged",
        {"zh": "伪造账目被发现", "en": "A forged entry is detected"},
        "the ledger verifies, a forged copy is detected",
        _forged,
    ),
)  # fmt: skip
