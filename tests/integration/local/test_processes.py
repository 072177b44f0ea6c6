"""A supervised process: restarted when it falls, down when it was asked to be, gone when the runner is."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from griot_local.processes import Process, ProcessFailedError
from tests.support import eventually

SLEEPER = "import os, signal, time; print(os.getpid(), flush=True); signal.pause()"
STOPPED, GONE = "T", {"", "Z"}
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
)
WITH_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPER!r}])"
A_RUNNER = """
import asyncio, sys
from pathlib import Path
from griot_local.processes import Process

async def main():
    log = Path(sys.argv[1])
    async def is_ready(): return bool(log.read_text())
    async with Process("child", [sys.executable, "-c", sys.argv[2]], log=log, is_ready=is_ready):
        print("up", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def python(code: str, log: Path, name: str = "child") -> Process:
    async def wrote_something() -> bool:
        return bool(log.read_text())

    return Process(name, [sys.executable, "-c", code], log=log, is_ready=wrote_something)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "child.log"


@pytest.fixture
async def child(log: Path) -> AsyncIterator[Process]:
    async with python(SLEEPER, log) as process:
        yield process


async def test_a_process_that_crashes_is_started_again(child: Process) -> None:
    first = child.pid

    child.crash()

    await eventually(lambda: child.running and child.pid != first, what="it runs again")
    assert child.restarts == 1


async def test_a_process_that_was_killed_stays_down_until_it_is_started(child: Process) -> None:
    first = child.pid

    await child.kill()
    assert not child.running
    assert child.restarts == 0

    await child.start()
    assert child.running
    assert child.pid != first


async def test_a_paused_process_can_be_stopped(child: Process) -> None:
    child.pause()
    await eventually(lambda: state(child.pid), equals=STOPPED, what="paused")

    await child.stop()

    assert not child.running


async def test_a_process_that_does_not_end_when_asked_is_killed(log: Path) -> None:
    process = python(STUBBORN, log)
    await process.start()

    await process.stop(within=0.5)

    assert not process.running


async def test_what_a_process_started_goes_with_it(log: Path) -> None:
    process = python(WITH_A_CHILD, log)
    await process.start()
    grandchild = int(log.read_text())

    await process.stop()

    await eventually(lambda: state(grandchild) in GONE, what="its child is gone")


async def test_a_process_that_cannot_start_is_told_with_the_end_of_its_log(log: Path) -> None:
    process = python("raise SystemExit('no such tenant')", log)
    process._is_ready = never

    with pytest.raises(ProcessFailedError, match=r"(?s)child keeps ending.*no such tenant"):
        await process.start(within=20)

    assert not process.running


async def test_a_process_that_is_never_ready_is_stopped(log: Path) -> None:
    process = python(SLEEPER, log)
    process._is_ready = never

    with pytest.raises(ProcessFailedError, match="is not ready after"):
        await process.start(within=0.5)

    assert not process.running


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
async def test_no_process_outlives_its_runner(log: Path, number: signal.Signals) -> None:
    log.touch()
    command = [sys.executable, "-c", A_RUNNER, str(log), SLEEPER]
    runner = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert runner.stdout is not None
    assert await runner.stdout.readline() == b"up\n"
    child = int(log.read_text())

    os.kill(runner.pid, number)
    await runner.wait()

    await eventually(lambda: state(child) in GONE, within=timedelta(seconds=5), what="its child is gone")


def state(pid: int) -> str:
    """The kernel's letter for it, nothing where there is no such process; a zombie is dead already."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.read_text().rpartition(")")[2].split()[0] if stat.exists() else ""


async def never() -> bool:
    return False
