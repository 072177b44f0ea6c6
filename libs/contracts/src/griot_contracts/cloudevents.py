"""CloudEvents 1.0 over Kafka, binary mode: attributes in headers, the body's JSON as the value.

Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

from pydantic import ValidationError

from griot_contracts.base import Contract
from griot_contracts.ids import reply_partition
from griot_contracts.topics import REPLIES, TYPES

Headers = list[tuple[str, bytes]]
FoundHeaders = Iterable[tuple[str, bytes | None]]
"""A record's headers as they were read: Kafka allows one without a value."""
B_co = TypeVar("B_co", bound=Contract, covariant=True)

_CONTENT_TYPE: Final = ("content-type", b"application/json")
_REQUIRED: Final = ("ce_id", "ce_type", "ce_source", "ce_time", "ce_subject")
_OPTIONAL: Final = ("correlation_id", "causation_id", "reply_to", "traceparent")


class UnreadableRecordError(Exception):
    """A record that no retry will make readable; `reason` says why, without any of its content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Envelope(Generic[B_co]):
    """A body and the attributes it travels with.

    Attributes:
        body: the command, event or notice.
        id: the record's own id; the same for a repeat of the same thing, so that a reader can tell.
        source: who wrote it, such as `/quota`.
        subject: what it is about: the id of the message, session, key or account.
        correlation_id: the id of the command that all this began with.
        causation_id: the id of the record that led to this one.
        reply_to: where an answer is awaited (`ids.reply_address`), on commands.
        traceparent: the W3C trace context under which it was written.
    """

    body: B_co
    id: str
    source: str
    subject: str
    correlation_id: str | None = None
    causation_id: str | None = None
    reply_to: str | None = None
    traceparent: str | None = None

    @property
    def time(self) -> datetime:
        """When it was asked or when it happened: the body's own time."""
        return self.body.at


def subject_of(body: Contract) -> str:
    """What a body is about: the id of the narrowest thing that it names."""
    for field in ("message_id", "session_id", "key_id"):
        value = getattr(body, field, None)
        if value is not None:
            return str(value)
    return body.account_id


def encode(envelope: Envelope[Contract]) -> tuple[Headers, bytes]:
    """The headers and the value of the record that carries `envelope`."""
    headers: Headers = [
        _CONTENT_TYPE,
        ("ce_specversion", b"1.0"),
        ("ce_id", envelope.id.encode()),
        ("ce_type", envelope.body.type().encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_time", envelope.time.astimezone(UTC).isoformat().encode()),
        ("ce_subject", envelope.subject.encode()),
    ]
    for name in _OPTIONAL:
        value = getattr(envelope, name)
        if value is not None:
            headers.append((name, value.encode()))
    return headers, envelope.body.model_dump_json(exclude_none=True).encode()


def decode(headers: FoundHeaders, value: bytes | None) -> Envelope[Contract]:
    """The envelope that a record carries.

    Raises:
        UnreadableRecordError: a header is missing or means nothing, the type is not known, or the body does
            not fit its type.
    """
    found = _attributes(headers)
    kind = TYPES.get(found["ce_type"])
    if kind is None:
        raise UnreadableRecordError(f"unknown type: {found['ce_type']!r}")
    try:
        body = kind.model_validate_json(value or b"")
    except ValidationError as error:
        where = ", ".join(
            ".".join(map(str, e["loc"])) + ": " + e["type"] for e in error.errors(include_input=False)
        )
        raise UnreadableRecordError(f"not a {kind.__name__}: {where}") from None  # its input is in the cause
    return Envelope(
        body=body,
        id=found["ce_id"],
        source=found["ce_source"],
        subject=found["ce_subject"],
        correlation_id=found.get("correlation_id"),
        causation_id=found.get("causation_id"),
        reply_to=found.get("reply_to"),
        traceparent=found.get("traceparent"),
    )


def _attributes(headers: FoundHeaders) -> dict[str, str]:
    known = {name: raw for name, raw in headers if name in _REQUIRED or name in _OPTIONAL}
    if empty := [name for name, raw in known.items() if raw is None]:
        raise UnreadableRecordError(f"headers without a value: {', '.join(empty)}")
    try:
        found = {name: raw.decode() for name, raw in known.items() if raw is not None}
    except UnicodeDecodeError:
        raise UnreadableRecordError("a header is not UTF-8") from None
    if missing := [name for name in _REQUIRED if name not in found]:
        raise UnreadableRecordError(f"missing headers: {', '.join(missing)}")
    if "reply_to" in found and not _is_reply_address(found["reply_to"]):
        raise UnreadableRecordError("reply_to is no address of replies.v1")
    return found


def _is_reply_address(text: str) -> bool:
    try:
        return reply_partition(text) < REPLIES.partitions
    except ValueError:
        return False
