"""What follows from a decision: commands to those who carry it out, and the reply to whoever asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from griot_contracts.accounts import (
    AccountResumed,
    AccountSuspended,
    CommandDecided,
    CommandRefused,
    Refusal,
    SessionReleased,
)
from griot_contracts.messages import DispatchMessage, MessageAccepted, MessageRejected, SendMessage
from griot_contracts.sessions import (
    CreateSession,
    DesiredState,
    DestroySession,
    SessionCreated,
    SessionUpdated,
    StartSession,
    StopSession,
)
from quota.domain.account import Account, AccountCommand, AccountEvent, midnight_after

Consequence: TypeAlias = StartSession | StopSession | DestroySession | DispatchMessage


def consequences(event: AccountEvent) -> list[Consequence]:  # noqa: PLR0911 - one case each
    """The commands that follow from `event`. Published once the event is in the log."""
    match event:
        case SessionCreated(account_id=account, at=at, session_id=id_):
            return [StartSession(account_id=account, at=at, session_id=id_)]
        case SessionUpdated(account_id=account, at=at, session_id=id_, desired_state=DesiredState.CONNECTED):
            return [StartSession(account_id=account, at=at, session_id=id_)]
        case SessionUpdated(
            account_id=account, at=at, session_id=id_, desired_state=DesiredState.DISCONNECTED
        ):
            return [StopSession(account_id=account, at=at, session_id=id_)]
        case AccountSuspended(account_id=account, at=at, session_ids=ids):
            return [StopSession(account_id=account, at=at, session_id=id_) for id_ in ids]
        case AccountResumed(account_id=account, at=at, session_ids=ids):
            return [StartSession(account_id=account, at=at, session_id=id_) for id_ in ids]
        case SessionReleased(account_id=account, at=at, session_id=id_):
            return [DestroySession(account_id=account, at=at, session_id=id_)]
        case MessageAccepted(account_id=account, at=at, message_id=id_):
            return [
                DispatchMessage(
                    account_id=account,
                    at=at,
                    message_id=id_,
                    session_id=event.session_id,
                    to=event.to,
                    content=event.content,
                    send_at=event.send_at,
                )
            ]
        case _:
            return []


def verdict(command: AccountCommand, events: Sequence[AccountEvent], account: Account) -> CommandDecided:
    """The reply to `command`, of which came `events` and, with them, `account`."""
    return reply_of(type(command), command.at, command.account_id, account, _refused(events))


def reply_of(
    kind: type[AccountCommand], at: datetime, who: str, account: Account, refusal: Refusal | None = None
) -> CommandDecided:
    """The reply to a command of this kind, asked at `at` by `who`, with which came `account`."""
    reply = CommandDecided(account_id=who, at=at, refusal=refusal)
    if kind is SendMessage and account.opened:
        day, limit = account.day_of(at), account.daily_limit
        left = max(0, limit - account.sent_on(day))
        return reply.model_copy(update={"limit": limit, "remaining": left, "resets_at": midnight_after(day)})
    if kind is CreateSession and account.opened and account.session_limit is not None:
        left = max(0, account.session_limit - len(account.sessions))
        return reply.model_copy(update={"limit": account.session_limit, "remaining": left})
    return reply


def _refused(events: Sequence[AccountEvent]) -> Refusal | None:
    for event in events:
        if isinstance(event, MessageRejected | CommandRefused):
            return Refusal(event.reason)
    return None
