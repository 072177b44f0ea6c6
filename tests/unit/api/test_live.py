from collections.abc import Sequence

import pytest

from api.keyring import Caller
from api.live import Ear, Heard, Live
from api.overlay import Overlay
from api.projector.projections import SESSIONS
from griot_chassis.records import Record
from griot_contracts.accounts import AccountResumed, AccountSuspended, PlanChanged, SessionReleased
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope
from griot_contracts.sessions import QrCodeIssued, SessionStatus
from tests.unit.api.events import (
    ACCOUNT,
    KEY,
    NOON,
    SESSION,
    after,
    key_revoked,
    plan_changed,
    session_created,
    session_deleted,
    stands,
)


class Told:
    """What is told of keys and plans."""

    def __init__(self) -> None:
        self.revoked: list[str] = []
        self.plans: list[PlanChanged] = []
        self.suspensions: list[str] = []


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def overlay() -> Overlay:
    return Overlay()


@pytest.fixture
def live(overlay: Overlay, told: Told) -> Live:
    return Live(
        overlay,
        on_key_revoked=told.revoked.append,
        on_plan_changed=told.plans.append,
        on_suspension=told.suspensions.append,
    )


def records(*events: Contract) -> Sequence[Record]:
    return [
        Record(Envelope(event, f"r{offset}", "/test", "s"), "t", 0, offset, None, NOON)
        for offset, event in enumerate(events)
    ]


def code(text: str, seconds: float = 20) -> QrCodeIssued:
    return QrCodeIssued(account_id=ACCOUNT, at=NOON, session_id=SESSION, code=text, expires_at=after(seconds))


def caller(key_id: str, account_id: str = ACCOUNT) -> Caller:
    return Caller(account_id, key_id, frozenset(), None)


async def everything(ear: Ear) -> list[Heard]:
    ear.tell(None)
    return [heard async for heard in ear]


async def test_who_is_told_finds_it_so(live: Live, overlay: Overlay) -> None:
    with live.ear(SESSION) as ear:
        await live.on_events(records(session_created(), stands(SessionStatus.CONNECTED, after(1))))
        heard = await everything(ear)

    assert [one.offset for one in heard] == [1]
    assert overlay.over_all(SESSIONS, ACCOUNT, [])[0]["status"] == "connected"


async def test_another_sessions_events_are_not_heard(live: Live) -> None:
    with live.ear("session-2") as ear:
        await live.on_events(records(stands(SessionStatus.CONNECTED)))
        assert await everything(ear) == []


async def test_the_newest_code_counts_until_it_ends(live: Live) -> None:
    await live.on_codes(records(code("old", 10), code("new", 20)))

    heard = live.code(SESSION, after(15))
    assert heard is not None
    assert isinstance(heard.event, QrCodeIssued)
    assert heard.event.code == "new"
    assert live.code(SESSION, after(20)) is None


@pytest.mark.parametrize("end", [stands(SessionStatus.CONNECTED), session_deleted()])
async def test_a_code_that_was_used_or_whose_session_is_gone_is_shown_no_more(
    live: Live, end: Contract
) -> None:
    await live.on_codes(records(code("new")))
    await live.on_events(records(end))

    assert live.code(SESSION, NOON) is None


async def test_a_session_given_up_is_so_until_it_is_gone(live: Live) -> None:
    await live.on_events(records(SessionReleased(account_id=ACCOUNT, at=NOON, session_id=SESSION)))
    assert live.is_given_up(SESSION)

    await live.on_events(records(session_deleted()))
    assert not live.is_given_up(SESSION)


async def test_a_revoked_key_is_forgotten_and_hears_nothing_more(live: Live, told: Told) -> None:
    with live.ear(SESSION, of=caller(KEY)) as ear, live.ear(SESSION, of=caller("key-2")) as other:
        await live.on_events(records(key_revoked()))
        await live.on_events(records(stands(SessionStatus.CONNECTED)))

        assert [heard async for heard in ear] == []
        assert len(await everything(other)) == 1
    assert told.revoked == [key_revoked().key_hash]


async def test_a_suspended_account_is_looked_up_anew_and_hears_nothing_more(live: Live, told: Told) -> None:
    with live.ear(SESSION, of=caller(KEY)) as ear, live.ear(SESSION, of=caller("k", "another")) as other:
        await live.on_events(
            records(AccountSuspended(account_id=ACCOUNT, at=NOON, reason="unpaid", session_ids=()))
        )
        await live.on_events(records(stands(SessionStatus.CONNECTED)))

        assert [heard async for heard in ear] == []
        assert len(await everything(other)) == 1
    assert told.suspensions == [ACCOUNT]


async def test_an_account_that_goes_on_may_listen_again(live: Live, told: Told) -> None:
    await live.on_events(records(AccountResumed(account_id=ACCOUNT, at=NOON)))
    with live.ear(SESSION, of=caller(KEY)) as ear:
        await live.on_events(records(stands(SessionStatus.CONNECTED)))
        assert len(await everything(ear)) == 1
    assert told.suspensions == [ACCOUNT]


async def test_a_plan_that_changed_is_told(live: Live, told: Told) -> None:
    await live.on_events(records(plan_changed("pro")))

    assert told.plans == [plan_changed("pro")]


async def test_one_who_does_not_listen_is_dropped() -> None:
    ear = Ear()
    for offset in range(2_000):
        ear.tell(Heard(stands(SessionStatus.CONNECTED), offset))

    assert len([heard async for heard in ear]) < 2_000
