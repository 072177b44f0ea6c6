"""What is answered to a command that was asked before, under the same Idempotency-Key."""

from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from griot_contracts.accounts import CommandDecided, RecallDecision, Refusal
from griot_contracts.base import Contract, Creation, Once
from quota.domain.account import Account, AccountCommand, AccountEvent, evolve
from quota.domain.deciding import decide
from quota.domain.following import verdict

Asked: TypeAlias = AccountCommand | RecallDecision


@dataclass(frozen=True, slots=True)
class Answer:
    """What was granted under an Idempotency-Key, once.

    A refusal is no answer: it changed nothing, and when its cause is gone the same request may be granted.

    Attributes:
        fingerprint: the request's; another one under the same key is another request.
        offset: where the command that was granted lies.
        reply: what was said to it.
    """

    fingerprint: str
    offset: int
    reply: CommandDecided


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a command.

    Attributes:
        events: what happened.
        account: the account with it.
        reply: what is said to whoever asked.
        granted: the answer to remember, if this is the first under its Idempotency-Key.
    """

    events: list[AccountEvent]
    account: Account
    reply: CommandDecided
    granted: Answer | None = None


def settle(account: Account, command: Asked, offset: int, known: Answer | None) -> Settled:
    """Answer a command as it was answered before, or decide it.

    Args:
        account: as it stands before the command.
        command: what is asked.
        offset: where it lies.
        known: what was granted under its Idempotency-Key. If that was this very command, or a later one, it
            is what a crash left: the answer was stored, and the account was not. Then the command is decided
            as if for the first time, and comes out the same.
    """
    once = once_of(command)
    if once is not None and known is not None and known.offset < offset:
        return Settled([], account, _recalled(command, once, known))
    if isinstance(command, RecallDecision):
        return Settled([], account, _refused(command, Refusal.NOTHING_DECIDED))
    events = decide(account, command)
    after = reduce(evolve, events, account)
    reply = verdict(command, events, after)
    granted = None if once is None or reply.refusal else Answer(once.fingerprint, offset, reply)
    return Settled(events, after, reply, granted)


def once_of(command: Contract) -> Once | None:
    """The Idempotency-Key under which a command is asked, if there is one."""
    return command.once if isinstance(command, Creation | RecallDecision) else None


def _recalled(command: Asked, once: Once, known: Answer) -> CommandDecided:
    if known.fingerprint == once.fingerprint:
        return known.reply
    return _refused(command, Refusal.IDEMPOTENCY_KEY_REUSED)


def _refused(command: Asked, why: Refusal) -> CommandDecided:
    return CommandDecided(account_id=command.account_id, at=command.at, refusal=why)
