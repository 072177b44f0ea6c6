"""Linking a session to a phone: by codes that change, codes that are too old, and many at the same moment."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Final

import pytest

from fakewhatsapp.errors import UnknownQrCodeError
from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from griot_chassis import clock, ids
from griot_contracts.deliveries import DeliverySent
from griot_contracts.sessions import (
    DestroySession,
    PairingCodeIssued,
    QrCodeIssued,
    RequestPairingCode,
    SessionStatus,
    StartSession,
)
from tests.integration.session_manager.conftest import Dispatcher, a_number
from tests.support import eventually

AT_ONCE: Final = 50
IN_TIME: Final = timedelta(seconds=60)

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
async def network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Network]:
    async with Network(tmp_path_factory.mktemp("network"), quick_pairing=True) as network:
        yield network


@pytest.fixture
def two_codes(network: Network) -> Iterator[None]:
    """Clients get two codes to show, twenty seconds each."""
    usual, network.pairings.codes = network.pairings.codes, 2
    yield
    network.pairings.codes = usual


@pytest.mark.usefixtures("two_codes")
async def test_codes_follow_each_other_until_the_time_is_over_and_a_start_shows_new_ones(
    network: Network, dispatcher: Dispatcher, session_id: str
) -> None:
    await dispatcher.create(session_id)
    await eventually(
        lambda: dispatcher.statuses(session_id),
        equals=[("starting", None), ("awaiting_scan", None), ("failed", "pairing_timeout")],
        within=2 * IN_TIME,
        what="the time is over",
    )
    shown = [one.code for one in dispatcher.told(session_id, QrCodeIssued)]
    assert len(set(shown)) == len(shown) == 2

    await dispatcher.ask(StartSession(account_id="a1", at=clock.now(), session_id=session_id))
    fresh = await dispatcher.hears(session_id, QrCodeIssued, count=3)
    assert fresh.code not in shown
    await network.phone(a_number()).scan(fresh.code)

    await dispatcher.stands(session_id, SessionStatus.CONNECTED)


@pytest.mark.usefixtures("two_codes")
async def test_an_old_code_links_nothing_and_the_one_that_is_shown_does(
    network: Network, dispatcher: Dispatcher, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = network.phone(a_number())
    await dispatcher.create(session_id)
    old = await dispatcher.hears(session_id, QrCodeIssued)
    await eventually(
        lambda: dispatcher.told(session_id, QrCodeIssued)[1:], within=IN_TIME, what="a second code"
    )
    with monkeypatch.context() as strict:
        strict.setattr(network.pairings, "slack_s", 0.0)
        with pytest.raises(UnknownQrCodeError):
            await phone.scan(old.code)
    assert not phone.devices
    await phone.scan(dispatcher.told(session_id, QrCodeIssued)[1].code)

    await dispatcher.stands(session_id, SessionStatus.CONNECTED)


async def test_a_code_is_good_for_one_phone(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    code = dispatcher.told(session_id, QrCodeIssued)[0]
    with pytest.raises(UnknownQrCodeError):
        await network.phone(a_number()).scan(code.code)

    assert dispatcher.statuses(session_id)[-1] == ("connected", None)
    assert len(phone.devices) == 1


async def test_eight_characters_link_a_phone_too(
    network: Network, dispatcher: Dispatcher, session_id: str
) -> None:
    phone = network.phone(a_number())
    await dispatcher.create(session_id)
    await dispatcher.hears(session_id, QrCodeIssued)
    await dispatcher.ask(
        RequestPairingCode(account_id="a1", at=clock.now(), session_id=session_id, phone=phone.number)
    )
    issued = await dispatcher.hears(session_id, PairingCodeIssued)
    await phone.enter(issued.code)

    status = await dispatcher.stands(session_id, SessionStatus.CONNECTED)
    assert status.phone == phone.number


async def test_two_sessions_of_one_number_are_two_devices_and_unlinking_one_leaves_the_other(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    other = ids.new_id()
    (first,) = phone.devices
    await linked(dispatcher, other, phone)
    assert len(phone.devices) == 2
    assert dispatcher.statuses(session_id)[-1] == ("connected", None)

    await phone.unlink(first)
    await dispatcher.stands(session_id, SessionStatus.LOGGED_OUT)
    bob = network.phone(a_number())
    command = await dispatcher.deliver(other, bob.number, "still here")

    assert isinstance(await dispatcher.end_of(command.message_id), DeliverySent)
    assert dispatcher.statuses(other)[-1] == ("connected", None)


async def test_a_device_that_is_unlinked_while_it_is_away_is_told_when_it_comes_back(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    network.faults.add(Fault(FaultKind.REFUSE_LOGIN, number=phone.number, code=503))
    network.faults.add(Fault(FaultKind.DROP, number=phone.number))
    await dispatcher.stands(session_id, SessionStatus.DISCONNECTED)
    await phone.unlink(next(iter(phone.devices)))

    await eventually(
        lambda: dispatcher.statuses(session_id)[-1][0],
        equals="logged_out",
        within=IN_TIME,
        what="that it is logged out is told",
    )


async def test_fifty_sessions_that_are_linked_at_the_same_moment_are_all_connected(
    network: Network, dispatcher: Dispatcher
) -> None:
    sessions = [ids.new_id() for _ in range(AT_ONCE)]
    await asyncio.gather(*(dispatcher.create(session) for session in sessions))
    await eventually(
        lambda: all(dispatcher.told(one, QrCodeIssued) for one in sessions),
        within=IN_TIME,
        what="each shows a code",
    )
    await asyncio.gather(
        *(
            network.phone(a_number()).scan(dispatcher.told(one, QrCodeIssued)[-1].code, within=IN_TIME)
            for one in sessions
        )
    )
    await eventually(
        lambda: [one for one in sessions if dispatcher.statuses(one)[-1] != ("connected", None)],
        equals=[],
        within=IN_TIME,
        what="all are connected",
    )
    for session in sessions:
        assert not [one for one in dispatcher.statuses(session) if one[0] in {"failed", "logged_out"}]
        await dispatcher.ask(DestroySession(account_id="a1", at=clock.now(), session_id=session))


async def linked(dispatcher: Dispatcher, session_id: str, phone: Phone) -> None:
    await dispatcher.create(session_id)
    code = await dispatcher.hears(session_id, QrCodeIssued)
    await phone.scan(code.code)
    await dispatcher.stands(session_id, SessionStatus.CONNECTED)
