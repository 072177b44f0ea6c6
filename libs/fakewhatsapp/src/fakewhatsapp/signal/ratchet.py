"""The double ratchet: every message has a key of its own, and every answer renews their source."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from fakewhatsapp.signal import keys
from fakewhatsapp.signal.errors import MalformedMessageError, RepeatedMessageError, UntrustedMessageError
from fakewhatsapp.signal.keys import KeyPair, derive
from fakewhatsapp.signal.wire import OrdinaryMessage

_MAC_SIZE = 8
_MAX_SKIPPED = 2000
_MAX_CHAINS = 5
_BLOCK_BITS = 128


@dataclass(slots=True)
class Chain:
    """Keys that follow from each other, one for each message."""

    key: bytes
    index: int = 0
    skipped: dict[int, bytes] = field(default_factory=dict)
    """The secrets of messages that have not come yet although later ones have, by index."""

    def secret(self) -> bytes:
        """What the keys of the next message are made from."""
        return hmac.digest(self.key, b"\x01", "sha256")

    def step(self) -> None:
        """Go on to the message after it. There is no way back."""
        self.key, self.index = hmac.digest(self.key, b"\x02", "sha256"), self.index + 1

    def at(self, index: int) -> tuple[bytes, Chain]:
        """The secret of one message, and this chain as it will be when that message has been read.

        Nothing is changed yet, because the message may turn out to be a forgery.

        Raises:
            RepeatedMessageError: it was read before.
            MalformedMessageError: it is too far ahead.
        """
        if index < self.index:
            return self._skipped_at(index)
        if index - self.index > _MAX_SKIPPED:
            raise MalformedMessageError("a message from too far in the future")
        later = Chain(self.key, self.index, self.skipped)
        if index > self.index:
            later.skipped = dict(self.skipped)
            while later.index < index:
                later.skipped[later.index] = later.secret()
                later.step()
            for oldest in sorted(later.skipped)[:-_MAX_SKIPPED]:
                del later.skipped[oldest]
        secret = later.secret()
        later.step()
        return secret, later

    def _skipped_at(self, index: int) -> tuple[bytes, Chain]:
        if index not in self.skipped:
            raise RepeatedMessageError("this message was read before")
        rest = {number: secret for number, secret in self.skipped.items() if number != index}
        return self.skipped[index], Chain(self.key, self.index, rest)


@dataclass(frozen=True, slots=True)
class MessageKeys:
    """What one message is encrypted and authenticated with."""

    cipher: bytes
    mac: bytes
    iv: bytes

    @classmethod
    def derive(cls, secret: bytes) -> MessageKeys:
        """The keys that follow from a chain's secret."""
        material = derive(secret, b"WhisperMessageKeys", 80)
        return cls(material[:32], material[32:64], material[64:])

    def encrypt(self, plain: bytes) -> bytes:
        """AES-256-CBC."""
        padder, cipher = PKCS7(_BLOCK_BITS).padder(), self._cipher().encryptor()
        return cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()

    def decrypt(self, encrypted: bytes) -> bytes:
        """Undo `encrypt`.

        Raises:
            MalformedMessageError: it was not encrypted so.
        """
        unpadder, cipher = PKCS7(_BLOCK_BITS).unpadder(), self._cipher().decryptor()
        try:
            return unpadder.update(cipher.update(encrypted) + cipher.finalize()) + unpadder.finalize()
        except ValueError as error:
            raise MalformedMessageError("the ciphertext is not whole") from error

    def authenticate(self, sender: bytes, receiver: bytes, signed_part: bytes) -> bytes:
        """The code that proves who wrote this to whom; both are identities."""
        covered = keys.encode(sender) + keys.encode(receiver) + signed_part
        return hmac.digest(self.mac, covered, "sha256")[:_MAC_SIZE]

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self.cipher), modes.CBC(self.iv))


@dataclass(slots=True)
class Ratchet:
    """One session's moving parts, as one side has them."""

    our_identity: bytes
    their_identity: bytes
    root: bytes
    sending_key: KeyPair
    sending: Chain
    receiving: dict[bytes, Chain] = field(default_factory=dict)
    """The other side's chains by its ratchet keys, oldest first."""
    previous_counter: int = 0

    def encrypt(self, plain: bytes) -> bytes:
        """Write a `msg`."""
        message_keys = MessageKeys.derive(self.sending.secret())
        body = OrdinaryMessage.serialize(
            self.sending_key.public, self.sending.index, self.previous_counter, message_keys.encrypt(plain)
        )
        self.sending.step()
        return body + message_keys.authenticate(self.our_identity, self.their_identity, body)

    def decrypt(self, message: OrdinaryMessage) -> bytes:
        """Read a message. When it raises, nothing has changed.

        Raises:
            UntrustedMessageError: it was altered, or belongs to another session.
            RepeatedMessageError: it was read before.
            MalformedMessageError: it is broken.
        """
        chain = self.receiving.get(message.ratchet_key)
        if chain is not None:
            plain, self.receiving[message.ratchet_key] = self._read(chain, message)
            return plain
        root, key = next_chain(self.root, self.sending_key, message.ratchet_key)
        plain, chain = self._read(Chain(key), message)
        self._turn(root, message.ratchet_key, chain)
        return plain

    def _read(self, chain: Chain, message: OrdinaryMessage) -> tuple[bytes, Chain]:
        secret, later = chain.at(message.counter)
        message_keys = MessageKeys.derive(secret)
        mac = message_keys.authenticate(self.their_identity, self.our_identity, message.signed_part)
        if not hmac.compare_digest(mac, message.mac):
            raise UntrustedMessageError("the authentication code does not fit")
        return message_keys.decrypt(message.ciphertext), later

    def _turn(self, root: bytes, their_key: bytes, chain: Chain) -> None:
        """The other side has a new ratchet key: keep its chain, and write with a new key of our own."""
        self.receiving[their_key] = chain
        if len(self.receiving) > _MAX_CHAINS:
            del self.receiving[next(iter(self.receiving))]
        self.previous_counter = max(self.sending.index - 1, 0)
        self.sending_key = KeyPair.generate()
        self.root, key = next_chain(root, self.sending_key, their_key)
        self.sending = Chain(key)


def next_chain(root: bytes, ours: KeyPair, theirs: bytes) -> tuple[bytes, bytes]:
    """The next root key, and the key of the chain that begins there."""
    both = derive(ours.agree(theirs), b"WhisperRatchet", 64, salt=root)
    return both[:32], both[32:]
