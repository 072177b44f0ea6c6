"""What an operator decides of how messages go out."""

from collections.abc import Callable
from dataclasses import dataclass

from dispatcher.domain.pacing import Usual
from dispatcher.domain.retry import Retry


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator decides: how messages are tried again, and how fast sessions usually send.

    `spread` gives anything from 0 to 1, so that a pace is uneven.
    """

    retry: Retry
    usual: Usual
    spread: Callable[[], float]
