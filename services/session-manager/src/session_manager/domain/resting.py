"""A session that is left alone: what is kept of it, so that its next owner leaves it alone too."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from griot_contracts.sessions import SessionStatus, SessionStatusChanged
from session_manager.domain.standing import OUTDATED, GiveUp, Reconnect, Standing, Step

_GIVEN_UP: Final = frozenset({SessionStatus.LOGGED_OUT, SessionStatus.FAILED})


@dataclass(frozen=True, slots=True)
class Rest:
    """Where a session stands that nobody connects before somebody asks.

    With `until` it is a ban: it is connected then, whether somebody asks or not.
    """

    status: SessionStatus
    reason: str | None = None
    detail: str | None = None
    until: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.until is not None and self.until <= now

    def standing(self, jid: str | None) -> Standing:
        """Where the session of this device stands meanwhile."""
        return Standing(self.status, self.reason, self.detail, jid)


def rests(standing: Standing, step: Step) -> bool:
    """Whether a session is left alone that stands there, and of which this is to be done next."""
    banned = isinstance(step, Reconnect) and standing.status is SessionStatus.RESTRICTED
    return banned or isinstance(step, GiveUp)


def rest_after(standing: Standing, step: Step, now: datetime) -> Rest | None:
    """What is kept of a session that rests; None where its next owner is to try at once.

    That may run another version of the library, so what is out of date here is tried there.
    """
    status, reason, detail = standing.status, standing.reason, standing.detail
    match step:
        case Reconnect(after) if status is SessionStatus.RESTRICTED:
            return Rest(status, reason, detail, now + after)
        case GiveUp() if reason != OUTDATED:
            return Rest(status, reason, detail)
        case _:
            return None


def rest_told(event: SessionStatusChanged) -> Rest | None:
    """The same, of what the log says.

    It does not say how long a ban lasts: who tries is told again.
    """
    if event.status in _GIVEN_UP and event.reason != OUTDATED:
        return Rest(event.status, event.reason, event.detail)
    return None
