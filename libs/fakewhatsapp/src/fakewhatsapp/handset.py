"""The machine in a person's hand: its keys, what it takes from the network, and what it gives to it."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fakewhatsapp import contents
from fakewhatsapp.keyring import Keyring
from fakewhatsapp.model import Device, PhoneMessage, Registration, lid_of, number_of
from fakewhatsapp.prekeys import bundle_of
from fakewhatsapp.receipts import READ, receipt_from_phone
from fakewhatsapp.retries import MAX_RETRIES, ask_again, retry_of
from fakewhatsapp.signal import RepeatedMessageError, SignalError
from fakewhatsapp.welcome import welcome_messages
from fakewhatsapp.wire.nodes import HIDDEN_USERS, USERS, Attributes, Jid, Node

if TYPE_CHECKING:
    from fakewhatsapp.network import Network


class Handset:
    """A phone without the person: everything it does by itself."""

    def __init__(self, network: Network, number: str) -> None:
        self.network = network
        self.number = number
        """With its plus sign."""
        self.auto_deliver = True
        """Whether it confirms each message's delivery by itself, as a phone that is switched on does."""
        self.auto_read = False
        """Whether it also reads each message at once."""
        self.auto_retry = True
        """Whether it asks the sender again for what it cannot read."""
        self.devices: dict[int, Device] = {}
        """The companions linked to it, by index."""
        self.messages: list[PhoneMessage] = []
        """Everything it showed, oldest first."""
        self.sent: list[PhoneMessage] = []
        """What was sent from its linked devices, as it shows them beside its own."""
        self.last_index = 0
        """The index of the device that was linked last."""
        self._keyring = Keyring.of(network.secret, number)
        self._seen: dict[tuple[str, str], PhoneMessage] = {}
        self._written: dict[tuple[str, Device], tuple[Attributes, Any]] = {}
        self._unread: asyncio.Queue[PhoneMessage] = asyncio.Queue()

    @property
    def identity_public(self) -> bytes:
        """The public half of the account's identity key."""
        return self._keyring.identity_public

    @property
    def lid(self) -> Jid:
        """The account's id that tells nothing about its number."""
        return Jid(lid_of(self.number), HIDDEN_USERS)

    @property
    def jid(self) -> Jid:
        """The account's id by number."""
        return Jid(self.number.lstrip("+"), USERS)

    def sign(self, message: bytes) -> bytes:
        """Sign with the account's identity key."""
        return self._keyring.sign(message)

    def agree(self, public: bytes) -> bytes:
        """The secret that the account's identity key and another's public key make."""
        return self._keyring.agree(public)

    def bundle(self) -> Registration:
        """The keys that others need to start a session with this phone."""
        return self._keyring.bundle()

    def take_pre_key(self) -> tuple[int, bytes]:
        """One of the phone's one-time keys, for somebody who starts a session."""
        return self._keyring.take_pre_key()

    def lose_keys(self) -> None:
        """Start with new keys, as after a new installation: what is encrypted for the old cannot be read."""
        self._keyring = Keyring.new()

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
        chat = stanza.jid("recipient") or stanza.jid("to") or self.lid
        try:
            plain = self._keyring.decrypt(sender.lid, enc.text("type"), enc.bytes_of())
        except RepeatedMessageError:
            return False
        except SignalError:
            self._ask_again(sender, chat, message_id, retry_of(enc) + 1)
            return False
        if stanza.text("category") != "peer":
            self._take(sender.number, number_of(chat), message_id, contents.parse(plain), at)
        return True

    def take_from_phone(self, sender: str, attrs: Attributes, message: Any) -> None:
        """Take a message that another phone wrote: between phones nothing needs to be encrypted here."""
        self._take(sender, self.number, str(attrs["id"]), message, int(str(attrs["t"])))

    def shown(self, sender: str, message_id: str) -> PhoneMessage | None:
        """The message with this id from this number, if the phone has it."""
        return self._seen.get((sender, message_id))

    def send_again(self, device: Device, message_id: str) -> None:
        """Encrypt a message anew for a device that could not read it, if it came from here."""
        written = self._written.get((message_id, device))
        if written is not None:
            self._keyring.forget(device.lid)
            self._send_to(device, *written)

    def _write(self, number: str, message: Any) -> str:
        other, attrs = self.network.phone(number), self._attributes(message)
        for device in list(other.devices.values()):
            self._send_to(device, {**attrs, "sender_pn": self.jid}, message)
        if number != self.number:
            copy = contents.sent_from_here(message, str(other.lid))
            to: Attributes = {"recipient": other.lid, "peer_recipient_pn": other.jid}
            for device in list(self.devices.values()):
                self._send_to(device, {**attrs, **to}, copy)
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
        self._written[str(attrs["id"]), device] = attrs, message
        plain = message.SerializeToString()
        kind, ciphertext = self._keyring.encrypt(device.lid, plain, lambda: bundle_of(device))
        enc = Node("enc", {"v": "2", "type": str(kind), **contents.enc_attributes(message)}, ciphertext)
        self.network.to_device(device, Node("message", attrs, [enc]))

    def _take(self, sender: str, recipient: str, message_id: str, message: Any, at: int) -> None:
        content = contents.shown(self.network.attachments, message)
        if content is None:
            return
        when = datetime.fromtimestamp(at, UTC)
        shown = PhoneMessage(
            message_id, sender, recipient, content.kind, content.text, when, content.media, content.mimetype,
            content.preview,
        )  # fmt: skip
        self._seen[sender, message_id] = shown
        if recipient == self.number:
            self.messages.append(shown)
            self._unread.put_nowait(shown)
            self._confirm_by_itself(shown)
        else:
            self.sent.append(shown)

    def _ask_again(self, sender: Device, chat: Jid, message_id: str, count: int) -> None:
        if self.auto_retry and count <= MAX_RETRIES:
            own = sender.number == self.number
            receipt = ask_again(
                self.lid,
                chat if own else None,
                message_id,
                count=count,
                keys=self.bundle(),
                one_time=self.take_pre_key(),
            )
            self.network.to_device(sender, receipt)

    def _confirm_by_itself(self, message: PhoneMessage) -> None:
        if message.recipient != self.number:
            return
        if self.auto_deliver:
            self._confirm(message, "")
        if self.auto_read:
            self._confirm(message, READ)

    def _confirm(self, message: PhoneMessage, kind: str) -> None:
        receipt_from_phone(self.network, self.number, message.sender, message.id, kind)
