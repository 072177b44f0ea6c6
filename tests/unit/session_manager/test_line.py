"""The line before the gate: one at a time, and who gives up waiting keeps nobody out."""

import asyncio
import threading
from contextlib import suppress

from session_manager.adapters.gate import Gate
from session_manager.adapters.line import Line


def calls_pass(gate: Gate) -> bool:
    passed = threading.Event()

    def call() -> None:
        with gate.calling():
            passed.set()

    threading.Thread(target=call, daemon=True).start()
    return passed.wait(5.0)


async def test_the_next_has_its_turn_once_the_one_before_leaves() -> None:
    line = Line(Gate())
    first = await line.join()
    second = asyncio.create_task(line.join())
    await asyncio.sleep(0)
    assert not second.done()

    line.leave(first)

    line.leave(await second)


async def test_who_gives_up_waiting_keeps_no_call_out_and_holds_nobody_up() -> None:
    gate = Gate()
    line = Line(gate)
    first = await line.join()
    second = asyncio.create_task(line.join())
    await asyncio.sleep(0)
    second.cancel()
    with suppress(asyncio.CancelledError):
        await second

    line.leave(first)

    assert await asyncio.to_thread(calls_pass, gate)
    line.leave(await line.join())
