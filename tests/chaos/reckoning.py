"""Three stories of the same messages, the senders' and Griot's and the phones', and what they come to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from griot_contracts.base import Contract
from griot_contracts.messages import (
    MessageAccepted,
    MessageDelivered,
    MessageEvent,
    MessageFailed,
    MessageQueued,
    MessageRead,
    MessageRejected,
    MessageSending,
    MessageSent,
    MessageStatus,
    MessageUnknown,
)
from griot_contracts.sessions import WhenUnknown

_STATUS: Final[dict[type[Contract], MessageStatus]] = {
    MessageAccepted: MessageStatus.PENDING, MessageRejected: MessageStatus.REJECTED,
    MessageQueued: MessageStatus.QUEUED, MessageSending: MessageStatus.SENDING,
    MessageUnknown: MessageStatus.UNKNOWN, MessageFailed: MessageStatus.FAILED,
    MessageSent: MessageStatus.SENT, MessageDelivered: MessageStatus.DELIVERED,
    MessageRead: MessageStatus.READ,
}  # fmt: skip


@dataclass
class InTheLog:
    """A message as its events in the log tell it.

    Attributes:
        decisions: the ids of the records that accepted it: one, however often it was decided.
        status: how far it has come.
        unknowns: why nobody knew what became of an attempt, each attempt once.
        reason: why it failed.
    """

    message_id: str
    session_id: str
    account_id: str
    decisions: set[str] = field(default_factory=set)
    status: MessageStatus = MessageStatus.REJECTED
    unknowns: dict[int, str] = field(default_factory=dict)
    reason: str | None = None

    @property
    def accepted(self) -> bool:
        return bool(self.decisions)

    @property
    def ended(self) -> bool:
        """Whether nothing more has to happen to it."""
        return self.status.rank >= MessageStatus.FAILED.rank or not self.accepted


class Log:
    """Message events folded into messages, a record read twice counted once."""

    def __init__(self) -> None:
        self.messages: dict[str, InTheLog] = {}

    def take(self, event: Contract, record_id: str) -> None:
        """The next event of its session."""
        if not isinstance(event, MessageEvent):
            return
        message = self.messages.setdefault(
            event.message_id, InTheLog(event.message_id, event.session_id, event.account_id)
        )
        status = _STATUS[type(event)]
        if isinstance(event, MessageAccepted):
            message.decisions.add(record_id)
        elif isinstance(event, MessageUnknown):
            message.unknowns[event.attempt] = event.reason
        elif isinstance(event, MessageFailed):
            message.reason = event.reason
        if status.rank >= message.status.rank or message.status is MessageStatus.REJECTED:
            message.status = status

    def of(self, account_ids: set[str]) -> "Log":
        """The messages of these accounts alone."""
        ours = Log()
        ours.messages = {id_: one for id_, one in self.messages.items() if one.account_id in account_ids}
        return ours

    def accepted_of(self, account_id: str) -> int:
        """How many messages of an account were accepted."""
        return sum(one.accepted and one.account_id == account_id for one in self.messages.values())

    @property
    def all_ended(self) -> bool:
        return all(message.ended for message in self.messages.values())


@dataclass(frozen=True)
class Sent:
    """What a sender was told, and what it asked for.

    Attributes:
        texts: the text of each message that was answered with 202, by id.
        limit: how many a day its plan allows, where it tried to send more.
    """

    account_id: str
    when_unknown: WhenUnknown
    texts: Mapping[str, str]
    limit: int | None = None


@dataclass
class Reckoning:
    """What it comes to.

    Attributes:
        accepted: messages that Griot took on.
        once: delivered once.
        twice: delivered more than once.
        unknown: of which nobody knew, for a while or for ever, whether they were sent; by the first reason.
        failed: not delivered, and told so with a reason other than that; by reason.
        lost: not delivered, and not told so.
        wrong: everything else that must not be, in words.
    """

    accepted: int = 0
    once: int = 0
    twice: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, and nothing doubled in silence."""
        return not self.lost and not self.wrong

    def lines(self) -> list[str]:
        """The report, a line each."""
        doubtful = _reasons(self.unknown)
        return [
            f"accepted: {self.accepted}",
            f"delivered once: {self.once}",
            f"delivered twice: {self.twice}",
            f"unknown: {self.unknown.total()}{doubtful}",
            f"failed: {self.failed.total()}{_reasons(self.failed)}",
            f"lost: {len(self.lost)}",
            *(f"LOST {what}" for what in self.lost),
            *(f"WRONG {what}" for what in self.wrong),
        ]


def reckon(senders: Iterable[Sent], log: Log, shown: Counter[str], stored: Mapping[str, str]) -> Reckoning:
    """Compare the stories message by message.

    Args:
        senders: what those who sent were told.
        log: what message.events.v1 says.
        shown: how often each text came to a phone.
        stored: the status of each message in the read side's database, by id.
    """
    reckoning = Reckoning()
    for sender in senders:
        _told_and_taken(sender, log, reckoning)
        for message_id, text in sender.texts.items():
            message = log.messages.get(message_id)
            if message is not None and message.accepted:
                _one(message, sender.when_unknown, shown[text], text, reckoning)
    reckoning.wrong += _stored_otherwise(log, stored)
    return reckoning


def _told_and_taken(sender: Sent, log: Log, reckoning: Reckoning) -> None:
    taken = {id_ for id_, one in log.messages.items() if one.account_id == sender.account_id and one.accepted}
    reckoning.accepted += log.accepted_of(sender.account_id)
    if untold := taken - sender.texts.keys():
        reckoning.wrong.append(f"accepted, and the sender was told otherwise: {sorted(untold)}")
    if sender.limit is None:
        reckoning.lost += [
            f"{id_}: answered with 202, and not accepted" for id_ in sender.texts.keys() - taken
        ]
    elif len(taken) != sender.limit:
        reckoning.wrong.append(f"accepted of {sender.limit} that the plan allows: {len(taken)}")


def _one(message: InTheLog, when_unknown: WhenUnknown, times: int, text: str, reckoning: Reckoning) -> None:
    if len(message.decisions) > 1:
        reckoning.wrong.append(f"{text!r} was accepted under several ids: {sorted(message.decisions)}")
    reckoning.unknown.update(list(message.unknowns.values())[:1])
    reckoning.once += times == 1
    reckoning.twice += times > 1
    allowed = 1 + len(message.unknowns) if when_unknown is WhenUnknown.RESEND else 1
    if times > allowed:
        reckoning.wrong.append(
            f"{text!r} came {times} times, unknown {len(message.unknowns)}, {when_unknown}"
        )
    if times:
        return
    if message.status is MessageStatus.FAILED:
        if not message.unknowns:
            reckoning.failed[str(message.reason)] += 1
    elif message.status is not MessageStatus.UNKNOWN:
        reckoning.lost.append(f"{message.message_id}: {text!r} is {message.status}")


def _stored_otherwise(log: Log, stored: Mapping[str, str]) -> list[str]:
    return [
        f"{id_} is {message.status} in the log, {stored.get(id_)} in MongoDB"
        for id_, message in log.messages.items()
        if stored.get(id_) != message.status
    ]


def _reasons(counted: Counter[str]) -> str:
    words = ", ".join(f"{reason} {count}" for reason, count in counted.most_common())
    return f" ({words})" if words else ""
