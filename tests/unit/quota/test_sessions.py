"""Sessions held by an account."""

from dataclasses import replace
from uuid import UUID

import pytest

from griot_contracts.accounts import (
    CommandRefused,
    Plan,
    PlanChanged,
    Refusal,
    SessionReleased,
    SuspendAccount,
)
from griot_contracts.sessions import SessionCreated
from quota.domain import AccountEvent, decide, evolve
from quota.domain.account import MOST_SESSIONS
from tests.unit.quota.samples import (
    ACCOUNT,
    HISTORY,
    HOLDS_S1,
    NOON,
    account_after,
    create_session,
    delete_session,
    given,
)

ONE_RECORD = 1024 * 1024
S1_RELEASED = SessionReleased(account_id=ACCOUNT, at=NOON, session_id="s1")
ON_PRO = PlanChanged(account_id=ACCOUNT, at=NOON, plan=Plan.PRO)
ON_FREE = PlanChanged(account_id=ACCOUNT, at=NOON, plan=Plan.FREE)


def created(session_id: str) -> SessionCreated:
    return SessionCreated(
        account_id=ACCOUNT, at=NOON, session_id=session_id, session_key=f"key of {session_id}"
    )


TEN_HELD: tuple[AccountEvent, ...] = (*HISTORY, *(created(f"s{number}") for number in range(2, 11)))


def test_a_session_is_created() -> None:
    assert given(*HISTORY)(create_session("s2")) == [created("s2")]


def test_a_free_account_holds_ten_sessions_and_not_an_eleventh() -> None:
    assert given(*TEN_HELD[:-1])(create_session("s10")) == [created("s10")]

    [refusal] = given(*TEN_HELD)(create_session("s11"))

    assert refusal == CommandRefused(
        account_id=ACCOUNT, at=NOON, command="CreateSession", reason=Refusal.SESSION_LIMIT_REACHED, limit=10
    )


def test_a_pro_account_holds_as_many_as_it_likes() -> None:
    assert given(*TEN_HELD, ON_PRO)(create_session("s11")) == [created("s11")]


def test_no_account_holds_more_than_one_record_can_name() -> None:
    ids = [str(UUID(int=number)) for number in range(MOST_SESSIONS)]
    full = replace(account_after(*HISTORY, ON_PRO), sessions={id_: f"key of {id_}" for id_ in ids})

    [refusal] = decide(full, create_session("one more"))
    [suspended] = decide(full, SuspendAccount(account_id=ACCOUNT, at=NOON))

    assert refusal == CommandRefused(
        account_id=ACCOUNT,
        at=NOON,
        command="CreateSession",
        reason=Refusal.SESSION_LIMIT_REACHED,
        limit=MOST_SESSIONS,
    )
    assert decide(full, create_session(ids[0])) == []
    assert len(suspended.model_dump_json()) < ONE_RECORD / 2


def test_a_plan_taken_back_keeps_the_sessions_and_gives_no_more() -> None:
    history = (*TEN_HELD, ON_PRO, created("s11"), ON_FREE)

    [refusal] = given(*history)(create_session("s12"))

    assert isinstance(refusal, CommandRefused)
    assert refusal.reason is Refusal.SESSION_LIMIT_REACHED
    assert len(account_after(*history).sessions) == 11


def test_a_session_key_names_one_session() -> None:
    [refusal] = given(*HISTORY)(create_session("s2", session_key=HOLDS_S1.session_key))

    assert isinstance(refusal, CommandRefused)
    assert refusal.reason is Refusal.SESSION_KEY_TAKEN


def test_a_session_key_is_free_again_when_its_session_is_given_up() -> None:
    [event] = given(*HISTORY, S1_RELEASED)(create_session("s2", session_key=HOLDS_S1.session_key))

    assert isinstance(event, SessionCreated)


def test_creating_the_same_session_again_changes_nothing() -> None:
    assert given(*HISTORY)(create_session("s1", session_key="shop")) == []


def test_a_repeat_is_no_refusal_when_all_sessions_are_held_meanwhile() -> None:
    assert given(*TEN_HELD)(create_session("s10")) == []


def test_a_late_repeat_does_not_revive_a_session_that_was_given_up() -> None:
    assert given(*HISTORY, S1_RELEASED)(create_session("s1", session_key="shop")) == []


def test_a_creation_told_again_after_the_release_revives_nothing() -> None:
    account = account_after(*HISTORY, S1_RELEASED)

    assert evolve(account, HOLDS_S1) == account


def test_a_session_given_up_no_longer_counts() -> None:
    assert given(*TEN_HELD)(delete_session("s1")) == [S1_RELEASED]
    assert given(*TEN_HELD, S1_RELEASED)(create_session("s11")) == [created("s11")]


@pytest.mark.parametrize("history", [HISTORY[:-1], (*HISTORY, S1_RELEASED)])
def test_a_session_that_is_not_held_cannot_be_given_up(history: tuple[SessionCreated, ...]) -> None:
    [refusal] = given(*history)(delete_session("s1"))

    assert isinstance(refusal, CommandRefused)
    assert refusal.reason is Refusal.NO_SUCH_SESSION
