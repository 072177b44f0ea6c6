"""What WhatsApp's answer to a question that nobody sees says of a connection."""

import re
from enum import Enum, auto
from typing import Final

_STATUS: Final = re.compile(r"status (\d{3})")
_SHUT_OUT: Final = frozenset({401, 403})


class Verdict(Enum):
    """What a probe found."""

    ANSWERED = auto()
    """WhatsApp answered, if only that it would not."""
    SILENT = auto()
    """No answer came, on a connection that is said to be there."""
    SHUT_OUT = auto()
    """WhatsApp does not know this device any more, and did not say so."""
    AWAY = auto()
    """There is no connection just now. The library often says that by itself, and is on its way back."""


def verdict_of(words: str) -> Verdict:
    """What the library's words mean; they are empty if it was answered."""
    if not words:
        return Verdict.ANSWERED
    if status := _STATUS.search(words):
        return Verdict.SHUT_OUT if int(status[1]) in _SHUT_OUT else Verdict.ANSWERED
    return Verdict.AWAY if "websocket" in words else Verdict.SILENT
