"""What a broker has written to its disk, changed behind its back."""

from pathlib import Path

from aiokafka.record.util import calc_crc32c

from griot_chassis.records import Partition
from griot_local.kafka import KafkaServer

_LENGTH, _HEAD, _CHECKSUM = slice(8, 12), 12, slice(17, 21)
"""Where a batch says how long the rest of it is, where that rest begins, and where its checksum lies.

As in Kafka's documentation, "Record Batch".
"""


def rewrite(kafka: KafkaServer, where: Partition, old: bytes, new: bytes, *, sealed: bool = False) -> None:
    """Put `new` for the one place of `old` in a partition's log; `sealed` under a checksum that holds."""
    assert len(old) == len(new)
    path = segment(kafka, where)
    log = path.read_bytes()
    assert log.count(old) == 1
    changed = bytearray(log.replace(old, new))
    if sealed:
        batch = batch_at(log, log.index(old))
        checksum = calc_crc32c(bytes(changed[batch.start + _CHECKSUM.stop : batch.stop]))
        changed[batch.start + _CHECKSUM.start : batch.start + _CHECKSUM.stop] = checksum.to_bytes(4, "big")
    with path.open("r+b") as file:  # the same file: the broker has it open
        file.write(changed)


def segment(kafka: KafkaServer, where: Partition) -> Path:
    """The file of a partition's first records."""
    return kafka.folder / "data" / f"{where.topic}-{where.number}" / f"{0:020}.log"


def batch_at(log: bytes, place: int) -> slice:
    """The batch that has this byte."""
    start = 0
    while True:
        stop = start + _HEAD + int.from_bytes(log[start:][_LENGTH], "big")
        if place < stop:
            return slice(start, stop)
        start = stop
