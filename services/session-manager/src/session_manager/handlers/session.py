"""One session of this worker's.

Its connection, kept up as long as the worker owns it, and what it shows, told.
"""

import asyncio
import random
from typing import Final

from griot_chassis.log import get_logger
from griot_contracts.sessions import SessionStatus
from session_manager.domain.inbound import Fact, MessageSeen, ReceiptSeen
from session_manager.domain.outcomes import ConnectError
from session_manager.domain.ownership import Owned
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

_TOLD_LATE_S: Final = 10.0
"""How long a session that was taken over may take to connect before the log is told that it does not."""


class Session:
    """A session that this worker owns. `start` it; it then connects, and connects again, until `stop`."""

    def __init__(
        self, owned: Owned, whatsapp: WhatsApp, sessions: Sessions, lease: Lease, *, outbox: Outbox, now: Now
    ) -> None:
        self.owned = owned
        self.standing = starting(owned.jid)
        self._whatsapp = whatsapp
        self._sessions = sessions
        self._voice = Voice(owned, outbox, now)
        self._lease = lease
        self._jid = self._kept_jid = owned.jid
        self._quiet = False
        self._given_up = False
        self._again = False
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
        """Connect from here on; no effect while it is alive and has not given up.

        Args:
            quietly: do not say `starting`, unless it takes long: for a session that was connected under its
                last owner and will be again in a moment.
        """
        if self.alive:
            self._again = self._given_up  # its connection is still being ended: once it is, not never
            return
        self._failures = 0
        self._move(starting(self._jid))
        self._quiet = quietly and self.owned.jid is not None
        if self._quiet:
            asyncio.get_running_loop().call_later(_TOLD_LATE_S, self._break_silence)
        self._tell()
        self._task = asyncio.create_task(self._live(), name=f"session {self.owned.session_id}")

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

    async def _live(self) -> None:
        while True:
            try:
                step = await self._one_connection()
            except Exception:
                log.exception("session failed", session_id=self.owned.session_id)
                step = self._take_in(Broken())
            if self._again:
                self._again = False
                self._failures = 0
                self._move(starting(self._jid))
                self._tell()
                continue
            if not isinstance(step, Reconnect):
                return
            self._failures += 1
            metrics.RECONNECTS.inc()
            usual = wait_before(self._failures, random.random())  # noqa: S311  # it spreads load, it hides nothing
            await asyncio.sleep((step.after or usual).total_seconds())

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
        finally:
            connection, self._connection = self._connection, None
            await connection.stop()
        if isinstance(step, GiveUp) and step.keys_gone:
            self._whatsapp.forget(self.owned.session_id)
            await self._link_to(None)
        return step

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
        """Say nothing: the owner does."""
        log.info("another worker owns this session", session_id=self.owned.session_id)
        return GiveUp()

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
        self._given_up = isinstance(step, GiveUp)
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
