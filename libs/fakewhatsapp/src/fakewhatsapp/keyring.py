"""A phone's keys, and its Signal session with each device it writes to or hears from."""

from __future__ import annotations

from collections.abc import Callable

from fakewhatsapp import signal
from fakewhatsapp.model import Registration
from fakewhatsapp.signal.keys import derive, encode
from fakewhatsapp.wire.nodes import Jid

_MAX_REGISTRATION_ID = 16380


class Keyring:
    """The secrets of one phone. Devices are known by their LIDs."""

    def __init__(self, keys: signal.PreKeyStore) -> None:
        self._keys = keys
        self._sessions: dict[Jid, signal.Session] = {}

    @classmethod
    def new(cls) -> Keyring:
        """New keys, of no number in particular."""
        return cls(signal.PreKeyStore.generate())

    @classmethod
    def of(cls, secret: bytes, number: str) -> Keyring:
        """The keys of the phone with this number, the same for the same network's secret."""
        private = derive(secret, b"identity " + number.encode(), 32)
        identity = signal.IdentityKeyPair.from_private(private)
        pair = signal.KeyPair.from_private(derive(secret, b"signed pre-key " + number.encode(), 32))
        signed = signal.SignedPreKey(1, pair, identity.sign(encode(pair.public)))
        registration_id = int.from_bytes(private[:2], "big") % _MAX_REGISTRATION_ID + 1
        return cls(signal.PreKeyStore(identity, registration_id, signed))

    @property
    def identity_public(self) -> bytes:
        """The public half of the account's identity key."""
        return self._keys.identity.public

    def sign(self, message: bytes) -> bytes:
        """Sign as the account."""
        return self._keys.identity.sign(message)

    def agree(self, public: bytes) -> bytes:
        """The secret that the account's identity key and another's public key make."""
        return self._keys.identity.agree(public)

    def bundle(self) -> Registration:
        """The public keys that others need to start a session with the phone."""
        signed = self._keys.signed_pre_key
        public = (signed.id, signed.pair.public, signed.signature)
        return Registration(b"", self.identity_public, self._keys.registration_id, public)

    def take_pre_key(self) -> tuple[int, bytes]:
        """A one-time key for somebody who starts a session."""
        return self._keys.new_pre_key()

    def encrypt(
        self, device: Jid, plain: bytes, bundle: Callable[[], signal.PreKeyBundle]
    ) -> tuple[signal.MessageType, bytes]:
        """Encrypt for a device; `bundle` is asked for its keys if there is no session with it yet."""
        session = self._session(device)
        if not session.started:
            session.start(bundle())
        return session.encrypt(signal.pad(plain))

    def decrypt(self, device: Jid, kind: str, ciphertext: bytes) -> bytes:
        """Decrypt what a device wrote.

        Raises:
            signal.SignalError: it cannot be read.
        """
        return signal.unpad(self._session(device).decrypt(kind, ciphertext))

    def forget(self, device: Jid) -> None:
        """Drop the session with a device: the next message to it starts a new one."""
        self._sessions.pop(device, None)

    def _session(self, device: Jid) -> signal.Session:
        session = self._sessions.get(device)
        if session is None:
            session = self._sessions[device] = signal.Session(self._keys)
        return session
