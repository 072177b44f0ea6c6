"""DeliverMessage: at most one hand-over an attempt, and one end that is told as often as it is asked for."""

import asyncio
from datetime import timedelta

import pytest

from griot_chassis.errors import BrokerUnavailableError
from griot_contracts.deliveries import DeliveryFailed, DeliverySent, DeliveryStarted, DeliveryUnknown
from griot_contracts.ids import derive
from griot_contracts.sessions import SessionStatus
from session_manager.domain.outcomes import HandOverError, LookupFailedError
from session_manager.domain.standing import Offline
from tests.support import eventually
from tests.unit.session_manager.conftest import Worker
from tests.unit.session_manager.fakes import JOURNAL
from tests.unit.session_manager.samples import BOB, NOON, deliver, sent, started


def deliveries(worker: Worker) -> list[str]:
    kinds = (DeliveryStarted, DeliverySent, DeliveryFailed, DeliveryUnknown)
    names = [type(body).__name__ for body in worker.publisher.bodies if isinstance(body, kinds)]
    return [name.removeprefix("Delivery") for name in names]


async def test_a_message_is_announced_handed_over_and_told_as_sent(worker: Worker) -> None:
    connection = await worker.connect()
    await worker.do(deliver())

    assert connection.sent == [(BOB, "hello")]
    assert deliveries(worker) == ["Started", "Sent"]
    assert worker.publisher.bodies[-1].whatsapp_message_id == "3EB0"
    assert worker.publisher.published[-1].id == derive("m1", "DeliverySent", "1")


async def test_a_repeated_command_is_answered_and_not_sent_again(worker: Worker) -> None:
    connection = await worker.connect()
    await worker.do(deliver())
    await worker.do(deliver())

    assert len(connection.sent) == 1
    assert deliveries(worker) == ["Started", "Sent", "Sent"]
    assert worker.publisher.published[-1].id == worker.publisher.published[-2].id


async def test_what_was_done_before_this_process_began_is_not_done_again_when_it_is_asked_for_late(
    worker: Worker,
) -> None:
    connection = await worker.connect()
    worker.log.journal = [started("m1"), sent("m1"), started("m2")]
    asked_at = NOON - timedelta(hours=1)

    for message_id in ("m1", "m2", "m3"):
        await worker.do(deliver(message_id, at=asked_at))

    assert worker.log.reads == [(JOURNAL, asked_at - timedelta(minutes=1))], "once, as far back as is needed"
    assert deliveries(worker) == ["Sent", "Unknown", "Started", "Sent"]
    assert len(connection.sent) == 1


async def test_what_was_done_is_not_done_again_when_it_is_asked_for_anew_long_after(worker: Worker) -> None:
    """Found by the chaos run: a dispatcher asked anew after its database was dropped, and the end was old."""
    connection = await worker.connect()
    worker.log.journal = [started("m1"), sent("m1")]
    earlier = NOON - timedelta(hours=1)

    await worker.do(deliver("m1", at=NOON, open_since=earlier))

    assert worker.log.reads == [(JOURNAL, earlier - timedelta(minutes=1))]
    assert deliveries(worker) == ["Sent"]
    assert connection.sent == []


async def test_what_could_not_be_looked_up_to_its_end_is_looked_up_again(worker: Worker) -> None:
    connection = await worker.connect()
    worker.log.journal = [started("m1"), sent("m1")]
    command = deliver("m1", at=NOON - timedelta(hours=1))
    worker.log.away = True
    with pytest.raises(ConnectionError):
        await worker.do(command)
    worker.log.away = False

    await worker.do(command)

    assert deliveries(worker) == ["Sent"]
    assert connection.sent == []


async def test_what_was_done_so_long_ago_that_it_is_forgotten_is_looked_up_and_not_done_again(
    worker: Worker,
) -> None:
    connection = await worker.connect()
    worker.fleet.journal(3).enough = 1
    earlier = NOON - timedelta(seconds=1)
    for message_id in ("m1", "m2", "m3"):
        await worker.do(deliver(message_id, at=earlier))
    worker.log.journal = [sent("m1"), sent("m2"), sent("m3")]

    await worker.do(deliver("m1", at=earlier))

    assert len(connection.sent) == 3
    assert deliveries(worker)[-1] == "Sent"


async def test_another_attempt_is_sent(worker: Worker) -> None:
    connection = await worker.connect()
    await worker.do(deliver())
    await worker.do(deliver(attempt=2))

    assert len(connection.sent) == 2


async def test_what_another_process_began_is_unknown_and_not_sent(worker: Worker) -> None:
    connection = await worker.connect()
    worker.fleet.journal(3).write(started("m1"))
    await worker.do(deliver())

    assert not connection.sent
    assert deliveries(worker) == ["Unknown"]
    assert worker.publisher.bodies[-1].reason == "worker_restarted"


async def test_without_a_connection_it_fails_for_now(worker: Worker) -> None:
    connection = await worker.connect()
    connection.observe(Offline())
    await worker.stands(SessionStatus.DISCONNECTED)
    await worker.do(deliver())

    assert deliveries(worker) == ["Failed"]
    assert (worker.publisher.bodies[-1].reason, worker.publisher.bodies[-1].retryable) == (
        "session_not_connected",
        True,
    )


async def test_a_session_of_nobodys_is_not_connected(worker: Worker) -> None:
    await worker.do(deliver())

    assert worker.publisher.bodies[-1].reason == "session_not_connected"


async def test_a_message_waits_for_a_session_that_is_just_starting(worker: Worker) -> None:
    starting = asyncio.create_task(worker.connect())
    await eventually(lambda: worker.fleet.get("s1"), what="it starts")
    await worker.do(deliver())
    await starting

    assert deliveries(worker) == ["Started", "Sent"]


async def test_who_is_not_on_whatsapp_is_not_written_to(worker: Worker) -> None:
    connection = await worker.connect()
    connection.unknown.add(BOB)
    await worker.do(deliver())

    assert deliveries(worker) == ["Failed"]
    assert (worker.publisher.bodies[-1].reason, worker.publisher.bodies[-1].retryable) == (
        "recipient_not_on_whatsapp",
        False,
    )


async def test_a_lookup_that_fails_is_worth_another_try(worker: Worker) -> None:
    connection = await worker.connect()
    connection.lookup_fails = LookupFailedError()
    await worker.do(deliver())

    assert (worker.publisher.bodies[-1].reason, worker.publisher.bodies[-1].retryable) == (
        "recipient_lookup_failed",
        True,
    )


async def test_a_refusal_of_whatsapps_has_its_code(worker: Worker) -> None:
    connection = await worker.connect()
    connection.answer = HandOverError("server returned error 463")
    await worker.do(deliver())

    assert worker.publisher.bodies[-1].reason == "recipient_must_write_first"
    assert "463" in worker.publisher.bodies[-1].detail


async def test_a_message_that_is_never_answered_is_unknown_and_the_connection_made_anew(
    worker: Worker,
) -> None:
    connection = await worker.connect()
    connection.answer = None
    await worker.do(deliver())

    assert worker.publisher.bodies[-1].reason == "no_answer"
    await eventually(lambda: connection.stopped, what="the connection is ended")


async def test_a_message_under_way_at_the_end_is_unknown(worker: Worker) -> None:
    connection = await worker.connect()
    connection.answer = None
    task = asyncio.create_task(worker.do(deliver()))
    await eventually(lambda: connection.sent, what="it is handed over")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert deliveries(worker) == ["Started", "Unknown"]
    assert worker.publisher.bodies[-1].reason == "worker_stopped"


async def test_nothing_is_handed_over_that_could_not_be_announced(worker: Worker) -> None:
    connection = await worker.connect()
    worker.publisher.away = True
    with pytest.raises(BrokerUnavailableError):
        await worker.do(deliver())
    assert not connection.sent

    worker.publisher.away = False
    await worker.do(deliver())
    assert len(connection.sent) == 1


async def test_an_end_that_could_not_be_told_is_told_when_the_command_comes_again(worker: Worker) -> None:
    connection = await worker.connect()
    sending = connection.send

    async def send_and_lose_the_broker(to: str, message: str | bytes) -> str:
        worker.publisher.away = True
        return await sending(to, message)

    connection.send = send_and_lose_the_broker  # type: ignore[method-assign]
    with pytest.raises(BrokerUnavailableError):
        await worker.do(deliver())

    worker.publisher.away = False
    await worker.do(deliver())
    assert len(connection.sent) == 1
    assert deliveries(worker) == ["Started", "Sent"]
