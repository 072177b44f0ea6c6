"""A deleted session's queue is given up bit by bit, so that the others need not wait for all of it."""

import asyncio

import pytest

from griot_chassis.errors import DatabaseUnavailableError
from griot_contracts.messages import MessageFailed
from tests.support import eventually
from tests.unit.dispatcher.conftest import Bench
from tests.unit.dispatcher.samples import NOON, connected, created, deleted, dispatch, seconds

LONG = 2_000
NAMES = [f"m{number:04}" for number in range(LONG)]


async def until_idle(bench: Bench) -> None:
    """As the pump does: look again as long as anything comes of it."""
    written = -1
    while written < len(bench.log.written):
        written = len(bench.log.written)
        await bench.wake()


def failed_ones(bench: Bench) -> set[str]:
    bodies = [one.body for one in bench.log.written if isinstance(one.body, MessageFailed)]
    assert all(body.reason == "session_deleted" for body in bodies)
    return {body.message_id for body in bodies}


async def test_another_sessions_message_goes_before_all_of_a_long_queue_is_given_up(bench: Bench) -> None:
    await bench.hear(created(), connected("s2"), *map(dispatch, NAMES))
    await bench.hear(deleted())
    await bench.wake()

    await bench.hear(dispatch("other", session_id="s2"))

    assert bench.log.asked == [("other", 1)]
    assert len(failed_ones(bench)) < LONG
    await until_idle(bench)
    assert failed_ones(bench) == set(NAMES)


async def test_it_goes_on_after_a_restart_in_the_middle(bench: Bench) -> None:
    await bench.hear(created(), *map(dispatch, NAMES))
    await bench.hear(deleted())
    await bench.wake()
    bench.store.away = True
    with pytest.raises(DatabaseUnavailableError):
        await bench.wake()

    await bench.restart()
    await until_idle(bench)

    assert failed_ones(bench) == set(NAMES)
    assert not any(message.is_open for message in bench.store.stored.values())


async def test_what_is_scheduled_is_given_up_too_and_nothing_is_asked_for(bench: Bench) -> None:
    await bench.hear(connected(), created(), dispatch("m1", send_at=NOON + seconds(86_400)))
    await bench.hear(deleted())
    await until_idle(bench)

    assert failed_ones(bench) == {"m1"}
    assert bench.log.asked == []


async def test_the_pump_does_it_by_itself(bench: Bench) -> None:
    await bench.hear(created(), *map(dispatch, NAMES))
    await bench.hear(deleted())
    bench.clock.go_on(seconds(1))
    keeping = asyncio.create_task(bench.dispatch.keep_time())

    await eventually(lambda: failed_ones(bench) == set(NAMES), what="all are given up")

    keeping.cancel()
