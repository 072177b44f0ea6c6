"""When a message whose attempt reached nobody is tried again, and when it is given up."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

NOT_CONNECTED: Final = "session_not_connected"
"""The session manager's reason for an attempt that never began.

It is the session's lack, not the message's.
"""


@dataclass(frozen=True, slots=True)
class Retry:
    """How a message is tried again.

    Attributes:
        tries: attempts after which it is given up; those that the session was not connected for do not count.
        first: the wait after the first attempt; each further one is twice as long.
        longest: the longest wait.
    """

    tries: int = 5
    first: timedelta = timedelta(seconds=2)
    longest: timedelta = timedelta(minutes=5)

    def wait_after(self, attempt: int) -> timedelta:
        """How long to wait after so many attempts, counted from 1."""
        doubled: int = 2 ** min(attempt - 1, 30)
        return min(self.first * doubled, self.longest)

    def is_over(self, failures: int) -> bool:
        """Whether a message with so many failed attempts is given up."""
        return failures >= self.tries
