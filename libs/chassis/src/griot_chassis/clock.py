"""The one place where Griot asks what time it is."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds that only go forward, and that pass while the machine sleeps as well."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
