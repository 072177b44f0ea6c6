"""A session that gave up, or is banned, is left alone by whoever owns it next."""

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from griot_chassis import clock
from griot_contracts.sessions import QrCodeIssued, SessionStatus, SessionStatusChanged, StartSession
from tests.integration.session_manager.conftest import Dispatcher, SessionManager, linked_again, logged_out

pytestmark = pytest.mark.timeout(180)


async def under_another_owner(
    dispatcher: Dispatcher, worker: SessionManager, session_id: str
) -> SessionStatusChanged:
    """What the session's next owner says of it first."""
    told = dispatcher.told(session_id, SessionStatusChanged)
    await worker.stop()
    await worker.start()
    again = await dispatcher.hears(session_id, SessionStatusChanged, count=len(told) + 1)
    assert again.epoch > told[-1].epoch
    return again


async def test_a_session_that_was_logged_out_stays_so_until_it_is_started(
    dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    await logged_out(dispatcher, worker, phone, session_id)
    again = await under_another_owner(dispatcher, worker, session_id)
    assert (again.status, again.reason) == (SessionStatus.LOGGED_OUT, "unlinked_from_phone")
    assert len(dispatcher.told(session_id, QrCodeIssued)) == 1, "nobody asked for a code"

    await linked_again(dispatcher, phone, session_id)


async def test_a_banned_session_is_not_logged_in_by_its_next_owner_until_it_is_started(
    network: Network, dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    device = next(iter(phone.devices.values()))
    network.faults.add(Fault(FaultKind.REFUSE_LOGIN, number=phone.number, code=402, seconds=7200))
    network.faults.add(Fault(FaultKind.DROP, number=phone.number))
    await dispatcher.stands(session_id, SessionStatus.RESTRICTED)
    before = device.logins
    again = await under_another_owner(dispatcher, worker, session_id)

    assert (again.status, again.reason) == (SessionStatus.RESTRICTED, "temporary_ban")
    assert device.logins == before, "the fault is used up: it would be let in"
    await dispatcher.ask(StartSession(account_id="a1", at=clock.now(), session_id=session_id))
    await dispatcher.stands(session_id, SessionStatus.CONNECTED)


async def test_a_session_that_was_logged_out_stays_so_in_a_database_that_is_made_again(
    dispatcher: Dispatcher,
    worker: SessionManager,
    phone: Phone,
    session_id: str,
    database: tuple[str, AsyncIOMotorClient[dict[str, object]]],
) -> None:
    await logged_out(dispatcher, worker, phone, session_id)
    told, (name, client) = dispatcher.told(session_id, SessionStatusChanged), database
    await worker.stop()
    await client.drop_database(name)
    await worker.start()
    again = await dispatcher.hears(session_id, SessionStatusChanged, count=len(told) + 1)

    assert (again.status, again.reason) == (SessionStatus.LOGGED_OUT, "unlinked_from_phone")
    assert len(dispatcher.told(session_id, QrCodeIssued)) == 1
