"""The exchange behind the eight-character code: both sides prove that they know it without sending it.

The device shows the code and sends a key encrypted with it; the phone, told the code by its owner, answers
with one of its own. From the two keys both derive the secret that a QR code would have carried.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fakewhatsapp.errors import UnknownPairingCodeError
from fakewhatsapp.model import number_of
from fakewhatsapp.signal.keys import KeyPair, derive
from fakewhatsapp.wire.nodes import SERVER, Attributes, Node

if TYPE_CHECKING:
    import asyncio

    from fakewhatsapp.connection import Connection
    from fakewhatsapp.phone import Phone

_ROUNDS = 131072
_SALT, _IV = 32, 16
_NONCE = 12
_BUNDLE_INFO = b"link_code_pairing_key_bundle_encryption_key"


@dataclass(slots=True)
class CodeRequest:
    """A device that shows a code and waits for it to be entered on the phone with this number."""

    connection: Connection
    ref: bytes
    wrapped_key: bytes
    bundle: asyncio.Future[bytes] | None = None
    """What the device sends when the code was entered."""


def companion_hello(connection: Connection, step: Node) -> list[Node]:
    """A device asks to be linked to a number by a code that it shows."""
    jid = step.jid("jid")
    ref = secrets.token_urlsafe(24).encode()
    wrapped = step.bytes_of("link_code_pairing_wrapped_companion_ephemeral_pub")
    if jid is not None:
        connection.network.pairings.by_number[number_of(jid)] = CodeRequest(connection, ref, wrapped)
    answer = [Node("link_code_pairing_ref", {}, ref)]
    return [Node("link_code_companion_reg", {"stage": "companion_hello"}, answer)]


def companion_finish(connection: Connection, step: Node) -> None:
    """The device has the phone's key, and sends what the phone needs to derive the secret."""
    jid = step.jid("jid")
    request = connection.network.pairings.by_number.get(number_of(jid)) if jid else None
    if request is not None and request.bundle is not None and not request.bundle.done():
        request.bundle.set_result(step.bytes_of("link_code_pairing_wrapped_key_bundle"))


async def secret_from_code(phone: Phone, request: CodeRequest, code: str) -> bytes:
    """Go through the exchange as the phone.

    Returns:
        The secret that authenticates the linking, the same that a QR code carries.

    Raises:
        UnknownPairingCodeError: the device shows another code.
    """
    salt, iv, sealed = _parts(request.wrapped_key)
    theirs, ours = _with_code(code, salt, iv, sealed), KeyPair.generate()
    request.bundle = phone.network.loop.create_future()
    request.connection.send(_primary_hello(phone, request, code, ours))
    bundle = await request.bundle
    shared = ours.agree(theirs)
    key = derive(shared, _BUNDLE_INFO, 32, salt=bundle[:_SALT])
    nonce, encrypted = bundle[_SALT : _SALT + _NONCE], bundle[_SALT + _NONCE :]
    try:
        plain = AESGCM(key).decrypt(nonce, encrypted, None)
    except InvalidTag as error:
        raise UnknownPairingCodeError("the device shows another code") from error
    identity, random = plain[:32], plain[64:]
    return derive(shared + phone.agree(identity) + random, b"adv_secret", 32)


def _primary_hello(phone: Phone, request: CodeRequest, code: str, key: KeyPair) -> Node:
    salt, iv = secrets.token_bytes(_SALT), secrets.token_bytes(_IV)
    wrapped = salt + iv + _with_code(code, salt, iv, key.public)
    content = [
        Node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, wrapped),
        Node("primary_identity_pub", {}, phone.identity_public),
        Node("link_code_pairing_ref", {}, request.ref),
    ]
    step = Node("link_code_companion_reg", {"stage": "primary_hello"}, content)
    attrs: Attributes = {
        "from": SERVER,
        "type": "link_code_companion_reg",
        "id": request.connection.next_id(),
    }
    return Node("notification", attrs, [step])


def _parts(wrapped: bytes) -> tuple[bytes, bytes, bytes]:
    return wrapped[:_SALT], wrapped[_SALT : _SALT + _IV], wrapped[_SALT + _IV :]


def _with_code(code: str, salt: bytes, iv: bytes, key: bytes) -> bytes:
    """Encrypt or decrypt a key with the code: in this mode the two are the same."""
    secret = hashlib.pbkdf2_hmac("sha256", code.encode(), salt, _ROUNDS, 32)
    cipher = Cipher(algorithms.AES(secret), modes.CTR(iv)).encryptor()
    return cipher.update(key) + cipher.finalize()
