"""Linking a device to a phone, by the QR code or the eight-character code that the device shows."""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fakewhatsapp import protobuf
from fakewhatsapp.errors import ProtocolError, UnknownQrCodeError
from fakewhatsapp.linking import CodeRequest
from fakewhatsapp.model import Device, Registration
from fakewhatsapp.signal import verify
from fakewhatsapp.wire.nodes import SERVER, Attributes, Node

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection
    from fakewhatsapp.phone import Phone

_CODES = 6
_FIRST_SHOWN_S, _NEXT_SHOWN_S = 60, 20
"""How long clients show the first code of a full set, and every other."""
_ACCOUNT_SIGNATURE = b"\x06\x00"
_DEVICE_SIGNATURE = b"\x06\x01"
_RESTART = "515"
_MAX_DEVICES = 99


@dataclass(frozen=True, slots=True)
class Offer:
    """A reference for a QR code, and until when (`time.monotonic`) it is shown."""

    connection: Connection
    until: float


@dataclass(slots=True)
class Pairings:
    """The clients that wait to be linked."""

    by_ref: dict[str, Offer] = field(default_factory=dict)
    """By the references in the QR codes that each shows."""
    by_number: dict[str, CodeRequest] = field(default_factory=dict)
    """By the number whose phone is to be told the code that each shows."""
    codes: int = _CODES
    """How many QR codes a client gets to show, one after the other; with fewer its time is over sooner."""
    slack_s: float = 10.0
    """How much longer than it is shown a code is taken: it is on its way, and phones are slow."""

    def shows(self, ref: str) -> Connection | None:
        """The client that shows this reference; None when its time is over, or nobody ever did."""
        offer = self.by_ref.get(ref)
        if offer is None or offer.until + self.slack_s < time.monotonic():
            return None
        return offer.connection

    def forget(self, connection: Connection) -> None:
        """Its codes are good no longer."""
        self.by_ref = {ref: one for ref, one in self.by_ref.items() if one.connection is not connection}
        self.by_number = {n: one for n, one in self.by_number.items() if one.connection is not connection}


@dataclass(frozen=True, slots=True)
class ScannedCode:
    """What a QR code says."""

    ref: str
    noise_key: bytes
    identity_key: bytes
    adv_secret: bytes

    @classmethod
    def parse(cls, text: str) -> ScannedCode:
        """Read a code's text, with or without the link in front of it.

        Raises:
            UnknownQrCodeError: it is not one of WhatsApp's.
        """
        parts = text.rpartition("#")[2].split(",")
        try:
            ref, *keys = parts[:4]
            noise_key, identity_key, adv_secret = (base64.b64decode(key, validate=True) for key in keys)
        except ValueError as error:
            raise UnknownQrCodeError("this is not a QR code of WhatsApp's") from error
        return cls(ref, noise_key, identity_key, adv_secret)


def offer_qr_codes(connection: Connection) -> None:
    """Send a new client the references that its QR codes are made of."""
    pairings, until = connection.network.pairings, time.monotonic()
    refs = [f"2@{base64.b64encode(secrets.token_bytes(48)).decode()}" for _ in range(pairings.codes)]
    for left, ref in zip(range(len(refs), 0, -1), refs, strict=True):
        until += _FIRST_SHOWN_S if left == _CODES else _NEXT_SHOWN_S
        pairings.by_ref[ref] = Offer(connection, until)
    content = [Node("ref", {}, ref.encode()) for ref in refs]
    attrs: Attributes = {"from": SERVER, "type": "set", "id": connection.next_id(), "xmlns": "md"}
    connection.send(Node("iq", attrs, [Node("pair-device", {}, content)]))


async def link(connection: Connection, phone: Phone, adv_secret: bytes) -> Device:
    """Make this client one of the phone's devices. Returns when it has confirmed."""
    registration = connection.registration
    if registration is None:
        raise ProtocolError("this client is linked already")
    device = Device(phone.number, _free_index(phone), registration)
    details = _details(device)
    signed = protobuf.adv.ADVSignedDeviceIdentity(
        details=details,
        accountSignatureKey=phone.identity_public,
        accountSignature=phone.sign(_ACCOUNT_SIGNATURE + details + registration.identity_key),
    ).SerializeToString()
    mac = hmac.digest(adv_secret, signed, "sha256")
    identity = protobuf.adv.ADVSignedDeviceIdentityHMAC(details=signed, HMAC=mac).SerializeToString()
    confirmed: asyncio.Future[Node] = asyncio.get_running_loop().create_future()
    query = _pair_success(connection.next_id(), device, identity)
    connection.on_result[str(query.attrs["id"])] = confirmed.set_result
    connection.send(query)
    _check(await confirmed, phone, registration, details)
    phone.devices[device.index] = device
    connection.network.remember()
    connection.network.pairings.forget(connection)
    connection.finish(Node("stream:error", {"code": _RESTART}))
    return device


def _pair_success(query_id: str, device: Device, identity: bytes) -> Node:
    content = [
        Node("device-identity", {}, identity),
        Node("device", {"jid": device.jid, "lid": device.lid}),
        Node("platform", {"name": "android"}),
    ]
    attrs: Attributes = {
        "from": SERVER,
        "type": "set",
        "id": query_id,
        "t": str(int(time.time())),
        "xmlns": "md",
    }
    return Node("iq", attrs, [Node("pair-success", {}, content)])


def _check(answer: Node, phone: Phone, registration: Registration, details: bytes) -> None:
    """The device has to sign for the account, as the account has signed for it."""
    if answer.text("type") != "result":
        raise ProtocolError(f"the device refused to be linked: {answer!r}")
    signed = protobuf.adv.ADVSignedDeviceIdentity()
    signed.ParseFromString(answer.bytes_of("pair-device-sign", "device-identity"))
    message = _DEVICE_SIGNATURE + details + registration.identity_key + phone.identity_public
    if not verify(registration.identity_key, message, signed.deviceSignature):
        raise ProtocolError("the device's signature does not fit")


def _details(device: Device) -> bytes:
    details = protobuf.adv.ADVDeviceIdentity(
        rawID=secrets.randbits(31), timestamp=int(time.time()), keyIndex=device.index
    )
    return bytes(details.SerializeToString())


def _free_index(phone: Phone) -> int:
    """Like the real network, a new device gets an index that was not used before."""
    phone.last_index = phone.last_index % _MAX_DEVICES + 1
    return phone.last_index
