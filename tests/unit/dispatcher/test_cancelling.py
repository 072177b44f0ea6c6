"""Cancelling: what can be, what is answered, and that what was told stays true."""

import contextlib

import pytest

from griot_chassis.errors import BrokerUnavailableError, DatabaseUnavailableError
from griot_chassis.records import Partition
from griot_contracts.ids import derive
from griot_contracts.messages import MessageCancelled, MessageFailed, MessageStatus
from griot_contracts.topics import DELIVERY_EVENTS, DISPATCH_COMMANDS
from tests.unit.dispatcher.conftest import Bench
from tests.unit.dispatcher.samples import (
    ACCOUNT,
    NOON,
    PARTITION,
    connected,
    created,
    deleted,
    disconnected,
    dispatch,
    failed,
    paced,
    seconds,
    sent,
    unknown,
)
from tests.unit.dispatcher.samples import cancel as cancel_

TOO_LATE = "message_not_cancellable"


async def cancel(bench: Bench, message_id: str, session_id: str = "s1") -> str | None:
    """Ask, and what is answered: `granted`, or why not; None where nothing is."""
    before = len(bench.log.replies)
    await bench.hear(cancel_(message_id, at=bench.clock.time, session_id=session_id))
    answers = [refusal or "granted" for _, refusal in bench.log.replies[before:]]
    return answers[0] if answers else None


async def test_a_message_that_waits_is_cancelled_and_never_sent(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), dispatch("m2"), dispatch("m3"))

    assert await cancel(bench, "m2") == "granted"
    await bench.hear(sent("m1"))

    assert bench.log.told("m2") == ["MessageQueued", "MessageCancelled"]
    assert bench.log.asked == [("m1", 1), ("m3", 1)]
    assert bench.store.stored["m2"].content is None


async def test_the_answer_comes_after_it_is_told_and_stored(bench: Bench) -> None:
    await bench.hear(created(), dispatch("m1"))

    await bench.hear(cancel_("m1"))

    told, answered = bench.log.calls[-2:]
    assert [type(envelope.body).__name__ for envelope in told] == ["MessageCancelled"]
    assert [envelope.reply_to for envelope in answered] == ["replies.v1/3"]
    assert [envelope.correlation_id for envelope in answered] == ["began-m1"]


async def test_a_repeat_is_granted_again_and_says_the_same(bench: Bench) -> None:
    await bench.hear(created(), dispatch("m1"))

    assert await cancel(bench, "m1") == "granted"
    bench.clock.go_on(seconds(60))
    assert await cancel(bench, "m1") == "granted"

    first, second = bench.log.events("m1", MessageCancelled)
    assert first == second
    ids = [envelope.id for envelope in bench.log.written if isinstance(envelope.body, MessageCancelled)]
    assert set(ids) == {derive("m1", "MessageCancelled")}


async def test_it_is_too_late_once_the_sessions_owner_was_asked(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"))

    assert await cancel(bench, "m1") == TOO_LATE
    await bench.hear(disconnected())
    assert await cancel(bench, "m1") == TOO_LATE
    await bench.hear(sent("m1"))
    assert await cancel(bench, "m1") == TOO_LATE

    assert "MessageCancelled" not in bench.log.told("m1")


async def test_a_message_that_has_failed_or_whose_session_is_gone_is_not_cancelled(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), failed("m1", retryable=False))
    await bench.hear(dispatch("m2", session_id="s2"), deleted("s2"))

    assert await cancel(bench, "m1") == TOO_LATE
    assert await cancel(bench, "m2", "s2") == TOO_LATE
    await bench.wake()
    assert len(bench.log.events("m2", MessageFailed)) == 1


async def test_between_two_tries_it_can_be_cancelled_and_those_behind_it_go_on(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), dispatch("m2"))
    await bench.hear(failed("m1"))

    assert await cancel(bench, "m1") == "granted"

    assert bench.log.asked == [("m1", 1), ("m2", 1)]


async def test_what_may_have_reached_whatsapp_is_not_cancelled(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"))
    await bench.hear(unknown("m1"))

    assert await cancel(bench, "m1") == TOO_LATE


async def test_a_scheduled_message_is_cancelled(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1", send_at=NOON + seconds(60)))

    assert await cancel(bench, "m1") == "granted"
    bench.clock.go_on(seconds(61))
    await bench.wake()

    assert bench.log.asked == []


async def test_one_that_is_cancelled_before_the_log_tells_of_it_is_never_sent(bench: Bench) -> None:
    """202 was answered while the quota service was away: the cancellation is read before the message."""
    await bench.hear(connected())
    assert await cancel(bench, "m1") == "granted"
    await bench.restart()

    await bench.hear(dispatch("m1"))

    assert bench.log.told("m1") == ["MessageCancelled", "MessageCancelled"]
    assert bench.log.asked == []
    assert bench.store.stored["m1"].status is MessageStatus.CANCELLED


async def test_one_that_was_sent_after_all_is_sent(bench: Bench) -> None:
    await bench.hear(created(), dispatch("m1"))
    await cancel(bench, "m1")

    await bench.hear(sent("m1"))

    assert bench.store.stored["m1"].status is MessageStatus.SENT


@pytest.mark.parametrize("broken", ["log", "store"])
async def test_what_was_told_as_cancelled_is_not_sent_whatever_fails_in_between(
    bench: Bench, broken: str
) -> None:
    await bench.hear(connected())
    await bench.hear(dispatch("m1"), dispatch("m2"), dispatch("m3"))
    (bench.log if broken == "log" else bench.store).away = True
    records = bench.topics.records([cancel_("m2")])

    with pytest.raises(BrokerUnavailableError if broken == "log" else DatabaseUnavailableError):
        await bench.dispatch(records)
    await bench.dispatch(records)
    await bench.hear(sent("m1"))

    assert bench.log.replies == [("began-m2", None)]
    assert set(bench.log.asked) == {("m1", 1), ("m3", 1)}


async def test_what_another_worker_may_have_given_away_is_not_cancelled(bench: Bench) -> None:
    """It died between asking the session's owner and storing anything of it."""
    await bench.hear(connected())
    records = bench.topics.records([dispatch("m1"), dispatch("m2"), cancel_("m1"), cancel_("m2")])
    commands = Partition(DISPATCH_COMMANDS.name, PARTITION)
    bench.progress.next, bench.progress.last = {commands: 0}, {commands: records[-1].offset}
    await bench.restart()

    await bench.dispatch(records)

    assert bench.log.replies == [("began-m1", TOO_LATE), ("began-m2", None)]


async def test_what_was_under_way_when_the_session_was_lost_is_not_cancelled_after_a_restart(
    bench: Bench,
) -> None:
    await bench.hear(connected(), dispatch("m1"), dispatch("m2"))
    await bench.hear(disconnected())
    bench.progress.next = {Partition(DISPATCH_COMMANDS.name, PARTITION): 100}
    await bench.restart()

    assert await cancel(bench, "m1") == TOO_LATE
    assert await cancel(bench, "m2") == "granted"


async def test_what_waited_for_a_session_that_was_away_is_cancelled_after_a_restart(bench: Bench) -> None:
    await bench.hear(created(), disconnected(), dispatch("m1"), dispatch("m2"))
    bench.progress.next = {Partition(DISPATCH_COMMANDS.name, PARTITION): 100}
    await bench.restart()

    assert await cancel(bench, "m1") == "granted"


@pytest.mark.parametrize("flaps", [False, True])
async def test_what_waits_for_the_next_day_is_cancelled_after_a_restart(bench: Bench, *, flaps: bool) -> None:
    """The line does not move for hours, and nobody may have to wait for that to cancel its first."""
    await bench.hear(connected(), created(), paced(daily_cap=1))
    await bench.hear(*map(dispatch, ("m1", "m2", "m3")), dispatch("later", send_at=NOON + seconds(60)))
    await bench.hear(sent("m1"))
    bench.clock.go_on(seconds(120))
    bench.progress.next = {Partition(DISPATCH_COMMANDS.name, PARTITION): 100}
    await bench.restart()
    if flaps:
        await bench.hear(disconnected())
        await bench.hear(connected())

    assert [await cancel(bench, name) for name in ("m2", "later", "m3")] == ["granted"] * 3
    assert bench.log.asked == [("m1", 1)]


async def test_what_waits_because_of_a_cap_that_was_set_meanwhile_is_cancelled_after_a_restart(
    bench: Bench,
) -> None:
    await bench.hear(connected(), created(), dispatch("m1"), dispatch("m2"))
    bench.remember()
    await bench.hear(paced(daily_cap=1), sent("m1"))
    bench.progress.next = {Partition(DISPATCH_COMMANDS.name, PARTITION): 100}
    await bench.restart()

    assert await cancel(bench, "m2") == "granted"


@pytest.mark.parametrize("saves", [0, 1])
async def test_a_paced_sessions_retry_that_may_be_under_way_is_not_cancelled(
    bench: Bench, saves: int
) -> None:
    """It was asked for, and its owner died before all of that was stored."""
    await bench.hear(connected(), created(), paced(daily_cap=1), dispatch("m1"), dispatch("m2"))
    failure = bench.topics.records([failed("m1")])
    bench.clock.go_on(seconds(60))
    bench.store.saves_left = saves
    with contextlib.suppress(DatabaseUnavailableError):
        await bench.dispatch(failure)
    bench.store.saves_left = None
    bench.progress.next = {Partition(DISPATCH_COMMANDS.name, PARTITION): 100}
    bench.progress.last = {failure[0].at: failure[0].offset}
    await bench.restart()
    questions = bench.topics.records([cancel_("m1", at=bench.clock.time)])

    await bench.dispatch([*failure, *questions])
    await bench.dispatch(bench.topics.records([cancel_("m1", at=bench.clock.time)]))

    assert set(bench.log.replies) == {("began-m1", TOO_LATE)}
    assert set(bench.log.asked) == {("m1", 1), ("m1", 2)}


async def test_nothing_is_decided_before_the_news_is_read(bench: Bench) -> None:
    await bench.hear(created(), dispatch("m1"))
    bench.progress.last = {Partition(DELIVERY_EVENTS.name, PARTITION): 0}
    await bench.restart()

    assert await cancel(bench, "m1") is None
    await bench.hear(sent("m1"))

    assert await cancel(bench, "m1") == TOO_LATE


async def test_what_was_told_before_the_database_was_dropped_stays_told(bench: Bench) -> None:
    """The commands are read again before the deliveries are, and the answer is one that was given."""
    told = MessageCancelled(account_id=ACCOUNT, at=NOON, message_id="m2", session_id="s1")
    bench.past.events = [told]
    records = bench.topics.records([dispatch("m1"), dispatch("m2"), cancel_("m1"), cancel_("m2")])
    bench.progress.last = {
        Partition(DISPATCH_COMMANDS.name, PARTITION): records[-1].offset,
        Partition(DELIVERY_EVENTS.name, PARTITION): 0,
    }
    await bench.restart()
    bench.clock.go_on(seconds(3_600))

    await bench.dispatch(records)
    await bench.hear(connected(), sent("m1"))

    assert all(event == told for event in bench.log.events("m2", MessageCancelled))
    assert bench.log.told("m1") == ["MessageQueued", "MessageSent"]
    assert bench.log.asked == []


async def test_the_past_is_asked_only_of_what_came_before_this_owner(bench: Bench) -> None:
    bench.progress.next = {Partition(DISPATCH_COMMANDS.name, PARTITION): 1}
    await bench.restart()
    await bench.hear(created(), dispatch("m1"))

    assert await cancel(bench, "m1") == "granted"

    assert bench.past.asked == []


async def test_a_question_that_nobody_waits_for_any_more_decides_nothing(bench: Bench) -> None:
    """A log that is read again must not cancel what it was too late for at the time."""
    await bench.hear(created(), dispatch("m1"))
    records = bench.topics.records([cancel_("m1")])
    bench.clock.go_on(seconds(3_600))

    await bench.dispatch(records)

    assert (bench.log.replies, bench.log.told("m1")) == ([], ["MessageQueued"])
