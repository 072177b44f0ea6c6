"""What the library's words about a send that went wrong mean.

Did WhatsApp get the message, and is another try worth it.

The library (whatsmeow, through neonize) tells errors as text only. What is not recognised is doubt, never a
guess. The words may hold people's numbers, so none of them is passed on.
"""

import re
from dataclasses import dataclass
from typing import Final


class HandOverError(Exception):
    """The library did not say that WhatsApp took the message; `words` is what it said instead."""

    def __init__(self, words: str) -> None:
        super().__init__("the message was not acknowledged")
        self.words = words


class LookupFailedError(Exception):
    """Whether a number is on WhatsApp could not be found out. Another try is worth it."""


class ConnectError(Exception):
    """The connection did not come up. `words` is what the library said, without anything secret."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Refused:
    """The message reached nobody."""

    reason: str
    retryable: bool
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The message may have reached WhatsApp."""

    reason: str


NOT_CONNECTED: Final = Refused("session_not_connected", retryable=True)
NOT_ON_WHATSAPP: Final = Refused("recipient_not_on_whatsapp", retryable=False)
LOOKUP_FAILED: Final = Refused("recipient_lookup_failed", retryable=True)

NO_ANSWER: Final = Doubtful("no_answer")
CONNECTION_LOST: Final = Doubtful("connection_lost")
STOPPING: Final = Doubtful("worker_stopped")
RESTARTED: Final = Doubtful("worker_restarted")

_SERVER_ERROR = re.compile(r"server returned error (\d+)")
_BY_CODE: Final = {
    429: ("rate_limited", True),
    463: ("recipient_must_write_first", False),
    475: ("recipient_must_write_first", False),
    500: ("whatsapp_unavailable", True),
    503: ("whatsapp_unavailable", True),
}

# Order counts: the first that the words contain. What comes before the frame is written reached nobody.
_BY_WORDS: Final = (
    ("failed to send message node: websocket not connected", NOT_CONNECTED),
    ("failed to send message node", CONNECTION_LOST),  # the frame was being written
    ("timed out waiting for message send response", NO_ANSWER),
    ("websocket disconnected before message send", CONNECTION_LOST),
    ("the store doesn't contain a device JID", NOT_CONNECTED),
    ("client is nil", NOT_CONNECTED),
    ("no LID found for", NOT_ON_WHATSAPP),
    ("failed to get user info", LOOKUP_FAILED),
    ("failed to get LID", LOOKUP_FAILED),
    ("failed to get device list", LOOKUP_FAILED),
    ("failed to get group members", LOOKUP_FAILED),
    ("can't send message to unknown server", Refused("recipient_not_supported", retryable=False)),
    ("message recipient must be a user JID", Refused("recipient_not_supported", retryable=False)),
    ("failed to prefetch sessions", Refused("encryption_failed", retryable=True)),
    ("failed to fetch LID mappings", Refused("encryption_failed", retryable=True)),
    ("websocket not connected", CONNECTION_LOST),  # alone: after a first try, whose answer was not seen
)


def outcome_of(words: str) -> Refused | Doubtful:
    """What the library's words mean for the message."""
    if match := _SERVER_ERROR.search(words):
        code = int(match[1])
        reason, retryable = _BY_CODE.get(code, ("refused_by_whatsapp", False))
        return Refused(reason, retryable, f"WhatsApp's server answered with error {code}")
    return next((outcome for known, outcome in _BY_WORDS if known in words), Doubtful("unexpected_error"))
