"""The gate before the library: writes meet nothing."""

import threading
import time
from collections.abc import Callable

from session_manager.adapters.gate import Gate

SOON_S = 5.0


def in_thread(work: Callable[[], object]) -> threading.Event:
    done = threading.Event()

    def run() -> None:
        work()
        done.set()

    threading.Thread(target=run, daemon=True).start()
    return done


def call(gate: Gate, until: threading.Event | None = None) -> None:
    with gate.calling():
        if until is not None:
            until.wait(SOON_S)


def test_a_writer_waits_for_a_fresh_call() -> None:
    gate = Gate(settled_after_s=60)
    with gate.calling():
        wrote = in_thread(gate.writing)
        assert not wrote.wait(0.05)

    assert wrote.wait(SOON_S)


def test_a_writer_does_not_wait_for_a_call_whose_look_up_is_long_over() -> None:
    gate = Gate(settled_after_s=0.05)
    with gate.calling():
        assert in_thread(gate.writing).wait(SOON_S)


def test_a_call_waits_for_the_writer() -> None:
    gate = Gate()
    hold = gate.writing()

    called = in_thread(lambda: call(gate))
    assert not called.wait(0.05)
    hold.release()
    assert called.wait(SOON_S)


def test_writers_come_one_after_the_other() -> None:
    gate = Gate()
    first = gate.writing()
    second = in_thread(gate.writing)
    assert not second.wait(0.05)

    first.release()

    assert second.wait(SOON_S)


def test_announced_writers_go_one_after_the_other_while_calls_wait() -> None:
    gate = Gate(shut_at_most_s=60)
    first, second = gate.announce(), gate.announce()
    hold = gate.writing(first)
    called = in_thread(lambda: call(gate))

    hold.release()
    assert not called.wait(0.05)

    gate.writing(second).release()
    assert called.wait(SOON_S)


def test_calls_that_have_waited_long_enough_go_before_the_next_writer() -> None:
    gate = Gate(settled_after_s=60, shut_at_most_s=0)
    first, second = gate.announce(), gate.announce()
    hold = gate.writing(first)
    over = threading.Event()
    called, begun = in_thread(lambda: call(gate, over)), in_thread(lambda: call(gate))
    assert not begun.wait(0.05)

    hold.release()
    assert begun.wait(SOON_S)

    wrote = in_thread(lambda: gate.writing(second))
    assert not wrote.wait(0.05)
    over.set()
    assert wrote.wait(SOON_S)
    assert called.is_set()


def test_a_writer_that_does_not_come_keeps_nobody_out() -> None:
    gate = Gate(shut_at_most_s=60)
    announced = gate.announce()
    called = in_thread(lambda: call(gate))
    assert not called.wait(0.05)

    gate.withdraw(announced)

    assert called.wait(SOON_S)


def test_who_is_announced_keeps_no_call_out_while_a_pin_keeps_writers_out() -> None:
    gate = Gate(shut_at_most_s=60)
    gate.pinning()
    gate.announce()

    assert in_thread(lambda: call(gate)).wait(SOON_S)


def test_a_softened_hold_lets_calls_through_and_keeps_writers_out() -> None:
    gate = Gate()
    hold = gate.writing()
    hold.soften()

    with gate.calling():
        pass
    other = in_thread(gate.writing)
    assert not other.wait(0.05)
    hold.release()
    assert other.wait(SOON_S)


def test_a_pin_keeps_writers_out_however_long_it_lasts() -> None:
    gate = Gate(settled_after_s=0.01)
    pin = gate.pinning()
    wrote = in_thread(gate.writing)
    assert not wrote.wait(0.05)

    pin.release()

    assert wrote.wait(SOON_S)


def test_releasing_twice_frees_nobody_elses_hold() -> None:
    gate = Gate()
    first = gate.writing()
    first.release()
    gate.writing()

    first.release()
    first.soften()

    assert not in_thread(gate.writing).wait(0.05)


def test_under_a_crowd_nothing_ever_meets_a_writer() -> None:
    gate = Gate(settled_after_s=60, shut_at_most_s=0.001)
    inside: set[int] = set()
    met: list[int] = []

    def call_often() -> None:
        for _ in range(50):
            with gate.calling():
                inside.add(threading.get_ident())
                time.sleep(0)
                inside.discard(threading.get_ident())

    def write() -> None:
        for _ in range(20):
            hold = gate.writing(gate.announce())
            met.append(len(inside))
            hold.release()

    crowd = [in_thread(call_often) for _ in range(8)] + [in_thread(write) for _ in range(3)]

    assert all(done.wait(SOON_S) for done in crowd)
    assert met == [0] * 60
