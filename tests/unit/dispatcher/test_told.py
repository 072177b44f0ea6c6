"""What was told stays told: a dispatcher whose database is gone decides nothing otherwise than before."""

from typing import Any, Final

import pytest

from dispatcher.domain.message import Message
from dispatcher.domain.told import begin, catch_up, evolve
from dispatcher.handlers.recalling import Recalling
from griot_chassis.records import Partition, Record
from griot_contracts.base import Contract
from griot_contracts.messages import (
    MessageCancelled,
    MessageEvent,
    MessageFailed,
    MessageSending,
    MessageStatus,
    MessageUnknown,
)
from griot_contracts.sessions import WhenUnknown
from griot_contracts.topics import DELIVERY_EVENTS, DISPATCH_COMMANDS, SESSION_EVENTS
from tests.unit.dispatcher.conftest import OWNED, Bench
from tests.unit.dispatcher.fakes import MemoryPast, MemoryProgress, MemoryStore, MemoryTopics
from tests.unit.dispatcher.samples import (
    ACCOUNT,
    NOON,
    PARTITION,
    connected,
    created,
    dispatch,
    failed,
    paced,
    picture,
    receipt,
    seconds,
    sent,
    unknown,
    updated,
)

OF_M1: Final[dict[str, Any]] = {"account_id": ACCOUNT, "message_id": "m1", "session_id": "s1", "at": NOON}


async def lost(bench: Bench, *bodies: Contract) -> list[Record]:
    """Some records are read; then the database is dropped, and a new dispatcher owns the partition.

    They lie before it in the log.
    """
    records = bench.topics.records(bodies)
    await bench.dispatch(records)
    bench.past.events = [one.body for one in bench.log.written if isinstance(one.body, MessageEvent)]
    await bench.stop()
    bench.made.clear()
    bench.store = MemoryStore()
    bench.log.calls.clear()
    for topic in (DISPATCH_COMMANDS, DELIVERY_EVENTS):
        offsets = [record.offset for record in records if record.topic == topic.name]
        if offsets:
            bench.progress.last[Partition(topic.name, PARTITION)] = max(offsets)
    await bench.restart()
    return records


@pytest.mark.parametrize("deliveries_first", [True, False])
async def test_what_was_given_up_in_doubt_is_not_sent_whatever_is_wanted_now(
    bench: Bench, *, deliveries_first: bool
) -> None:
    wanted = [connected(), created(WhenUnknown.FAIL)]
    records = await lost(bench, *wanted, dispatch("m1"), unknown("m1"), updated(WhenUnknown.RESEND))
    deliveries, others = records[3:4], records[:3] + records[4:]

    for batch in (deliveries, others) if deliveries_first else (others, deliveries):
        await bench.dispatch(batch)
    bench.clock.go_on(seconds(60))
    await bench.wake()

    assert bench.log.asked == []
    assert bench.store.stored["m1"].status is MessageStatus.FAILED
    assert bench.store.stored["m1"].in_doubt


async def test_what_was_given_up_by_half_is_given_up_again_and_not_sent(bench: Bench) -> None:
    """Its decider died between telling that the outcome is unknown and telling that it is the end."""
    bench.past.events = [MessageUnknown(**OF_M1, attempt=1, reason="worker_restarted", resend=False)]
    records = bench.topics.records([created(WhenUnknown.FAIL), connected(), dispatch("m1"), unknown("m1")])
    bench.progress.last = {
        Partition(DISPATCH_COMMANDS.name, PARTITION): 0,
        Partition(DELIVERY_EVENTS.name, PARTITION): 0,
    }
    await bench.restart()

    await bench.dispatch(records)
    await bench.wake()

    assert bench.log.asked == []
    assert bench.log.told("m1")[-2:] == ["MessageUnknown", "MessageFailed"]
    assert bench.store.stored["m1"].status is MessageStatus.FAILED


async def test_what_was_tried_again_is_not_given_up_now(bench: Bench) -> None:
    wanted = [connected(), created(WhenUnknown.RESEND)]
    records = await lost(bench, *wanted, dispatch("m1"), unknown("m1"), updated(WhenUnknown.FAIL))

    await bench.dispatch(records)
    bench.clock.go_on(seconds(60))
    await bench.wake()

    assert MessageFailed not in map(type, bench.log.events("m1", MessageEvent))
    assert bench.log.asked == [("m1", 2)]


async def test_a_receipt_settles_what_a_former_owner_gave_up(bench: Bench) -> None:
    records = await lost(bench, connected(), created(WhenUnknown.FAIL), dispatch("m1"), unknown("m1"))
    await bench.dispatch(records)

    await bench.hear(receipt("3EB0m1"))

    assert bench.store.stored["m1"].status is MessageStatus.DELIVERED


async def test_media_that_were_refused_are_not_asked_for_again(bench: Bench) -> None:
    refused = MessageFailed(**OF_M1, reason="media_unreachable")
    bench.past.events = [refused]
    records = bench.topics.records([picture("m1")])
    bench.progress.last = {Partition(DISPATCH_COMMANDS.name, PARTITION): 0}
    await bench.restart()

    await bench.dispatch(records)
    await bench.hear(connected())
    await bench.wake()

    assert bench.store.stored["m1"].status is MessageStatus.FAILED
    assert bench.media.asked == []


async def test_what_was_sent_is_not_sent_again_though_the_log_has_forgotten_the_delivery(
    bench: Bench,
) -> None:
    records = await lost(bench, connected(), dispatch("m1"), sent("m1"))

    await bench.dispatch(records[:2])
    await bench.wake()

    assert bench.log.asked == []
    assert bench.store.stored["m1"].whatsapp_message_id == "3EB0m1"


async def test_what_was_stored_after_the_drop_overtakes_nothing_that_was_asked_before(bench: Bench) -> None:
    await bench.hear(created())
    first, second = bench.topics.records([dispatch("m1"), dispatch("m2")])
    await bench.dispatch([second])
    bench.progress.last = {Partition(DISPATCH_COMMANDS.name, PARTITION): second.offset}
    await bench.restart()

    await bench.hear(connected())
    await bench.dispatch([first])
    assert bench.log.asked == []
    await bench.dispatch([second])
    await bench.wake()

    assert bench.log.asked == [("m1", 1)]


async def test_a_session_is_known_before_anything_of_it_is_decided(bench: Bench) -> None:
    """Nobody had read the delivery, and the topics have no order between them."""
    bench.past.of_sessions = bench.topics.records([created(), updated(WhenUnknown.FAIL)])
    bench.progress.last = {Partition(SESSION_EVENTS.name, PARTITION): 1}
    await bench.restart()

    await bench.hear(dispatch("m1"))
    await bench.hear(unknown("m1"))

    assert bench.store.stored["m1"].status is MessageStatus.FAILED


async def test_what_was_given_away_counts_against_the_day_of_a_session_whose_database_was_dropped(
    bench: Bench,
) -> None:
    bench.past.of_sessions = bench.topics.records([created(), paced(daily_cap=2), connected()])
    bench.progress.last = {Partition(SESSION_EVENTS.name, PARTITION): 2}
    bench.past.events = [MessageSending(**OF_M1, attempt=1), MessageSending(**OF_M1, attempt=2)]
    await bench.restart()

    await bench.hear(dispatch("m2"), dispatch("m3"))
    await bench.hear(sent("m2"))

    assert bench.log.asked == [("m2", 1)]
    assert bench.store.sessions["s1"].given_today == 2


async def test_a_restart_that_lost_nothing_asks_the_past_for_nothing(bench: Bench) -> None:
    await bench.hear(created(), connected(), dispatch("m1"), sent("m1"))
    bench.progress.next = dict.fromkeys(OWNED, 100)
    await bench.restart()
    bench.topics.skip_to(100)

    await bench.hear(dispatch("m2"), failed("m2"))

    assert bench.past.asked == []


def folded(*events: MessageEvent) -> Message:
    message = begin(events[0], PARTITION)
    for event in events:
        message = evolve(message, event)
    return message


def test_what_is_told_twice_counts_once() -> None:
    doubtful = MessageUnknown(**OF_M1, attempt=1, reason="no_answer", resend=True)

    message = folded(doubtful, MessageSending(**OF_M1, attempt=2), doubtful)

    assert (message.attempt, message.failures, message.is_open) == (1, 1, True)


def test_what_is_known_here_and_lies_further_on_stays() -> None:
    told = folded(MessageCancelled(**OF_M1))
    sent_ = Message("m1", "s1", "a1", PARTITION, sequence=3, status=MessageStatus.SENT)

    assert catch_up(sent_, told) is sent_
    assert catch_up(Message("m1", "s1", "a1", PARTITION, sequence=3), told).sequence == 3


async def test_it_is_kept_in_memory_until_all_is_read_that_a_former_owner_may_have_read() -> None:
    recalling = Recalling(MemoryPast(events=[MessageCancelled(**OF_M1)]), MemoryProgress())
    first, second = MemoryTopics().records([dispatch("m1"), dispatch("m2")])
    await recalling.assigned({first.at}, {first.at: 2}, {first.at}, NOON)

    await recalling.recall([first])
    recalling.passed([first])
    assert recalling.told.keys() == {"m1"}
    await recalling.recall([second])
    recalling.passed([second])

    assert recalling.told == {}
