"""What a field may hold, wherever it stands: numbers, names and times, as they come in and as they go out."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from api import numbers

_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def _recipient(to: str) -> str:
    try:
        return numbers.whatsapp_id(to)
    except numbers.ImpossibleNumberError as error:
        raise PydanticCustomError("impossible_number", "{reason}", {"reason": str(error)}) from None


def _phone(number: str) -> str:
    to = _recipient(number)
    if "@" in number or not to.endswith("@s.whatsapp.net"):
        raise PydanticCustomError("impossible_number", "give a number with its country code")
    return numbers.shown(to)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return text


def _in_milliseconds(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rfc3339(at: Any) -> Any:
    """Nothing else is a time: a bare number would be read as seconds of an epoch that nobody named."""
    if isinstance(at, str) and _RFC3339.fullmatch(at) is None:
        raise PydanticCustomError("not_a_time", "a time looks like 2026-03-14T08:00:00Z")
    if not isinstance(at, str | datetime):
        raise PydanticCustomError("not_a_time", "a time is text such as 2026-03-14T08:00:00Z")
    return at


def _zoned(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("no_such_time", "no calendar has this time in UTC") from None


Recipient = Annotated[
    str,
    StringConstraints(max_length=100),
    AfterValidator(_recipient),
    Field(json_schema_extra={"format": "whatsapp-recipient"}),
]
PhoneNumber = Annotated[
    str,
    StringConstraints(max_length=100),
    AfterValidator(_phone),
    Field(json_schema_extra={"format": "phone"}),
]
Moment = Annotated[datetime, BeforeValidator(_rfc3339), AfterValidator(_zoned)]
Shown = Annotated[
    datetime,
    PlainSerializer(_in_milliseconds, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A time in an answer: UTC, in milliseconds."""

NotBlank = Annotated[str, AfterValidator(_not_blank), Field(json_schema_extra={"pattern": r"\S"})]
Name = Annotated[NotBlank, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
