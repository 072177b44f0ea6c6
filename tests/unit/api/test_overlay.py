from datetime import timedelta

import pytest

from api.overlay import Overlay
from api.projector.projections import API_KEYS, MESSAGES, NOT_IN_THE_LOG_YET, SESSIONS, Ref, evolve
from griot_contracts.sessions import SessionStatus
from tests.unit.api.events import (
    ACCOUNT,
    KEY,
    MESSAGE,
    SESSION,
    accepted,
    after,
    key_issued,
    key_revoked,
    session_created,
    stands,
)

KEPT = timedelta(seconds=60)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def overlay(clock: Clock) -> Overlay:
    return Overlay(kept=KEPT, most=3, monotonic=clock)


def test_what_was_decided_is_found_before_anybody_stored_it(overlay: Overlay) -> None:
    overlay.know(session_created())

    found = overlay.over_all(SESSIONS, ACCOUNT, [])

    assert [session["_id"] for session in found] == [SESSION]


def test_what_was_heard_lies_over_what_is_stored(overlay: Overlay) -> None:
    stored = evolve(None, session_created(), 0)
    overlay.learn(stands(SessionStatus.CONNECTED, after(1)), 1)

    session = overlay.over(Ref(SESSIONS, SESSION), stored)

    assert session is not None
    assert session["status"] == "connected"


def test_what_is_stored_already_is_newer_than_what_was_heard(overlay: Overlay) -> None:
    overlay.learn(stands(SessionStatus.CONNECTED, after(1)), 1)
    stored = {**(evolve(None, session_created(), 0) or {}), "status": "disconnected", "offset": 2}

    assert overlay.over(Ref(SESSIONS, SESSION), stored) == stored


def test_a_key_that_was_issued_lately_is_found_by_its_hash_until_it_is_revoked(overlay: Overlay) -> None:
    issued = key_issued()
    overlay.know(issued)
    assert overlay.key_id(issued.key_hash) == KEY

    overlay.learn(key_revoked(), NOT_IN_THE_LOG_YET)

    key = overlay.over(Ref(API_KEYS, KEY), None)
    assert key is not None
    assert key["revoked_at"] is not None


def test_another_accounts_events_are_not_an_accounts(overlay: Overlay) -> None:
    overlay.know(session_created())

    assert overlay.over_all(SESSIONS, "account-2", []) == []


def test_it_forgets_with_time(overlay: Overlay, clock: Clock) -> None:
    overlay.know(accepted())
    overlay.know(key_issued())
    clock.now = KEPT.total_seconds() + 1
    overlay.know(accepted("message-2"))

    assert overlay.over(Ref(MESSAGES, MESSAGE), None) is None
    assert overlay.key_id(key_issued().key_hash) is None
    assert overlay.known(MESSAGES, ACCOUNT) == ["message-2"]


def test_it_holds_no_more_than_it_may(overlay: Overlay) -> None:
    for number in range(10):
        overlay.know(accepted(f"message-{number}"))

    assert overlay.known(MESSAGES, ACCOUNT) == ["message-7", "message-8", "message-9"]


def test_what_is_stored_can_be_forgotten_early(overlay: Overlay, clock: Clock) -> None:
    overlay.know(accepted())
    overlay.forget(MESSAGES, ACCOUNT, [MESSAGE])
    overlay.know(accepted("message-2"))
    clock.now = KEPT.total_seconds() + 1
    overlay.know(accepted("message-3"))

    assert overlay.known(MESSAGES, ACCOUNT) == ["message-3"]
