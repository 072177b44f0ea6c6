"""Every id and key: how each is derived, made and read. Nothing else in Griot takes one apart.

Random ids are UUIDv7 and are made by `griot_chassis.ids`; here is only what follows from something else.
"""

import hashlib
import re
import zlib
from typing import Final
from uuid import UUID, uuid5

_GRIOT: Final = UUID("5f9c2b0e-6a3d-5c1b-9e57-3d1a0f6b7c42")
"""The namespace of all derived ids. It can never change: ids in the log were made with it."""

KEY_PREFIX: Final = "grt_live_"
_KEY_SECRET_LENGTH: Final = 32
_KEY = re.compile(rf"{KEY_PREFIX}(?P<secret>[0-9A-Za-z]{{{_KEY_SECRET_LENGTH}}})(?P<checksum>[0-9a-f]{{8}})")


def derive(cause: str, *names: str) -> str:
    """The id of something that follows from `cause`.

    The same cause and names give the same id, whoever asks and when.
    """
    return str(uuid5(_GRIOT, "/".join((cause, *names))))


def account_id_for(email: str) -> str:
    """The account's id follows from its e-mail address, so one writer decides whether the address is taken.

    Args:
        email: an address that was validated; case and surrounding space do not matter.
    """
    return derive("account", email.strip().lower())


def message_id_for(account_id: str, idempotency_key: str) -> str:
    """The id of the message that an account sends under an Idempotency-Key: a repeat is the same message."""
    return derive("message", account_id, idempotency_key)


def once_id_for(account_id: str, idempotency_key: str) -> str:
    """The id of what an account asks under an Idempotency-Key: a key is good for one request, of any kind."""
    return derive("once", account_id, idempotency_key)


def session_id_for(account_id: str, idempotency_key: str) -> str:
    """The id of the session that an account makes under an Idempotency-Key."""
    return derive("session", account_id, idempotency_key)


def key_id_for(account_id: str, idempotency_key: str) -> str:
    """The id of the API key that an account makes, or is opened with, under an Idempotency-Key."""
    return derive("key", account_id, idempotency_key)


def format_key(secret: str) -> str:
    """The API key in clear for 32 random letters and digits.

    The checksum lets a secret scanner, and the api before it asks anybody, tell a key from a typo.

    Raises:
        ValueError: `secret` is not 32 letters and digits.
    """
    key = f"{KEY_PREFIX}{secret}{_checksum(secret)}"
    if not is_key(key):
        raise ValueError("a key is made of 32 letters and digits")
    return key


def is_key(text: str) -> bool:
    """Whether `text` has the form of an API key and its checksum holds.

    Says nothing of whether it was ever issued.
    """
    match = _KEY.fullmatch(text)
    return match is not None and match["checksum"] == _checksum(match["secret"])


def hash_key(key: str) -> str:
    """The SHA-256 of a key, in hex.

    All that is ever stored. A key holds 190 random bits, so it needs no salt.
    """
    return hashlib.sha256(key.encode()).hexdigest()


def key_hint(key: str) -> str:
    """The first letters of a key, enough for its owner to recognise it and useless to anybody else."""
    return key[: len(KEY_PREFIX) + 4]


def reply_address(partition: int) -> str:
    """What a command's `reply_to` header says, for answers on that partition of replies.v1."""
    return f"replies.v1/{partition}"


def reply_partition(address: str) -> int:
    """The partition in a `reply_to` header.

    Raises:
        ValueError: the header is not one that `reply_address` made.
    """
    topic, _, partition = address.partition("/")
    if topic != "replies.v1" or not partition.isdecimal():
        raise ValueError(f"not a reply address: {address!r}")
    return int(partition)


def _checksum(secret: str) -> str:
    return f"{zlib.crc32(secret.encode()):08x}"
