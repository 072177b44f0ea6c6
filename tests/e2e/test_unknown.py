"""Nobody saw whether WhatsApp took a message: its owner's word settles it, and so does a late receipt."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from fakewhatsapp.client import RemoteNetwork, RemotePhone
from fakewhatsapp.faults import Fault, FaultKind
from griot_local.stack import Stack
from tests.e2e.people import Account, a_number, opened_account
from tests.support import SOON

SETTLED = timedelta(seconds=60)
PATIENCE = "GRIOT_SEND_WITHIN_S"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
async def impatient(stack: Stack) -> AsyncIterator[Stack]:
    """The stack, with a session manager that waits a few seconds for an acknowledgement, and not 80."""
    worker = stack.processes["session-manager"]
    await worker.stop()
    worker.environment[PATIENCE] = "5"
    await worker.start()
    yield stack
    await worker.stop()
    del worker.environment[PATIENCE]
    await worker.start()


@pytest.fixture
async def ada(impatient: Stack) -> AsyncIterator[Account]:
    async with opened_account(impatient.api_url) as account:
        yield account


async def unacknowledged(
    ada: Account, network: RemoteNetwork, *, when_unknown: str, tells: bool
) -> tuple[str, RemotePhone]:
    """A message that WhatsApp takes and never acknowledges; its recipient `tells` that it came, or not."""
    sender, recipient = network.phone(a_number()), network.phone(a_number())
    session_id = await ada.connected_session(sender)
    await ada.patch(f"/sessions/{session_id}", {"whenUnknown": when_unknown})
    await recipient.switch(auto_deliver=tells)
    await network.faults.add(Fault(FaultKind.NEVER_ACK, number=sender.number))
    return await ada.send(recipient.number, "are you there?"), recipient


async def test_whose_owner_wants_it_failed_fails_and_a_later_receipt_says_that_it_was_delivered(
    ada: Account, network: RemoteNetwork
) -> None:
    message_id, recipient = await unacknowledged(ada, network, when_unknown="fail", tells=False)
    failed = await ada.wait_for_status(message_id, "failed", within=SETTLED)
    assert failed["reason"]["code"] == "unknown_outcome"
    assert steps(failed)[-2:] == ["unknown", "failed"]
    assert failed["timeline"][-2]["resend"] is False

    await recipient.deliver(await recipient.next_message(within=SOON))

    settled = await ada.wait_for_status(message_id, "delivered", within=SETTLED)
    assert steps(settled)[-4:] == ["unknown", "failed", "sent", "delivered"]
    assert len(await recipient.messages()) == 1


async def test_whose_owner_wants_it_sent_again_is_and_the_timeline_says_so(
    ada: Account, network: RemoteNetwork
) -> None:
    message_id, recipient = await unacknowledged(ada, network, when_unknown="resend", tells=False)

    sent = await ada.wait_for_status(message_id, "sent", within=SETTLED)

    assert steps(sent)[-4:] == ["sending", "unknown", "sending", "sent"]
    unknown = sent["timeline"][-3]
    assert (unknown["attempt"], unknown["resend"]) == (1, True)
    assert unknown["notBefore"] > unknown["at"]
    assert [message.text for message in await recipient.messages()] == ["are you there?"] * 2


async def test_which_its_recipient_confirms_is_delivered_and_not_sent_again(
    ada: Account, network: RemoteNetwork
) -> None:
    message_id, recipient = await unacknowledged(ada, network, when_unknown="resend", tells=True)

    delivered = await ada.wait_for_status(message_id, "delivered", within=SETTLED)

    assert steps(delivered)[-3:] == ["unknown", "sent", "delivered"]
    assert len(await recipient.messages()) == 1


def steps(message: dict[str, Any]) -> list[str]:
    return [step["status"] for step in message["timeline"]]
