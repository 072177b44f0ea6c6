"""A phone's keys and its Signal sessions with other devices."""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from fakewhatsapp.model import Registration
from fakewhatsapp.signal.xeddsa import sign


class UndecryptableError(Exception):
    """There is no session for this message, or it was not encrypted with it."""


class Keyring:
    def __init__(self) -> None:
        self._identity = X25519PrivateKey.generate()
        self._signed = X25519PrivateKey.generate()
        self.registration_id = secrets.randbits(14)

    @property
    def identity_public(self) -> bytes:
        return self._identity.public_key().public_bytes_raw()

    def sign(self, message):
        return sign(self._identity, message)

    def agree(self, public: bytes) -> bytes:
        return self._identity.exchange(X25519PublicKey.from_public_bytes(public))

    def bundle(self) -> Registration:
        public = self._signed.public_key().public_bytes_raw()
        return Registration(b"", self.identity_public, self.registration_id, (1, public, self.sign(b"\x05" + public)))

    def take_pre_key(self):
        return None

    def decrypt(self, *a):
        raise UndecryptableError
def verify(*a): return True
