"""Pre-keys: what a device leaves with the network so that others can start a session while it is away."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from fakewhatsapp.signal import keys
from fakewhatsapp.signal.errors import MissingPreKeyError, UntrustedMessageError
from fakewhatsapp.signal.keys import IdentityKeyPair, KeyPair

_MAX_REGISTRATION_ID = 16380
_MAX_KEY_ID = 0xFFFFFE  # three bytes on the wire, and the last value means "none"


@dataclass(frozen=True, slots=True)
class SignedPreKey:
    """A pre-key that lasts, with the identity's signature of its public half."""

    id: int
    pair: KeyPair
    signature: bytes

    @classmethod
    def generate(cls, identity: IdentityKeyPair, key_id: int = 1) -> SignedPreKey:
        """Make one and sign it."""
        pair = KeyPair.generate()
        return cls(key_id, pair, identity.sign(keys.encode(pair.public)))


@dataclass(frozen=True, slots=True)
class PreKeyBundle:
    """What the network gives out to whoever wants to write to a device. Public keys have 32 bytes."""

    registration_id: int
    identity_key: bytes
    signed_pre_key_id: int
    signed_pre_key: bytes
    signature: bytes
    pre_key: tuple[int, bytes] | None = None
    """Id and public half of a one-time key, if there was one left."""

    def check(self) -> None:
        """Make sure that the identity signed the pre-key.

        Raises:
            UntrustedMessageError: it did not.
        """
        if not keys.verify(self.identity_key, keys.encode(self.signed_pre_key), self.signature):
            raise UntrustedMessageError("the signed pre-key's signature does not fit")


class PreKeyStore:
    """A device's own keys. One-time keys are made when asked for, so a phone nobody writes to has none."""

    def __init__(self, identity: IdentityKeyPair, registration_id: int, signed_pre_key: SignedPreKey) -> None:
        self.identity = identity
        self.registration_id = registration_id
        self.signed_pre_key = signed_pre_key
        self._one_time: dict[int, KeyPair] = {}
        self._next_id = secrets.randbelow(_MAX_KEY_ID // 2) + 1

    @classmethod
    def generate(cls) -> PreKeyStore:
        """The keys of a new device."""
        identity = IdentityKeyPair.generate()
        return cls(identity, secrets.randbelow(_MAX_REGISTRATION_ID) + 1, SignedPreKey.generate(identity))

    def new_pre_key(self) -> tuple[int, bytes]:
        """Make a one-time key to give out.

        Returns:
            Its id and its public half.
        """
        key_id, pair = self._next_id, KeyPair.generate()
        self._next_id = self._next_id % _MAX_KEY_ID + 1
        self._one_time[key_id] = pair
        return key_id, pair.public

    def bundle(self) -> PreKeyBundle:
        """A bundle with a one-time key of its own."""
        signed = self.signed_pre_key
        return PreKeyBundle(
            self.registration_id,
            self.identity.public,
            signed.id,
            signed.pair.public,
            signed.signature,
            self.new_pre_key(),
        )

    def signed(self, key_id: int) -> KeyPair:
        """The signed pre-key with this id.

        Raises:
            MissingPreKeyError: there is none.
        """
        if key_id != self.signed_pre_key.id:
            raise MissingPreKeyError("no such signed pre-key")
        return self.signed_pre_key.pair

    def one_time(self, key_id: int | None) -> KeyPair | None:
        """The one-time key with this id, which stays until it is forgotten; none if no id is given.

        Raises:
            MissingPreKeyError: there is none with this id.
        """
        if key_id is None:
            return None
        if key_id not in self._one_time:
            raise MissingPreKeyError("no such one-time pre-key")
        return self._one_time[key_id]

    def forget(self, key_id: int | None) -> None:
        """A session was started with this key; nobody may use it again."""
        if key_id is not None:
            self._one_time.pop(key_id, None)
