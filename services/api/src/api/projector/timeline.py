"""A message's timeline: what each event says of its way."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from griot_contracts.messages import (
    MessageEvent,
    MessageFailed,
    MessageQueued,
    MessageRejected,
    MessageSending,
    MessageStatus,
    MessageUnknown,
)

Step = dict[str, Any]


def is_told(step: Step, timeline: Iterable[Step]) -> bool:
    """Whether the timeline has the step.

    Whoever took over from a process that died tells its last step again, at a later time.
    """
    return any(told | {"at": step["at"]} == step for told in timeline)


def timeline_step(event: MessageEvent, status: MessageStatus) -> Step:
    """What is shown of an event that brought, or would have brought, this status."""
    step: Step = {"status": status.value, "at": moment(event.at)}
    match event:
        case MessageQueued():
            step |= _waiting(event)
        case MessageSending():
            step["attempt"] = event.attempt
        case MessageUnknown():
            step |= {"attempt": event.attempt, "reason": {"code": event.reason, "detail": None}}
            step |= {"resend": event.resend} | _until(event)
        case MessageFailed():
            step["reason"] = {"code": event.reason, "detail": event.detail}
        case MessageRejected():
            step["reason"] = {"code": event.reason, "detail": None}
        case _:
            pass
    return step


def _waiting(event: MessageQueued) -> Step:
    """Why it waits on, after which attempt, and until when; as far as that is told."""
    said: Step = {} if event.attempt is None else {"attempt": event.attempt}
    if event.reason is not None:
        said["reason"] = {"code": event.reason, "detail": event.detail}
    return said | _until(event)


def _until(event: MessageQueued | MessageUnknown) -> Step:
    return {} if event.not_before is None else {"not_before": moment(event.not_before)}


def moment(at: datetime) -> datetime:
    """The time as MongoDB keeps it, in whole milliseconds, so that a document equals what is read back."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
