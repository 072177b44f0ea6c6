"""What the dispatcher knows of a session: whether it can send now, and what its owner wants."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from griot_contracts.sessions import (
    SessionCreated,
    SessionDeleted,
    SessionStatus,
    SessionStatusChanged,
    SessionUpdated,
    WhenUnknown,
)

SessionEvent = SessionCreated | SessionUpdated | SessionStatusChanged | SessionDeleted


@dataclass(frozen=True, slots=True)
class Session:
    """A session as the events up to now tell it.

    Attributes:
        session_id: its id.
        partition: the number of the partition, in every topic keyed by session, that it lies in.
        connected: whether messages may be given to its owner.
        deleted: it is gone for good, and so is what waits in its queue.
        when_unknown: what becomes of a message of which nobody knows whether WhatsApp took it.
        epoch: the ownership under which that was seen; it tells a late word of a former owner from news.
        sequence: of what its owner wanted last, the place among the account's commands.
        made_at: when it was made.
        messages_per_minute: the pace that its owner wants; None is as is usual.
        jitter: by which part of itself the time between two messages varies, if its owner said so.
        daily_cap: messages that it sends in a day of UTC, if its owner said so.
        given_today: the messages that it gave away on the day of UTC that ends at `day_ends`.
        last_given: the last of them.
        next_at: when the next may go, by its pace.
        with_owner: the attempts that may have been under way when it was last connected.
    """

    session_id: str
    partition: int
    connected: bool = False
    deleted: bool = False
    when_unknown: WhenUnknown = WhenUnknown.RESEND
    epoch: int = 0
    sequence: int | None = None
    made_at: datetime | None = None
    messages_per_minute: int | None = None
    jitter: float | None = None
    daily_cap: int | None = None
    given_today: int = 0
    day_ends: datetime | None = None
    last_given: str | None = None
    next_at: datetime | None = None
    with_owner: tuple[str, ...] = ()


def follow(session: Session, event: SessionEvent) -> Session:
    """The session after the event; the very same one when it says nothing new. Safe to repeat."""
    match event:
        case SessionCreated() if session.made_at is not None:
            return session  # told again, after what its owner has wanted since
        case SessionCreated():
            return replace(session, when_unknown=event.when_unknown, made_at=event.at)
        case SessionUpdated():
            return _updated(session, event)
        case SessionStatusChanged():
            return _status_changed(session, event)
        case SessionDeleted():
            return replace(session, deleted=True, connected=False)
        case _:
            assert_never(event)


def _updated(session: Session, event: SessionUpdated) -> Session:
    if event.is_overtaken(session.sequence):
        return session
    when_unknown, sequence = event.when_unknown or session.when_unknown, event.latest(session.sequence)
    return _paced(replace(session, when_unknown=when_unknown, sequence=sequence), event)


def _paced(session: Session, event: SessionUpdated) -> Session:
    if event.pacing is None:
        return session
    pace = event.pacing.model_dump(by_alias=False)
    if all(getattr(session, name) == wanted for name, wanted in pace.items()):
        return session
    return replace(session, **pace, next_at=None)  # it was reckoned at another pace


def _status_changed(session: Session, event: SessionStatusChanged) -> Session:
    # Of one owner's words the last holds, and the log has them in order: its clock may be set back meanwhile.
    if session.deleted or event.epoch < session.epoch:
        return session
    return replace(session, connected=event.status is SessionStatus.CONNECTED, epoch=event.epoch)
