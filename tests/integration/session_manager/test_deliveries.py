"""Messages through a real connection: read by the phone, told in the journal, never sent twice."""

import asyncio

import pytest

from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.ledger import Filter
from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from griot_chassis import ids
from griot_contracts.deliveries import (
    DeliveryFailed,
    DeliverySent,
    DeliveryStarted,
    DeliveryUnknown,
    ReceiptReceived,
)
from tests.integration.session_manager.conftest import Dispatcher, SessionManager, a_number
from tests.support import SOON, eventually


async def test_a_phone_reads_the_very_text_and_the_journal_tells_it(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    bob = network.phone(a_number())
    command = await dispatcher.deliver(session_id, bob.number, "salut, ça va? ❤")
    message = await bob.next_message(within=SOON)
    end = await dispatcher.end_of(command.message_id)

    assert (message.text, message.sender) == ("salut, ça va? ❤", phone.number)
    assert isinstance(end, DeliverySent)
    assert end.whatsapp_message_id == message.id
    assert [one.message_id for one in dispatcher.told(session_id, DeliveryStarted)] == [command.message_id]


@pytest.mark.usefixtures("phone")
async def test_receipts_come_with_whatsapps_ids(
    network: Network, dispatcher: Dispatcher, session_id: str
) -> None:
    bob = network.phone(a_number())
    await dispatcher.deliver(session_id, bob.number, "hello")
    message = await bob.next_message(within=SOON)
    await dispatcher.hears(session_id, ReceiptReceived)
    await bob.read(message)
    await dispatcher.hears(session_id, ReceiptReceived, count=2)

    receipts = dispatcher.told(session_id, ReceiptReceived)
    assert [(one.whatsapp_message_ids, one.read) for one in receipts] == [
        ((message.id,), False),
        ((message.id,), True),
    ]
    assert {one.chat for one in receipts} == {f"{bob.number[1:]}@s.whatsapp.net"}


@pytest.mark.parametrize("restart", [False, True])
async def test_a_repeated_command_is_answered_and_the_phone_gets_it_once(
    network: Network,
    dispatcher: Dispatcher,
    worker: SessionManager,
    phone: Phone,
    session_id: str,
    *,
    restart: bool,
) -> None:
    bob, text = network.phone(a_number()), ids.new_id()
    # A command before it that is never finished keeps the log's position, so that both come again.
    if restart:
        network.faults.add(Fault(FaultKind.NEVER_ACK, number=phone.number))
        stuck = await dispatcher.deliver(session_id, bob.number, "never answered")
        await eventually(
            lambda: network.ledger.count(Filter(text="never answered", recipient=bob.number)),
            what="the network has it",
        )
        await worker.kill()
        await worker.start()
        assert isinstance(await dispatcher.end_of(stuck.message_id), DeliveryUnknown)
    command = await dispatcher.deliver(session_id, bob.number, text)
    first = await dispatcher.end_of(command.message_id)
    await dispatcher.ask(command)
    again = await dispatcher.end_of(command.message_id, times=2)

    assert isinstance(again, DeliverySent)
    assert again == first
    assert network.ledger.count(Filter(text=text)) == 1


async def test_a_worker_killed_between_hand_over_and_answer_says_unknown_and_does_not_send_again(
    network: Network, dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    bob, text = network.phone(a_number()), ids.new_id()
    network.faults.add(Fault(FaultKind.NEVER_ACK, number=phone.number))
    command = await dispatcher.deliver(session_id, bob.number, text)
    await eventually(lambda: network.ledger.count(Filter(text=text)), what="the network has it")
    await worker.kill()
    await worker.start()
    end = await dispatcher.end_of(command.message_id)

    assert isinstance(end, DeliveryUnknown)
    assert end.reason == "worker_restarted"
    entries = network.ledger.entries(Filter(text=text))
    assert [entry.times for entry in entries] == [1]


async def test_a_worker_that_is_stopped_says_unknown_of_what_is_under_way(
    network: Network, dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    bob, text = network.phone(a_number()), ids.new_id()
    network.faults.add(Fault(FaultKind.NEVER_ACK, number=phone.number))
    command = await dispatcher.deliver(session_id, bob.number, text)
    await eventually(lambda: network.ledger.count(Filter(text=text)), what="the network has it")
    await worker.stop()
    end = await dispatcher.end_of(command.message_id)
    await worker.start()

    assert isinstance(end, DeliveryUnknown)
    assert end.reason == "worker_stopped"


@pytest.mark.usefixtures("phone")
async def test_a_number_that_is_not_on_whatsapp_fails_for_good(
    network: Network, dispatcher: Dispatcher, session_id: str
) -> None:
    nobody = a_number()
    network.unknown_numbers.add(nobody)
    command = await dispatcher.deliver(session_id, nobody, "hello?")
    end = await dispatcher.end_of(command.message_id)

    assert isinstance(end, DeliveryFailed)
    assert (end.reason, end.retryable) == ("recipient_not_on_whatsapp", False)


async def test_a_refusal_of_whatsapps_is_told_by_its_code(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    network.faults.add(Fault(FaultKind.REFUSE_MESSAGE, number=phone.number, code=463))
    command = await dispatcher.deliver(session_id, a_number(), "hello")
    end = await dispatcher.end_of(command.message_id)

    assert isinstance(end, DeliveryFailed)
    assert end.reason == "recipient_must_write_first"


async def test_a_session_that_nobody_started_is_not_connected(
    dispatcher: Dispatcher, session_id: str
) -> None:
    command = await dispatcher.deliver(session_id, a_number(), "hello")
    end = await dispatcher.end_of(command.message_id)

    assert isinstance(end, DeliveryFailed)
    assert (end.reason, end.retryable) == ("session_not_connected", True)


@pytest.mark.usefixtures("phone")
async def test_no_text_code_or_number_is_in_the_log(
    network: Network, dispatcher: Dispatcher, worker: SessionManager, session_id: str
) -> None:
    bob, text = network.phone(a_number()), f"secret {ids.new_id()}"
    command = await dispatcher.deliver(session_id, bob.number, text)
    await dispatcher.end_of(command.message_id)

    log = await asyncio.to_thread(worker.log.read_text)
    assert text not in log
    assert "linked_devices#" not in log
    assert bob.number[1:] not in log
