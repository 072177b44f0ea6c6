from collections.abc import Iterable
from typing import Any

import pytest

from api.projector.projections import NOT_IN_THE_LOG_YET, Document, evolve
from api.projector.usage import count, usage_ref
from griot_contracts.accounts import KeyUsed
from griot_contracts.base import Contract
from griot_contracts.sessions import DesiredState, SessionStatus, SessionUpdated
from tests.unit.api.events import (
    ACCOUNT,
    KEY,
    NOON,
    SESSION,
    accepted,
    after,
    failed,
    key_issued,
    key_revoked,
    opened,
    plan_changed,
    rejected,
    session_created,
    session_deleted,
    stands,
    unknown,
    way_of_a_message,
)


def document_of(events: Iterable[Contract]) -> Document:
    document = None
    for offset, event in enumerate(events):
        document = evolve(document, event, offset)
    assert document is not None
    return document


def without_offset(document: Document) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "offset"}


def test_a_message_has_every_step_of_its_way() -> None:
    message = document_of(way_of_a_message())

    statuses = ["pending", "queued", "sending", "sent", "delivered", "read"]
    assert [step["status"] for step in message["timeline"]] == statuses
    assert (message["status"], message["whatsapp_message_id"]) == ("read", "3EB0")


def test_a_status_that_comes_late_is_told_and_does_not_move_it_back() -> None:
    *_, delivered, read = way_of_a_message()

    message = document_of([accepted(), read, delivered])

    assert message["status"] == "read"
    assert [step["status"] for step in message["timeline"]] == ["pending", "read", "delivered"]


def test_a_failed_message_says_why() -> None:
    assert document_of([accepted(), failed()])["reason"] == {"code": "gone", "detail": "no such number"}


def test_a_message_given_up_that_was_delivered_after_all_has_no_reason_left() -> None:
    delivered = way_of_a_message()[4]

    message = document_of([accepted(), failed(), delivered])

    assert (message["status"], message["reason"]) == ("delivered", None)


def test_a_message_of_which_nobody_knows_says_so_until_it_is_known() -> None:
    sent = way_of_a_message()[3]

    assert document_of([accepted(), unknown()])["reason"] == {"code": "no_ack", "detail": None}
    assert document_of([accepted(), unknown(), sent])["status"] == "sent"


def test_a_message_refused_at_the_limit_is_rejected() -> None:
    message = document_of([rejected()])

    assert (message["status"], message["reason"]["code"]) == ("rejected", "daily_limit_reached")


def test_a_message_refused_and_asked_for_again_later_begins_anew() -> None:
    message = document_of([rejected(), accepted(at=after(1))])

    assert (message["status"], message["reason"], message["created_at"]) == ("pending", None, after(1))
    assert [step["status"] for step in message["timeline"]] == ["rejected", "pending"]


def test_a_message_refused_after_it_was_told_pending_stays_refused() -> None:
    assert evolve(document_of([rejected()]), accepted(), NOT_IN_THE_LOG_YET) == document_of([rejected()])


def test_a_keys_last_use_is_the_latest() -> None:
    used = [KeyUsed(account_id=ACCOUNT, at=after(seconds), key_id=KEY) for seconds in (0, 60, 30)]

    assert document_of(used)["at"] == after(60)


def test_an_event_that_the_document_holds_changes_nothing() -> None:
    message = document_of(way_of_a_message())

    assert evolve(message, failed(), message["offset"]) is message


def test_the_same_event_written_twice_is_told_once() -> None:
    twice = [event for event in way_of_a_message() for _ in range(2)]

    assert without_offset(document_of(twice)) == without_offset(document_of(way_of_a_message()))


def test_an_event_of_a_message_whose_beginning_is_forgotten_makes_nothing() -> None:
    assert evolve(None, failed(), 7) is None


def test_what_was_known_before_it_was_in_the_log_is_what_the_log_says() -> None:
    known = evolve(None, accepted(), NOT_IN_THE_LOG_YET)

    assert evolve(known, accepted(), 5) == evolve(None, accepted(), 5)


def test_what_is_known_to_be_decided_holds_over_what_was_read() -> None:
    key = document_of([opened_key := key_issued()])

    revoked = evolve(key, key_revoked(), NOT_IN_THE_LOG_YET)

    assert opened_key.key_id == key["_id"]
    assert revoked is not None
    assert (revoked["revoked_at"], revoked["offset"]) == (after(9), key["offset"])


def test_a_session_stands_where_it_was_seen_last() -> None:
    session = document_of(
        [session_created(), stands(SessionStatus.CONNECTED, after(1), phone="+237600000000")]
    )

    assert (session["status"], session["phone"]) == ("connected", "+237600000000")


def test_of_one_owners_statuses_the_last_holds_whatever_its_clock_says() -> None:
    late = [stands(SessionStatus.CONNECTED, after(2)), stands(SessionStatus.DISCONNECTED, after(1))]

    session = document_of([session_created(), *late])

    assert (session["status"], session["status_at"]) == ("disconnected", after(1))


@pytest.mark.parametrize("epochs", [(1, 2), (2, 1)])
@pytest.mark.parametrize("clocks", [{1: 1, 2: 1}, {1: 2, 2: 1}])
def test_of_two_owners_statuses_the_later_owners_holds_whatever_their_clocks_say(
    epochs: tuple[int, int], clocks: dict[int, int]
) -> None:
    statuses = {1: SessionStatus.DISCONNECTED, 2: SessionStatus.CONNECTED}

    written = [stands(statuses[epoch], after(clocks[epoch]), epoch=epoch) for epoch in epochs]

    assert document_of([session_created(), *written])["status"] == "connected"


def test_a_deleted_session_stays_deleted() -> None:
    session = document_of([session_created(), session_deleted(), stands(SessionStatus.CONNECTED, after(1))])

    assert session["status"] == "deleted"


def test_a_session_that_works_again_has_no_reason_left() -> None:
    away = stands(SessionStatus.DISCONNECTED, after(1), reason="connection_lost")
    back = stands(SessionStatus.CONNECTED, after(2))

    assert document_of([session_created(), away])["reason"] == {"code": "connection_lost", "detail": None}
    assert document_of([session_created(), away, back])["reason"] is None


def test_an_account_is_on_the_plan_it_was_put_on_and_its_password_is_not_kept() -> None:
    account = document_of([opened(), plan_changed("pro")])

    assert account["plan"] == "pro"
    assert "secret" not in str(account)


def test_a_revoked_key_stays_revoked_when_its_beginning_is_told_again() -> None:
    assert document_of([key_issued(), key_revoked(), key_issued()])["revoked_at"] == after(9)


def test_messages_are_counted_by_account_day_and_partition() -> None:
    usage = count(count(None, accepted("m1"), 3), accepted("m2"), 4)

    assert usage["sent"] == 2
    assert usage_ref(accepted(), 3).id == "account-1:2026-03-14:3"


def test_a_message_that_was_counted_is_not_counted_again() -> None:
    usage = count(None, accepted(), 3)

    assert count(usage, accepted(), 3) is usage


def test_a_message_counts_on_the_day_that_its_decider_counted_it_on() -> None:
    event = accepted().model_copy(update={"day": after(86_400).date()})

    assert usage_ref(event, 0).id == "account-1:2026-03-15:0"


def test_times_are_as_mongodb_gives_them_back() -> None:
    message = document_of([accepted(at=after(0.123456))])

    assert message["created_at"] == after(0.123)


def test_what_a_decider_tells_again_after_others_have_decided_changes_nothing() -> None:
    free, pro = plan_changed("free", sequence=8), plan_changed("pro", sequence=7)

    account = document_of([opened(), pro, free, pro])

    assert (account["plan"], account["offset"]) == ("free", 3)
    assert document_of([opened(), pro, free, free]) == account


def test_what_an_account_wants_of_a_session_is_what_was_decided_last() -> None:
    first, last = wanted(DesiredState.DISCONNECTED, 7), wanted(DesiredState.CONNECTED, 9)

    session = document_of([session_created(), first, last, first])

    assert session["desired_state"] == "connected"


def wanted(state: DesiredState, sequence: int) -> SessionUpdated:
    return SessionUpdated(
        account_id=ACCOUNT, at=NOON, session_id=SESSION, desired_state=state, sequence=sequence
    )
