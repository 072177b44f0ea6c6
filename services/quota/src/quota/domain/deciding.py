"""What happens when an account is asked for something: one small function a command."""

from datetime import datetime
from typing import Final, assert_never

from griot_contracts.accounts import (
    AccountOpened,
    AccountResumed,
    AccountSuspended,
    ChangePlan,
    CommandRefused,
    IssueKey,
    KeyIssued,
    KeyRevoked,
    OpenAccount,
    PlanChanged,
    Refusal,
    ResumeAccount,
    RevokeKey,
    SessionReleased,
    SuspendAccount,
)
from griot_contracts.messages import MessageAccepted, MessageRejected, SendMessage
from griot_contracts.sessions import (
    CreateSession,
    DeleteSession,
    SessionCreated,
    SessionUpdated,
    UpdateSession,
)
from quota.domain.account import (
    MOST_KEYS,
    MOST_SESSIONS,
    Account,
    AccountCommand,
    AccountEvent,
    midnight_after,
)

_REFUSED_IN_SUSPENSION: Final = (IssueKey, CreateSession, UpdateSession, SendMessage)
"""What a suspended account may not do; what only gives something up, it may."""


def decide(account: Account, command: AccountCommand) -> list[AccountEvent]:  # noqa: C901, PLR0911, PLR0912
    """What `command` makes happen. A refusal is an event; what holds already does not happen again."""
    if not account.opened and not isinstance(command, OpenAccount):
        return [_refusal(command, Refusal.NO_SUCH_ACCOUNT)]
    if account.suspended and isinstance(command, _REFUSED_IN_SUSPENSION):
        return [_refusal(command, Refusal.ACCOUNT_SUSPENDED)]
    match command:
        case OpenAccount():
            return _open_account(account, command)
        case ChangePlan():
            return _change_plan(account, command)
        case SuspendAccount():
            return _suspend(account, command)
        case ResumeAccount():
            return _resume(account, command)
        case IssueKey():
            return _issue_key(account, command)
        case RevokeKey():
            return _revoke_key(account, command)
        case CreateSession():
            return _create_session(account, command)
        case UpdateSession():
            return _update_session(account, command)
        case DeleteSession():
            return _delete_session(account, command)
        case SendMessage():
            return _send_message(account, command)
        case _:
            assert_never(command)


def _open_account(account: Account, command: OpenAccount) -> list[AccountEvent]:
    if account.opened:
        repeat = command.key_id == account.opened_with and command.once is None
        return [] if repeat else [_refusal(command, Refusal.EMAIL_TAKEN)]
    who, at = command.account_id, command.at
    return [
        AccountOpened(
            account_id=who, at=at, email=command.email, name=command.name, password_hash=command.password_hash
        ),
        KeyIssued(
            account_id=who,
            at=at,
            key_id=command.key_id,
            key_hash=command.key_hash,
            key_hint=command.key_hint,
        ),
    ]


def _change_plan(account: Account, command: ChangePlan) -> list[AccountEvent]:
    if command.plan is account.plan:
        return []
    return [PlanChanged(account_id=command.account_id, at=command.at, plan=command.plan)]


def _suspend(account: Account, command: SuspendAccount) -> list[AccountEvent]:
    if account.suspended:
        return []
    who, at, reason = command.account_id, command.at, command.reason
    return [AccountSuspended(account_id=who, at=at, reason=reason, session_ids=account.wanted_sessions)]


def _resume(account: Account, command: ResumeAccount) -> list[AccountEvent]:
    if not account.suspended:
        return []
    who, at = command.account_id, command.at
    return [AccountResumed(account_id=who, at=at, session_ids=account.wanted_sessions)]


def _issue_key(account: Account, command: IssueKey) -> list[AccountEvent]:
    if command.key_id in account.keys or command.key_id in account.ended:
        return _made_before(command)
    if len(account.keys) >= MOST_KEYS:
        return [_refusal(command, Refusal.KEY_LIMIT_REACHED, limit=MOST_KEYS)]
    return [
        KeyIssued(
            account_id=command.account_id,
            at=command.at,
            key_id=command.key_id,
            key_hash=command.key_hash,
            key_hint=command.key_hint,
            name=command.name,
            scopes=command.scopes,
            expires_at=command.expires_at,
        )
    ]


def _revoke_key(account: Account, command: RevokeKey) -> list[AccountEvent]:
    key_hash = account.keys.get(command.key_id)
    if key_hash is None:
        return [_refusal(command, Refusal.NO_SUCH_KEY)]
    return [
        KeyRevoked(account_id=command.account_id, at=command.at, key_id=command.key_id, key_hash=key_hash)
    ]


def _create_session(account: Account, command: CreateSession) -> list[AccountEvent]:
    if command.session_id in account.sessions or command.session_id in account.ended:
        return _made_before(command)
    if command.session_key in account.sessions.values():
        return [_refusal(command, Refusal.SESSION_KEY_TAKEN)]
    limit = MOST_SESSIONS if account.session_limit is None else account.session_limit
    if len(account.sessions) >= limit:
        return [_refusal(command, Refusal.SESSION_LIMIT_REACHED, limit=limit)]
    return [
        SessionCreated(
            account_id=command.account_id,
            at=command.at,
            session_id=command.session_id,
            session_key=command.session_key,
        )
    ]


def _update_session(account: Account, command: UpdateSession) -> list[AccountEvent]:
    id_, key = command.session_id, command.session_key
    if id_ not in account.sessions:
        return [_refusal(command, Refusal.NO_SUCH_SESSION)]
    if key is not None and any(key == taken for other, taken in account.sessions.items() if other != id_):
        return [_refusal(command, Refusal.SESSION_KEY_TAKEN)]
    events: list[AccountEvent] = []
    if command.is_default and account.default_session not in (None, id_):
        was = {"session_id": account.default_session, "is_default": False}
        events.append(SessionUpdated(account_id=command.account_id, at=command.at, **was))
    return [*events, SessionUpdated(**dict(command))]


def _delete_session(account: Account, command: DeleteSession) -> list[AccountEvent]:
    if command.session_id not in account.sessions:
        return [_refusal(command, Refusal.NO_SUCH_SESSION)]
    return [SessionReleased(account_id=command.account_id, at=command.at, session_id=command.session_id)]


def _send_message(account: Account, command: SendMessage) -> list[AccountEvent]:
    if command.key_id is not None and command.key_id not in account.keys:
        return [_refusal(command, Refusal.NO_SUCH_KEY)]
    if command.session_id not in account.sessions:
        return [_refusal(command, Refusal.NO_SUCH_SESSION)]
    day, limit = account.day_of(command.at), account.daily_limit
    if account.sent_on(day) >= limit:
        reason, resets_at = Refusal.DAILY_LIMIT_REACHED, midnight_after(day)
        return [_refusal(command, reason, limit=limit, resets_at=resets_at)]
    return [
        MessageAccepted(
            account_id=command.account_id,
            at=command.at,
            message_id=command.message_id,
            session_id=command.session_id,
            to=command.to,
            content=command.content,
            day=day,
            send_at=command.send_at,
        )
    ]


def _made_before(command: IssueKey | CreateSession) -> list[AccountEvent]:
    """A repeat makes nothing. Under an Idempotency-Key it is none: the answer to it is forgotten by now."""
    return [] if command.once is None else [_refusal(command, Refusal.IDEMPOTENCY_KEY_REUSED)]


def _refusal(
    command: AccountCommand, reason: Refusal, limit: int | None = None, resets_at: datetime | None = None
) -> MessageRejected | CommandRefused:
    """A refused message is an event of the message; every other refusal is one of the account."""
    who, at = command.account_id, command.at
    if isinstance(command, SendMessage):
        return MessageRejected(
            account_id=who,
            at=at,
            message_id=command.message_id,
            session_id=command.session_id,
            to=command.to,
            content=command.content,
            reason=reason.value,
            limit=limit,
            resets_at=resets_at,
        )
    return CommandRefused(account_id=who, at=at, command=type(command).__name__, reason=reason, limit=limit)
