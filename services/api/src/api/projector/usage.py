"""How many messages an account sent on a day: one document an account, day and partition."""

from datetime import UTC, date, datetime, time

from api.projector.projections import NOT_IN_THE_LOG_YET, USAGE, Document, Ref
from griot_contracts.messages import MessageAccepted


def usage_ref(event: MessageAccepted, partition: int) -> Ref:
    """Where an accepted message is counted: a document for each account, day and partition of the log.

    An account's sessions lie in several partitions, and an offset says something only within one of them.
    """
    return Ref(USAGE, f"{event.account_id}:{_day_of(event).isoformat()}:{partition}")


def count(usage: Document | None, event: MessageAccepted, offset: int) -> Document:
    """The day's usage after one more message; the very same one when it holds that offset already."""
    if usage is None:
        day = midnight(_day_of(event))
        usage = {"account_id": event.account_id, "day": day, "sent": 0, "offset": NOT_IN_THE_LOG_YET}
    if offset <= usage["offset"]:
        return usage
    return usage | {"sent": usage["sent"] + 1, "offset": offset}


def midnight(day: date) -> datetime:
    """The moment at which a day of UTC begins."""
    return datetime.combine(day, time.min, UTC)


def _day_of(event: MessageAccepted) -> date:
    return event.day or event.at.astimezone(UTC).date()
