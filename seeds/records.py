"""All records of the demonstration city, generated from one seed.

The same seed gives the same records on every machine: nothing here reads a clock, and each dataset draws from a
random generator of its own, so that a change in one leaves the others alone.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from seeds.companies import company_records, contribution_records, tax_credit_records
from seeds.families import birth_records, marriage_records
from seeds.homes import title_records
from seeds.people import Record, populate, population_records
from seeds.streets import air_records, camera_records, event_records, road_records

SEED = 20261101
_COUPLES, _SINGLES = 2400, 1300


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays in the story: identifiers whose records hang together across departments."""

    certificate: str
    mother: str
    father: str
    company: str
    insured: str
    owner: str


def generate(seed: int = SEED) -> dict[str, list[Record]]:
    """Dataset id (`<department>/<slug>`) → its records."""
    population = populate(_stream(seed, "people"), _COUPLES, _SINGLES)
    companies = company_records(_stream(seed, "companies"), population)
    return {
        "public-security/population": population_records(_stream(seed, "population"), population),
        "civil-affairs/marriage": marriage_records(_stream(seed, "marriage"), population),
        "health/birth-certificates": birth_records(_stream(seed, "births"), population),
        "market-regulation/companies": companies,
        "social-security/contributions": contribution_records(_stream(seed, "work"), population, companies),
        "planning/real-estate-titles": title_records(_stream(seed, "homes"), population),
        "transport/road-sensors": road_records(_stream(seed, "roads")),
        "ecology/air-quality": air_records(_stream(seed, "air")),
        "city-operations/events": event_records(_stream(seed, "events")),
        "public-security/cameras": camera_records(_stream(seed, "cameras")),
        "tax/enterprise-tax-credit": tax_credit_records(_stream(seed, "tax"), companies),
    }


def _stream(seed: int, name: str) -> Random:
    return Random(f"{seed}/{name}")


def cast(records: Mapping[str, list[Record]]) -> Cast:
    """The people and firms of the story, found by their joins and not by a place in a list."""
    birth = next(record for record in records["health/birth-certificates"] if "father" in record)
    running = (record for record in records["market-regulation/companies"] if record["status"] == "in-business")
    return Cast(
        certificate=birth["certificate_number"],
        mother=birth["mother"]["resident_id"],
        father=birth["father"]["resident_id"],
        company=next(running)["credit_code"],
        insured=records["social-security/contributions"][0]["resident_id"],
        owner=records["planning/real-estate-titles"][0]["owners"][0]["resident_id"],
    )


def fingerprint(records: Mapping[str, list[Record]]) -> str:
    """SHA-256 over all records, hex: tells two runs apart."""
    text = json.dumps(records, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
