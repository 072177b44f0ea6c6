"""What three stories of the same messages come to."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from griot_contracts.messages import (
    MessageAccepted,
    MessageDelivered,
    MessageEvent,
    MessageFailed,
    MessageRejected,
    MessageSending,
    MessageSent,
    MessageStatus,
    MessageUnknown,
    TextContent,
)
from griot_contracts.sessions import WhenUnknown
from tests.chaos.reckoning import Log, Reckoning, Sent, reckon

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
RESEND, FAIL = WhenUnknown.RESEND, WhenUnknown.FAIL

_OF = {"account_id": "a", "at": NOON, "message_id": "m", "session_id": "s"}
_ASKED = {**_OF, "to": "237612345678@s.whatsapp.net", "content": TextContent(text="hello")}
ACCEPTED = MessageAccepted(**_ASKED)
REJECTED = MessageRejected(**_ASKED, reason="daily_limit_reached")
SENDING = MessageSending(**_OF, attempt=1)
SENT = MessageSent(**_OF, whatsapp_message_id="3EB0")
DELIVERED = MessageDelivered(**_OF)
UNKNOWN = MessageUnknown(**_OF, attempt=1, reason="worker_restarted", resend=True)
FAILED = MessageFailed(**_OF, reason="unknown_outcome")
GIVEN_UP = MessageFailed(**_OF, reason="recipient_lookup_failed")


def reckoned(
    *events: MessageEvent, shown: int = 0, when_unknown: WhenUnknown = RESEND, told: bool = True,
    stored: str | None = None, limit: int | None = None,
) -> Reckoning:  # fmt: skip
    log = Log()
    for number, event in enumerate(events):
        log.take(event, f"{type(event).__name__}-{number}")
    sent = Sent("a", when_unknown, {"m": "hello"} if told else {}, limit)
    in_the_log = {id_: message.status.value for id_, message in log.messages.items()}
    in_mongo = in_the_log if stored is None else {"m": stored}
    return reckon([sent], log, Counter({"hello": shown}), in_mongo)


def test_a_message_that_came_once_is_delivered_once() -> None:
    reckoning = reckoned(ACCEPTED, SENDING, SENT, DELIVERED, shown=1)

    assert (reckoning.accepted, reckoning.once, reckoning.twice, reckoning.holds) == (1, 1, 0, True)


@pytest.mark.parametrize("events", [(ACCEPTED, SENDING), (ACCEPTED, SENDING, SENT, DELIVERED), ()])
def test_a_message_that_came_to_no_phone_is_lost_whatever_is_told_of_it(
    events: tuple[MessageEvent, ...],
) -> None:
    assert len(reckoned(*events).lost) == 1


def test_a_message_that_was_told_as_failed_is_not_lost() -> None:
    reckoning = reckoned(ACCEPTED, GIVEN_UP)

    assert reckoning.holds
    assert reckoning.failed == {"recipient_lookup_failed": 1}


def test_what_is_unknown_may_come_or_not_and_twice_where_it_is_sent_again() -> None:
    assert reckoned(ACCEPTED, UNKNOWN, FAILED, when_unknown=FAIL).holds
    assert reckoned(ACCEPTED, UNKNOWN, FAILED, shown=1, when_unknown=FAIL).holds
    assert reckoned(ACCEPTED, UNKNOWN, SENT, shown=2).holds
    assert reckoned(ACCEPTED, UNKNOWN, SENT, shown=2).unknown == {"worker_restarted": 1}


def test_to_come_twice_is_wrong_without_an_unknown_and_where_unknowns_fail() -> None:
    assert not reckoned(ACCEPTED, SENT, shown=2).holds
    assert not reckoned(ACCEPTED, UNKNOWN, SENT, shown=3).holds
    assert not reckoned(ACCEPTED, UNKNOWN, FAILED, shown=2, when_unknown=FAIL).holds


def test_an_attempt_that_is_told_twice_as_unknown_is_one() -> None:
    assert not reckoned(ACCEPTED, UNKNOWN, UNKNOWN, SENT, shown=3).holds


def test_a_message_under_two_decisions_is_wrong() -> None:
    assert not reckoned(ACCEPTED, ACCEPTED, SENT, shown=1).holds


def test_what_mongodb_says_otherwise_is_wrong() -> None:
    assert not reckoned(ACCEPTED, SENT, shown=1, stored="pending").holds
    assert not reckoned(ACCEPTED, SENT, shown=1, stored="").holds


def test_more_or_fewer_than_the_plan_allows_is_wrong() -> None:
    assert reckoned(ACCEPTED, SENT, shown=1, limit=1).holds
    assert not reckoned(ACCEPTED, SENT, shown=1, limit=2).holds


def test_what_was_taken_and_then_refused_at_the_limit_is_not_lost() -> None:
    assert reckoned(REJECTED, limit=0).holds


def test_an_acceptance_that_the_sender_never_heard_of_is_wrong() -> None:
    assert not reckoned(ACCEPTED, SENT, shown=1, told=False).holds


def test_a_status_never_goes_back() -> None:
    log = Log()
    for event in (ACCEPTED, SENT, SENDING):
        log.take(event, type(event).__name__)

    assert log.messages["m"].status is MessageStatus.SENT
    assert log.all_ended


def test_the_report_has_a_line_each() -> None:
    lines = reckoned(ACCEPTED, UNKNOWN, SENT, shown=2).lines()

    assert lines == [
        "accepted: 1", "delivered once: 0", "delivered twice: 1", "unknown: 1 (worker_restarted 1)",
        "failed: 0", "lost: 0",
    ]  # fmt: skip
