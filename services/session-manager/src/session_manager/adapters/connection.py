"""One WhatsApp connection, behind the port `Connection`."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from griot_chassis.log import get_logger
from session_manager.adapters import goneonize, parcels
from session_manager.adapters.codes import Codes
from session_manager.adapters.devices import Place
from session_manager.adapters.dialing import until_dialed
from session_manager.adapters.endings import given_up
from session_manager.adapters.gate import Hold
from session_manager.adapters.intake import Intake
from session_manager.adapters.leftovers import CONNECTION, THREAD
from session_manager.adapters.shared import Shared
from session_manager.adapters.turns import Turn
from session_manager.adapters.watch import Watch
from session_manager.domain.attachment import Attachment, UploadError
from session_manager.domain.inbound import Fact, MessageSeen, ReceiptSeen
from session_manager.domain.outcomes import ConnectError, HandOverError, LookupFailedError
from session_manager.domain.standing import Identified, Observation, Online, PairingEnded, Unlinked

log = get_logger(__name__)
T = TypeVar("T")
Observe = Callable[[Observation | Fact], None]

_WRITTEN_AFTER_S: Final = 3.0
"""When a connect's writes are taken to be over, even if its network is dead: they come before it dials.

They come after it has opened its device store, so where that takes longer a call may still meet one of them,
which would end the process. The library gives no sign: to wait for one would hold up every session's calls
for as long as a network is dead. Other writers wait on, until the dial is over or given up.
"""
_STOP_WITHIN_S: Final = 5.0
_QUIET_S: Final = 0.05
_DRAINED_WITHIN_S: Final = 4.0
"""How long a stop waits for the log to take what came in; what it has not taken then is lost."""
_CACHED_NUMBERS: Final = 10_000
_USERS: Final = "s.whatsapp.net"


class NeonizeConnection:
    """One connection.

    Its listener methods are called on the library's threads, all others on the event loop.
    """

    def __init__(self, shared: Shared, uuid: bytes, observe: Observe, turn: Turn) -> None:
        self._shared = shared
        self._turn = turn
        self._uuid = uuid
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._dialed = asyncio.Event()
        self._error = ""
        self._hold: Hold | None = None
        self._stopped = False
        self._forgotten = False
        self._on_whatsapp: dict[str, bool] = {}
        self._intake = Intake(self._number_of)
        self._facts = self._handed_on = 0
        self._codes = Codes()
        self._watch = Watch(self._ask, self._pass_on, shared.care)

    async def open(self, place: Place, announced: int, is_device_gone: Callable[[], Awaitable[bool]]) -> None:
        """Start the library's thread, and wait until the gate may go to the next.

        Args:
            place: where the device's keys lie.
            announced: as what the gate knows of it.
            is_device_gone: looks whether the device was deleted meanwhile.

        Raises:
            ConnectError: it ended, or dials for too long.
        """

        async def is_refused() -> bool:
            return not self._stopped and await is_device_gone()

        threading.Thread(
            target=self._live, args=[place, announced], name="whatsapp connection", daemon=True
        ).start()
        try:
            if not await until_dialed(self._dialed, is_refused):
                self._release()
                self.seen(Unlinked("UNKNOWN"))  # for one of three reasons
        except TimeoutError:
            if self._hold is not None:
                self._hold.release()
            raise ConnectError("the network does not answer") from None
        if self._error:
            raise ConnectError(self._error)

    async def upload(self, attachment: Attachment) -> bytes:
        """Lay an attachment where WhatsApp's phones find it; returns the message that says where.

        Raises:
            UploadError: nobody has seen anything of it.
        """
        return await self._call(lambda: goneonize.upload(self._uuid, attachment), UploadError())

    async def send(self, to: str, message: str | bytes) -> str:
        """Hand over a text, or what an upload gave; returns WhatsApp's id once WhatsApp has it.

        Raises:
            HandOverError: WhatsApp did not acknowledge it.
        """
        sealed = parcels.text(message) if isinstance(message, str) else message
        return await self._call(
            lambda: goneonize.send(self._uuid, to, sealed), HandOverError("client is nil")
        )

    async def is_on_whatsapp(self, to: str) -> bool:
        """Whether somebody can be reached under this id.

        Only numbers can be asked for, once; others are taken as they are.

        Raises:
            LookupFailedError: WhatsApp did not tell.
        """
        if (known := self._on_whatsapp.get(to)) is not None:
            return known
        number, _, server = to.partition("@")
        if server != _USERS:
            return True
        found, hidden = await self._call(lambda: goneonize.look_up(self._uuid, number), LookupFailedError())
        if len(self._on_whatsapp) >= _CACHED_NUMBERS:
            self._on_whatsapp.clear()
        if found:  # who is not there today may be tomorrow
            self._on_whatsapp[to] = True
            self._intake.know(hidden, to)
        return found

    async def pairing_code(self, phone: str) -> str:
        """A code that links the phone with this number.

        Raises:
            ConnectError: WhatsApp gave none.
        """
        digits = phone.removeprefix("+")
        return await self._call(lambda: goneonize.pair_phone(self._uuid, digits), ConnectError("stopped"))

    async def log_out(self) -> None:
        """Unlink the device from its phone.

        Raises:
            ConnectError: WhatsApp was not reached, or refused.
        """
        error = await self._call(lambda: goneonize.log_out(self._uuid), ConnectError("stopped"))
        if error:
            raise ConnectError(error)

    async def stop(self) -> None:
        """End the connection; from here on only facts are observed, until it returns. A repeat does nothing.

        Returns within a few seconds: a connection that still dials is stopped behind the caller's back.
        """
        if self._stopped:
            return
        self._stopped = True
        self._watch.stop()
        self._turn.over()
        self._shared.leftovers.add(CONNECTION)
        task = asyncio.create_task(self._stop())
        self._shared.stops.add(task)
        task.add_done_callback(self._shared.stops.discard)
        await asyncio.wait({task}, timeout=_STOP_WITHIN_S)

    async def _stop(self) -> None:
        # The library's lock on a client is held while it dials, first or again. What waits for it must not
        # hold the gate.
        await self._dialed.wait()
        await self._loop.run_in_executor(self._shared.threads, self._disconnect)
        await self._drained()
        announced = await self._shared.line.join()
        try:
            await self._loop.run_in_executor(self._shared.threads, self._stop_alone, announced)
        finally:
            self._shared.line.leave(announced)

    async def _drained(self) -> None:
        """Wait for what WhatsApp was told is here, and is still under way inside the library."""
        before = -1
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAINED_WITHIN_S):
                while before != self._facts or self._handed_on < self._facts:
                    before = self._facts
                    await asyncio.sleep(_QUIET_S)

    def _disconnect(self) -> None:
        with self._shared.gate.calling():
            goneonize.disconnect(self._uuid)

    def _stop_alone(self, announced: int) -> None:
        hold = self._shared.gate.writing(announced)
        self._forgotten = True
        try:
            goneonize.stop(self._uuid)
        finally:
            hold.release()

    async def _call(self, function: Callable[[], T], when_stopped: Exception) -> T:
        return await self._loop.run_in_executor(self._shared.threads, self._gated, function, when_stopped)

    def _gated(self, function: Callable[[], T], when_stopped: Exception) -> T:
        with self._shared.gate.calling():
            if self._stopped:
                raise when_stopped
            return function()

    def _live(self, place: Place, announced: int) -> None:
        """The connection's own thread: the library keeps it for the connection's whole life."""
        self._hold = hold = self._shared.gate.writing(announced)
        self._tell(self._loop.call_later, _WRITTEN_AFTER_S, hold.soften)
        try:
            error = "stopped" if self._stopped else goneonize.connect(self._uuid, place, self)
        finally:
            hold.release()
        self._tell(self._ended, place.without_secrets(error))

    def _ended(self, error: str) -> None:
        if not self._dialed.is_set():
            self._error = error
            self._dialed.set()
        elif not self._stopped:
            log.warning("the library gave a connection up", connection=self._uuid.decode(), reason=error)
            self._pass_on(given_up(error))

    def qr(self, code: str) -> None:
        self._release()
        self.seen(self._codes.shown(code))

    def pairing_ended(self, outcome: str) -> bool:
        ended = self._codes.ended(outcome)
        self._release()
        if outcome == "success":  # it goes on to read the library's maps; `identified` says that it has
            self._hold = self._shared.gate.pinning()
            if self._stopped:
                self._release()
        self.seen(ended)
        goes_on = outcome == "success" and not self._stopped
        if not goes_on:
            self._tell(self._shared.leftovers.add, THREAD)
        return goes_on

    def identified(self, seen: Identified) -> None:
        self._release()
        self.seen(seen)

    def seen(self, seen: Observation | Fact) -> None:
        if isinstance(seen, ReceiptSeen | MessageSeen):
            self._facts += 1
            self._tell(self._hand_on, self._intake.take(seen, over=lambda: self._forgotten))
        else:
            self._tell(self._pass_on, seen)

    def _number_of(self, hidden: str) -> str | None:
        with self._shared.gate.calling():
            return None if self._forgotten else goneonize.number_of(self._uuid, hidden)

    def _release(self) -> None:
        if self._hold is not None:
            self._hold.release()
        self._tell(self._dialed.set)

    def _hand_on(self, fact: Fact) -> None:
        self._handed_on += 1
        self._watch.hear()
        self._observe(fact)

    def _pass_on(self, seen: Observation) -> None:
        if self._stopped:
            return
        if not isinstance(seen, Identified | PairingEnded):
            self._turn.over()
        if isinstance(seen, Online):
            self._watch.start()
        self._observe(seen)

    async def _ask(self) -> str:
        return await self._call(lambda: goneonize.ask(self._uuid), ConnectError("stopped"))

    def _tell(self, call: Callable[..., object], *args: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *args)
