"""Sessions on a network: linked, kept over restarts and cut connections, unlinked, destroyed."""

from datetime import timedelta

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from griot_chassis import clock
from griot_contracts.deliveries import DeliverySent
from griot_contracts.sessions import (
    DestroySession,
    QrCodeIssued,
    SessionDeleted,
    SessionStatus,
    SessionStatusChanged,
    StartSession,
    StopSession,
)
from tests.integration.session_manager.conftest import (
    Dispatcher,
    SessionManager,
    a_number,
    linked_again,
    logged_out,
)
from tests.support import eventually


async def test_a_new_session_shows_a_code_and_a_scan_connects_it(
    dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    code = dispatcher.told(session_id, QrCodeIssued)[0]
    assert timedelta(seconds=50) < code.expires_at - code.at <= timedelta(seconds=60)
    assert dispatcher.statuses(session_id) == [
        ("starting", None),
        ("awaiting_scan", None),
        ("connected", None),
    ]
    assert dispatcher.told(session_id, SessionStatusChanged)[-1].phone == phone.number


@pytest.mark.usefixtures("phone")
async def test_the_keys_are_nobody_elses_to_read(worker: SessionManager, session_id: str) -> None:
    keys = worker.keys_of(session_id)

    assert keys
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}


async def test_a_session_is_connected_again_after_a_restart_without_a_scan(
    dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    before = dispatcher.told(session_id, SessionStatusChanged)[-1].epoch
    await worker.stop()
    await worker.start()
    await dispatcher.hears(session_id, SessionStatusChanged, count=4)

    again = dispatcher.told(session_id, SessionStatusChanged)[-1]
    assert (again.status, again.phone) == (SessionStatus.CONNECTED, phone.number)
    assert again.epoch > before
    assert len(dispatcher.told(session_id, QrCodeIssued)) == 1


async def test_a_cut_connection_is_told_and_made_again(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    network.faults.add(Fault(FaultKind.DROP, number=phone.number))
    await dispatcher.hears(session_id, SessionStatusChanged, count=5)

    assert dispatcher.statuses(session_id)[-2:] == [("disconnected", "connection_lost"), ("connected", None)]


async def test_a_device_that_the_phone_unlinks_is_logged_out_and_its_keys_are_gone(
    dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    told = await logged_out(dispatcher, worker, phone, session_id)

    assert told.reason == "unlinked_from_phone"


async def test_a_logged_out_session_shows_a_code_when_it_is_started_again(
    dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    await logged_out(dispatcher, worker, phone, session_id)

    await linked_again(dispatcher, phone, session_id)


async def test_destroying_a_session_unlinks_the_device_and_leaves_nothing(
    dispatcher: Dispatcher,
    worker: SessionManager,
    phone: Phone,
    session_id: str,
    database: tuple[str, AsyncIOMotorClient[dict[str, object]]],
) -> None:
    name, client = database
    assert await client[name]["sessions"].find_one({"_id": session_id}) is not None
    await dispatcher.ask(DestroySession(account_id="a1", at=clock.now(), session_id=session_id))
    await dispatcher.hears(session_id, SessionDeleted)

    assert not phone.devices
    assert not worker.keys_of(session_id)
    assert await client[name]["sessions"].find_one({"_id": session_id}) is None
    assert await client[name]["leases"].find_one({"_id": session_id}) is None


async def test_destroying_an_unlinked_session_works_while_its_code_is_shown(
    dispatcher: Dispatcher, worker: SessionManager, session_id: str
) -> None:
    await dispatcher.create(session_id)
    await dispatcher.hears(session_id, QrCodeIssued)
    for repeat in (1, 2):
        await dispatcher.ask(DestroySession(account_id="a1", at=clock.now(), session_id=session_id))
        await dispatcher.hears(session_id, SessionDeleted, count=repeat)

    assert not worker.keys_of(session_id)


async def test_a_command_that_is_told_again_undoes_no_later_one_and_revives_nothing(
    dispatcher: Dispatcher, worker: SessionManager, session_id: str
) -> None:
    """A decider that was paused tells its last commands when it wakes."""
    of = {"account_id": "a1", "at": clock.now(), "session_id": session_id}
    await dispatcher.create(session_id)
    await dispatcher.hears(session_id, QrCodeIssued)
    await dispatcher.ask(StopSession(**of, sequence=8))
    await dispatcher.stands(session_id, SessionStatus.DISCONNECTED)
    told = len(dispatcher.statuses(session_id))

    await dispatcher.ask(StartSession(**of, sequence=7))
    await dispatcher.ask(DestroySession(**of))
    await dispatcher.hears(session_id, SessionDeleted)
    await dispatcher.ask(StartSession(**of, sequence=7))
    await dispatcher.ask(DestroySession(**of))
    await dispatcher.hears(session_id, SessionDeleted, count=2)

    assert dispatcher.statuses(session_id)[told:] == []
    assert not worker.keys_of(session_id)


async def test_a_dropped_database_comes_back_from_the_log(
    dispatcher: Dispatcher,
    worker: SessionManager,
    phone: Phone,
    session_id: str,
    database: tuple[str, AsyncIOMotorClient[dict[str, object]]],
) -> None:
    name, client = database
    before = dispatcher.told(session_id, SessionStatusChanged)[-1].epoch
    session = await client[name]["sessions"].find_one({"_id": session_id})
    await worker.stop()
    await client.drop_database(name)
    await worker.start()
    await dispatcher.hears(session_id, SessionStatusChanged, count=4)
    again = await dispatcher.stands(session_id, SessionStatus.CONNECTED)

    assert again.phone == phone.number
    assert again.epoch > before
    restored = await client[name]["sessions"].find_one({"_id": session_id})
    assert {**(restored or {}), "since": None} == {**(session or {}), "since": None}


async def test_a_database_that_is_dropped_under_a_running_worker_costs_no_session(
    network: Network,
    dispatcher: Dispatcher,
    worker: SessionManager,
    phone: Phone,
    session_id: str,
    *,
    database: tuple[str, AsyncIOMotorClient[dict[str, object]]],
) -> None:
    name, client = database
    device = next(iter(phone.devices.values()))
    logins = device.logins
    await client.drop_database(name)
    bob = network.phone(a_number())
    command = await dispatcher.deliver(session_id, bob.number, "are you still there?")
    assert isinstance(await dispatcher.end_of(command.message_id), DeliverySent)
    assert device.logins == logins

    await worker.stop()
    await worker.start()
    await eventually(lambda: device.logins > logins and device.active, what="it is connected again")

    command = await dispatcher.deliver(session_id, bob.number, "and now?")
    assert isinstance(await dispatcher.end_of(command.message_id), DeliverySent)
