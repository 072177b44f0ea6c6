"""The Account aggregate: who it is, what its plan allows, which keys and sessions it holds."""

from enum import StrEnum
from typing import Final

from griot_contracts.base import Command, Creation, Event, Notice, Once, Sequenced, Time


class Plan(StrEnum):
    """What an account may do. The limits are in `SESSION_LIMITS` and `DAILY_MESSAGE_LIMITS`."""

    FREE = "free"
    PRO = "pro"


SESSION_LIMITS: Final[dict[Plan, int | None]] = {Plan.FREE: 10, Plan.PRO: None}
"""Sessions an account may hold at once; None is no limit of the plan's."""

DAILY_MESSAGE_LIMITS: Final[dict[Plan, int]] = {Plan.FREE: 100, Plan.PRO: 10_000}
"""Messages an account may send in one day of UTC."""


class Scope(StrEnum):
    """What a key may be used for."""

    MESSAGES_SEND = "messages:send"
    MESSAGES_READ = "messages:read"
    SESSIONS_MANAGE = "sessions:manage"
    KEYS_MANAGE = "keys:manage"


class Refusal(StrEnum):
    """Why a command was refused: a stable code that the public API passes on."""

    NO_SUCH_ACCOUNT = "no_such_account"
    NO_SUCH_KEY = "no_such_key"
    NO_SUCH_SESSION = "no_such_session"
    EMAIL_TAKEN = "email_taken"
    SESSION_KEY_TAKEN = "session_key_taken"
    SESSION_LIMIT_REACHED = "session_limit_reached"
    KEY_LIMIT_REACHED = "key_limit_reached"
    DAILY_LIMIT_REACHED = "daily_limit_reached"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    NOTHING_DECIDED = "nothing_decided"
    MESSAGE_NOT_CANCELLABLE = "message_not_cancellable"
    ACCOUNT_SUSPENDED = "account_suspended"


class OpenAccount(Creation):
    """Open an account on the free plan, with its first key.

    `account_id` follows from the address (`ids.account_id_for`).
    """

    email: str
    name: str | None = None
    password_hash: str
    key_id: str
    key_hash: str
    key_hint: str


class ChangePlan(Command):
    """The operator puts the account on another plan; its limits hold from the next command on."""

    plan: Plan


class SuspendAccount(Command):
    """The operator stops the account: its keys are refused within a second, and it sends nothing."""

    reason: str | None = None


class ResumeAccount(Command):
    """The operator lets a suspended account go on, with the keys and sessions it has."""


class IssueKey(Creation):
    """Make another API key. The key itself never travels, only its hash."""

    key_id: str
    key_hash: str
    key_hint: str
    name: str | None = None
    scopes: tuple[Scope, ...] = tuple(Scope)
    expires_at: Time | None = None


class RevokeKey(Command):
    """End a key: it is refused everywhere within a second."""

    key_id: str


class RecallDecision(Command):
    """Say again what was decided under an Idempotency-Key. It changes nothing, whatever the answer.

    Asked where the request would be refused now, and may have been granted before. The reply is the first
    one; `nothing_decided` where there is none, `idempotency_key_reused` where it was another request's.
    """

    once: Once


class AccountOpened(Event):
    """An account exists."""

    email: str
    name: str | None = None
    password_hash: str
    plan: Plan = Plan.FREE


class PlanChanged(Event, Sequenced):
    """The account's limits are another plan's from here on."""

    plan: Plan


class AccountSuspended(Event, Sequenced):
    """The account may do nothing from here on. Its sessions are disconnected; what is queued for them waits.

    `session_ids` are those that are disconnected by it: all but those that the account disconnected itself.
    """

    reason: str | None = None
    session_ids: tuple[str, ...] = ()


class AccountResumed(Event, Sequenced):
    """The account may go on. Its sessions, those in `session_ids`, are connected again."""

    session_ids: tuple[str, ...] = ()


class KeyIssued(Event):
    """A key may be used from here on."""

    key_id: str
    key_hash: str
    key_hint: str
    name: str | None = None
    scopes: tuple[Scope, ...] = tuple(Scope)
    expires_at: Time | None = None


class KeyRevoked(Event):
    """A key may not be used any more."""

    key_id: str
    key_hash: str


class KeyUsed(Event):
    """A key was used, last at `at`. Each instance tells it at most once a minute a key."""

    key_id: str


class SessionReleased(Event):
    """The account gave a session up.

    It no longer counts, and its owner is told to log out and destroy the keys.
    """

    session_id: str


class CommandRefused(Event):
    """A command changed nothing, for this reason. A refused message is a `MessageRejected` instead."""

    command: str
    reason: Refusal
    limit: int | None = None


class CommandDecided(Notice):
    """The reply to a command, on the partition its `reply_to` named, correlated by the command's id.

    Comes after every event of the decision is in the log. A repeat under an Idempotency-Key gets the first
    reply again, whose `at` is the first command's. `limit`, `remaining` and `resets_at` are of the
    limit that the command counts against, where there is one.
    """

    refusal: Refusal | None = None
    limit: int | None = None
    remaining: int | None = None
    resets_at: Time | None = None
