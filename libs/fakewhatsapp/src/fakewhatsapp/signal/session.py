"""A session: what one device has with one other, from the first message on."""

from __future__ import annotations

from dataclasses import dataclass

from fakewhatsapp.signal import agreement
from fakewhatsapp.signal.errors import (
    MalformedMessageError,
    NoSessionError,
    RepeatedMessageError,
    SignalError,
    UntrustedMessageError,
)
from fakewhatsapp.signal.keys import KeyPair
from fakewhatsapp.signal.prekeys import PreKeyBundle, PreKeyStore
from fakewhatsapp.signal.ratchet import Chain, Ratchet, next_chain
from fakewhatsapp.signal.wire import MessageType, OrdinaryMessage, PreKeyMessage

_MAX_STATES = 40


@dataclass(slots=True)
class _State:
    """A session as it was begun once; both sides may begin one at the same moment."""

    ratchet: Ratchet
    base_key: bytes
    """The initiator's base key: messages that carry it belong here."""
    unanswered: tuple[int | None, int] | None = None
    """The one-time and the signed pre-key that we began with, until the other side has answered."""


class Session:
    """Reads and writes messages between the device that `keys` belong to and one other."""

    def __init__(self, keys: PreKeyStore) -> None:
        self._keys = keys
        self._states: list[_State] = []  # newest first; older ones read what is still on its way

    @property
    def started(self) -> bool:
        """Whether something can be written: a bundle was given, or a message came."""
        return bool(self._states)

    @property
    def their_identity(self) -> bytes | None:
        """The other device's identity, once it is known."""
        return self._states[0].ratchet.their_identity if self._states else None

    def start(self, bundle: PreKeyBundle) -> None:
        """Begin (anew) with the other device's pre-keys.

        Raises:
            UntrustedMessageError: the bundle's signature does not fit.
        """
        bundle.check()
        base, sending_key = KeyPair.generate(), KeyPair.generate()
        key_id, one_time = bundle.pre_key or (None, None)
        root, first = agreement.as_initiator(
            self._keys.identity, base, bundle.identity_key, bundle.signed_pre_key, one_time
        )
        root, key = next_chain(root, sending_key, bundle.signed_pre_key)
        ratchet = Ratchet(self._keys.identity.public, bundle.identity_key, root, sending_key, Chain(key))
        ratchet.receiving[bundle.signed_pre_key] = Chain(first)
        self._put_first(_State(ratchet, base.public, (key_id, bundle.signed_pre_key_id)))

    def encrypt(self, plaintext: bytes) -> tuple[MessageType, bytes]:
        """Write a message.

        Raises:
            NoSessionError: there is no session yet.
        """
        if not self._states:
            raise NoSessionError("no session was begun")
        state = self._states[0]
        message = state.ratchet.encrypt(plaintext)
        if state.unanswered is None:
            return MessageType.ORDINARY, message
        one_time, signed = state.unanswered
        keys = self._keys
        whole = PreKeyMessage(
            keys.registration_id, one_time, signed, state.base_key, keys.identity.public, message
        )
        return MessageType.PRE_KEY, whole.serialize()

    def decrypt(self, kind: str, ciphertext: bytes) -> bytes:
        """Read a message. When it raises, the session is as it was before.

        Raises:
            RepeatedMessageError: it was read before.
            MissingPreKeyError: it was made with a pre-key that we do not have.
            NoSessionError: no session fits it.
            UntrustedMessageError: it was altered, or is meant for another device.
            MalformedMessageError: it is no such message.
        """
        match kind:
            case MessageType.PRE_KEY:
                return self._read_first(PreKeyMessage.parse(ciphertext))
            case MessageType.ORDINARY:
                return self._read(OrdinaryMessage.parse(ciphertext), self._states)
            case _:
                raise MalformedMessageError(f"messages of type {kind!r} are not known")

    def _read_first(self, message: PreKeyMessage) -> bytes:
        inner = OrdinaryMessage.parse(message.message)
        known = [state for state in self._states if state.base_key == message.base_key]
        if known:
            return self._read(inner, known)
        state = self._respond(message)
        plain = state.ratchet.decrypt(inner)
        self._keys.forget(message.pre_key_id)
        self._put_first(state)
        return plain

    def _respond(self, message: PreKeyMessage) -> _State:
        signed = self._keys.signed(message.signed_pre_key_id)
        one_time = self._keys.one_time(message.pre_key_id)
        root, key = agreement.as_responder(
            self._keys.identity, signed, one_time, message.identity_key, message.base_key
        )
        ratchet = Ratchet(self._keys.identity.public, message.identity_key, root, signed, Chain(key))
        return _State(ratchet, message.base_key)

    def _read(self, message: OrdinaryMessage, states: list[_State]) -> bytes:
        """Try the states, newest first. The one that fits becomes the newest."""
        failure: SignalError = NoSessionError("no session was begun")
        for state in states:
            try:
                plain = state.ratchet.decrypt(message)
            except RepeatedMessageError:
                raise  # a repeat is known by its ratchet key, so it belongs here and nowhere else
            except (UntrustedMessageError, MalformedMessageError) as error:
                failure = error
            else:
                state.unanswered = None
                self._put_first(state)
                return plain
        raise failure

    def _put_first(self, state: _State) -> None:
        others = [other for other in self._states if other is not state]
        self._states = [state, *others][:_MAX_STATES]
