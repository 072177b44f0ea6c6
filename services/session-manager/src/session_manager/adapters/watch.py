"""Looks after one connection: a TCP connection that is up says nothing of who still listens at its end."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from session_manager.adapters import metrics
from session_manager.domain.probing import Verdict, verdict_of
from session_manager.domain.standing import Audible, LoginRefused, Observation, Silent, Stuck

_SHUT_OUT: Final = LoginRefused("WhatsApp refused a question of this device")


@dataclass(frozen=True, slots=True)
class Care:
    """How often a connection on which nothing came in is looked at, and how long an answer may take.

    A silence is told after two intervals and one answer's time at the latest, and ended by a new connection
    after one more.
    """

    every_s: float
    within_s: float


class Watch:
    """Asks WhatsApp something from time to time, and tells when no answer comes."""

    def __init__(
        self, ask: Callable[[], Awaitable[str]], tell: Callable[[Observation], None], care: Care
    ) -> None:
        """Make it; nothing happens before `start`.

        Args:
            ask: asks what nobody sees; returns the library's words, empty for an answer. May take for ever.
            tell: told `Silent`, then `Audible` or `Stuck`; and when the device is shut out.
            care: how often, and how patiently.
        """
        self._ask = ask
        self._tell = tell
        self._care = care
        self._heard = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look after the connection from here on. A repeat does nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """Look no more. A repeat does nothing."""
        if self._task is not None:
            self._task.cancel()

    def hear(self) -> None:
        """Something came in: the next look is not needed."""
        self._heard = True

    async def _run(self) -> None:
        await asyncio.sleep(self._care.every_s * random.random())  # noqa: S311  # it spreads load
        while True:
            if not self._heard:
                await self.look()
            self._heard = False
            await asyncio.sleep(self._care.every_s)

    async def look(self) -> None:
        """Ask once, and if no answer comes, once more."""
        found = await self._asked()
        if found is Verdict.SILENT:
            self._tell(Silent())
            found = await self._asked()
            if found is not Verdict.AWAY:
                self._tell(Stuck() if found is Verdict.SILENT else Audible())
        if found is Verdict.SHUT_OUT:
            self._tell(_SHUT_OUT)

    async def _asked(self) -> Verdict:
        words = "timed out"
        with suppress(TimeoutError):
            async with asyncio.timeout(self._care.within_s):
                words = await self._ask()
        found = verdict_of(words)
        metrics.PROBES.labels(found.name.lower()).inc()
        return found
