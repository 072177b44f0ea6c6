"""A phone: what a person does with WhatsApp, for tests to do in their place."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fakewhatsapp import contents, pairing
from fakewhatsapp.errors import (
    UnknownDeviceError,
    UnknownMessageError,
    UnknownPairingCodeError,
    UnknownQrCodeError,
)
from fakewhatsapp.keyring import Keyring
from fakewhatsapp.linking import secret_from_code
from fakewhatsapp.model import Device, PhoneMessage, Registration, lid_of, number_in, number_of
from fakewhatsapp.prekeys import bundle_of
from fakewhatsapp.receipts import READ, receipt_from_phone
from fakewhatsapp.signal import SignalError
from fakewhatsapp.welcome import welcome_messages
from fakewhatsapp.wire.nodes import HIDDEN_USERS, USERS, Attributes, Jid, Node

if TYPE_CHECKING:
    from fakewhatsapp.network import Network


class Phone:
    """The phone of one number. `Network.phone` gives it."""

    def __init__(self, network: Network, number: str) -> None:
        self.network = network
        self.number = number
        """With its plus sign."""
        self.auto_deliver = True
        """Whether it confirms each message's delivery by itself, as a phone that is switched on does."""
        self.auto_read = False
        """Whether it also reads each message at once."""
        self.devices: dict[int, Device] = {}
        """The companions linked to it, by index."""
        self.messages: list[PhoneMessage] = []
        """Everything it showed, oldest first."""
        self.sent: list[PhoneMessage] = []
        """What was sent from its linked devices, as it shows them beside its own."""
        self.last_index = 0
        """The index of the device that was linked last."""
        self._keyring = Keyring()
        self._seen: dict[tuple[str, str], PhoneMessage] = {}
        self._unread: asyncio.Queue[PhoneMessage] = asyncio.Queue()

    @property
    def identity_public(self) -> bytes:
        """The public half of the account's identity key."""
        return self._keyring.identity_public

    def sign(self, message: bytes) -> bytes:
        """Sign with the account's identity key."""
        return self._keyring.sign(message)

    def agree(self, public: bytes) -> bytes:
        """The secret that the account's identity key and another's public key make."""
        return self._keyring.agree(public)

    def bundle(self) -> Registration:
        """The keys that others need to start a session with this phone."""
        return self._keyring.bundle()

    def take_pre_key(self) -> tuple[int, bytes] | None:
        """One of the phone's one-time keys, for somebody who starts a session."""
        return self._keyring.take_pre_key()

    @property
    def lid(self) -> Jid:
        """The account's id that tells nothing about its number."""
        return Jid(lid_of(self.number), HIDDEN_USERS)

    @property
    def jid(self) -> Jid:
        """The account's id by number."""
        return Jid(self.number.lstrip("+"), USERS)

    async def scan(self, qr_text: str, *, within: timedelta = timedelta(seconds=30)) -> Device:
        """Link the device that shows this QR code. Returns once the device has confirmed.

        Raises:
            UnknownQrCodeError: no connected device shows it.
            TimeoutError: the device did not confirm in time.
        """
        code = pairing.ScannedCode.parse(qr_text)
        connection = self.network.pairings.by_ref.get(code.ref)
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

    async def next_message(self, *, within: timedelta = timedelta(seconds=10)) -> PhoneMessage:
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
        return self._write(to, contents.text(text))

    async def send_image(
        self, to: str, image: bytes, *, caption: str = "", mimetype: str = "image/jpeg"
    ) -> str:
        """Send a picture, as `send` does a text."""
        return self._write(to, contents.image(self.network.attachments, image, caption, mimetype))

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
        if device.connection is not None:
            removed = Node("conflict", {"type": "device_removed"})
            device.connection.finish(Node("stream:error", {"code": "401"}, [removed]))

    def lose_keys(self) -> None:
        """Start with new keys, as after a new installation: what is encrypted for the old cannot be read."""
        self._keyring = Keyring()

    def welcome(self, device: Device) -> None:
        """Send a device that was just linked what every new device gets first."""
        for message in welcome_messages():
            attrs: Attributes = {**self._attributes(message), "category": "peer"}
            self._send_to(device, attrs, message)

    def receive(self, sender: Device, stanza: Node, enc: Node, at: int) -> bool:
        """Take a device's copy of a message from the network. False if it could not be read."""
        message_id = stanza.text("id")
        seen = self._seen.get((sender.number, message_id))
        if seen is not None:  # sent again after a lost acknowledgement: shown once, confirmed again
            self._confirm_by_itself(seen)
            return True
        try:
            plain = self._keyring.decrypt(sender.lid, enc.text("type"), enc.bytes_of())
        except SignalError:
            return False
        if stanza.text("category") != "peer":
            message = contents.parse(plain)
            self._take(sender.number, number_of(stanza.jid("to") or sender.lid), message_id, message, at)
        return True

    def take_from_phone(self, sender: str, attrs: Attributes, message: Any) -> None:
        """Take a message that another phone wrote: between phones nothing needs to be encrypted here."""
        self._take(sender, self.number, str(attrs["id"]), message, int(str(attrs["t"])))

    def shown(self, sender: str, message_id: str) -> PhoneMessage | None:
        """The message with this id from this number, if the phone has it."""
        return self._seen.get((sender, message_id))

    def _take(self, sender: str, recipient: str, message_id: str, message: Any, at: int) -> None:
        content = contents.shown(self.network.attachments, message)
        if content is None:
            return
        when = datetime.fromtimestamp(at, UTC)
        shown = PhoneMessage(
            message_id, sender, recipient, content.kind, content.text, when, content.media, content.mimetype
        )
        self._seen[sender, message_id] = shown
        if recipient == self.number:
            self.messages.append(shown)
            self._unread.put_nowait(shown)
            self._confirm_by_itself(shown)
        else:
            self.sent.append(shown)

    def _confirm_by_itself(self, message: PhoneMessage) -> None:
        if message.recipient != self.number:
            return
        if self.auto_deliver:
            self._confirm(message, "")
        if self.auto_read:
            self._confirm(message, READ)

    def _confirm(self, message: PhoneMessage, kind: str) -> None:
        receipt_from_phone(self.network, self.number, message.sender, message.id, kind)

    def _message(self, message: PhoneMessage | str) -> PhoneMessage:
        if isinstance(message, PhoneMessage):
            return message
        found = [one for one in self.messages if one.id == message]
        if not found:
            raise UnknownMessageError("the phone shows no message with this id")
        return found[0]

    def _write(self, to: str, message: Any) -> str:
        other = self.network.phone(number_in(to))
        attrs = self._attributes(message)
        for device in list(other.devices.values()):
            self._send_to(device, {**attrs, "sender_pn": self.jid}, message)
        if other is self:
            return str(attrs["id"])
        for device in list(self.devices.values()):
            copy = contents.sent_from_here(message, str(other.lid))
            self._send_to(device, {**attrs, "recipient": other.lid, "peer_recipient_pn": other.jid}, copy)
        other.take_from_phone(self.number, attrs, message)
        return str(attrs["id"])

    def _attributes(self, message: Any) -> Attributes:
        """What the stanzas around all copies of a new message have in common."""
        return {
            "from": self.lid,
            "id": secrets.token_hex(16).upper(),
            "t": str(int(time.time())),
            "type": contents.stanza_type(message),
            "notify": self.number,
        }

    def _send_to(self, device: Device, attrs: Attributes, message: Any) -> None:
        plain = message.SerializeToString()
        kind, ciphertext = self._keyring.encrypt(device.lid, plain, lambda: bundle_of(device))
        enc = Node("enc", {"v": "2", "type": str(kind), **contents.enc_attributes(message)}, ciphertext)
        self.network.to_device(device, Node("message", attrs, [enc]))
