"""How fast a session gives its messages away."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.domain.pacing import DAILY_CAP_REACHED, Usual, Wait, count, is_paced, wait_for
from dispatcher.domain.session import Session, follow
from dispatcher.handlers.policy import Policy
from griot_contracts.messages import MessageQueued
from tests.unit.dispatcher.conftest import Bench
from tests.unit.dispatcher.samples import (
    NOON,
    PARTITION,
    RETRY,
    connected,
    created,
    dispatch,
    failed,
    paced,
    seconds,
    sent,
)

SESSION = Session("s1", PARTITION, connected=True)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
USUAL = Usual()


def test_without_a_pace_nothing_waits_and_nothing_is_to_be_kept() -> None:
    session = count(SESSION, "m1", NOON, USUAL, 0.5)

    assert wait_for(session, "m2", NOON, USUAL) is None
    assert not is_paced(session, NOON, USUAL)


def test_so_many_a_minute_are_that_far_apart() -> None:
    session = count(follow(SESSION, paced(messages_per_minute=20)), "m1", NOON, USUAL, 0.5)

    assert wait_for(session, "m2", NOON, USUAL) == Wait(NOON + seconds(3))
    assert wait_for(session, "m2", NOON + seconds(3), USUAL) is None


@given(st.floats(0, 1), st.floats(0, 1))
def test_jitter_moves_the_next_either_way_by_its_part_at_most(jitter: float, spread: float) -> None:
    session = follow(SESSION, paced(messages_per_minute=60, jitter=jitter))

    next_at = count(session, "m1", NOON, USUAL, spread).next_at

    assert next_at is not None
    within = timedelta(seconds=jitter, microseconds=1)
    assert NOON + seconds(1) - within <= next_at <= NOON + seconds(1) + within


def test_an_older_wish_that_is_told_again_changes_nothing() -> None:
    slow = paced(messages_per_minute=1).model_copy(update={"sequence": 7})
    fast = paced(messages_per_minute=600).model_copy(update={"sequence": 8})
    session = follow(follow(SESSION, slow), fast)

    assert follow(session, slow) == session
    assert session.messages_per_minute == 600


def test_the_operators_pace_holds_where_the_owner_asked_for_none() -> None:
    usual = Usual(messages_per_minute=60, jitter=0)

    assert count(SESSION, "m1", NOON, usual, 0.9).next_at == NOON + seconds(1)
    own = follow(SESSION, paced(messages_per_minute=30))
    assert count(own, "m1", NOON, usual, 0.9).next_at == NOON + seconds(2)


def test_another_pace_holds_at_once() -> None:
    slow = count(follow(SESSION, paced(messages_per_minute=1)), "m1", NOON, USUAL, 0.5)
    assert wait_for(slow, "m2", NOON, USUAL) is not None

    assert wait_for(follow(slow, paced(messages_per_minute=600)), "m2", NOON, USUAL) is None
    assert wait_for(follow(slow, paced()), "m2", NOON, USUAL) is None
    assert follow(slow, paced(messages_per_minute=1)) == slow


def test_over_the_daily_cap_a_message_waits_for_the_next_day_of_utc() -> None:
    session = follow(SESSION, paced(daily_cap=2))
    for name in ("m1", "m2"):
        assert wait_for(session, name, NOON, USUAL) is None
        session = count(session, name, NOON, USUAL, 0.5)

    assert wait_for(session, "m3", NOON, USUAL) == Wait(MIDNIGHT, DAILY_CAP_REACHED)
    assert wait_for(session, "m3", MIDNIGHT, USUAL) is None
    assert count(session, "m3", MIDNIGHT, USUAL, 0.5).given_today == 1


def test_a_retry_counts_once() -> None:
    session = follow(SESSION, paced(daily_cap=1))
    for _ in range(3):
        assert wait_for(session, "m1", NOON, USUAL) is None
        session = count(session, "m1", NOON, USUAL, 0.5)

    assert session.given_today == 1


def test_a_retry_on_the_next_day_counts_against_that_day() -> None:
    session = count(follow(SESSION, paced(daily_cap=1)), "m1", NOON, USUAL, 0.5)

    session = count(session, "m1", MIDNIGHT, USUAL, 0.5)

    assert session.given_today == 1
    assert wait_for(session, "m2", MIDNIGHT, USUAL) is not None


def test_the_usual_cap_is_for_young_sessions_and_an_owners_own_is_for_ever() -> None:
    usual = Usual(young_daily_cap=1, young_for=timedelta(days=7))
    young = count(follow(SESSION, created()), "m1", NOON, usual, 0.5)
    grown = replace(young, made_at=NOON - timedelta(days=8))

    assert wait_for(young, "m2", NOON, usual) == Wait(MIDNIGHT, DAILY_CAP_REACHED)
    assert wait_for(grown, "m2", NOON, usual) is None
    assert wait_for(follow(grown, paced(daily_cap=1)), "m2", NOON, usual) is not None
    assert wait_for(follow(young, paced(daily_cap=9)), "m2", NOON, usual) is None


async def test_a_paced_sessions_messages_go_out_one_by_one_and_a_restart_does_not_hurry_them(
    bench: Bench,
) -> None:
    await bench.hear(connected(), paced(messages_per_minute=20), dispatch("m1"), dispatch("m2"))
    await bench.hear(sent("m1"))
    await bench.restart()
    assert bench.log.asked == [("m1", 1)]

    bench.clock.go_on(seconds(3))
    await bench.wake()

    assert bench.log.asked == [("m1", 1), ("m2", 1)]


async def test_a_pace_of_one_session_slows_no_other(bench: Bench) -> None:
    await bench.hear(connected(), connected("s2"), paced(messages_per_minute=1))
    await bench.hear(dispatch("m1"), dispatch("m2"), dispatch("o1", session_id="s2"))
    await bench.hear(dispatch("o2", session_id="s2"), sent("m1"), sent("o1", session_id="s2"))

    assert sorted(bench.log.asked) == [("m1", 1), ("o1", 1), ("o2", 1)]


async def test_capped_messages_say_once_why_they_wait_and_go_on_the_next_day_in_order(bench: Bench) -> None:
    await bench.hear(connected(), paced(daily_cap=1))
    await bench.hear(dispatch("m1"), dispatch("m2"), dispatch("m3"))
    await bench.hear(sent("m1"))
    await bench.wake()
    await bench.hear(dispatch("m4"))

    for name in ("m2", "m3", "m4"):
        told = bench.log.events(name, MessageQueued)
        assert [(event.reason, event.not_before) for event in told] == [
            (None, None),
            (DAILY_CAP_REACHED, MIDNIGHT),
        ]
    assert bench.log.asked == [("m1", 1)]
    bench.clock.go_on(MIDNIGHT - NOON)
    await bench.wake()
    assert bench.log.asked == [("m1", 1), ("m2", 1)]


async def test_the_count_of_the_day_outlives_a_restart(bench: Bench) -> None:
    bench.policy = Policy(RETRY, Usual(young_daily_cap=2), spread=lambda: 0.5)
    await bench.restart()
    await bench.hear(created(), connected(), *(dispatch(f"m{number}") for number in range(4)))
    await bench.hear(sent("m0"))
    await bench.restart()
    await bench.hear(sent("m1"))
    await bench.wake()

    assert set(bench.log.asked) == {("m0", 1), ("m1", 1)}


async def test_a_retry_waits_its_turn_in_the_pace_too_and_is_not_overtaken(bench: Bench) -> None:
    await bench.hear(connected(), paced(messages_per_minute=2), dispatch("m1"), dispatch("m2"))
    await bench.hear(failed("m1"))
    bench.clock.go_on(seconds(10))
    await bench.wake()
    assert bench.log.asked == [("m1", 1)]

    bench.clock.go_on(seconds(20))
    await bench.wake()
    assert bench.log.asked == [("m1", 1), ("m1", 2)]
