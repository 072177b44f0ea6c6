"""The Signal protocol, version 3, as WhatsApp's clients speak it: what a phone needs to read and write.

A phone has one `PreKeyStore` and, for each device it talks to, one `Session`.
"""

from fakewhatsapp.signal.errors import (
    MalformedMessageError,
    MissingPreKeyError,
    NoSessionError,
    RepeatedMessageError,
    SignalError,
    UntrustedMessageError,
)
from fakewhatsapp.signal.keys import IdentityKeyPair, KeyPair, verify
from fakewhatsapp.signal.padding import pad, unpad
from fakewhatsapp.signal.prekeys import PreKeyBundle, PreKeyStore, SignedPreKey
from fakewhatsapp.signal.session import Session
from fakewhatsapp.signal.wire import MessageType

__all__ = [
    "IdentityKeyPair",
    "KeyPair",
    "MalformedMessageError",
    "MessageType",
    "MissingPreKeyError",
    "NoSessionError",
    "PreKeyBundle",
    "PreKeyStore",
    "RepeatedMessageError",
    "Session",
    "SignalError",
    "SignedPreKey",
    "UntrustedMessageError",
    "pad",
    "unpad",
    "verify",
]
