"""The random padding that hides how long a message is."""

from __future__ import annotations

import secrets

from fakewhatsapp.signal.errors import MalformedMessageError

_MAX = 16


def pad(message: bytes) -> bytes:
    """Append 1 to 16 bytes, each saying how many they are."""
    size = secrets.randbelow(_MAX) + 1
    return message + bytes([size]) * size


def unpad(padded: bytes) -> bytes:
    """Take the padding off.

    Raises:
        MalformedMessageError: there is none.
    """
    size = padded[-1] if padded else 0
    if not 0 < size <= len(padded):
        raise MalformedMessageError("the padding is wrong")
    return padded[:-size]
