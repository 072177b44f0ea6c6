"""Trouble on command, as the client sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from tests.integration.fakewhatsapp.neonize_process import NeonizeClient, NeonizeError, Reopened
from tests.support import eventually


@pytest.fixture(autouse=True)
def _healed(network: Network) -> Iterator[None]:
    yield
    network.faults.clear()


@pytest.mark.parametrize(
    ("code", "event"),
    [(401, "LoggedOut"), (403, "LoggedOut"), (405, "ClientOutdated"), (409, "ConnectFailure")],
)
async def test_a_refused_login_is_reported_with_its_reason(
    network: Network, reopened: Reopened, number: str, code: int, event: str
) -> None:
    network.faults.add(Fault(FaultKind.REFUSE_LOGIN, number, code=code))

    again = await reopened()

    await again.event(event)


async def test_a_temporary_ban_says_how_long_it_lasts(
    network: Network, reopened: Reopened, number: str
) -> None:
    network.faults.add(Fault(FaultKind.REFUSE_LOGIN, number, code=402, seconds=3600))

    again = await reopened()

    assert (await again.event("TemporaryBan"))["Expire"] == "3600"


async def test_after_a_503_the_client_comes_back_by_itself(
    network: Network, reopened: Reopened, number: str
) -> None:
    network.faults.add(Fault(FaultKind.REFUSE_LOGIN, number, code=503))

    again = await reopened()

    await again.event("Connected", within=20)


async def test_a_dropped_connection_is_made_again(
    network: Network, client: NeonizeClient, number: str
) -> None:
    network.faults.add(Fault(FaultKind.DROP, number))

    await client.event("Disconnected")
    await client.event("Connected")


async def test_a_replaced_stream_is_told_so(network: Network, client: NeonizeClient, number: str) -> None:
    network.faults.add(Fault(FaultKind.REPLACE, number))

    await client.event("StreamReplaced")


async def test_a_message_that_is_never_acknowledged_arrives_and_the_sender_does_not_know(
    network: Network, client: NeonizeClient, number: str, other: Phone
) -> None:
    network.faults.add(Fault(FaultKind.NEVER_ACK, number))
    sending = asyncio.create_task(client.send(other.number, "hello"))

    message = await other.next_message()

    entry = network.ledger.by_id(message.id)
    assert entry is not None
    assert not entry.acked
    assert not sending.done()
    sending.cancel()


async def test_a_message_refused_with_a_code_fails_with_it(
    network: Network, client: NeonizeClient, number: str, other: Phone
) -> None:
    network.faults.add(Fault(FaultKind.REFUSE_MESSAGE, number, code=463))

    with pytest.raises(NeonizeError, match="463"):
        await client.send(other.number, "hello")

    assert not other.messages
    await client.send(other.number, "the next one goes through")


async def test_a_late_acknowledgement_lets_the_sender_wait(
    network: Network, client: NeonizeClient, number: str, other: Phone
) -> None:
    network.faults.add(Fault(FaultKind.ACK_LATE, number, seconds=0.5))
    sending = asyncio.create_task(client.send(other.number, "hello"))
    await other.next_message()
    assert not sending.done()

    assert (await sending) == other.messages[0].id


async def test_a_message_cut_off_before_its_acknowledgement_is_sent_again_and_shown_once(
    network: Network, client: NeonizeClient, number: str, other: Phone
) -> None:
    network.faults.add(Fault(FaultKind.DROP_ON_MESSAGE, number))

    message_id = await client.send(other.number, "hello")

    entry = network.ledger.by_id(message_id)
    assert entry is not None
    assert (entry.times, entry.acked) == (2, True)
    assert [one.id for one in other.messages] == [message_id]


async def test_a_message_lost_with_its_connection_is_sent_again(
    network: Network, client: NeonizeClient, number: str, other: Phone
) -> None:
    network.faults.add(Fault(FaultKind.LOSE_MESSAGE, number))

    message_id = await client.send(other.number, "hello")

    assert [one.id for one in other.messages] == [message_id]


async def test_a_deaf_connection_answers_nothing_until_it_is_healed(
    network: Network, client: NeonizeClient, number: str, other: Phone
) -> None:
    network.faults.add(Fault(FaultKind.DEAF, number))
    sending = asyncio.create_task(client.send(other.number, "into the void"))
    device = network.phone(number).devices[1]
    await eventually(
        lambda: device.connection is not None and device.connection.unheard, what="it was not heard"
    )
    network.faults.clear()

    await client.send(other.number, "hello again")

    assert [one.text for one in other.messages] == ["hello again"]
    sending.cancel()


async def test_a_slow_connection_takes_longer(
    network: Network, client: NeonizeClient, number: str, other: Phone
) -> None:
    network.faults.add(Fault(FaultKind.SLOW, number, times=None, seconds=0.1))
    before = asyncio.get_running_loop().time()

    await client.send(other.number, "hello")

    assert asyncio.get_running_loop().time() - before > 0.2


async def test_a_message_that_no_device_can_read_is_counted(
    network: Network, client: NeonizeClient, other: Phone
) -> None:
    """The phone has forgotten its keys, as after it was set up anew."""
    await client.send(other.number, "hello")
    other.auto_retry = False
    other.lose_keys()

    message_id = await client.send(other.number, "nobody can read this")

    assert message_id in [entry.id for entry in network.ledger.unreached()]
