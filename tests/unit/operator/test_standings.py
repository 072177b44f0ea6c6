"""Accounts and sessions, folded from their events."""

from datetime import UTC, datetime, timedelta

from griot_chassis.records import Record
from griot_contracts.accounts import AccountOpened, AccountResumed, AccountSuspended
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope
from griot_contracts.sessions import SessionCreated, SessionStatus, SessionStatusChanged, SessionUpdated
from griot_contracts.topics import topic_of
from griot_operator import accounts, sessions

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
OPENED = AccountOpened(account_id="a1", at=NOON, email="ama@example.com", password_hash="h")
STOPPED = AccountSuspended(account_id="a1", at=NOON, sequence=7)
GOES_ON = AccountResumed(account_id="a1", at=NOON, sequence=8)
CREATED = SessionCreated(account_id="a1", at=NOON, session_id="s1", session_key="shop")


def told(*bodies: Contract) -> list[Record]:
    return [
        Record(Envelope(body, "r", "/quota", "s"), topic_of(body).name, 0, offset, None, NOON)
        for offset, body in enumerate(bodies)
    ]


def named(key: str, sequence: int) -> SessionUpdated:
    return SessionUpdated(account_id="a1", at=NOON, session_id="s1", session_key=key, sequence=sequence)


def stands(status: SessionStatus, *, epoch: int, seconds: int) -> SessionStatusChanged:
    at = NOON + timedelta(seconds=seconds)
    return SessionStatusChanged(account_id="a1", at=at, session_id="s1", status=status, epoch=epoch)


def test_an_account_stands_where_the_last_decision_put_it_whatever_is_told_again() -> None:
    assert accounts.standings(told(OPENED, STOPPED))["a1"].suspended
    assert not accounts.standings(told(OPENED, STOPPED, GOES_ON, STOPPED))["a1"].suspended


def test_a_session_has_the_name_that_it_was_given_last() -> None:
    [session] = sessions.standings(told(CREATED, named("kiosk", 7), named("till", 8), named("kiosk", 7)))

    assert session.session_key == "till"


def test_a_session_stands_where_its_last_owner_said_last_whatever_the_clocks_say() -> None:
    written = [
        stands(SessionStatus.CONNECTED, epoch=2, seconds=9),
        stands(SessionStatus.DISCONNECTED, epoch=2, seconds=5),
        stands(SessionStatus.CONNECTED, epoch=1, seconds=10),
    ]

    [session] = sessions.standings(told(CREATED, *written))

    assert session.last == written[1]
