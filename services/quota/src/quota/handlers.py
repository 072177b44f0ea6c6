"""Account commands in, decisions out: read, decide, publish, store, for a whole batch at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from griot_chassis.log import get_logger
from griot_chassis.records import Record
from griot_contracts.accounts import CommandDecided, ResumeAccount, SuspendAccount
from griot_contracts.base import Contract, Sequenced
from griot_contracts.cloudevents import Envelope
from griot_contracts.ids import derive
from griot_contracts.sessions import SessionUpdated, StartSession, StopSession, UpdateSession
from quota.domain import Answer, Asked, Settled, Snapshot, consequences, once_of, settle

log = get_logger(__name__)

_OF_SEVERAL_SESSIONS: Final = (UpdateSession, SuspendAccount, ResumeAccount)
"""To make one session the default is to make another it no more; a suspension stops all of them."""


class Snapshots(Protocol):
    """Where accounts are kept between batches."""

    async def load(self, account_ids: Collection[str]) -> dict[str, Snapshot]:
        """What is stored of these accounts; one that was never decided on is left out.

        Raises:
            Exception: the store is away; the batch comes again.
        """

    async def save(self, snapshots: Mapping[str, Snapshot]) -> None:
        """Store each, unless what is there has decided as far or further. Durable on return, safe to repeat.

        Raises:
            Exception: the store is away, and some may be stored; the batch comes again.
        """


class Answers(Protocol):
    """Where it is kept what was granted under an Idempotency-Key."""

    async def load(self, once_ids: Collection[str]) -> dict[str, Answer]:
        """What was granted under these; where nothing was, it is left out.

        Raises:
            Exception: the store is away; the batch comes again.
        """

    async def save(self, answers: Mapping[str, Answer]) -> None:
        """Store each. Durable once the save of snapshots that comes after it returns; safe to repeat.

        Raises:
            Exception: the store is away, and some may be stored; the batch comes again.
        """


class Log(Protocol):
    """Where decisions are written: the chassis's publisher."""

    def envelope(
        self,
        body: Contract,
        *,
        id: str,  # noqa: A002 - the word of CloudEvents
        cause: Envelope[Contract] | None = None,
        reply_to: str | None = None,
    ) -> Envelope[Contract]:
        """Wrap a body for the log, under the correlation and the trace of its cause."""

    async def publish(self, envelopes: Sequence[Envelope[Contract]]) -> None:
        """Write them, in order for each key; every one is acknowledged on return.

        Raises:
            BrokerUnavailableError: none or some are written; the batch comes again.
        """


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is published for one command: its events, then what may be read only when they are in the log."""

    events: list[Envelope[Contract]]
    follows: list[Envelope[Contract]]


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is known while a batch is decided, and what comes of it.

    Attributes:
        accounts: what is stored of the accounts, then what was decided.
        answers: what was granted before under the Idempotency-Keys of the batch, then in it too.
        decided: the accounts that were decided on.
        granted: the answers that are new.
        decisions: what to publish, in the order of the log.
    """

    accounts: dict[str, Snapshot]
    answers: dict[str, Answer]
    decided: dict[str, Snapshot] = field(default_factory=dict)
    granted: dict[str, Answer] = field(default_factory=dict)
    decisions: list[_Decision] = field(default_factory=list)


class DecideAccountCommands:
    """Decides account commands in the order of the log."""

    def __init__(self, snapshots: Snapshots, answers: Answers, log_: Log) -> None:
        self._snapshots = snapshots
        self._answers = answers
        self._log = log_

    async def __call__(self, records: Sequence[Record]) -> None:
        """Decide a batch. Safe to repeat: every published id follows from its command's id.

        The order is what makes it exact. A command that the snapshot holds is skipped, for it was published
        before it was stored. An aggregate's first event stands in the log before the command from which all
        its others follow, and every event before the reply that tells of it. The snapshots come last: a crash
        before them repeats the decisions, with the same ids, and loses none. The answers come before them:
        what the snapshot holds is never decided again, and a repeat of it must be known as one.

        Raises:
            Exception: the log or the store is away; nothing counts as decided that is not published.
        """
        once_ids = {once.id for record in records if (once := once_of(record.body)) is not None}
        batch = _Batch(
            accounts=await self._snapshots.load({record.body.account_id for record in records}),
            answers=await self._answers.load(once_ids),
        )
        for record in records:
            self._take(record, batch)
        await self._log.publish([event for decision in batch.decisions for event in decision.events])
        await self._log.publish([then for decision in batch.decisions for then in decision.follows])
        await self._answers.save(batch.granted)
        await self._snapshots.save(batch.decided)

    def _take(self, record: Record, batch: _Batch) -> None:
        account_id = record.body.account_id
        before = batch.accounts.get(account_id, Snapshot())
        if before.holds(record.offset):
            return
        account = before.account
        if isinstance(record.body, Asked):
            once = once_of(record.body)
            known = None if once is None else batch.answers.get(once.id)
            settled = settle(account, record.body, record.offset, known)
            account = settled.account
            batch.decisions.append(self._decision(record, settled))
            if once is not None and settled.granted is not None:
                batch.answers[once.id] = batch.granted[once.id] = settled.granted
        else:
            log.error("not an account command", type=record.body.type(), offset=record.offset)
        batch.accounts[account_id] = batch.decided[account_id] = Snapshot(account, record.offset)

    def _decision(self, record: Record, settled: Settled) -> _Decision:
        command, decision = record.envelope, _Decision([], [])
        for event in settled.events:
            told = self._wrap(_numbered(event, record.offset), command, cause=command)
            decision.events.append(told)
            for then in consequences(event):
                decision.follows.append(self._wrap(_numbered(then, record.offset), command, told))
        if command.reply_to is not None:
            decision.follows.append(self._wrap(settled.reply, command, cause=command))
        return decision

    def _wrap(
        self, body: Contract, command: Envelope[Contract], cause: Envelope[Contract]
    ) -> Envelope[Contract]:
        reply_to = command.reply_to if isinstance(body, CommandDecided) else None
        names = [type(body).__name__]
        if isinstance(body, SessionUpdated | StartSession | StopSession) and isinstance(
            command.body, _OF_SEVERAL_SESSIONS
        ):
            names.append(body.session_id)
        id_ = derive(command.id, *names)
        return self._log.envelope(body, id=id_, cause=cause, reply_to=reply_to)


def _numbered(body: Contract, offset: int) -> Contract:
    """The body, with the place of the command that it comes from where it has one for it."""
    return body.model_copy(update={"sequence": offset}) if isinstance(body, Sequenced) else body
