"""The network's ledger, the event topics and the public API tell one story of a message."""

from fakewhatsapp.client import RemoteNetwork
from fakewhatsapp.ledger import Filter
from griot_contracts import topics
from griot_contracts.messages import (
    MessageAccepted,
    MessageDelivered,
    MessageEvent,
    MessageQueued,
    MessageRead,
    MessageSending,
    MessageSent,
)
from griot_local.stack import Stack
from tests.e2e.people import a_number, opened_account
from tests.support import SOON
from tests.topics import records_in


async def test_ledger_topics_and_api_tell_one_story_of_a_message(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada:
        sender, recipient = network.phone(a_number()), network.phone(a_number())
        session_id = await ada.connected_session(sender)
        message_id = await ada.send(recipient.number, "Good morning")
        shown = await recipient.next_message(within=SOON)
        await ada.wait_for_status(message_id, "delivered")
        await recipient.read(shown)
        told = await ada.wait_for_status(message_id, "read")

    [entry] = await network.ledger.entries(Filter(recipient=recipient.number))
    assert (entry.text, entry.times) == ("Good morning", 1)
    assert (shown.text, shown.id) == ("Good morning", entry.id)
    assert told["whatsappMessageId"] == entry.id

    events = await events_of(stack, message_id)
    assert [type(event) for event in events] == [
        MessageAccepted,
        MessageQueued,
        MessageSending,
        MessageSent,
        MessageDelivered,
        MessageRead,
    ]
    assert {event.session_id for event in events} == {session_id}
    assert [step["status"] for step in told["timeline"]] == [
        "pending", "queued", "sending", "sent", "delivered", "read",
    ]  # fmt: skip


async def events_of(stack: Stack, message_id: str) -> list[MessageEvent]:
    """The message's events in the order of the log, each once however often it was written."""
    found: dict[str, MessageEvent] = {}
    for record in await records_in(stack.kafka_bootstrap, topics.MESSAGE_EVENTS):
        if isinstance(record.body, MessageEvent) and record.body.message_id == message_id:
            found.setdefault(record.envelope.id, record.body)
    return list(found.values())
