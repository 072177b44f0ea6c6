"""What an account is: its commands, its events, its state, and the fold of one into the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias, assert_never

from griot_contracts.accounts import (
    DAILY_MESSAGE_LIMITS,
    SESSION_LIMITS,
    AccountOpened,
    AccountResumed,
    AccountSuspended,
    ChangePlan,
    CommandRefused,
    IssueKey,
    KeyIssued,
    KeyRevoked,
    OpenAccount,
    Plan,
    PlanChanged,
    ResumeAccount,
    RevokeKey,
    SessionReleased,
    SuspendAccount,
)
from griot_contracts.messages import MessageAccepted, MessageRejected, SendMessage
from griot_contracts.sessions import (
    CreateSession,
    DeleteSession,
    DesiredState,
    SessionCreated,
    SessionUpdated,
    UpdateSession,
)

AccountCommand: TypeAlias = (
    OpenAccount
    | ChangePlan
    | SuspendAccount
    | ResumeAccount
    | IssueKey
    | RevokeKey
    | CreateSession
    | UpdateSession
    | DeleteSession
    | SendMessage
)
AccountEvent: TypeAlias = (
    AccountOpened
    | PlanChanged
    | AccountSuspended
    | AccountResumed
    | KeyIssued
    | KeyRevoked
    | SessionCreated
    | SessionUpdated
    | SessionReleased
    | MessageAccepted
    | MessageRejected
    | CommandRefused
)

_REMEMBERED: Final = 100
"""How many ended keys and sessions an account remembers; repeats come soon, and snapshots stay small."""

MOST_KEYS: Final = 1_000
"""Keys that an account may have, those that expired too until they are revoked.

Each lies in the snapshot that every decision reads and writes, so that one account must not grow it at will.
"""

MOST_SESSIONS: Final = 10_000
"""Sessions that an account may hold where its plan sets no limit.

A suspension names them all in one record, 39 bytes each of the 1 MiB that a broker takes; and all are in
the snapshot.
"""


@dataclass(frozen=True, slots=True)
class Account:
    """What the account's decisions depend on; without `email` it was never opened.

    Attributes:
        opened_with: the key that it was opened with, by which a repeat is told from another's attempt.
        keys: the hash of each key that is not revoked, by its id. Any other is refused, so that a revoked one
            needs no place here.
        sessions: the `session_key` of each session held, by its id.
        disconnected: the sessions that the account itself wants disconnected, which no resumption connects.
        default_session: the session that was made the default, if one was.
        ended: keys revoked and sessions released last, so that a late repeat of their making revives none.
        day: the day of UTC that `sent` is of.
        sent: messages accepted on that day.
        suspended: the operator stopped it.
    """

    email: str | None = None
    plan: Plan = Plan.FREE
    opened_with: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    sessions: Mapping[str, str] = field(default_factory=dict)
    disconnected: tuple[str, ...] = ()
    default_session: str | None = None
    ended: tuple[str, ...] = ()
    day: date = date.min
    sent: int = 0
    suspended: bool = False

    @property
    def opened(self) -> bool:
        """Whether there is such an account."""
        return self.email is not None

    @property
    def daily_limit(self) -> int:
        """Messages it may send in a day."""
        return DAILY_MESSAGE_LIMITS[self.plan]

    @property
    def session_limit(self) -> int | None:
        """Sessions it may hold; None is no limit."""
        return SESSION_LIMITS[self.plan]

    @property
    def wanted_sessions(self) -> tuple[str, ...]:
        """The sessions that are connected as long as the account may send."""
        disconnected = frozenset(self.disconnected)
        return tuple(id_ for id_ in self.sessions if id_ not in disconnected)

    def day_of(self, at: datetime) -> date:
        """The day that a message asked for at `at` counts against: its own, but none before the account's.

        Two api instances whose clocks differ ask, around midnight, in an order that is not time's. To turn
        the day back for the late one would be to forget what was sent on the new day.
        """
        return max(self.day, at.astimezone(UTC).date())

    def sent_on(self, day: date) -> int:
        """Messages accepted on `day`, which is the account's own or a later one."""
        return self.sent if day == self.day else 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An account, and how far in the log its commands are decided in it.

    Attributes:
        account: what came of them.
        decided_to: the offset of the last one; an account's commands all lie in one partition.
    """

    account: Account = Account()
    decided_to: int = -1

    def holds(self, offset: int) -> bool:
        """Whether the command at `offset` is decided in it; to decide it again would be to count it twice."""
        return offset <= self.decided_to


def midnight_after(day: date) -> datetime:
    """When the limit of `day` resets: the next day's midnight, UTC's. The calendar's last day has its end."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=1), time.min, UTC)


def evolve(account: Account, event: AccountEvent) -> Account:  # noqa: C901, PLR0911, PLR0912 - one case each
    """The account after `event`, which is a fact and never refused.

    A beginning told again after its end (by a writer that was paused) revives nothing. A `MessageAccepted`
    told twice counts twice: whoever folds a log leaves out the record ids that it has seen.
    """
    match event:
        case AccountOpened(email=email, plan=plan):
            return replace(account, email=email, plan=plan)
        case PlanChanged(plan=plan):
            return replace(account, plan=plan)
        case AccountSuspended():
            return replace(account, suspended=True)
        case AccountResumed():
            return replace(account, suspended=False)
        case KeyIssued(key_id=id_, key_hash=hash_):
            if id_ in account.ended:
                return account
            opened_with = account.opened_with or id_
            return replace(account, keys={**account.keys, id_: hash_}, opened_with=opened_with)
        case KeyRevoked(key_id=id_):
            return replace(account, keys=_without(account.keys, id_), ended=_ended(account, id_))
        case SessionCreated(session_id=id_, session_key=key):
            if id_ in account.ended:
                return account
            return replace(account, sessions={**account.sessions, id_: key})
        case SessionUpdated():
            return _updated(account, event)
        case SessionReleased(session_id=id_):
            default = None if account.default_session == id_ else account.default_session
            return replace(
                account,
                sessions=_without(account.sessions, id_),
                disconnected=_apart_from(account.disconnected, id_),
                default_session=default,
                ended=_ended(account, id_),
            )
        case MessageAccepted():
            return _count(account, event)
        case MessageRejected() | CommandRefused():
            return account
        case _:
            assert_never(event)


def _updated(account: Account, event: SessionUpdated) -> Account:
    id_, sessions, default = event.session_id, account.sessions, account.default_session
    disconnected = account.disconnected
    if id_ not in sessions:
        return account
    if event.session_key is not None:
        sessions = {**sessions, id_: event.session_key}
    if event.is_default:
        default = id_
    elif event.is_default is False and default == id_:
        default = None
    if event.desired_state is not None:
        wanted = event.desired_state is DesiredState.CONNECTED
        disconnected = (*_apart_from(disconnected, id_), *(() if wanted else (id_,)))
    return replace(account, sessions=sessions, default_session=default, disconnected=disconnected)


def counted_on(event: MessageAccepted) -> date:
    """The day that the message counts against."""
    return event.day or event.at.astimezone(UTC).date()


def _count(account: Account, event: MessageAccepted) -> Account:
    day = counted_on(event)
    if day < account.day:
        return account  # a rebuild reads sessions in any order; what an earlier day counted no longer matters
    return replace(account, day=day, sent=account.sent_on(day) + 1)


def _without(entries: Mapping[str, str], id_: str) -> dict[str, str]:
    return {key: value for key, value in entries.items() if key != id_}


def _apart_from(ids: tuple[str, ...], id_: str) -> tuple[str, ...]:
    return tuple(known for known in ids if known != id_)


def _ended(account: Account, id_: str) -> tuple[str, ...]:
    return (*_apart_from(account.ended, id_)[1 - _REMEMBERED :], id_)
