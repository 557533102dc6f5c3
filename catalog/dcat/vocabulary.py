"""The words of the description: our JSON-LD context, the controlled vocabularies of DCAT-AP, and the names of things.

`context.json` is the one table of prefixes and terms; both writers and the reader go by it. Controlled values are those
of the Publications Office of the European Union (access right, frequency, data theme, language, file type), as DCAT-AP
3.0.1 asks; what these do not know is named under `urn:hutong:`. Pure.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

from catalog.models import SharingClass, UpdateCycle

CONTEXT: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("context.json").read_text(encoding="utf-8"))
KEYWORDS: Final = {"id": "@id", "type": "@type"}
PREFIXES: Final[dict[str, str]] = {
    name: iri for name, iri in CONTEXT.items() if isinstance(iri, str) and name not in KEYWORDS
}
TERMS: Final[dict[str, dict[str, str]]] = {name: term for name, term in CONTEXT.items() if isinstance(term, dict)}

URN: Final = "urn:hutong:"

ACCESS: Final[Mapping[SharingClass, str]] = {
    SharingClass.UNCONDITIONAL: "PUBLIC",
    SharingClass.CONDITIONAL: "RESTRICTED",
    SharingClass.NOT_SHARED: "NON_PUBLIC",
}
FREQUENCY: Final[Mapping[UpdateCycle, str]] = {
    UpdateCycle.REAL_TIME: "CONT",
    UpdateCycle.DAILY: "DAILY",
    UpdateCycle.WEEKLY: "WEEKLY",
    UpdateCycle.MONTHLY: "MONTHLY",
    UpdateCycle.QUARTERLY: "QUARTERLY",
    UpdateCycle.HALF_YEARLY: "ANNUAL_2",
    UpdateCycle.YEARLY: "ANNUAL",
    UpdateCycle.IRREGULAR: "IRREG",
    UpdateCycle.NEVER: "NEVER",
}
# Frequencies that our cycles do not name, read as the nearest one that promises no more.
NEAREST_CYCLE: Final[Mapping[str, UpdateCycle]] = {
    **{code: cycle for cycle, code in FREQUENCY.items()},
    "UPDATE_CONT": UpdateCycle.REAL_TIME,
    "1MIN": UpdateCycle.REAL_TIME,
    "HOURLY": UpdateCycle.REAL_TIME,
    "DAILY_2": UpdateCycle.DAILY,
    "WEEKLY_2": UpdateCycle.WEEKLY,
    "WEEKLY_3": UpdateCycle.WEEKLY,
    "BIWEEKLY": UpdateCycle.MONTHLY,
    "MONTHLY_2": UpdateCycle.MONTHLY,
    "MONTHLY_3": UpdateCycle.MONTHLY,
    "BIMONTHLY": UpdateCycle.QUARTERLY,
    "ANNUAL_3": UpdateCycle.HALF_YEARLY,
}
LANGUAGE: Final[Mapping[str, str]] = {
    "zh": "ZHO",
    "en": "ENG",
    "ar": "ARA",
    "de": "DEU",
    "es": "SPA",
    "fr": "FRA",
    "it": "ITA",
    "ja": "JPN",
    "ko": "KOR",
    "pt": "POR",
    "ru": "RUS",
}
DATA_THEMES: Final = frozenset(
    {"AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "OP_DATPRO", "REGI", "SOCI", "TECH"}
    | {"TRAN"}
)
# Codes that a themes code list commonly has, and the European data theme nearest to them.
_THEME: Final[Mapping[str, str]] = {
    "agriculture": "AGRI",
    "economy": "ECON",
    "finance": "ECON",
    "market": "ECON",
    "tax": "ECON",
    "education": "EDUC",
    "culture": "EDUC",
    "energy": "ENER",
    "environment": "ENVI",
    "ecology": "ENVI",
    "government": "GOVE",
    "health": "HEAL",
    "justice": "JUST",
    "public-security": "JUST",
    "safety": "JUST",
    "regions": "REGI",
    "planning": "REGI",
    "housing": "REGI",
    "city-operations": "REGI",
    "population": "SOCI",
    "society": "SOCI",
    "social-security": "SOCI",
    "technology": "TECH",
    "transport": "TRAN",
}

_ILLEGAL = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f-\x9f\ud800-\udfff]")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:[^\x00-\x20<>\"{}|\\^`\x7f-\x9f]+")


def iri(text: str) -> str:
    """The text with every character that no IRI may have percent-encoded (RFC 3987, section 2.2)."""
    return _ILLEGAL.sub(lambda found: quote(found[0], safe="", errors="replace"), text)


def quoted(text: str) -> str:
    """The text as the part of an IRI after its scheme, such as an address of e-mail or a telephone number."""
    return quote(text, safe="@+-._~")


def is_iri(text: str) -> bool:
    """Whether the text can stand as an absolute IRI as it is; length and scheme are bounded too."""
    return len(text) <= 2_000 and _ABSOLUTE.fullmatch(text) is not None


def is_web(text: str) -> bool:
    """Whether the text begins as a web address does."""
    return text.startswith(("http://", "https://"))


def urn(kind: str, name: str) -> str:
    """A name of our own for what has none on the web: `urn:hutong:<kind>:<percent-encoded name>`."""
    return f"{URN}{kind}:{quote(name, safe='')}"


def named(kind: str, found: str) -> str | None:
    """The name in an IRI that `urn` made for this kind, None for every other IRI."""
    prefix = f"{URN}{kind}:"
    return unquote(found.removeprefix(prefix)) if found.startswith(prefix) else None


def authority(table: str, code: str) -> str:
    """A value of a controlled vocabulary; `table` is its prefix in the context."""
    return PREFIXES[table] + code


def coded(table: str, found: str) -> str | None:
    """The code of a controlled value, None for every other IRI."""
    prefix = PREFIXES[table]
    return found.removeprefix(prefix) if found.startswith(prefix) else None


def theme(code: str) -> str | None:
    """The European data theme for a code of the themes code list, None where none is near."""
    near = code if code in DATA_THEMES else _THEME.get(code.lower())
    return None if near is None else authority("eutheme", near)


def bilingual(text: str) -> dict[str, str]:
    """A name given as `<Chinese> · <English>`, or in one language for both."""
    zh, dot, en = text.partition(" · ")
    return {"zh": zh.strip(), "en": en.strip()} if dot else {"zh": text.strip(), "en": text.strip()}


def language(tag: str) -> str:
    """The IRI of a BCP 47 tag."""
    return authority("eulanguage", LANGUAGE[tag]) if tag in LANGUAGE else urn("language", tag)


@dataclass(frozen=True, slots=True)
class Names:
    """How the things of one catalog are called; `base` is the public URL of the exchange, without a slash at its end.

    Ids and slugs are lower-kebab, so they stand in an IRI as they are; everything else is percent-encoded.
    """

    base: str

    @property
    def catalog(self) -> str:
        return f"{self.base}/catalog"

    @property
    def publisher(self) -> str:
        return f"{self.catalog}#publisher"

    @property
    def themes(self) -> str:
        return f"{self.catalog}#themes"

    def theme(self, code: str) -> str:
        return f"{self.catalog}#theme-{quote(code, safe='')}"

    def department(self, slug: str) -> str:
        return f"{self.catalog}#department-{slug}"

    def dataset(self, id: str) -> str:
        return f"{self.catalog}/datasets/{id}"

    def part(self, id: str, part: str) -> str:
        """Something that belongs to one dataset: its period, its contact, one of its items."""
        return f"{self.dataset(id)}#{part}"

    def version(self, id: str, number: int) -> str:
        return f"{self.base}/api/v1/datasets/{id}/versions/{number}"

    def endpoint(self, service_id: str) -> str:
        """Where the broker answers, never the provider's own address."""
        return f"{self.base}/x/{service_id}"
