"""What comes in: messages of others, and what becomes of those that were sent."""

import pytest

from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from fakewhatsapp.protobuf import e2e
from griot_contracts.deliveries import DeliverySent, ReceiptReceived
from griot_contracts.inbound import MessageReceived
from tests.integration.session_manager.conftest import Dispatcher, SessionManager, a_number
from tests.support import eventually


def jid(phone: Phone) -> str:
    return f"{phone.number.lstrip('+')}@s.whatsapp.net"


async def test_what_somebody_writes_is_told_with_who_wrote_it(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    bob = network.phone(a_number())
    message_id = await bob.send(phone.number, "how are you?")
    message = await dispatcher.hears(session_id, MessageReceived)

    assert (message.whatsapp_message_id, message.kind, message.text) == (message_id, "text", "how are you?")
    assert (message.from_, message.chat) == (jid(bob), jid(bob))
    assert (message.account_id, message.from_name) == ("a1", bob.number)
    assert abs((message.at - message.sent_at).total_seconds()) < 60
    assert message.media is None


async def test_a_picture_is_told_with_where_it_lies(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    bob = network.phone(a_number())
    await bob.send_image(phone.number, b"a picture, more or less", caption="look!")
    message = await dispatcher.hears(session_id, MessageReceived)

    assert (message.kind, message.text) == ("image", "look!")
    assert message.media is not None
    assert (message.media.mime_type, message.media.size) == ("image/jpeg", 23)
    assert network.attachments.get(message.media.direct_path) is not None
    assert len(message.media.key) == 44


async def test_each_kind_is_told_as_what_it_is_and_what_phones_do_not_show_is_not_told(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    bob = network.phone(a_number())
    lies = {"directPath": "/v/1", "mediaKey": b"k" * 32, "fileSHA256": b"a" * 32, "fileEncSHA256": b"b" * 32}
    answered = e2e.ContextInfo(stanzaID="3EB0ABC")
    deleted = e2e.ProtocolMessage(type=e2e.ProtocolMessage.REVOKE)
    for body in (
        e2e.Message(protocolMessage=deleted),
        e2e.Message(extendedTextMessage=e2e.ExtendedTextMessage(text="yes", contextInfo=answered)),
        e2e.Message(audioMessage=e2e.AudioMessage(mimetype="audio/ogg", PTT=True, fileLength=7, **lies)),
        e2e.Message(documentMessage=e2e.DocumentMessage(mimetype="text/csv", fileName="a.csv", **lies)),
        e2e.Message(locationMessage=e2e.LocationMessage(degreesLatitude=4.05, degreesLongitude=9.7)),
        e2e.Message(contactMessage=e2e.ContactMessage(displayName="Awa", vcard="BEGIN:VCARD")),
        e2e.Message(pollCreationMessage=e2e.PollCreationMessage(name="tea?")),
        e2e.Message(conversation="the end"),
    ):
        await bob.send_body(phone.number, body)
    await dispatcher.hears(session_id, MessageReceived, count=7)

    told = dispatcher.told(session_id, MessageReceived)
    assert [(one.kind, one.text, one.in_reply_to) for one in told] == [
        ("text", "yes", "3EB0ABC"),
        ("voice", None, None),
        ("document", None, None),
        ("location", "4.05,9.7", None),
        ("contact", "BEGIN:VCARD", None),
        ("other", None, None),
        ("text", "the end", None),
    ]
    named = [(one.media.mime_type, one.media.name) for one in told if one.media is not None]
    assert named == [("audio/ogg", None), ("text/csv", "a.csv")]


async def test_what_the_sessions_own_phone_writes_is_nothing_received(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    bob = network.phone(a_number())
    await phone.send(bob.number, "from my own hand")
    await bob.send(phone.number, "and back")

    assert (await dispatcher.hears(session_id, MessageReceived)).text == "and back"
    assert len(dispatcher.told(session_id, MessageReceived)) == 1


async def test_what_was_written_while_the_worker_was_down_is_told_after(
    network: Network, dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    bob = network.phone(a_number())
    texts = [f"{number}" for number in range(30)]
    for text in texts[:10]:
        await bob.send(phone.number, text)
    await dispatcher.hears(session_id, MessageReceived, count=10)
    await worker.kill()
    for text in texts[10:20]:
        await bob.send(phone.number, text)
    await worker.start()
    await dispatcher.hears(session_id, MessageReceived, count=20)
    await worker.stop()
    for text in texts[20:]:
        await bob.send(phone.number, text)
    await worker.start()
    await dispatcher.hears(session_id, MessageReceived, count=30)

    assert [message.text for message in dispatcher.told(session_id, MessageReceived)] == texts


async def test_what_arrives_as_the_worker_stops_is_told_by_it_or_by_the_next(
    network: Network, dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    bob = network.phone(a_number())
    for number in range(200):
        await bob.send(phone.number, f"{number}")
    await worker.stop()
    await worker.start()

    await eventually(
        lambda: {message.text for message in dispatcher.told(session_id, MessageReceived)},
        equals={f"{number}" for number in range(200)},
        what="all that was written is told",
    )
    ids = {
        record.envelope.id
        for record in dispatcher.heard
        if isinstance(record.body, MessageReceived) and record.body.session_id == session_id
    }
    assert len(ids) == 200


@pytest.mark.usefixtures("phone")
async def test_receipts_that_come_late_in_any_order_and_after_a_restart_name_whom_they_are_of(
    network: Network, dispatcher: Dispatcher, worker: SessionManager, session_id: str
) -> None:
    bob = network.phone(a_number())
    bob.auto_deliver = False
    commands = [await dispatcher.deliver(session_id, bob.number, f"{number}") for number in range(3)]
    ends = [await dispatcher.end_of(command.message_id) for command in commands]
    sent = [end.whatsapp_message_id for end in ends if isinstance(end, DeliverySent)]
    assert len(sent) == 3
    await worker.stop()
    await bob.read(sent[2])
    await worker.start()
    await bob.deliver(sent[2])
    await bob.deliver(sent[0])
    await bob.read(sent[0])
    await dispatcher.hears(session_id, ReceiptReceived, count=4)

    receipts = dispatcher.told(session_id, ReceiptReceived)
    assert {(id_, one.read) for one in receipts for id_ in one.whatsapp_message_ids} == {
        (sent[2], True),
        (sent[2], False),
        (sent[0], True),
        (sent[0], False),
    }
    assert {one.chat for one in receipts} == {jid(bob)}
