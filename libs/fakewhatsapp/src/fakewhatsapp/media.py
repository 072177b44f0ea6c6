"""Attachments as WhatsApp encrypts them: the hosts that keep them cannot read them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

from fakewhatsapp.errors import FakeWhatsAppError
from fakewhatsapp.model import Kind

_KEY_SIZE = 32
_MAC_SIZE = 10
_BLOCK_BITS = 128
_INFO = {
    Kind.IMAGE: b"WhatsApp Image Keys",
    Kind.STICKER: b"WhatsApp Image Keys",
    Kind.VIDEO: b"WhatsApp Video Keys",
    Kind.AUDIO: b"WhatsApp Audio Keys",
    Kind.VOICE: b"WhatsApp Audio Keys",
    Kind.DOCUMENT: b"WhatsApp Document Keys",
}


class MediaError(FakeWhatsAppError):
    """An attachment that is not what its message says: altered, cut off, or encrypted with another key."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted attachment, and what its message has to say about it."""

    data: bytes
    """What is uploaded."""
    key: bytes
    sha256: bytes
    """The hash of the attachment itself."""
    encrypted_sha256: bytes
    """The hash of what is uploaded."""


def encrypt(data: bytes, kind: Kind) -> Sealed:
    """Encrypt an attachment with a new key.

    Raises:
        MediaError: messages of this kind have no attachment.
    """
    key = secrets.token_bytes(_KEY_SIZE)
    cipher, mac_key, iv = _keys(key, kind)
    padder, encryptor = PKCS7(_BLOCK_BITS).padder(), cipher.encryptor()
    encrypted = encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()
    sealed = encrypted + _mac(mac_key, iv, encrypted)
    return Sealed(sealed, key, hashlib.sha256(data).digest(), hashlib.sha256(sealed).digest())


def decrypt(
    data: bytes, key: bytes, kind: Kind, *, sha256: bytes | None = None, encrypted_sha256: bytes | None = None
) -> bytes:
    """Decrypt what was downloaded; the hashes are checked where the message gives them.

    Raises:
        MediaError: a hash or the authentication code does not fit, or the kind has no attachment.
    """
    if encrypted_sha256 is not None and hashlib.sha256(data).digest() != encrypted_sha256:
        raise MediaError("the encrypted attachment's hash does not fit")
    cipher, mac_key, iv = _keys(key, kind)
    encrypted, mac = data[:-_MAC_SIZE], data[-_MAC_SIZE:]
    if not hmac.compare_digest(mac, _mac(mac_key, iv, encrypted)):
        raise MediaError("the attachment's authentication code does not fit")
    plain = _unpadded(cipher, encrypted)
    if sha256 is not None and hashlib.sha256(plain).digest() != sha256:
        raise MediaError("the attachment's hash does not fit")
    return plain


def _unpadded(cipher: Cipher[modes.CBC], encrypted: bytes) -> bytes:
    unpadder, decryptor = PKCS7(_BLOCK_BITS).unpadder(), cipher.decryptor()
    try:
        return unpadder.update(decryptor.update(encrypted) + decryptor.finalize()) + unpadder.finalize()
    except ValueError as error:
        raise MediaError("the attachment is not whole") from error


def _keys(key: bytes, kind: Kind) -> tuple[Cipher[modes.CBC], bytes, bytes]:
    if kind not in _INFO:
        raise MediaError(f"a message of kind {kind} has no attachment")
    expanded = HKDF(SHA256(), 112, None, _INFO[kind]).derive(key)
    iv = expanded[:16]
    return Cipher(algorithms.AES(expanded[16:48]), modes.CBC(iv)), expanded[48:80], iv


def _mac(key: bytes, iv: bytes, encrypted: bytes) -> bytes:
    return hmac.digest(key, iv + encrypted, "sha256")[:_MAC_SIZE]
