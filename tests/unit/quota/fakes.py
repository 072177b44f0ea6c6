"""Small real things in the place of Kafka and MongoDB."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from griot_chassis.errors import BrokerUnavailableError, DatabaseUnavailableError
from griot_chassis.records import Record
from griot_contracts import topics
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope, subject_of
from quota.domain import Answer, Asked, Snapshot
from tests.unit.quota.samples import NOON

REPLY_TO = "replies.v1/7"


class MemorySnapshots:
    """Snapshots in a dictionary; passes the suite of the real ones. `away` makes the next save fail."""

    def __init__(self) -> None:
        self.stored: dict[str, Snapshot] = {}
        self.away = False

    async def load(self, account_ids: Collection[str]) -> dict[str, Snapshot]:
        return {id_: self.stored[id_] for id_ in account_ids if id_ in self.stored}

    async def save(self, snapshots: Mapping[str, Snapshot]) -> None:
        if self.away:
            self.away = False
            raise DatabaseUnavailableError("away")
        for id_, snapshot in snapshots.items():
            if id_ not in self.stored or self.stored[id_].decided_to < snapshot.decided_to:
                self.stored[id_] = snapshot


class MemoryAnswers:
    """Answers in a dictionary; passes the suite of the real ones."""

    def __init__(self) -> None:
        self.stored: dict[str, Answer] = {}

    async def load(self, once_ids: Collection[str]) -> dict[str, Answer]:
        return {id_: self.stored[id_] for id_ in once_ids if id_ in self.stored}

    async def save(self, answers: Mapping[str, Answer]) -> None:
        self.stored.update(answers)


class MemoryLog:
    """What was published, one list a call. Call number `breaks_at`, from 0, writes half and fails."""

    def __init__(self, breaks_at: int | None = None) -> None:
        self.calls: list[list[Envelope[Contract]]] = []
        self.breaks_at = breaks_at

    @property
    def written(self) -> list[Envelope[Contract]]:
        return [envelope for call in self.calls for envelope in call]

    def of(self, kind: type[Contract]) -> list[Envelope[Contract]]:
        return [envelope for envelope in self.written if isinstance(envelope.body, kind)]

    def envelope(
        self,
        body: Contract,
        *,
        id: str,  # noqa: A002 - the word of CloudEvents
        cause: Envelope[Contract] | None = None,
        reply_to: str | None = None,
    ) -> Envelope[Contract]:
        return Envelope(
            body=body,
            id=id,
            source="/quota",
            subject=subject_of(body),
            correlation_id=id if cause is None else cause.correlation_id or cause.id,
            causation_id=None if cause is None else cause.id,
            reply_to=reply_to,
        )

    async def publish(self, envelopes: Sequence[Envelope[Contract]]) -> None:
        if len(self.calls) == self.breaks_at:
            self.calls.append(list(envelopes[: len(envelopes) // 2]))
            raise BrokerUnavailableError("away")
        self.calls.append(list(envelopes))


def record(command: Asked, offset: int, reply_to: str | None = REPLY_TO) -> Record:
    """The command as it lies in the log, its id told by where."""
    envelope: Envelope[Contract] = Envelope(
        body=command, id=f"command-{offset}", source="/api", subject=subject_of(command), reply_to=reply_to
    )
    return Record(
        envelope=envelope,
        topic=topics.ACCOUNT_COMMANDS.name,
        partition=3,
        offset=offset,
        key=command.account_id,
        written_at=NOON + timedelta(milliseconds=offset),
    )


def records(*commands: Asked, first: int = 0) -> list[Record]:
    return [record(command, offset) for offset, command in enumerate(commands, start=first)]
