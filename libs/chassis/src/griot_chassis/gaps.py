"""Noticing what a fetch left out."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from aiokafka import ConsumerRecord

from griot_chassis.records import Partition
from griot_contracts.topics import Topic

_TRIES: Final = 20


class Gaps:
    """Knows which partitions' records do not go on where the last of them ended.

    aiokafka's `getmany` takes from one partition after the other. If one cannot be read (a checksum that does
    not hold, a compression it does not know), it throws away what it had of the others, and goes on behind
    that.
    """

    def __init__(self, topics: Collection[Topic]) -> None:
        """Of compacted topics nothing is said: gaps are their nature."""
        self._whole = {topic.name for topic in topics if not topic.latest}
        self._tried: Counter[tuple[Partition, int]] = Counter()

    def found(self, raw: Sequence[ConsumerRecord], wanted: Mapping[Partition, int]) -> set[Partition]:
        """The partitions that have to be read again from the offset that is wanted of them.

        What stays away however often that is done is not in the log, and is wanted no more.
        """
        first: dict[Partition, int] = {}
        for item in raw:
            first.setdefault(Partition.of(item), item.offset)
        gaps = {
            where for where, offset in first.items() if offset > wanted[where] and self._is_new(where, wanted)
        }
        self._tried.update((where, wanted[where]) for where in gaps)
        return gaps

    def forget(self) -> None:
        """Begin anew, with partitions that are dealt anew."""
        self._tried.clear()

    def _is_new(self, where: Partition, wanted: Mapping[Partition, int]) -> bool:
        return where.topic in self._whole and self._tried[where, wanted[where]] < _TRIES
