"""One session of this worker's.

Its connection, kept up as long as the worker owns it, and what it shows, told.
"""

import asyncio
import random
from contextlib import suppress
from typing import Final

from griot_chassis.log import get_logger
from griot_contracts.sessions import SessionStatus
from session_manager.domain.inbound import Fact, MessageSeen, ReceiptSeen
from session_manager.domain.outcomes import ConnectError
from session_manager.domain.ownership import Owned
from session_manager.domain.resting import rest_after, rests
from session_manager.domain.standing import (
    Broken,
    GiveUp,
    Identified,
    Keep,
    Observation,
    Online,
    Overdue,
    QrShown,
    Reconnect,
    Replaced,
    Standing,
    Step,
    Stuck,
    patience,
    react,
    starting,
    wait_before,
)
from session_manager.handlers import metrics
from session_manager.handlers.lease import Lease
from session_manager.handlers.outbox import Outbox
from session_manager.handlers.ports import Connection, Now, Sessions, WhatsApp
from session_manager.handlers.voice import Voice

log = get_logger(__name__)

_KEPT_WITHIN_S: Final = 5.0
_TOLD_LATE_S: Final = 10.0
"""How long a session that was taken over may take to connect before the log is told that it does not."""


class Session:
    """A session that this worker owns. `take_up` or `start` it; it connects again and again until `stop`."""

    def __init__(
        self, owned: Owned, whatsapp: WhatsApp, sessions: Sessions, lease: Lease, *, outbox: Outbox, now: Now
    ) -> None:
        self.owned = owned
        self.standing = starting(owned.jid) if owned.rest is None else owned.rest.standing(owned.jid)
        self._whatsapp = whatsapp
        self._sessions = sessions
        self._voice = Voice(owned, outbox, now)
        self._lease = lease
        self._now = now
        self._jid = self._kept_jid = owned.jid
        self._quiet = False
        self._rests = owned.rest is not None
        self._asked_for = asyncio.Event()
        self._keeping = asyncio.Lock()
        self._failures = 0
        self._since = 0.0
        self._seen: asyncio.Queue[Observation] = asyncio.Queue()
        self._settled = asyncio.Event()
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        metrics.SESSIONS.labels(self.standing.status).inc()

    @property
    def alive(self) -> bool:
        """Whether it connects, or keeps a connection; False once it has given up."""
        return self._task is not None and not self._task.done()

    def start(self, *, quietly: bool = False) -> None:
        """Connect from here on; no effect while it is alive and does not rest.

        `quietly` it does not say `starting`, unless it takes long: for a session that was connected under its
        last owner and will be again in a moment.
        """
        if self.alive:
            if self._rests:  # for the time of a ban, or its connection is being ended: once it is, not never
                self._asked_for.set()
            return
        self._rests, self._failures = False, 0
        self._move(starting(self._jid))
        self._quiet = quietly and self.owned.jid is not None
        if self._quiet:
            asyncio.get_running_loop().call_later(_TOLD_LATE_S, self._break_silence)
        self._tell()
        self._run()

    def take_up(self) -> None:
        """Go on where its last owner left it: connect, quietly if it was linked, or leave it alone too."""
        rest, now = self.owned.rest, self._now()
        if rest is None or rest.is_over(now):
            self.start(quietly=True)
            return
        self._settled.set()
        self._tell()  # its last owner may have ended before that was in the log
        if rest.until is not None:
            self._run(after=Reconnect(rest.until - now))

    async def restart(self) -> None:
        """Connect because somebody asks for it; no effect while it is alive and does not rest.

        When it returns, the next owner does not leave it alone either: what was asked for is not lost.
        """
        async with self._keeping:
            if self._rests:
                await self._sessions.rest(self.owned.session_id, None)
            self.start()

    async def stop(self) -> None:
        """End the connection, for another owner or for good. Says nothing. A repeat does nothing."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        metrics.SESSIONS.labels(self.standing.status).dec()
        self._settled.set()

    async def connected(self, within_s: float) -> Connection | None:
        """The connection if sends work on it; waits for a session that is just starting, and for no other."""
        try:
            async with asyncio.timeout(within_s):
                await self._settled.wait()
        except TimeoutError:
            return None
        return self._connection if self.standing.status is SessionStatus.CONNECTED else None

    @property
    def linked(self) -> bool:
        """Whether some phone knows its device."""
        return self._jid is not None

    async def pairing(self, within_s: float) -> Connection | None:
        """The connection while it shows QR codes; waits for a session that is just starting."""
        await self.connected(within_s)
        return self._connection if self.standing.status is SessionStatus.AWAITING_SCAN else None

    async def log_out(self, within_s: float) -> bool:
        """Unlink the device from its phone, if WhatsApp can be reached in time."""
        try:
            async with asyncio.timeout(within_s):
                connection = await self.connected(within_s)
                if connection is not None:
                    await connection.log_out()
        except (TimeoutError, ConnectError):
            return False
        return connection is not None

    def distrust(self) -> None:
        """Make the connection anew: a message on it was never answered, and would hold up the others."""
        self._seen.put_nowait(Stuck())

    def _run(self, after: Step | None = None) -> None:
        self._task = asyncio.create_task(self._live(after), name=f"session {self.owned.session_id}")

    async def _live(self, step: Step | None) -> None:
        while step is None or await self._goes_on(step):
            try:
                step = await self._one_connection()
            except Exception:
                log.exception("session failed", session_id=self.owned.session_id)
                step = self._take_in(Broken())

    async def _goes_on(self, step: Step) -> bool:
        """Wait as long as a step wants; False if somebody has to ask for more, and nobody has."""
        if isinstance(step, Reconnect):
            self._failures += 1
            metrics.RECONNECTS.inc()
            usual = wait_before(self._failures, random.random())  # noqa: S311  # it spreads load, it hides nothing
            with suppress(TimeoutError):
                async with asyncio.timeout((step.after + usual).total_seconds()):
                    await self._asked_for.wait()
        elif not self._asked_for.is_set():
            return False
        self._rests = False
        if self._asked_for.is_set():
            self._asked_for.clear()
            self._failures = 0
            self._move(starting(self._jid))
            self._tell()
        return True

    async def _one_connection(self) -> Step:
        """Connect, and follow the connection until it is to be ended; returns what comes then."""
        self._seen = asyncio.Queue()
        if not await self._lease.holds(self.owned.partition):
            return self._lost()
        try:
            self._connection = await self._whatsapp.connect(self.owned.session_id, self._jid, self._observe)
        except ConnectError as error:
            log.warning("not connected", session_id=self.owned.session_id, reason=error.words)
            return self._take_in(Broken())
        self._since = asyncio.get_running_loop().time()
        try:
            step: Step = Keep()
            while isinstance(step, Keep):
                step = await self._follow(await self._next())
            if self._rests:  # before the connection is ended, which takes its time, and may be cancelled
                await self._leave_alone(step)
        finally:
            connection, self._connection = self._connection, None
            await connection.stop()
        if isinstance(step, GiveUp) and step.keys_gone:
            with suppress(OSError):  # they are worthless, and what was told of the session stays true
                self._whatsapp.forget(self.owned.session_id)
        return step

    async def _leave_alone(self, step: Step) -> None:
        """Have the next owner leave it alone too, unless somebody asks for it meanwhile.

        Where that cannot be kept, it rests here all the same. The next owner then tries once, and learns the
        same: that a device is gone its store or WhatsApp says, codes run out, and a ban is told again.
        """
        try:
            async with asyncio.timeout(_KEPT_WITHIN_S), self._keeping:
                if not await self._lease.holds(self.owned.partition):
                    return
                if isinstance(step, GiveUp) and step.keys_gone:
                    await self._link_to(None)
                if not self._asked_for.is_set():
                    rest = rest_after(self.standing, step, self._now())
                    await self._sessions.rest(self.owned.session_id, rest)
        except Exception as error:  # noqa: BLE001  # whatever it is: what was told of the session stays true
            log.warning("not kept", session_id=self.owned.session_id, error=type(error).__name__)

    async def _next(self) -> Observation:
        """What is seen next of the connection, or that it has shown nothing for too long."""
        within = patience(self.standing)
        try:
            async with asyncio.timeout_at(None if within is None else self._since + within.total_seconds()):
                return await self._seen.get()
        except TimeoutError:
            return Overdue()

    async def _follow(self, seen: Observation) -> Step:
        if isinstance(seen, Replaced) and not await self._lease.looks_again(self.owned.partition):
            return self._lost()
        step = self._take_in(seen)
        if isinstance(seen, Identified):
            await self._link_to(seen.jid)
        return step

    def _lost(self) -> Step:
        log.info("another worker owns this session", session_id=self.owned.session_id)
        return GiveUp()  # and say nothing: the owner does

    def _observe(self, seen: Observation | Fact) -> None:
        match seen:
            case ReceiptSeen():
                self._voice.receipt(seen)
            case MessageSeen():
                self._voice.message(seen)
            case _:
                self._seen.put_nowait(seen)

    def _take_in(self, seen: Observation) -> Step:
        standing, step = react(self.standing, seen)
        self._rests = rests(standing, step)
        self._move(standing)
        self._tell()
        if isinstance(seen, Online):
            self._failures = 0
        elif isinstance(seen, QrShown):
            self._voice.code(seen)
        return step

    def _move(self, standing: Standing) -> None:
        metrics.SESSIONS.labels(self.standing.status).dec()
        metrics.SESSIONS.labels(standing.status).inc()
        if standing.status is not self.standing.status or patience(self.standing) is None:
            self._since = asyncio.get_running_loop().time()
        self.standing = standing
        if standing.status is SessionStatus.STARTING:
            self._settled.clear()
        else:
            self._settled.set()

    async def _link_to(self, jid: str | None) -> None:
        self._jid = jid  # whether it can be kept or not: the next connection is this device's
        if jid != self._kept_jid:
            await self._sessions.remember(self.owned.session_id, jid)
            self._kept_jid = jid

    def _break_silence(self) -> None:
        self._quiet = False
        if self.alive:
            self._tell()

    def _tell(self) -> None:
        if not (self._quiet and self.standing.status is SessionStatus.STARTING):
            self._voice.standing(self.standing)
