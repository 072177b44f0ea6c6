"""The WhatsApp connections of this process, each behind the port `Connection`."""

import itertools

from session_manager.adapters.connection import NeonizeConnection, Observe, Shared
from session_manager.adapters.devices import Devices


class NeonizeWhatsApp:
    """Makes connections, one at a time, through the one gate of the process."""

    def __init__(self, devices: Devices, max_sessions: int) -> None:
        """Connect nothing yet.

        Args:
            devices: where the devices' keys lie.
            max_sessions: how many sessions may have a call under way at once.
        """
        self._devices = devices
        self._shared = Shared(max_sessions)
        self._numbers = itertools.count(1)

    async def connect(self, session_id: str, jid: str | None, observe: Observe) -> NeonizeConnection:
        """Connect a session's device, a new one if it has none.

        Returns when the library dials no more: logged in or showing QR codes is what `observe` tells.

        Args:
            session_id: whose device.
            jid: what it was linked as, if it was.
            observe: called on the event loop with all that is seen of the connection until it is stopped.

        Raises:
            ConnectError: the network or the store did not let it.
        """
        connection = NeonizeConnection(self._shared, f"{session_id}#{next(self._numbers)}".encode(), observe)
        try:
            async with self._shared.line:
                await connection.open(self._devices.place(session_id, jid))
        except BaseException:
            await connection.stop()
            raise
        return connection

    def forget(self, session_id: str) -> None:
        """Destroy a session's keys. A repeat does nothing. Its connection must have been stopped."""
        self._devices.forget(session_id)
