"""The WhatsApp connections of this process, each behind the port `Connection`."""

import asyncio
import itertools
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final

from griot_chassis.log import get_logger
from session_manager.adapters import goneonize
from session_manager.adapters.connection import NeonizeConnection, Observe
from session_manager.adapters.devices import Devices, Place
from session_manager.adapters.leftovers import Leftovers
from session_manager.adapters.listing import Listing
from session_manager.adapters.shared import Shared
from session_manager.adapters.watch import Care
from session_manager.domain.outcomes import ConnectError

log = get_logger(__name__)

_LISTED_AGAIN_AFTER_S: Final = 10.0


class NeonizeWhatsApp:
    """Makes connections, one at a time, through the one gate of the process."""

    def __init__(
        self,
        devices: Devices,
        leftovers: Leftovers,
        max_sessions: int,
        handshakes_at_once: int,
        *,
        care: Care,
    ) -> None:
        """Connect nothing yet.

        Args:
            devices: where the devices' keys lie.
            leftovers: told what the library leaves open.
            max_sessions: how many sessions may have a call under way at once.
            handshakes_at_once: how many may be on their way to being logged in.
            care: how connections are looked after on which nothing comes in.
        """
        self._devices = devices
        self._listing = Listing(goneonize.devices_in, time.monotonic, leftovers)
        self._shared = Shared(max_sessions, handshakes_at_once, care, leftovers)
        self._numbers = itertools.count(1)

    async def connect(self, session_id: str, jid: str | None, observe: Observe) -> NeonizeConnection:
        """Connect a session's device, a new one if it has none. Waits for its turn.

        Returns when the library dials no more: logged in or showing QR codes is what `observe` tells.

        Args:
            session_id: whose device.
            jid: what it was linked as, if it was.
            observe: called on the event loop with all that is seen of the connection until it is stopped.

        Raises:
            ConnectError: the network or the store did not let it.
        """
        place = await self._existing(self._devices.place(session_id, jid))
        uuid = f"{session_id}#{next(self._numbers)}".encode()
        turn = await self._shared.turns.next()
        try:
            announced = await self._shared.line.join()
        except BaseException:  # who is cancelled here has nothing to stop
            turn.over()
            raise
        connection = NeonizeConnection(self._shared, uuid, observe, turn)
        opening = asyncio.create_task(self._open(connection, announced, place, jid))
        try:
            await asyncio.shield(opening)
        except BaseException:
            await connection.stop()
            raise
        return connection

    async def _open(
        self, connection: NeonizeConnection, announced: int, place: Place, jid: str | None
    ) -> None:
        # To its end, though nobody waits for it any more: who came next in line while it dials would have all
        # calls of this process wait for that.
        try:
            await connection.open(place, announced, partial(self._is_gone, place, jid))
        finally:
            self._shared.line.leave(announced)

    async def _existing(self, place: Place) -> Place:
        """The same place, or a new device where that one is gone: asked for it, the library would abort."""
        if place.jid is None or await self._listing.holds(place, place.jid):
            return place
        log.error("a linked device's keys are gone: it has to be linked anew")
        return replace(place, jid=None, new=True)

    def forget(self, session_id: str) -> None:
        """Destroy a session's keys. A repeat does nothing. Its connection must have been stopped."""
        self._devices.forget(session_id)

    async def _is_gone(self, place: Place, jid: str | None) -> bool:
        """Whether the device that was there under this id has been deleted, as far as its store says.

        It was there before the dial, by an answer no older than any that is used here.
        """
        if jid is None or place.new:
            return False
        with suppress(ConnectError):
            return not await self._listing.holds(place, jid, oldest_s=_LISTED_AGAIN_AFTER_S)
        return False
