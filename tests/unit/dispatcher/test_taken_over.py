"""A dispatcher that takes over from another: what may be under way, and what a dropped database lacks."""

import pytest

from griot_chassis.errors import BrokerUnavailableError, PositionsForgottenError
from griot_chassis.records import Partition
from griot_contracts.ids import derive
from griot_contracts.messages import DeliverMessage, MessageUnknown
from griot_contracts.sessions import WhenUnknown
from griot_contracts.topics import DELIVERY_EVENTS, DISPATCH_COMMANDS
from tests.unit.dispatcher.conftest import OWNED, Bench
from tests.unit.dispatcher.samples import (
    NOON,
    PARTITION,
    connected,
    created,
    dispatch,
    failed,
    seconds,
    sent,
    unknown,
)


async def test_nothing_is_decided_on_what_a_dropped_database_has_left(bench: Bench) -> None:
    """Found by the chaos run: what could not be written was read back from a database that was dropped."""
    await bench.hear(created(WhenUnknown.FAIL), connected(), dispatch("m1"))
    records = bench.topics.records([unknown("m1")])
    bench.log.away = True
    with pytest.raises(BrokerUnavailableError):
        await bench.dispatch(records)
    bench.drop()

    with pytest.raises(PositionsForgottenError):
        await bench.dispatch(records)
    with pytest.raises(PositionsForgottenError):
        await bench.wake()

    assert not any(told.resend for told in bench.log.events("m1", MessageUnknown))


async def test_what_was_dropped_before_it_was_read_back_is_not_taken_over(bench: Bench) -> None:
    bench.drop()

    with pytest.raises(PositionsForgottenError):
        await bench.dispatch.assigned(OWNED)


async def test_after_a_restart_what_was_under_way_is_asked_for_again_as_the_same_attempt(
    bench: Bench,
) -> None:
    await bench.hear(connected(), dispatch("m1"), dispatch("m2"))
    await bench.hear(failed("m1"))
    bench.clock.go_on(seconds(2))
    await bench.wake()

    await bench.restart()

    assert bench.log.asked == [("m1", 1), ("m1", 2), ("m1", 2)]
    commands = [envelope.id for envelope in bench.log.written if isinstance(envelope.body, DeliverMessage)]
    assert commands[1:] == [derive("m1", "DeliverMessage", "2")] * 2


async def test_after_a_restart_what_may_be_asked_for_again_says_so_and_what_follows_it_does_not(
    bench: Bench,
) -> None:
    await bench.hear(connected(), dispatch("m1"), dispatch("m2"))
    bench.progress.next = {Partition(DISPATCH_COMMANDS.name, PARTITION): 2}
    bench.clock.go_on(seconds(600))

    await bench.restart()
    await bench.hear(sent("m1"))
    await bench.hear(sent("m2"), dispatch("m3"))

    asked = [envelope.body for envelope in bench.log.written if isinstance(envelope.body, DeliverMessage)]
    since = [(body.message_id, body.open_since) for body in asked]
    assert since == [("m1", None), ("m1", NOON), ("m2", None), ("m3", None)]


async def test_what_a_dispatcher_without_its_database_asks_for_says_how_old_it_is(bench: Bench) -> None:
    """Found by the chaos run: it was asked for anew as if it were new, and was sent twice."""
    records = await bench.hear(connected(), dispatch("m1"))
    bench.drop()
    bench.progress.forgotten = False
    bench.progress.last = {Partition(DISPATCH_COMMANDS.name, PARTITION): records[-1].offset}
    bench.clock.go_on(seconds(600))

    await bench.restart()
    await bench.dispatch(records)
    await bench.wake()

    asked = [envelope.body for envelope in bench.log.written if isinstance(envelope.body, DeliverMessage)]
    assert [body.open_since for body in asked] == [None, NOON]


async def test_after_a_restart_nothing_is_asked_for_before_the_news_is_read(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), dispatch("m2"))
    bench.progress.last = {Partition(DELIVERY_EVENTS.name, PARTITION): 0}
    await bench.restart()
    assert bench.log.asked == [("m1", 1)]

    await bench.hear(sent("m1"))
    await bench.wake()

    assert bench.log.asked == [("m1", 1), ("m2", 1)]


async def test_news_that_nobody_can_read_is_not_waited_for(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"))
    where = Partition(DELIVERY_EVENTS.name, PARTITION)
    bench.progress.last = {where: 4}
    await bench.restart()
    assert bench.log.asked == [("m1", 1)]

    bench.progress.next = {where: 5}
    await bench.wake()

    assert bench.log.asked == [("m1", 1), ("m1", 1)]
