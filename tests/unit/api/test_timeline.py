"""What a message's timeline tells of waiting, trying again, and being taken back."""

from typing import Any

from api.projector.projections import NOT_IN_THE_LOG_YET, Document, evolve
from griot_contracts.messages import (
    MessageCancelled,
    MessageEvent,
    MessageFailed,
    MessageQueued,
    MessageSending,
    MessageUnknown,
)
from tests.unit.api.events import ACCOUNT, MESSAGE, SESSION, accepted, after
from tests.unit.api.test_projections import document_of

WHAT: dict[str, Any] = {"account_id": ACCOUNT, "session_id": SESSION, "message_id": MESSAGE}
QUEUED = MessageQueued(**WHAT, at=after(1))
TRIED = MessageSending(**WHAT, at=after(2), attempt=1)
CANCELLED = MessageCancelled(**WHAT, at=after(9))


def message_of(*events: MessageEvent) -> Document:
    return document_of([accepted(), *events])


def test_every_failed_try_is_told_and_moves_no_status_back() -> None:
    again = {"attempt": 1, "reason": "whatsapp_unavailable", "detail": "error 503", "not_before": after(5)}

    message = message_of(QUEUED, TRIED, MessageQueued(**WHAT, at=after(3), **again))

    assert message["status"] == "sending"
    assert message["timeline"][-1] == {
        "status": "queued",
        "at": after(3),
        "attempt": 1,
        "reason": {"code": "whatsapp_unavailable", "detail": "error 503"},
        "not_before": after(5),
    }


def test_what_waits_for_the_next_day_says_so_until_it_is_sent() -> None:
    capped = MessageQueued(**WHAT, at=after(2), reason="daily_cap_reached", not_before=after(99))

    assert message_of(QUEUED, capped)["reason"] == {"code": "daily_cap_reached", "detail": None}
    assert message_of(QUEUED, capped, TRIED)["reason"] is None


def test_an_unknown_outcome_says_whether_it_is_sent_again_and_when() -> None:
    unknown = MessageUnknown(
        **WHAT, at=after(3), attempt=1, reason="no_answer", resend=True, not_before=after(5)
    )

    step = message_of(QUEUED, TRIED, unknown)["timeline"][-1]

    assert (step["resend"], step["not_before"]) == (True, after(5))


def test_a_step_that_is_told_again_at_a_later_time_is_one_step() -> None:
    """A dispatcher that takes over asks again for what was under way, and tells it again."""
    again = TRIED.model_copy(update={"at": after(8)})

    assert message_of(QUEUED, TRIED, again)["timeline"] == message_of(QUEUED, TRIED)["timeline"]
    assert len(message_of(TRIED, TRIED.model_copy(update={"attempt": 2}))["timeline"]) == 3


def test_a_cancelled_message_is_cancelled_unless_it_was_sent_after_all() -> None:
    assert message_of(QUEUED, CANCELLED)["status"] == "cancelled"
    assert message_of(QUEUED, TRIED, CANCELLED)["status"] == "cancelled"
    failed = MessageFailed(**WHAT, at=after(10), reason="session_deleted")
    assert message_of(QUEUED, CANCELLED, failed)["timeline"][-2]["status"] == "cancelled"


def test_a_cancellation_known_before_it_is_read_is_one_step_when_it_is() -> None:
    known = evolve(message_of(QUEUED), CANCELLED, NOT_IN_THE_LOG_YET)
    read = evolve(known, CANCELLED, 7)

    assert known is not None
    assert read is not None
    assert known["timeline"] == read["timeline"]


def test_a_scheduled_message_is_kept_from_when_it_is_to_be_sent() -> None:
    scheduled = accepted().model_copy(update={"send_at": after(3_600)})

    message = document_of([scheduled])

    assert (message["send_at"], message["kept_from"]) == (after(3_600), after(3_600))
    assert (message_of()["send_at"], message_of()["kept_from"]) == (None, after(0))
