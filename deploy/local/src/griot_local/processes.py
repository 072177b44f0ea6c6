"""One supervised child process: started, watched, restarted when it falls, gone when the runner is gone."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

Probe = Callable[[], Awaitable[bool]]

READY_WITHIN = 90.0
STOP_WITHIN = 15.0
_POLL = 0.05
_BACKOFF_FIRST = 0.2
_BACKOFF_LAST = 5.0
_HEALTHY_AFTER = 10.0
_FALLS_AT_START = 2
_LOG_LINES_SHOWN = 25


class ProcessFailedError(Exception):
    """A process ended, or was not ready in time, while it was being started.

    Attributes:
        name: The process.
        log: The file with all that it wrote.
    """

    def __init__(self, name: str, why: str, log: Path) -> None:
        self.name = name
        self.log = log
        super().__init__(f"{name} {why}. The end of its log, {log}:\n{_tail(log)}")


class Process:
    """A program that should be running from `start` until `stop`.

    When it ends by itself it is started again, after a pause that doubles from 0.2 s to 5 s while it keeps
    falling.
    After `kill` it stays down until `start`; `crash` is a death like any other, and it is started again.

    The kernel kills it when the thread that started it ends, so a runner that is killed with -9 leaves
    nothing behind. Start it from the main thread, or from one that lives as long.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        is_ready: Probe,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        on_restart: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.log = log
        self.environment = dict(environment or {})
        self.restarts = 0
        self._is_ready = is_ready
        self._folder = folder
        self._on_restart = on_restart
        self._child: asyncio.subprocess.Process | None = None
        self._crashed: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._spawning = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        if self._child is None:
            raise ProcessLookupError(f"{self.name} was not started")
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child not in (None, self._crashed) and self._child.returncode is None

    async def start(self, *, within: float = READY_WITHIN) -> None:
        """Start it and wait until it is ready. Nothing happens to one that is up already.

        Raises:
            ProcessFailedError: it ended, or was not ready in time; it has been stopped.
        """
        await self.launch()
        try:
            await self.wait_ready(within=within)
        except BaseException:
            await self.kill()
            raise

    async def launch(self) -> None:
        """Start it without waiting until it is ready."""
        if self._supervisor is None:
            self._stopping.clear()
            await self._spawn()
            self._supervisor = asyncio.create_task(self._supervise(), name=f"supervise {self.name}")

    async def wait_ready(self, *, within: float = READY_WITHIN) -> None:
        """Wait until it answers that it is ready.

        Raises:
            ProcessFailedError: it did not within that time, or keeps ending.
        """
        falls_allowed = self.restarts + _FALLS_AT_START
        deadline = time.monotonic() + within
        while not (self.running and await self._is_ready()):
            if self.restarts > falls_allowed:
                raise ProcessFailedError(self.name, "keeps ending", self.log)
            if time.monotonic() > deadline:
                raise ProcessFailedError(self.name, f"is not ready after {within:.0f} s", self.log)
            await asyncio.sleep(_POLL)

    async def stop(self, *, within: float = STOP_WITHIN) -> None:
        """Ask it to end (SIGTERM), and end it if it has not in time."""
        await self._start_no_more()
        self.resume()  # a paused process cannot answer
        if self.running:
            os.kill(self.pid, signal.SIGTERM)  # not the group: its own children are its own to end
        try:
            async with asyncio.timeout(within):
                await self._ended()
        except TimeoutError:
            self._signal(signal.SIGKILL)
        await self._supervision_ended()

    async def kill(self) -> None:
        """End it with SIGKILL; it stays down until `start`."""
        await self._start_no_more()
        self._signal(signal.SIGKILL)
        await self._supervision_ended()

    def crash(self) -> None:
        """End it with SIGKILL, as if by accident: it is started again; `wait_ready` waits for that."""
        self._signal(signal.SIGKILL)
        self._crashed = self._child  # dead, though the kernel may not have told us yet

    def pause(self) -> None:
        """Freeze it (SIGSTOP): its connections stay open and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    async def _spawn(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                *_dying_with_us(self.argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={**os.environ, **self.environment},
                start_new_session=True,  # the terminal's Ctrl-C is for the runner, which stops us in order
            )

    async def _supervise(self) -> None:
        backoff = _BACKOFF_FIRST
        while True:
            started = time.monotonic()
            await self._ended()
            if time.monotonic() - started > _HEALTHY_AFTER:
                backoff = _BACKOFF_FIRST
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), backoff)
            backoff = min(backoff * 2, _BACKOFF_LAST)
            async with self._spawning:
                if self._stopping.is_set():
                    return
                self.restarts += 1
                self._on_restart(self.name)
                await self._spawn()

    async def _start_no_more(self) -> None:
        self._stopping.set()
        async with self._spawning:  # a restart under way is let through, and then ended like any other
            pass

    async def _supervision_ended(self) -> None:
        if self._supervisor is not None:
            await self._supervisor
            self._supervisor = None

    async def _ended(self) -> None:
        if self._child is None:
            return
        await self._child.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)  # what it started and left behind

    def _signal(self, number: signal.Signals) -> None:
        """Signal the whole process group, so that what it started goes with it."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)


def _dying_with_us(argv: list[str]) -> list[str]:
    """The command that runs `argv` and has the kernel kill it when we die, where util-linux is there."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--", *argv] if setpriv else argv


def _tail(log: Path) -> str:
    if not log.exists():
        return "(nothing)"
    lines = log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
    return "\n".join(f"  | {line}" for line in lines) or "(nothing)"
