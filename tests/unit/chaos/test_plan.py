"""The plan of faults follows from the seed alone."""

import pytest

from griot_local.stack import PROGRAMS
from tests.chaos.plan import BROKER, DATABASE, PAST_THE_SESSION_S, TWINS, Kind, plan


def test_the_same_seed_gives_the_same_plan_and_another_another() -> None:
    assert plan(7) == plan(7)
    assert plan(7) != plan(8)


@pytest.mark.parametrize("seed", range(20))
def test_every_plan_kills_and_stops_each_process_and_restarts_and_cuts_each_server(seed: int) -> None:
    first_of = {twin: name for name, twin in TWINS.items()}
    happens = [(fault.kind, first_of.get(fault.target, fault.target)) for fault in plan(seed)]

    assert len(set(happens)) == len(happens)
    assert {(Kind.KILL, name) for name in (*PROGRAMS, BROKER, DATABASE)} < set(happens)
    assert {(Kind.PAUSE, name) for name in PROGRAMS} < set(happens)
    assert {(kind, name) for kind in (Kind.RESTART, Kind.CUT) for name in (BROKER, DATABASE)} < set(happens)


@pytest.mark.parametrize("seed", range(20))
def test_one_process_that_decides_is_stopped_until_another_is_the_owner(seed: int) -> None:
    assert len([fault for fault in plan(seed) if fault.lasts_s == PAST_THE_SESSION_S]) == 1
