"""Keys on curve 25519: agreement (X25519) and signatures (XEdDSA) with the same key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Self

import xeddsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fakewhatsapp.signal.errors import MalformedMessageError

KEY_SIZE = 32
SIGNATURE_SIZE = 64
_DJB = 5
_SIGN_BIT = 0x80


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key with its public half, 32 bytes each, without the type byte."""

    private: bytes
    public: bytes

    @classmethod
    def generate(cls) -> Self:
        """Make a new pair."""
        return cls.from_private(secrets.token_bytes(KEY_SIZE))

    @classmethod
    def from_private(cls, private: bytes) -> Self:
        """The pair that a private key belongs to."""
        return cls(private, X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw())

    def agree(self, public: bytes) -> bytes:
        """The secret that this key's owner shares with the owner of `public`.

        Raises:
            MalformedMessageError: `public` is no usable key.
        """
        try:
            theirs = X25519PublicKey.from_public_bytes(public)
            return X25519PrivateKey.from_private_bytes(self.private).exchange(theirs)
        except ValueError as error:
            raise MalformedMessageError("a public key is unusable") from error

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.public.hex()})"  # the private half must not end up in a log


@dataclass(frozen=True, slots=True, repr=False)
class IdentityKeyPair(KeyPair):
    """The long-term key of an account or a device. It agrees, and it signs."""

    def sign(self, message: bytes) -> bytes:
        """Sign as libsignal does: the sign of the Edwards point goes into the signature's last bit."""
        clamped = xeddsa.priv_force_sign(self.private, set_sign_bit=False)
        return xeddsa.ed25519_priv_sign(clamped, message)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of this key signed this message."""
    if len(public) != KEY_SIZE or len(signature) != SIGNATURE_SIZE:
        return False
    negative = bool(signature[-1] & _SIGN_BIT)
    plain = signature[:-1] + bytes([signature[-1] & ~_SIGN_BIT])
    try:
        point = xeddsa.curve25519_pub_to_ed25519_pub(public, set_sign_bit=negative)
        return xeddsa.ed25519_verify(plain, point, message)
    except xeddsa.XEdDSAException:
        return False


def encode(public: bytes) -> bytes:
    """A public key as it stands in messages: its type, then the key."""
    return bytes([_DJB]) + public


def decode(encoded: bytes) -> bytes:
    """The public key out of a message.

    Raises:
        MalformedMessageError: it is of another type or size.
    """
    if len(encoded) != KEY_SIZE + 1 or encoded[0] != _DJB:
        raise MalformedMessageError("a public key of unknown type")
    return encoded[1:]


def derive(secret: bytes, info: bytes, size: int, salt: bytes | None = None) -> bytes:
    """HKDF-SHA256."""
    return HKDF(SHA256(), size, salt, info).derive(secret)
