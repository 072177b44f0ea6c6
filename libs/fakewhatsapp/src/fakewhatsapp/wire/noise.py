"""The server's side of Noise_XX_25519_AESGCM_SHA256, as WhatsApp uses it, and the transport after it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fakewhatsapp import protobuf
from fakewhatsapp.errors import ProtocolError
from fakewhatsapp.signal import KeyPair, MalformedMessageError

_PATTERN = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
HEADER = b"WA\x06\x03"
"""What a client says first: the protocol's name, its version and that of the token dictionaries."""


def _nonce(counter: int) -> bytes:
    return counter.to_bytes(12, "big")


def _expand(salt: bytes, secret: bytes) -> tuple[bytes, bytes]:
    """HKDF-SHA256 with no info, 64 bytes, as two keys."""
    key = hmac.digest(salt, secret, "sha256")
    first = hmac.digest(key, b"\x01", "sha256")
    return first, hmac.digest(key, first + b"\x02", "sha256")


class Transport:
    """Encrypts and decrypts frames once the handshake is over."""

    __slots__ = ("_read", "_reads", "_write", "_writes")

    def __init__(self, read: bytes, write: bytes) -> None:
        self._read, self._reads = AESGCM(read), 0
        self._write, self._writes = AESGCM(write), 0

    def encrypt(self, plain: bytes) -> bytes:
        """The next frame to send."""
        self._writes += 1
        return self._write.encrypt(_nonce(self._writes - 1), plain, None)

    def decrypt(self, frame: bytes) -> bytes:
        """The next frame received.

        Raises:
            ProtocolError: it was not encrypted by the other side of this handshake, or frames were lost.
        """
        self._reads += 1
        try:
            return self._read.decrypt(_nonce(self._reads - 1), frame, None)
        except InvalidTag as error:
            raise ProtocolError("a frame does not decrypt") from error


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """The server's static key, and the certificate chain that ties it to the root key."""

    static: KeyPair
    certificate: bytes


class Handshake:
    """One handshake: `answer` the client's hello, then `finish` with what it sends next."""

    def __init__(self, keys: ServerKeys, header: bytes = HEADER) -> None:
        self._keys = keys
        self._ephemeral = KeyPair.generate()
        self._hash = self._salt = _PATTERN
        self._cipher = AESGCM(_PATTERN)
        self._counter = 0
        self._authenticate(header)

    def answer(self, hello: bytes) -> bytes:
        """The server's hello, in answer to the client's."""
        theirs = _parsed(hello).clientHello.ephemeral
        self._authenticate(theirs)
        message = protobuf.login.HandshakeMessage()
        message.serverHello.ephemeral = self._ephemeral.public
        self._authenticate(message.serverHello.ephemeral)
        self._mix(self._ephemeral, theirs)
        message.serverHello.static = self._encrypt(self._keys.static.public)
        self._mix(self._keys.static, theirs)
        message.serverHello.payload = self._encrypt(self._keys.certificate)
        return bytes(message.SerializeToString())

    def finish(self, finish: bytes) -> tuple[bytes, bytes, Transport]:
        """The client's static key, its login payload, and the transport for all that follows."""
        message = _parsed(finish).clientFinish
        static = self._decrypt(message.static)
        self._mix(self._ephemeral, static)
        payload = self._decrypt(message.payload)
        read, write = _expand(self._salt, b"")
        return static, payload, Transport(read, write)

    def _authenticate(self, data: bytes) -> None:
        self._hash = hashlib.sha256(self._hash + data).digest()

    def _mix(self, ours: KeyPair, theirs: bytes) -> None:
        try:
            secret = ours.agree(theirs)
        except MalformedMessageError as error:
            raise ProtocolError("not a public key") from error
        self._salt, key = _expand(self._salt, secret)
        self._cipher, self._counter = AESGCM(key), 0

    def _encrypt(self, plain: bytes) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self._counter), plain, self._hash)
        self._counter += 1
        self._authenticate(sealed)
        return sealed

    def _decrypt(self, sealed: bytes) -> bytes:
        try:
            plain = self._cipher.decrypt(_nonce(self._counter), sealed, self._hash)
        except InvalidTag as error:
            raise ProtocolError("the handshake does not decrypt") from error
        self._counter += 1
        self._authenticate(sealed)
        return plain


def _parsed(data: bytes) -> Any:
    message = protobuf.login.HandshakeMessage()
    try:
        message.ParseFromString(data)
    except Exception as error:  # the C and Python builds of protobuf raise different things
        raise ProtocolError("not a handshake message") from error
    return message
