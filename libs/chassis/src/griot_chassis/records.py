"""A record as a handler sees it: what it carries, and where it lies in the log."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from aiokafka import ConsumerRecord, TopicPartition

from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One partition of one topic."""

    topic: str
    number: int

    @classmethod
    def of(cls, place: TopicPartition | ConsumerRecord) -> Self:
        """The one that Kafka's client means, or that its record lies in."""
        return cls(place.topic, place.partition)

    @property
    def kafka(self) -> TopicPartition:
        """As Kafka's client wants it."""
        return TopicPartition(self.topic, self.number)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the log, decoded.

    Attributes:
        envelope: the body with its attributes.
        topic: the topic it lies in, with its `partition` and `offset`.
        key: the record's key, as text.
        written_at: when the broker appended it, by the broker's clock.
    """

    envelope: Envelope[Contract]
    topic: str
    partition: int
    offset: int
    key: str | None
    written_at: datetime

    @property
    def body(self) -> Contract:
        """The command, event or notice."""
        return self.envelope.body

    @property
    def at(self) -> Partition:
        """The partition it lies in."""
        return Partition(self.topic, self.partition)


def written_at(raw: ConsumerRecord) -> datetime:
    """When the broker appended it, by the broker's clock."""
    return datetime.fromtimestamp(raw.timestamp / 1000, UTC)
