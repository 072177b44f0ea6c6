"""What an account's snapshot and answers were, made again from the log's events.

The events are the truth. The commands, which are kept for a week, say only which events are not to be taken
(those of commands that will be decided again), and what was asked under an Idempotency-Key.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from griot_contracts.accounts import CommandRefused
from griot_contracts.base import Contract
from griot_contracts.messages import MessageAccepted, MessageRejected, SendMessage, TextContent
from griot_contracts.sessions import SessionUpdated
from quota.domain.account import Account, AccountCommand, AccountEvent, counted_on, evolve
from quota.domain.answering import Answer, once_of
from quota.domain.following import reply_of

_NOTHING: Final = TextContent(text="-")


@dataclass(frozen=True, slots=True)
class Written:
    """A body as it lies in the log.

    Attributes:
        id: the record's own; the same for what was told twice.
        cause: the id of the command it comes from.
        partition: where it lies; what lies in one is in order.
        written_at: by the broker's clock, by which events of several partitions are sorted.
        body: what happened.
    """

    id: str
    cause: str | None
    partition: Hashable
    written_at: datetime
    body: Contract


@dataclass(frozen=True, slots=True)
class Question:
    """A command under an Idempotency-Key, as far as its answer depends on it, and where it lies."""

    kind: type[AccountCommand]
    account_id: str
    at: datetime
    once_id: str
    fingerprint: str
    offset: int


@dataclass(slots=True)
class Remembered:
    """What comes of it: the accounts, and what was granted under Idempotency-Keys."""

    accounts: dict[str, Account] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Kept:
    order: tuple[float, int]
    id: str
    question: Question | None
    event: AccountEvent


@dataclass(slots=True)
class _Newest:
    """The messages accepted on the newest day, whatever the order in which they are read."""

    day: date = date.min
    ids: set[str] = field(default_factory=set)

    def count(self, day: date, id_: str) -> None:
        if day > self.day:
            self.day, self.ids = day, set()
        if day == self.day:
            self.ids.add(id_)


def question_of(command: Contract, offset: int) -> Question | None:
    """What the command at `offset` asked, if an answer to it is kept when it is granted."""
    once = once_of(command)
    if once is None or not isinstance(command, AccountCommand):
        return None
    kind, who, at = type(command), command.account_id, command.at
    return Question(kind, who, at, once.id, once.fingerprint, offset)


@dataclass(slots=True)
class Retelling:
    """Takes events in as they are read, and keeps of them what the fold needs.

    Of messages that is the ids of the newest day, for an account's count does not depend on what else
    happened. Only where some were asked for under Idempotency-Keys, whose answers say what was left of the
    day then, it is a small note of each.

    Attributes:
        undecided: ids of the commands that will be decided again, whose events do not count yet.
        questions: what was asked under Idempotency-Keys, by the ids of the commands.
    """

    undecided: Collection[str]
    questions: Mapping[str, Question]
    _asking: set[str] = field(init=False)
    _kept: list[_Kept] = field(default_factory=list, init=False)
    _newest: dict[str, _Newest] = field(default_factory=dict, init=False)
    _accepted: dict[tuple[str, date], MessageAccepted] = field(default_factory=dict, init=False)
    _read_to: dict[Hashable, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Know the accounts whose messages are asked about."""
        self._asking = {one.account_id for one in self.questions.values() if one.kind is SendMessage}

    def take(self, one: Written) -> None:
        """Take in what is read next of a partition: of any account, with repeats."""
        event = one.body
        if isinstance(event, MessageRejected | CommandRefused) or not isinstance(event, AccountEvent):
            return
        if one.cause in self.undecided:
            return
        if not isinstance(event, MessageAccepted):
            self._keep(one, event)
        elif event.account_id in self._asking:
            self._keep(one, self._like(event))
        else:
            self._newest.setdefault(event.account_id, _Newest()).count(counted_on(event), one.id)

    def remembered(self) -> Remembered:
        """Fold what was taken in, each event once."""
        remembered, seen, numbers = Remembered(), set[str](), dict[str, int | None]()
        for one in sorted(self._kept, key=lambda one: one.order):
            if one.id in seen:
                continue
            seen.add(one.id)
            account = _evolved(remembered.accounts, one.event, numbers)
            if one.question is not None:
                remembered.answers[one.question.once_id] = _answer(one.question, account)
        for id_, newest in self._newest.items():
            account = remembered.accounts.get(id_, Account())
            remembered.accounts[id_] = replace(account, day=newest.day, sent=len(newest.ids))
        return remembered

    def _keep(self, one: Written, event: AccountEvent) -> None:
        question = None if one.cause is None else self.questions.get(one.cause)
        self._kept.append(_Kept(self._order(one), one.id, question, event))

    def _order(self, one: Written) -> tuple[float, int]:
        # Not before what lies before it: the next leader of a partition may have a clock that is behind.
        written = max(one.written_at.timestamp(), self._read_to.get(one.partition, 0.0))
        self._read_to[one.partition] = written
        return written, len(self._kept)

    def _like(self, event: MessageAccepted) -> MessageAccepted:
        """One event, without what people wrote, for all of an account's day: to a count they are the same."""
        key = event.account_id, counted_on(event)
        if key not in self._accepted:
            self._accepted[key] = event.model_copy(update={"content": _NOTHING})
        return self._accepted[key]


def _evolved(accounts: dict[str, Account], event: AccountEvent, numbers: dict[str, int | None]) -> Account:
    """Evolve the event's account. `numbers` has the sequence of what made the default what it is."""
    who = event.account_id
    before, last = accounts.get(who, Account()), numbers.get(who)
    if isinstance(event, SessionUpdated) and event.is_default is not None and event.is_overtaken(last):
        # It lies in another partition than what overtook it, and their brokers' clocks differ.
        event = event.model_copy(update={"is_default": None})
    accounts[who] = evolve(before, event)
    if isinstance(event, SessionUpdated) and accounts[who].default_session != before.default_session:
        numbers[who] = event.latest(last)
    return accounts[who]


def _answer(question: Question, account: Account) -> Answer:
    reply = reply_of(question.kind, question.at, question.account_id, account)
    return Answer(question.fingerprint, question.offset, reply)
