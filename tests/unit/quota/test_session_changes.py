"""What an account wants of its sessions."""

from typing import Any

from griot_contracts.accounts import CommandRefused, Refusal
from griot_contracts.sessions import (
    DesiredState,
    SessionCreated,
    SessionUpdated,
    StartSession,
    StopSession,
    UpdateSession,
    WhenUnknown,
)
from quota.domain import consequences
from tests.unit.quota.samples import ACCOUNT, HISTORY, NOON, account_after, given

HOLDS_S2 = SessionCreated(account_id=ACCOUNT, at=NOON, session_id="s2", session_key="bar")


def update(session_id: str, **wanted: Any) -> UpdateSession:
    return UpdateSession(account_id=ACCOUNT, at=NOON, session_id=session_id, **wanted)


def updated(session_id: str, **wanted: Any) -> SessionUpdated:
    return SessionUpdated(account_id=ACCOUNT, at=NOON, session_id=session_id, **wanted)


def test_what_is_wanted_is_told_as_it_was_asked() -> None:
    then = given(*HISTORY)(update("s1", when_unknown=WhenUnknown.FAIL, session_key="shop"))

    assert then == [updated("s1", when_unknown=WhenUnknown.FAIL, session_key="shop")]


def test_another_sessions_key_is_refused_under_its_newest_name() -> None:
    history = (*HISTORY, HOLDS_S2, updated("s2", session_key="cafe"))

    [refused] = given(*history)(update("s1", session_key="cafe"))
    assert isinstance(refused, CommandRefused)
    assert refused.reason is Refusal.SESSION_KEY_TAKEN
    assert given(*history)(update("s1", session_key="bar")) == [updated("s1", session_key="bar")]


def test_a_session_that_is_not_held_is_not_found() -> None:
    [refused] = given(*HISTORY)(update("s9", is_default=True))

    assert isinstance(refused, CommandRefused)
    assert refused.reason is Refusal.NO_SUCH_SESSION


def test_to_make_one_session_the_default_is_to_make_another_it_no_more() -> None:
    history = (*HISTORY, HOLDS_S2, updated("s1", is_default=True))

    then = given(*history)(update("s2", is_default=True))

    assert then == [updated("s1", is_default=False), updated("s2", is_default=True)]
    assert account_after(*history, *then).default_session == "s2"


def test_a_session_is_started_and_stopped_by_its_owner() -> None:
    names = {"account_id": ACCOUNT, "at": NOON, "session_id": "s1"}

    assert consequences(updated("s1", desired_state=DesiredState.DISCONNECTED)) == [StopSession(**names)]
    assert consequences(updated("s1", desired_state=DesiredState.CONNECTED)) == [StartSession(**names)]
    assert consequences(updated("s1", is_default=True)) == []
