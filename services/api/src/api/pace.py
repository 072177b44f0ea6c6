"""How fast one key may ask. Each instance counts for itself: this stops a runaway, it sells nothing."""

from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import Final

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from api.problems import Problem


class Pace:
    """Requests of each key in each second."""

    def __init__(self, requests_per_second: int, *, now: Callable[[], datetime]) -> None:
        self._most = requests_per_second
        self._now = now
        self._limit: Final = RateLimitItemPerSecond(requests_per_second)
        self._limiter: Final = FixedWindowRateLimiter(MemoryStorage())

    async def check(self, key_id: str) -> None:
        """Count one request.

        Raises:
            Problem: `too_many_requests`.
        """
        if not await self._limiter.hit(self._limit, key_id):
            stats = await self._limiter.get_window_stats(self._limit, key_id)
            wait = str(max(1, ceil(stats.reset_time - self._now().timestamp())))
            headers = {
                "Retry-After": wait,
                "RateLimit-Policy": f"{self._most};w=1",
                "RateLimit-Limit": str(self._most),
                "RateLimit-Remaining": "0",
                "RateLimit-Reset": wait,
            }
            raise Problem("too_many_requests", headers=headers)
