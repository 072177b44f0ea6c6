"""From Kafka's records to Griot's, and those that cannot be read to dead letters."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiokafka import ConsumerRecord
from faststream.kafka import KafkaMessage

from griot_chassis import metrics
from griot_chassis.errors import TooManyDeadLettersError
from griot_chassis.isolation import IllegibleRecord
from griot_chassis.log import get_logger
from griot_chassis.publisher import Publisher
from griot_chassis.records import Partition, Record, written_at
from griot_contracts.cloudevents import UnreadableRecordError, decode
from griot_contracts.dead_letters import DeadLetter
from griot_contracts.topics import topic_of

log = get_logger(__name__)

_NOTHING: Final = -1


class Decoder:
    """Decodes what one consumer reads.

    A record that cannot be read is put aside once, however often its batch comes, and the consumer goes on.
    What is in a row is so within its partition: what other partitions carry meanwhile says nothing of it.
    """

    def __init__(self, publisher: Publisher, group: str, max_in_a_row: int) -> None:
        self._publisher = publisher
        self._group = group
        self._max_in_a_row = max_in_a_row
        self._in_a_row: Counter[Partition] = Counter()
        self._aside_to: dict[Partition, int] = {}

    async def decode(self, raw: Iterable[ConsumerRecord]) -> list[Record]:
        """The records that can be read, in order; the others are in dead-letters.v1 when this returns.

        Raises:
            BrokerUnavailableError: a dead letter could not be written; nothing may be taken as read.
            TooManyDeadLettersError: the limit is reached; the last one was not put aside.
        """
        records = []
        for item in raw:
            where = Partition.of(item)
            repeated = item.offset <= self._aside_to.get(where, _NOTHING)  # with one that was put aside
            try:
                records.append(to_record(item))
                if not repeated:
                    self._in_a_row[where] = 0
            except UnreadableRecordError as error:
                if not repeated:
                    await self._put_aside(item, where, error.reason)
        return records

    async def _put_aside(self, raw: ConsumerRecord, where: Partition, reason: str) -> None:
        if self._in_a_row[where] >= self._max_in_a_row:
            raise TooManyDeadLettersError(
                f"{self._in_a_row[where]} unreadable records in a row from {raw.topic}"
            )
        letter = DeadLetter(raw.topic, raw.partition, raw.offset, self._group, reason)
        await self._publisher.put_aside(letter, raw.key, raw.value, list(raw.headers))
        self._in_a_row[where] += 1
        self._aside_to[where] = raw.offset
        metrics.DEAD_LETTERS.labels(raw.topic, self._group).inc()
        log.error(
            "record put aside", topic=raw.topic, partition=raw.partition, offset=raw.offset, reason=reason
        )  # fmt: skip


def to_record(raw: ConsumerRecord) -> Record:
    """Decode one record.

    Raises:
        UnreadableRecordError: no retry will make it readable.
    """
    if isinstance(raw, IllegibleRecord):
        raise UnreadableRecordError("the name of a header is not UTF-8 (see its own place)")
    envelope = decode(raw.headers, raw.value)
    home = topic_of(envelope.body)
    if home.name != raw.topic:
        raise UnreadableRecordError(f"{raw.topic} does not carry a {type(envelope.body).__name__}")
    key = None if raw.key is None else raw.key.decode(errors="replace")
    if home.key is not None and key != home.key_of(envelope.body):
        # Its partition is another's: there its offset would be taken for one of its own partition's.
        raise UnreadableRecordError(f"not under its {home.key} as key")
    return Record(
        envelope=envelope,
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        key=key,
        written_at=written_at(raw),
    )


async def parse_untouched(message: Any) -> KafkaMessage:
    """FastStream's parser, without its reading of headers.

    A header that is not UTF-8 must not lose a record.
    """
    return KafkaMessage(raw_message=message, body=b"", consumer=None)  # type: ignore[arg-type]  # acks nothing


async def hand_over_raw(message: KafkaMessage) -> Sequence[ConsumerRecord]:
    """FastStream's decoder: the handler gets Kafka's own records and decodes them itself."""
    raw = message.raw_message
    return raw if isinstance(raw, tuple) else (raw,)
