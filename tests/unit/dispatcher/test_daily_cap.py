"""The daily cap is exact, whoever dies in between, and whenever it is set."""

import contextlib

import pytest

from griot_chassis.errors import BrokerUnavailableError, DatabaseUnavailableError
from griot_chassis.records import Partition
from griot_contracts.topics import DELIVERY_EVENTS
from tests.unit.dispatcher.conftest import Bench
from tests.unit.dispatcher.samples import NOON, PARTITION, connected, created, dispatch, paced, seconds, sent

FAILURES = (BrokerUnavailableError, DatabaseUnavailableError)


async def all_sent(bench: Bench) -> set[str]:
    """Whatever is asked for is sent, until nothing more is; all that was asked for."""
    answered = 0
    while answered < len(asked := list(dict.fromkeys(bench.log.asked))):
        await bench.hear(*(sent(*one) for one in asked[answered:]))
        answered = len(asked)
    return {message_id for message_id, _ in asked}


@pytest.mark.parametrize("saves", [0, 1, 2])
async def test_no_more_goes_and_no_less_however_much_was_stored_when_the_owner_died(
    bench: Bench, saves: int
) -> None:
    """The next owner reads that the second was sent before it can ask for it again."""
    await bench.hear(connected(), created(), paced(daily_cap=2))
    await bench.hear(*(dispatch(f"m{number}") for number in range(1, 6)))
    ends = bench.topics.records([sent("m1")])
    bench.store.saves_left = saves
    with contextlib.suppress(*FAILURES):
        await bench.dispatch(ends)
    bench.store.saves_left = None
    ends += bench.topics.records([sent("m2")] if ("m2", 1) in bench.log.asked else [])
    bench.progress.last = {Partition(DELIVERY_EVENTS.name, PARTITION): ends[-1].offset}
    await bench.restart()

    await bench.dispatch(ends)

    assert await all_sent(bench) == {"m1", "m2"}


@pytest.mark.parametrize("saves", [0, 1])
async def test_the_pace_holds_however_much_was_stored_when_the_owner_died(bench: Bench, saves: int) -> None:
    await bench.hear(connected(), created(), paced(messages_per_minute=1), dispatch("m1"), sent("m1"))
    commands = bench.topics.records([dispatch("m2"), dispatch("m3")])
    bench.store.saves_left = saves
    with contextlib.suppress(*FAILURES):
        await bench.dispatch(commands)
    bench.store.saves_left = None
    commands += bench.topics.records([sent("m2")] if bench.log.asked else [])
    await bench.restart()

    await bench.dispatch(commands)

    assert set(bench.log.asked) == {("m2", 1)}


@pytest.mark.parametrize("saves", [0, 1])
async def test_the_cap_holds_though_what_was_given_when_its_moment_had_come_could_not_be_stored(
    bench: Bench, saves: int
) -> None:
    await bench.hear(connected(), created(), paced(daily_cap=2, messages_per_minute=1))
    await bench.hear(*map(dispatch, ("m1", "m2", "m3")))
    await bench.hear(sent("m1"))
    bench.clock.go_on(seconds(60))
    bench.store.saves_left = saves
    with contextlib.suppress(*FAILURES):
        await bench.wake()
    bench.store.saves_left = None
    bench.clock.go_on(seconds(60))

    await bench.hear(*[sent("m2")] * (("m2", 1) in bench.log.asked))
    await bench.wake()

    assert await all_sent(bench) == {"m1", "m2"}


async def test_what_is_counted_and_was_not_asked_for_goes_before_what_is_due_since(bench: Bench) -> None:
    """Else it would lose its place in the day."""
    await bench.hear(connected(), created(), paced(daily_cap=2))
    await bench.hear(dispatch("m1"), dispatch("m2"), dispatch("later", send_at=NOON + seconds(10)))
    ends = bench.topics.records([sent("m1")])
    bench.log.away = True
    with pytest.raises(BrokerUnavailableError):
        await bench.dispatch(ends)
    bench.clock.go_on(seconds(20))

    await bench.dispatch(ends)

    assert await all_sent(bench) == {"m1", "m2"}


@pytest.mark.parametrize("restart", [False, True])
async def test_a_cap_that_is_set_counts_what_went_before_it_on_that_day(
    bench: Bench, *, restart: bool
) -> None:
    await bench.hear(connected(), created(), *(dispatch(f"m{number}") for number in range(4)))
    await all_sent(bench)
    bench.remember()
    if restart:
        await bench.restart()

    await bench.hear(paced(daily_cap=5), *(dispatch(f"m{number}") for number in range(4, 10)))

    assert await all_sent(bench) == {"m0", "m1", "m2", "m3", "m4"}


async def test_what_went_on_the_day_before_counts_for_nothing(bench: Bench) -> None:
    await bench.hear(connected(), created(), *(dispatch(f"m{number}") for number in range(4)))
    await all_sent(bench)
    bench.remember()
    bench.clock.go_on(seconds(86_400))

    await bench.hear(paced(daily_cap=1), dispatch("m4"), dispatch("m5"))

    assert await all_sent(bench) == {"m0", "m1", "m2", "m3", "m4"}


async def test_a_cap_that_is_taken_away_and_set_again_counts_what_went_in_between(bench: Bench) -> None:
    await bench.hear(connected(), created(), paced(daily_cap=9), dispatch("m0"))
    await bench.hear(paced(), dispatch("m1"), dispatch("m2"), dispatch("m3"))
    await all_sent(bench)
    bench.remember()
    await bench.restart()

    await bench.hear(paced(daily_cap=5), *(dispatch(f"m{number}") for number in range(4, 10)))

    assert await all_sent(bench) == {"m0", "m1", "m2", "m3", "m4"}


async def test_a_session_without_a_pace_costs_no_write_and_no_look_at_the_past(bench: Bench) -> None:
    await bench.hear(connected(), created())
    stored = bench.store.sessions["s1"]

    await bench.hear(dispatch("m1"), dispatch("m2"))
    await all_sent(bench)

    assert bench.store.sessions["s1"] is stored
    assert bench.past.asked == []


async def test_the_past_is_asked_once_for_all_the_sessions_of_a_partition(bench: Bench) -> None:
    for name in ("s1", "s2", "s3"):
        await bench.hear(created(session_id=name), paced(session_id=name, daily_cap=1), connected(name))

    for name in ("s1", "s2", "s3"):
        await bench.hear(dispatch(f"m-{name}", session_id=name))

    assert bench.past.asked == ["given"]
    assert len(bench.log.asked) == 3


async def test_news_of_a_session_in_the_batch_that_gives_is_news_still_if_its_owner_dies(
    bench: Bench,
) -> None:
    await bench.hear(created(), paced(daily_cap=3), dispatch("m1"), dispatch("m2"))
    news = bench.topics.records([paced(daily_cap=1), connected()])
    bench.store.saves_left = 1
    with contextlib.suppress(*FAILURES):
        await bench.dispatch(news)

    stored = bench.store.sessions["s1"]
    assert (stored.connected, stored.daily_cap, stored.given_today) == (False, 3, 1)
    await bench.dispatch(news)
    stored = bench.store.sessions["s1"]
    assert (stored.connected, stored.daily_cap, stored.given_today) == (True, 1, 1)
    assert await all_sent(bench) == {"m1"}
