"""What an account's snapshot and answers were, made again from the log's events.

The events are the truth. The commands, which are kept for a week, say only which events are not to be taken
(those of commands that will be decided again), and what was asked under an Idempotency-Key.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from griot_contracts.accounts import CommandRefused, RecallDecision
from griot_contracts.base import Contract
from griot_contracts.messages import MessageAccepted, MessageRejected, TextContent
from quota.domain.account import Account, AccountEvent, evolve
from quota.domain.answering import Answer, Asked, once_of
from quota.domain.following import verdict

_NOTHING: Final = TextContent(text="-")


@dataclass(frozen=True, slots=True)
class Told:
    """An event with what the log says around it.

    Attributes:
        order: by which events of several partitions are sorted: when each was written.
        id: the record's own; the same for what was told twice.
        cause: the id of the command it comes from.
        event: what happened.
    """

    order: tuple[float, int]
    id: str
    cause: str | None
    event: AccountEvent


@dataclass(frozen=True, slots=True)
class Question:
    """A command under an Idempotency-Key, and where it lies."""

    command: Asked
    offset: int


@dataclass(slots=True)
class Remembered:
    """What comes of it: the accounts, and what was granted under Idempotency-Keys."""

    accounts: dict[str, Account] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)


def as_told(body: Contract, order: tuple[float, int], id_: str, cause: str | None) -> Told | None:
    """An event of an account, without what people wrote; None where it changes no account."""
    if isinstance(body, MessageRejected | CommandRefused) or not isinstance(body, AccountEvent):
        return None
    event = body.model_copy(update={"content": _NOTHING}) if isinstance(body, MessageAccepted) else body
    return Told(order, id_, cause, event)


def remember(
    told: Iterable[Told], undecided: Collection[str], questions: Mapping[str, Question]
) -> Remembered:
    """Fold the events.

    Args:
        told: of any accounts, in any order, with repeats.
        undecided: ids of the commands that will be decided again, whose events do not count yet.
        questions: the commands under Idempotency-Keys, by their ids.
    """
    remembered, seen = Remembered(), set[str]()
    for one in sorted(told, key=lambda one: one.order):
        if one.id in seen or one.cause in undecided:
            continue
        seen.add(one.id)
        account = evolve(remembered.accounts.get(one.event.account_id, Account()), one.event)
        remembered.accounts[one.event.account_id] = account
        question = None if one.cause is None else questions.get(one.cause)
        if question is not None:
            _answer(remembered, question, one.event, account)
    return remembered


def _answer(remembered: Remembered, question: Question, event: AccountEvent, account: Account) -> None:
    once = once_of(question.command)
    if once is not None and not isinstance(question.command, RecallDecision):
        reply = verdict(question.command, [event], account)
        remembered.answers[once.id] = Answer(once.fingerprint, question.offset, reply)
