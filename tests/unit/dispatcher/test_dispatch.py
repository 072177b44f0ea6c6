"""The batch: what it leads to, in which order it is written, and what a repeat or a restart does."""

import asyncio
from dataclasses import replace

import pytest

from griot_chassis.errors import (
    BrokerUnavailableError,
    DatabaseUnavailableError,
)
from griot_chassis.records import Partition
from griot_contracts.messages import MessageFailed, MessageStatus
from griot_contracts.topics import DISPATCH_COMMANDS
from tests.support import eventually
from tests.unit.dispatcher.conftest import OWNED, Bench
from tests.unit.dispatcher.fakes import MemoryStore
from tests.unit.dispatcher.samples import (
    NOON,
    PARTITION,
    connected,
    created,
    deleted,
    disconnected,
    dispatch,
    failed,
    receipt,
    seconds,
    sent,
)
from tests.unit.dispatcher.store_suite import StoreSuite

BACKLOG = 130  # more than a queue holds in full


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


async def test_a_message_for_a_connected_session_goes_out_in_the_batch_that_brought_it(bench: Bench) -> None:
    await bench.hear(connected())
    await bench.hear(dispatch("m1"))

    assert bench.log.told("m1") == ["MessageQueued", "MessageSending", "DeliverMessage"]
    assert len(bench.log.calls[-1]) == 3


async def test_the_next_goes_out_in_the_batch_that_tells_of_the_last_one(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), dispatch("m2"))
    assert bench.log.asked == [("m1", 1)]

    await bench.hear(sent("m1"))

    assert bench.log.asked == [("m1", 1), ("m2", 1)]
    assert bench.store.stored["m1"].status is MessageStatus.SENT


async def test_a_disconnected_sessions_queue_waits_and_goes_on_in_order(bench: Bench) -> None:
    await bench.hear(created(), dispatch("m1"), dispatch("m2"))
    assert bench.log.asked == []

    await bench.hear(connected())
    await bench.hear(disconnected(), sent("m1"))
    assert bench.log.asked == [("m1", 1)]

    await bench.hear(connected())
    assert bench.log.asked == [("m1", 1), ("m2", 1)]


async def test_sessions_do_not_wait_for_each_other(bench: Bench) -> None:
    await bench.hear(connected(), connected("s2"), dispatch("m1"), dispatch("m2", session_id="s2"))

    assert sorted(bench.log.asked) == [("m1", 1), ("m2", 1)]


async def test_a_retry_goes_out_when_its_time_has_come_and_before_those_behind_it(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), dispatch("m2"))
    await bench.hear(failed("m1"))
    await bench.wake()
    assert bench.log.asked == [("m1", 1)]

    bench.clock.go_on(seconds(2))
    await bench.wake()

    assert bench.log.asked == [("m1", 1), ("m1", 2)]


async def test_time_is_kept_by_itself(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), failed("m1"))
    bench.clock.go_on(seconds(2))
    await bench.dispatch.assigned(OWNED)

    keeping = asyncio.create_task(bench.dispatch.keep_time())
    await eventually(lambda: ("m1", 2) in bench.log.asked, what="the retry is asked for")
    keeping.cancel()


async def test_every_record_names_what_it_began_with_and_what_led_to_it(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"))
    await bench.hear(sent("m1"), receipt("3EB0m1"))

    told = [envelope for envelope in bench.log.written if envelope.subject == "m1"]
    assert {envelope.correlation_id for envelope in told} == {"began-m1"}
    assert {envelope.traceparent for envelope in told} == {"trace-m1"}
    assert [envelope.causation_id for envelope in told] == [
        *["DispatchMessage-0"] * 3,
        "DeliverySent-0",
        "ReceiptReceived-1",
    ]


async def test_a_batch_given_again_changes_nothing(bench: Bench) -> None:
    records = await bench.hear(connected(), dispatch("m1"), dispatch("m2"), sent("m1"), receipt("3EB0m1"))
    written, stored = list(bench.log.written), dict(bench.store.stored)

    await bench.dispatch(records)

    assert (bench.log.written, bench.store.stored) == (written, stored)


async def test_a_message_dispatched_twice_is_sent_once(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"))
    await bench.hear(sent("m1"))
    await bench.hear(dispatch("m1"))
    await bench.restart()

    assert bench.log.asked == [("m1", 1)]


@pytest.mark.parametrize("broken", ["log", "store"])
async def test_what_could_not_be_written_is_written_by_the_repeat_under_the_same_ids(
    bench: Bench, broken: str
) -> None:
    await bench.hear(connected())
    (bench.log if broken == "log" else bench.store).away = True
    records = bench.topics.records([dispatch("m1"), dispatch("m2")])

    with pytest.raises(BrokerUnavailableError if broken == "log" else DatabaseUnavailableError):
        await bench.dispatch(records)
    first = {envelope.id for envelope in bench.log.written}
    assert bench.store.stored == {}
    await bench.dispatch(records)

    assert first <= {envelope.id for envelope in bench.log.calls[-1]}
    assert sorted(bench.store.stored) == ["m1", "m2"]
    assert set(bench.log.asked) == {("m1", 1)}


async def test_what_was_lost_to_another_worker_is_not_touched(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), failed("m1"))
    await bench.dispatch.revoked({Partition(DISPATCH_COMMANDS.name, PARTITION)})
    bench.clock.go_on(seconds(60))
    await bench.wake()

    assert bench.log.asked == []


async def test_a_long_queue_is_read_back_as_it_is_worked_off_and_stays_in_order(bench: Bench) -> None:
    names = [f"m{number:03}" for number in range(BACKLOG)]
    await bench.hear(*(dispatch(name) for name in names))
    await bench.restart()
    await bench.hear(connected())
    for name in names:
        await bench.hear(sent(name))

    assert bench.log.asked == [(name, 1) for name in names]
    assert bench.store.reads < BACKLOG / 10


async def test_a_batch_with_many_ends_goes_on_by_itself(bench: Bench) -> None:
    await bench.hear(*(dispatch(f"m{number:03}") for number in range(BACKLOG)))
    await bench.restart()
    await bench.hear(connected(), *(sent(f"m{number:03}") for number in range(100)))

    bench.clock.go_on(seconds(1))
    await bench.wake()

    assert bench.log.asked == [("m100", 1)]


async def test_a_deleted_sessions_messages_fail_and_so_do_those_that_come_later(bench: Bench) -> None:
    await bench.hear(*(dispatch(f"m{number:03}") for number in range(BACKLOG)))
    await bench.restart()
    await bench.hear(deleted())
    await bench.wake()
    await bench.hear(dispatch("late"))

    told = [envelope.body for envelope in bench.log.written if isinstance(envelope.body, MessageFailed)]
    assert len(told) == BACKLOG + 1
    assert {event.reason for event in told} == {"session_deleted"}
    assert bench.log.told("late") == ["MessageFailed"]
    assert bench.log.asked == []


async def test_what_waits_longer_than_its_command_is_kept_is_taken_up_by_a_dropped_database(
    bench: Bench,
) -> None:
    send_at = NOON + seconds(30 * 86_400)
    old, scheduled = bench.topics.records([dispatch("old"), dispatch("later", send_at=send_at)])
    bench.past.waiting = [replace(record, offset=record.offset - 100) for record in (old, scheduled)]
    bench.progress.beheaded = {PARTITION}
    await bench.restart()

    await bench.hear(dispatch("new"), connected())
    await bench.hear(sent("old"), dispatch("later", send_at=send_at))
    bench.clock.go_on(seconds(30 * 86_400))
    await bench.hear(sent("new"))
    await bench.wake()

    assert bench.log.asked == [("old", 1), ("new", 1), ("later", 1)]
    assert bench.past.asked.count("still_open") == 1


async def test_deliveries_read_before_the_commands_lead_to_the_same(bench: Bench) -> None:
    """A database that was dropped: the topics are read again, with no order between them."""
    await bench.hear(connected(), sent("m1"), failed("m2"), receipt("3EB0m1"))
    await bench.hear(dispatch("m1"), dispatch("m2"), dispatch("m3"))

    assert bench.log.told("m1") == ["MessageSent", "MessageDelivered"]
    assert bench.log.asked == []
    bench.clock.go_on(seconds(2))
    await bench.wake()
    assert bench.log.asked == [("m2", 2)]
