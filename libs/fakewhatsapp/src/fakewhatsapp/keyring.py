"""A phone's keys, and its Signal session with each device it writes to or hears from."""

from __future__ import annotations

from collections.abc import Callable

from fakewhatsapp import signal
from fakewhatsapp.model import Registration
from fakewhatsapp.wire.nodes import Jid


class Keyring:
    """The secrets of one phone. Devices are known by their LIDs."""

    def __init__(self) -> None:
        self._keys = signal.PreKeyStore.generate()
        self._sessions: dict[Jid, signal.Session] = {}

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
