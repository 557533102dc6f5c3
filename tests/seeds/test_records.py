import os
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import pytest

from seeds.people import Record
from seeds.records import SEED, cast, fingerprint, generate
from standards.identifiers import is_credit_code, is_phone, is_resident_id

Records = dict[str, list[Record]]


def test_the_same_seed_gives_the_same_records_in_another_process(records: Records) -> None:
    program = "from seeds.records import *; print(fingerprint(generate()))"
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "TZ": "America/Lima"}
    again = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert again.stdout.strip() == fingerprint(records)


def test_another_seed_gives_other_records(records: Records) -> None:
    other = generate(SEED + 1)
    assert fingerprint(other) != fingerprint(records)
    assert all(other[dataset] != records[dataset] for dataset in records)


def test_generation_is_quick() -> None:
    started = time.process_time()
    generate()
    assert time.process_time() - started < 2


def test_every_dataset_holds_thousands(records: Records) -> None:
    assert len(records) == 11
    assert all(len(found) >= 2000 for found in records.values())


@pytest.mark.parametrize(
    ("dataset", "key"),
    [
        ("public-security/population", "resident_id"),
        ("public-security/population", "phone"),
        ("civil-affairs/marriage", "certificate_number"),
        ("health/birth-certificates", "certificate_number"),
        ("market-regulation/companies", "credit_code"),
        ("market-regulation/companies", "name"),
        ("social-security/contributions", "resident_id"),
        ("planning/real-estate-titles", "unit_number"),
        ("city-operations/events", "event"),
        ("public-security/cameras", "camera"),
        ("tax/enterprise-tax-credit", "credit_code"),
    ],
)
def test_keys_are_unique(records: Records, dataset: str, key: str) -> None:
    counts = Counter(record[key] for record in records[dataset])
    assert counts.most_common(1)[0][1] == 1


def test_every_identifying_number_is_valid(records: Records) -> None:
    checks = {
        "resident_id": is_resident_id,
        "credit_code": is_credit_code,
        "operator": is_credit_code,
        "phone": is_phone,
    }
    found = Counter[str]()
    for record in (record for dataset in records.values() for record in dataset):
        for name, value in _leaves(record):
            if name in checks:
                assert checks[name](value), name
                found[name] += 1
    assert found.keys() == checks.keys()


def test_no_phone_number_is_one_that_an_operator_gave_out(records: Records) -> None:
    phones = [
        value
        for dataset in records.values()
        for record in dataset
        for name, value in _leaves(record)
        if name == "phone"
    ]
    assert len(phones) > 8000
    assert all(phone.startswith("154") for phone in phones)


def test_the_cast_hangs_together_across_departments(records: Records) -> None:
    who = cast(records)
    birth = _one(records["health/birth-certificates"], certificate_number=who.certificate)
    assert (birth["mother"]["resident_id"], birth["father"]["resident_id"]) == (who.mother, who.father)
    couples = [{spouse["resident_id"] for spouse in record["spouses"]} for record in records["civil-affairs/marriage"]]
    assert {who.mother, who.father} in couples
    for parent in (who.mother, who.father):
        assert _one(records["public-security/population"], resident_id=parent)
    assert _one(records["market-regulation/companies"], credit_code=who.company)["status"] == "in-business"
    assert _one(records["social-security/contributions"], resident_id=who.insured)
    owners = {owner["resident_id"] for record in records["planning/real-estate-titles"] for owner in record["owners"]}
    assert who.owner in owners


def _one(records: list[Record], **wanted: Any) -> Record:
    (record,) = (record for record in records if wanted.items() <= record.items())
    return record


def _leaves(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, key)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner, name)]
    return [(name, value)]
