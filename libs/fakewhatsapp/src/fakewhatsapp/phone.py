"""A phone: what a person does with WhatsApp, for tests to do in their place."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from fakewhatsapp import contents, pairing
from fakewhatsapp.errors import (
    UnknownDeviceError,
    UnknownMessageError,
    UnknownPairingCodeError,
    UnknownQrCodeError,
)
from fakewhatsapp.handset import Handset
from fakewhatsapp.linking import secret_from_code
from fakewhatsapp.model import Device, PhoneMessage, number_in
from fakewhatsapp.receipts import READ
from fakewhatsapp.wire.nodes import Node


class Phone(Handset):
    """The phone of one number. `Network.phone` gives it."""

    async def scan(self, qr_text: str, *, within: timedelta = timedelta(seconds=30)) -> Device:
        """Link the device that shows this QR code. Returns once the device has confirmed.

        Raises:
            UnknownQrCodeError: no connected device shows it, or it did and its time is over.
            TimeoutError: the device did not confirm in time.
        """
        code = pairing.ScannedCode.parse(qr_text)
        connection = self.network.pairings.shows(code.ref)
        if connection is None or connection.registration is None:
            raise UnknownQrCodeError("no connected device shows this code")
        if connection.registration.identity_key != code.identity_key:
            raise UnknownQrCodeError("the code's keys are not those of the device that shows it")
        async with asyncio.timeout(within.total_seconds()):
            return await pairing.link(connection, self, code.adv_secret)

    async def enter(self, pairing_code: str, *, within: timedelta = timedelta(seconds=30)) -> Device:
        """Link the device that shows this eight-character code (with or without its dash).

        Raises:
            UnknownPairingCodeError: no device asked to be linked to this number, or the code is wrong.
            TimeoutError: the device did not confirm in time.
        """
        request = self.network.pairings.by_number.get(self.number)
        if request is None:
            raise UnknownPairingCodeError("no device asked to be linked to this number")
        code = pairing_code.replace("-", "").strip().upper()
        async with asyncio.timeout(within.total_seconds()):
            adv_secret = await secret_from_code(self, request, code)
            return await pairing.link(request.connection, self, adv_secret)

    async def next_message(self, *, within: timedelta = timedelta(seconds=30)) -> PhoneMessage:
        """The oldest message not yet taken by this method, waiting for one to come.

        Raises:
            TimeoutError: none came in time.
        """
        async with asyncio.timeout(within.total_seconds()):
            return await self._unread.get()

    async def send(self, to: str, text: str) -> str:
        """Write to a number or JID; every device linked there gets it, now or at its next login.

        Returns:
            The message's id.
        """
        return self._write(number_in(to), contents.text(text))

    async def send_image(
        self, to: str, image: bytes, *, caption: str = "", mimetype: str = "image/jpeg"
    ) -> str:
        """Send a picture, as `send` does a text."""
        return self._write(number_in(to), contents.image(self.network.attachments, image, caption, mimetype))

    async def send_body(self, to: str, body: Any) -> str:
        """Send a message of whatever form (`fakewhatsapp.protobuf.e2e.Message`), as `send` does a text."""
        return self._write(number_in(to), body)

    async def read(self, message: PhoneMessage | str) -> None:
        """Read a message (or the one with this id): its sender gets the read receipt.

        Raises:
            UnknownMessageError: the phone shows no such message.
        """
        self._confirm(self._message(message), READ)

    async def deliver(self, message: PhoneMessage | str) -> None:
        """Confirm a message's delivery, for a phone whose `auto_deliver` is off.

        Raises:
            UnknownMessageError: the phone shows no such message.
        """
        self._confirm(self._message(message), "")

    async def unlink(self, device: Device | int) -> None:
        """Log a linked device out, as the person does under "linked devices".

        Raises:
            UnknownDeviceError: no such device is linked.
        """
        index = device if isinstance(device, int) else device.index
        if index not in self.devices:
            raise UnknownDeviceError(f"no device {index} is linked to this phone")
        self.forget(self.devices[index])

    def forget(self, device: Device) -> None:
        """Take a device off the list; it is told if it is connected, and refused at its next login if not."""
        self.devices.pop(device.index, None)
        self.network.remember()
        if device.connection is not None:
            removed = Node("conflict", {"type": "device_removed"})
            device.connection.finish(Node("stream:error", {"code": "401"}, [removed]))

    def _message(self, message: PhoneMessage | str) -> PhoneMessage:
        if isinstance(message, PhoneMessage):
            return message
        found = [one for one in self.messages if one.id == message]
        if not found:
            raise UnknownMessageError("the phone shows no message with this id")
        return found[0]
