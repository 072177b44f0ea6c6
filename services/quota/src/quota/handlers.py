"""Account commands in, decisions out: read, decide, publish, store, for a whole batch at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

from griot_chassis.log import get_logger
from griot_chassis.records import Record
from griot_contracts.accounts import CommandDecided
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope
from griot_contracts.ids import derive
from griot_contracts.sessions import SessionUpdated
from quota.domain import AccountCommand, Snapshot, consequences, decide, evolve, verdict

log = get_logger(__name__)


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
    answers: list[Envelope[Contract]]


class DecideAccountCommands:
    """Decides account commands in the order of the log."""

    def __init__(self, snapshots: Snapshots, log_: Log) -> None:
        self._snapshots = snapshots
        self._log = log_

    async def __call__(self, records: Sequence[Record]) -> None:
        """Decide a batch. Safe to repeat: every published id follows from its command's id.

        The order is what makes it exact. A command that the snapshot holds is skipped, for it was published
        before it was stored. An aggregate's first event stands in the log before the command from which all
        its others follow, and every event before the reply that tells of it. The snapshots come last: a crash
        before them repeats the decisions, with the same ids, and loses none.

        Raises:
            Exception: the log or the store is away; nothing counts as decided that is not published.
        """
        stored = await self._snapshots.load({record.body.account_id for record in records})
        decisions, decided = self._decide_all(records, stored)
        await self._log.publish([event for decision in decisions for event in decision.events])
        await self._log.publish([answer for decision in decisions for answer in decision.answers])
        await self._snapshots.save(decided)

    def _decide_all(
        self, records: Sequence[Record], stored: Mapping[str, Snapshot]
    ) -> tuple[list[_Decision], dict[str, Snapshot]]:
        decisions: list[_Decision] = []
        decided: dict[str, Snapshot] = {}
        for record in records:
            account_id = record.body.account_id
            before = decided.get(account_id) or stored.get(account_id) or Snapshot()
            if before.holds(record.offset):
                continue
            decision, decided[account_id] = self._decide(record, before)
            decisions.append(decision)
        return decisions, decided

    def _decide(self, record: Record, before: Snapshot) -> tuple[_Decision, Snapshot]:
        command = record.body
        if not isinstance(command, AccountCommand):
            log.error("not an account command", type=command.type(), offset=record.offset)
            return _Decision([], []), Snapshot(before.account, record.offset)
        events = decide(before.account, command)
        account = reduce(evolve, events, before.account)
        decision = _Decision([], [])
        for event in events:
            told = self._wrap(event, record.envelope, cause=record.envelope)
            decision.events.append(told)
            decision.answers.extend(self._wrap(then, record.envelope, told) for then in consequences(event))
        if record.envelope.reply_to is not None:
            reply = verdict(command, events, account)
            decision.answers.append(self._wrap(reply, record.envelope, cause=record.envelope))
        return decision, Snapshot(account, record.offset)

    def _wrap(
        self, body: Contract, command: Envelope[Contract], cause: Envelope[Contract]
    ) -> Envelope[Contract]:
        reply_to = command.reply_to if isinstance(body, CommandDecided) else None
        names = [type(body).__name__]
        if isinstance(body, SessionUpdated):
            names.append(body.session_id)  # to make one session the default is to make another it no more
        id_ = derive(command.id, *names)
        return self._log.envelope(body, id=id_, cause=cause, reply_to=reply_to)
