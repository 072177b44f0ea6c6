"""One account, its commands and its events, as the tests of the quota service speak of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce

from griot_contracts.accounts import (
    AccountOpened,
    ChangePlan,
    IssueKey,
    KeyIssued,
    OpenAccount,
    Plan,
    RevokeKey,
)
from griot_contracts.messages import MessageAccepted, SendMessage, TextContent
from griot_contracts.sessions import CreateSession, DeleteSession, SessionCreated
from quota.domain import Account, AccountCommand, AccountEvent, decide, evolve

ACCOUNT = "6a2f41a3-c54c-5c1c-a9f3-000000000001"
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 15, tzinfo=UTC)
RECIPIENT = "237612345678@s.whatsapp.net"

Given = Callable[[AccountCommand], list[AccountEvent]]


def given(*history: AccountEvent) -> Given:
    """Fold a history, then decide: `given(OPENED)(command)` is what the command makes happen."""
    account = reduce(evolve, history, Account())
    return lambda command: decide(account, command)


def account_after(*history: AccountEvent) -> Account:
    return reduce(evolve, history, Account())


def sent_today(count: int, account: Account) -> Account:
    """The account when it has sent so many messages by noon; the same as after as many `accepted`."""
    return replace(account, day=NOON.date(), sent=count)


OPENED = AccountOpened(account_id=ACCOUNT, at=NOON, email="ama@example.com", password_hash="scrypt$x")
FIRST_KEY = KeyIssued(account_id=ACCOUNT, at=NOON, key_id="k1", key_hash="h1", key_hint="grt_live_aaaa")
HOLDS_S1 = SessionCreated(account_id=ACCOUNT, at=NOON, session_id="s1", session_key="shop")
HISTORY = (OPENED, FIRST_KEY, HOLDS_S1)


def open_account(key_id: str = "k1", at: datetime = NOON) -> OpenAccount:
    return OpenAccount(
        account_id=ACCOUNT,
        at=at,
        email="ama@example.com",
        password_hash="scrypt$x",
        key_id=key_id,
        key_hash=f"h{key_id[1:]}",
        key_hint="grt_live_aaaa",
    )


def issue_key(key_id: str, at: datetime = NOON) -> IssueKey:
    return IssueKey(
        account_id=ACCOUNT, at=at, key_id=key_id, key_hash=f"h{key_id[1:]}", key_hint="grt_live_bbbb"
    )


def revoke_key(key_id: str, at: datetime = NOON) -> RevokeKey:
    return RevokeKey(account_id=ACCOUNT, at=at, key_id=key_id)


def change_plan(plan: Plan, at: datetime = NOON) -> ChangePlan:
    return ChangePlan(account_id=ACCOUNT, at=at, plan=plan)


def create_session(session_id: str, session_key: str | None = None, at: datetime = NOON) -> CreateSession:
    key = session_key or f"key of {session_id}"
    return CreateSession(account_id=ACCOUNT, at=at, session_id=session_id, session_key=key)


def delete_session(session_id: str, at: datetime = NOON) -> DeleteSession:
    return DeleteSession(account_id=ACCOUNT, at=at, session_id=session_id)


def send(
    message_id: str, at: datetime = NOON, session_id: str = "s1", key_id: str | None = None
) -> SendMessage:
    return SendMessage(
        account_id=ACCOUNT,
        at=at,
        message_id=message_id,
        session_id=session_id,
        to=RECIPIENT,
        content=TextContent(text="hello"),
        key_id=key_id,
    )


def accepted(message_id: str, at: datetime = NOON) -> MessageAccepted:
    return MessageAccepted(
        account_id=ACCOUNT,
        at=at,
        message_id=message_id,
        session_id="s1",
        to=RECIPIENT,
        content=TextContent(text="hello"),
        day=at.astimezone(UTC).date(),
    )
