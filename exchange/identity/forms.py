"""Form bodies, read strictly: `application/x-www-form-urlencoded`, UTF-8, every parameter once (RFC 6749 §3.2, app. B).

ValueError
└── UnreadableForm
"""

from typing import Final
from urllib.parse import parse_qsl

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
LONGEST: Final = 16_384
"""Bytes of a body."""
_MOST_PARAMETERS = 32


class UnreadableForm(ValueError):
    """The body is no form that can be read in one way only; the message repeats nothing of it."""


def read_form(body: bytes, content_type: str | None) -> dict[str, str]:
    """Parameters by name; one without a value counts as left out. Raises UnreadableForm."""
    media_type, _, parameters = (content_type or "").lower().partition(";")
    if media_type.strip() != MEDIA_TYPE or parameters.strip() not in ("", "charset=utf-8", 'charset="utf-8"'):
        raise UnreadableForm(f"Send the parameters as {MEDIA_TYPE} in UTF-8.")
    if len(body) > LONGEST:
        raise UnreadableForm(f"The body is longer than {LONGEST} bytes: send the parameters of a token request only.")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError:
        raise UnreadableForm("The body is not a percent-encoded form of at most 32 parameters in UTF-8.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise UnreadableForm("A parameter is there more than once: send each once.")
    return {name: value for name, value in form.items() if value}
