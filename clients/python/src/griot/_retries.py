"""When a call is made again: while it can still help, and within the caller's patience."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Final, Protocol

import stamina

from griot.errors import LimitReachedError, UnavailableError

RETRY_FOR: Final = timedelta(seconds=30)
_JITTER: Final = timedelta(seconds=0.5)


class Tries(Protocol):
    """The attempts of one call, for either client."""

    def __iter__(self) -> Iterator[stamina.Attempt]: ...
    def __aiter__(self) -> AsyncIterator[stamina.Attempt]: ...


def tries(retry_for: timedelta) -> Tries:
    """The attempts of one call.

    A call is repeated when Griot was away, or asks for a repeat that is near enough. Every call may be: GET
    and DELETE by what they are, POST by its Idempotency-Key.
    """
    deadline = time.monotonic() + retry_for.total_seconds()

    def again(error: Exception) -> bool | timedelta:
        left = timedelta(seconds=deadline - time.monotonic())
        match error:
            case LimitReachedError(retry_after=None):
                return False
            case UnavailableError(retry_after=None):
                return left > timedelta(0)
            case LimitReachedError(retry_after=pause) | UnavailableError(retry_after=pause):
                return pause if pause is not None and pause <= left else False
            case _:
                return False

    return stamina.retry_context(on=again, attempts=None, timeout=None, wait_jitter=_JITTER)
