"""What WhatsApp does to a session, and what is said of it; and many sessions at the same moment."""

import asyncio

import pytest

from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from griot_chassis import clock, ids
from griot_contracts.deliveries import DeliverySent, DeliveryUnknown
from griot_contracts.sessions import DestroySession, QrCodeIssued, SessionStatus
from tests.integration.session_manager.conftest import Dispatcher, SessionManager, a_number
from tests.support import eventually


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (402, ("restricted", "temporary_ban")),
        (403, ("logged_out", "main_device_gone")),
        (405, ("failed", "client_outdated")),
        (409, ("disconnected", "login_refused")),
    ],
)
async def test_a_refused_login_is_told_with_its_reason(
    network: Network,
    dispatcher: Dispatcher,
    phone: Phone,
    session_id: str,
    *,
    code: int,
    told: tuple[str, str],
) -> None:
    seconds = 600.0 if code == 402 else 0.0
    network.faults.add(Fault(FaultKind.REFUSE_LOGIN, number=phone.number, code=code, seconds=seconds))
    network.faults.add(Fault(FaultKind.DROP, number=phone.number))
    await eventually(
        lambda: dispatcher.statuses(session_id)[3:5],
        equals=[("disconnected", "connection_lost"), told],
        what=f"the refusal {code} is told",
    )


@pytest.mark.parametrize("code", [409, 503])
async def test_a_login_that_is_refused_once_is_tried_again(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str, code: int
) -> None:
    network.faults.add(Fault(FaultKind.REFUSE_LOGIN, number=phone.number, code=code))
    network.faults.add(Fault(FaultKind.DROP, number=phone.number))
    await eventually(lambda: dispatcher.statuses(session_id)[4:], what="it is connected a second time")

    await dispatcher.stands(session_id, SessionStatus.CONNECTED)


async def test_a_replaced_stream_is_told_and_not_fought_for(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    network.faults.add(Fault(FaultKind.REPLACE, number=phone.number))
    status = await dispatcher.stands(session_id, SessionStatus.DISCONNECTED)

    assert status.reason == "stream_replaced"


async def test_a_message_whose_connection_breaks_is_sent_or_unknown_and_read_once(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    bob = network.phone(a_number())
    network.faults.add(Fault(FaultKind.DROP_ON_MESSAGE, number=phone.number))
    command = await dispatcher.deliver(session_id, bob.number, "through the gap")
    end = await dispatcher.end_of(command.message_id)

    assert isinstance(end, DeliverySent | DeliveryUnknown)
    assert [message.text for message in bob.messages] == ["through the gap"]


async def test_many_sessions_start_at_once_send_at_once_and_come_back_together(
    network: Network, dispatcher: Dispatcher, worker: SessionManager
) -> None:
    sessions = [ids.new_id() for _ in range(10)]
    await asyncio.gather(*(link(network, dispatcher, session) for session in sessions))
    await worker.kill()
    await worker.start()
    bobs = [network.phone(a_number()) for _ in sessions]
    commands = [
        await dispatcher.deliver(session, bob.number, f"{number}")
        for number in range(5)
        for session, bob in zip(sessions, bobs, strict=True)
    ]
    ends = [await dispatcher.end_of(command.message_id) for command in commands]

    assert all(isinstance(end, DeliverySent) for end in ends)
    await eventually(
        lambda: [[message.text for message in bob.messages] for bob in bobs],
        equals=[["0", "1", "2", "3", "4"]] * len(bobs),
        what="all texts, in order",
    )
    for session in sessions:
        await dispatcher.ask(DestroySession(account_id="a1", at=clock.now(), session_id=session))


async def link(network: Network, dispatcher: Dispatcher, session_id: str) -> None:
    await dispatcher.create(session_id)
    code = await dispatcher.hears(session_id, QrCodeIssued)
    await network.phone(a_number()).scan(code.code)
    await dispatcher.stands(session_id, SessionStatus.CONNECTED)
