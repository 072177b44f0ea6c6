"""Looks after one connection: a TCP connection that is up says nothing of who still listens at its end."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from session_manager.adapters import metrics
from session_manager.domain.probing import Verdict, verdict_of
from session_manager.domain.standing import Audible, LoginRefused, Observation, Offline, Silent, Stuck

_SHUT_OUT: Final = LoginRefused("WhatsApp refused a question of this device")


@dataclass(frozen=True, slots=True)
class Care:
    """How often a connection on which nothing came in is looked at, and how long an answer may take.

    A silence, and a connection that went away without a word, are told after two intervals and one answer's
    time at the latest. A silence is ended by a new connection after one more.
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
            tell: told `Silent`, then `Audible` or `Stuck`; `Offline` where there is no connection, and still
                none an answer's time later; and when the device is shut out.
            care: how often, and how patiently.
        """
        self._ask = ask
        self._tell = tell
        self._care = care
        self._heard = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """It is logged in: look after it from here on. To be logged in again is to be heard."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        else:
            self.hear()

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
        if found is Verdict.AWAY:
            found = await self._asked_when_it_may_be_back()
        if found is Verdict.SILENT:
            self._tell(Silent())
            found = await self._asked()
            if found is not Verdict.AWAY:
                self._tell(Stuck() if found is Verdict.SILENT else Audible())
        if found is Verdict.SHUT_OUT:
            self._tell(_SHUT_OUT)

    async def _asked_when_it_may_be_back(self) -> Verdict:
        """Ask once more, and if it is away still, say so: the library does not always.

        It may tell that it is connected after it was cut off again, and fail at connecting without a word.
        """
        await asyncio.sleep(self._care.within_s)
        found = await self._asked()
        if found is Verdict.AWAY and not self._heard:  # what was heard meanwhile is later than the answer
            self._tell(Offline())
        return found

    async def _asked(self) -> Verdict:
        words = "timed out"
        with suppress(TimeoutError):
            async with asyncio.timeout(self._care.within_s):
                words = await self._ask()
        found = verdict_of(words)
        metrics.PROBES.labels(found.name.lower()).inc()
        return found
