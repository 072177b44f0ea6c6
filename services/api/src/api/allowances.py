"""What is left of an account's day, as the quota service said last.

For headers, and so that a flood of refused requests ends here.
"""

from datetime import datetime, timedelta
from math import ceil
from typing import Final

from griot_contracts.accounts import DAILY_MESSAGE_LIMITS, CommandDecided, PlanChanged, Refusal

_MOST: Final = 50_000
_DAY_S: Final = 86_400


class Allowances:
    """The last decision on a message of each account, until its day ends."""

    def __init__(self) -> None:
        self._last: dict[str, CommandDecided] = {}
        self._plans: dict[str, PlanChanged] = {}

    def learn(self, decision: CommandDecided) -> None:
        """Remember a decision on a message, unless it was made under another plan."""
        plan = self._plans.get(decision.account_id)
        limit = decision.limit if plan is None else DAILY_MESSAGE_LIMITS[plan.plan]
        if decision.resets_at is None or decision.limit != limit:
            return
        known = self._last.get(decision.account_id)
        if known is not None and decision.at < known.at:
            return  # the first answer, told again
        if len(self._last) >= _MOST:
            self._last.clear()  # the quota service knows; this only spares it the question
        self._last[decision.account_id] = decision

    def plan_changed(self, event: PlanChanged) -> None:
        """What was said before no longer holds, not even where it is heard only now: it names its limit."""
        last = self._plans.get(event.account_id)
        if last is None or not event.is_overtaken(last.sequence):
            self._last.pop(event.account_id, None)
            self._plans[event.account_id] = event

    def last(self, account_id: str, now: datetime) -> CommandDecided | None:
        """The last decision of this day, if there was one."""
        decision = self._last.get(account_id)
        if decision is not None and decision.resets_at is not None and decision.resets_at <= now:
            del self._last[account_id]
            return None
        return decision

    def exhausted(self, account_id: str, now: datetime) -> CommandDecided | None:
        """The refusal that still holds, if one does."""
        decision = self.last(account_id, now)
        return decision if decision is not None and decision.refusal is Refusal.DAILY_LIMIT_REACHED else None


def rate_limit_headers(decision: CommandDecided, now: datetime) -> dict[str, str]:
    """`RateLimit-*` for the limit that a command counted against; empty where there is none."""
    if decision.limit is None:
        return {}
    headers = {} if decision.resets_at is None else {"RateLimit-Policy": f"{decision.limit};w={_DAY_S}"}
    headers |= {"RateLimit-Limit": str(decision.limit), "RateLimit-Remaining": str(decision.remaining or 0)}
    if decision.resets_at is not None:
        headers["RateLimit-Reset"] = str(seconds_until(decision.resets_at, now))
    return headers


def seconds_until(at: datetime, now: datetime) -> int:
    """Whole seconds from now, rounded up, one at least."""
    return max(1, ceil((at - now) / timedelta(seconds=1)))
