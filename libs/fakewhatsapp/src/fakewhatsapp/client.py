"""A network in another process, with the methods that `Network` and `Phone` have here.

What is immediate there has to be awaited here. Errors are the same: what is raised there is raised here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter

from fakewhatsapp import exchange
from fakewhatsapp.exchange import Announcement, DeviceState, PhoneState
from fakewhatsapp.model import PhoneMessage
from fakewhatsapp.remote import Caller, RemoteFaults, RemoteLedger, part

_PHONES = TypeAdapter(list[PhoneState])
_SHOWN = TypeAdapter(list[exchange.Shown])


class RemoteNetwork:
    """A network that runs elsewhere on this machine. Enter it before use."""

    def __init__(self, control: str) -> None:
        self.control = control
        """The URL of its control server."""
        self._call = Caller(control)
        self._announcement: Announcement | None = None
        self._phones: dict[str, RemotePhone] = {}
        self.ledger = RemoteLedger(self._call)
        self.faults = RemoteFaults(self._call)

    @property
    def environment(self) -> dict[str, str]:
        """What the process that runs neonize must have in its environment when it starts."""
        return self._announced().environment

    @property
    def library(self) -> Path:
        """The patched copy of neonize's library."""
        return Path(self._announced().library)

    def phone(self, number: str) -> RemotePhone:
        """The phone with this number; the same object each time, because it knows what was taken from it."""
        if number not in self._phones:
            self._phones[number] = RemotePhone(self._call, number)
        return self._phones[number]

    async def phones(self) -> list[PhoneState]:
        """Every phone that was ever asked for or written to, as it is now."""
        return _PHONES.validate_json(await self._call("GET", "/phones"))

    async def make_unknown(self, number: str) -> None:
        """From now on nobody on WhatsApp has this number."""
        await self._call("PUT", f"/unknown-numbers/{part(number)}")

    async def make_known(self, number: str) -> None:
        """Undo `make_unknown`."""
        await self._call("DELETE", f"/unknown-numbers/{part(number)}")

    async def __aenter__(self) -> Self:
        self._announcement = Announcement.model_validate_json(await self._call("GET", "/network"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._call.close()

    def _announced(self) -> Announcement:
        assert self._announcement is not None, "the network has to be entered first"
        return self._announcement


class RemotePhone:
    """The phone of one number. `RemoteNetwork.phone` gives it."""

    def __init__(self, call: Caller, number: str) -> None:
        self.number = number
        """With its plus sign."""
        self._call = call
        self._path = f"/phones/{part(number)}"
        self._taken = 0
        self._turn = asyncio.Lock()

    async def scan(self, qr_text: str, *, within: timedelta = timedelta(seconds=30)) -> DeviceState:
        """Link the device that shows this QR code; see `Phone.scan`."""
        seconds = within.total_seconds()
        body = {"qr": qr_text, "within_s": seconds}
        return DeviceState.model_validate_json(await self._post("/scan", body, seconds))

    async def enter(self, pairing_code: str, *, within: timedelta = timedelta(seconds=30)) -> DeviceState:
        """Link the device that shows this eight-character code; see `Phone.enter`."""
        seconds = within.total_seconds()
        body = {"code": pairing_code, "within_s": seconds}
        return DeviceState.model_validate_json(await self._post("/enter", body, seconds))

    async def next_message(self, *, within: timedelta = timedelta(seconds=30)) -> PhoneMessage:
        """The oldest message not yet taken by this object, waiting for one to come.

        Another process that asks the same phone gets every message too.

        Raises:
            TimeoutError: none came in time.
        """
        seconds, started = within.total_seconds(), time.monotonic()
        async with asyncio.timeout(seconds):
            await self._turn.acquire()  # those who wait at the same moment get one message each
        try:
            shown = await self._shown(self._taken, max(seconds - (time.monotonic() - started), 0))
            self._taken += 1
        finally:
            self._turn.release()
        return shown

    async def messages(self) -> list[PhoneMessage]:
        """Everything it shows, oldest first, whether taken or not."""
        answer = await self._call("GET", f"{self._path}/messages")
        return [await self._with_media(shown) for shown in _SHOWN.validate_json(answer)]

    async def send(self, to: str, text: str) -> str:
        """Write to a number or JID.

        Returns:
            The message's id.
        """
        return exchange.Sent.model_validate_json(await self._post("/messages", {"to": to, "text": text})).id

    async def send_image(
        self, to: str, image: bytes, *, caption: str = "", mimetype: str = "image/jpeg"
    ) -> str:
        """Send a picture, as `send` does a text."""
        params = {"to": to, "caption": caption, "mimetype": mimetype}
        answer = await self._call("POST", f"{self._path}/images", params=params, content=image)
        return exchange.Sent.model_validate_json(answer).id

    async def read(self, message: PhoneMessage | str) -> None:
        """Read a message: its sender gets the read receipt; see `Phone.read`."""
        await self._post(f"/messages/{part(_id(message))}/read")

    async def deliver(self, message: PhoneMessage | str) -> None:
        """Confirm a message's delivery, for a phone that does not do so by itself."""
        await self._post(f"/messages/{part(_id(message))}/deliver")

    async def unlink(self, device: DeviceState | int) -> None:
        """Log a linked device out, as the person does under "linked devices"."""
        index = device if isinstance(device, int) else device.index
        await self._call("DELETE", f"{self._path}/devices/{index}")

    async def switch(self, *, auto_deliver: bool | None = None, auto_read: bool | None = None) -> PhoneState:
        """Set how it confirms messages by itself; what is not given stays as it is."""
        body = {"auto_deliver": auto_deliver, "auto_read": auto_read}
        return PhoneState.model_validate_json(await self._call("PATCH", self._path, json=body))

    async def state(self) -> PhoneState:
        """The phone and its linked devices as they are now."""
        return PhoneState.model_validate_json(await self._call("GET", self._path))

    async def _shown(self, place: int, seconds: float) -> PhoneMessage:
        params = {"after": place, "within_s": seconds}
        answer = await self._call("GET", f"{self._path}/messages", params=params, within_s=seconds)
        shown = _SHOWN.validate_json(answer)
        if not shown:
            raise TimeoutError(f"{self.number} showed nothing new within {seconds:g} s")
        return await self._with_media(shown[0])

    async def _with_media(self, shown: exchange.Shown) -> PhoneMessage:
        if not shown.has_media:
            return shown.with_media(None)
        path = f"{self._path}/messages/{part(shown.id)}/media"
        return shown.with_media(await self._call("GET", path))

    async def _post(self, path: str, body: Mapping[str, Any] | None = None, within_s: float = 0) -> bytes:
        return await self._call("POST", self._path + path, json=body, within_s=within_s)


def _id(message: PhoneMessage | str) -> str:
    return message if isinstance(message, str) else message.id
