"""How fast a session gives its messages away: so many a minute, unevenly, and so many a day.

What is random comes in as `spread`, from 0 to 1, so the same history gives the same pace.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from dispatcher.domain.session import Session

DAILY_CAP_REACHED: Final = "daily_cap_reached"
"""Why a message waits for the next day of UTC."""

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Usual:
    """The pace of a session whose owner asked for none.

    Attributes:
        messages_per_minute: None is as fast as they go.
        jitter: by which part of itself the time between two messages varies, either way.
        young_daily_cap: messages that a young session sends in a day of UTC; None is any number.
        young_for: how long after it was made a session is young.
    """

    messages_per_minute: int | None = None
    jitter: float = 0.3
    young_daily_cap: int | None = None
    young_for: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing goes before `until`; `reason` is there when that is worth telling."""

    until: datetime
    reason: str | None = None


def wait_for(session: Session, message_id: str, now: datetime, usual: Usual) -> Wait | None:
    """What the message waits for; None when it may go. A retry does not count against the day again."""
    cap = _daily_cap(session, now, usual)
    if (
        cap is not None
        and session.day_ends is not None
        and now < session.day_ends
        and session.given_today >= cap
        and session.last_given != message_id
    ):
        return Wait(session.day_ends, DAILY_CAP_REACHED)
    if _per_minute(session, usual) and session.next_at is not None and now < session.next_at:
        return Wait(session.next_at)
    return None


def count(session: Session, message_id: str, now: datetime, usual: Usual, spread: float) -> Session:
    """The session once it gives this message away, to be stored before. Without a pace nothing is counted."""
    if not is_paced(session, now, usual):
        return replace(session, given_today=0, day_ends=None, last_given=None, next_at=None)
    if session.day_ends is None or session.day_ends <= now:
        session = replace(session, given_today=0, day_ends=_midnight_after(now), last_given=None)
    if session.last_given != message_id:
        session = replace(session, given_today=session.given_today + 1, last_given=message_id)
    per_minute = _per_minute(session, usual)
    if per_minute is None:
        return session
    jitter = usual.jitter if session.jitter is None else session.jitter
    return replace(session, next_at=now + _MINUTE / per_minute * (1 + jitter * (2 * spread - 1)))


def recount(session: Session, given: Sequence[str], now: datetime) -> Session:
    """The session as it is when these are the messages that it gave away on this day of UTC."""
    last_given = given[-1] if given else None
    return replace(session, given_today=len(given), last_given=last_given, day_ends=_midnight_after(now))


def with_count_of(counted: Session, session: Session) -> Session:
    """The session with what another reading of it says that it gave away."""
    return replace(
        session,
        given_today=counted.given_today,
        day_ends=counted.day_ends,
        last_given=counted.last_given,
        next_at=counted.next_at,
    )


def is_paced(session: Session, now: datetime, usual: Usual) -> bool:
    """Whether it matters what the session gave away, and when."""
    return _per_minute(session, usual) is not None or _daily_cap(session, now, usual) is not None


def is_counted(session: Session, now: datetime, usual: Usual) -> bool:
    """Whether all is noted that the session gave away, each message before it was given."""
    return session.day_ends is not None and is_paced(session, now, usual)


def is_to_be_recounted(session: Session, now: datetime, usual: Usual) -> bool:
    """Whether it matters what the session gave away today, and nobody has counted it."""
    return session.day_ends is None and is_paced(session, now, usual)


def _per_minute(session: Session, usual: Usual) -> int | None:
    return session.messages_per_minute or usual.messages_per_minute


def _daily_cap(session: Session, now: datetime, usual: Usual) -> int | None:
    """Its owner's word holds at any age; without it, the cap that is usual holds while it is young."""
    if session.daily_cap is not None:
        return session.daily_cap
    young = session.made_at is not None and now < session.made_at + usual.young_for
    return usual.young_daily_cap if young else None


def midnight_before(now: datetime) -> datetime:
    """When the day of UTC began."""
    return datetime.combine(now.astimezone(UTC).date(), time.min, UTC)


def _midnight_after(now: datetime) -> datetime:
    return midnight_before(now) + timedelta(days=1)
