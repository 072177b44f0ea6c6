"""What a consumer is given: who handles its batches, and who is told what it owns."""

from collections.abc import Sequence
from typing import Protocol

from griot_chassis.records import Partition, Record


class Handler(Protocol):
    """Handles a batch: records in order within each partition.

    It returns when their effects are durable. If it raises, the same records come again after a wait, so it
    must be safe to repeat. It is cancelled when the partitions are lost and it does not finish in time.
    """

    async def __call__(self, records: Sequence[Record]) -> None: ...


class PartitionListener(Protocol):
    """Told of ownership.

    Each must return within a few seconds: the group waits for it, and no heartbeat is sent.
    """

    async def assigned(self, partitions: set[Partition]) -> None:
        """Awaited before any record of these partitions is given."""

    async def revoked(self, partitions: set[Partition]) -> None:
        """Awaited after the batch in hand is finished, before anybody else gets these partitions."""
