"""A worker in which the library has left too much open begins anew, and its sessions go on."""

import asyncio
from datetime import timedelta

import pytest

from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from griot_contracts.sessions import QrCodeIssued, SessionStatus, SessionStatusChanged
from tests.integration.session_manager.conftest import Dispatcher, SessionManager
from tests.support import eventually


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """Each connection that is refused is one left open; a start leaves none, or two where it is slow."""
    return {"GRIOT_WHATSAPP_LEFT_OPEN": "3"}


@pytest.mark.timeout(180)
async def test_it_begins_anew_in_order_and_its_sessions_are_connected_again(
    network: Network, dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    epoch = dispatcher.told(session_id, SessionStatusChanged)[-1].epoch
    network.faults.add(Fault(FaultKind.REFUSE_LOGIN, number=phone.number, code=409, times=3))
    network.faults.add(Fault(FaultKind.DROP, number=phone.number))
    await eventually(
        lambda: dispatcher.told(session_id, SessionStatusChanged)[-1].epoch > epoch,
        within=timedelta(seconds=90),
        what="it is taken over",
    )
    await dispatcher.stands(session_id, SessionStatus.CONNECTED)

    assert len(dispatcher.told(session_id, QrCodeIssued)) == 1
    assert worker.restarts == 0, "it was not missed by whoever looks after it"
    log = await asyncio.to_thread(worker.log.read_text)
    assert log.count("begins anew") == 1
    assert log.count("stopped") >= 1
