"""Where a consumer stands, kept beside its effect: a database that forgets its last second forgets both."""

from collections.abc import Collection, Mapping
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import UpdateOne

from griot_chassis.records import Partition


class Positions:
    """The next offset of each partition, in the collection `positions` beside the effects."""

    def __init__(self, database: AsyncIOMotorDatabase[dict[str, Any]], group: str) -> None:
        self._collection = database["positions"]
        self._group = group

    async def load(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """The next offset to read of each partition that has one."""
        wanted = {self._id(partition): partition for partition in partitions}
        found = self._collection.find({"_id": {"$in": list(wanted)}})
        return {wanted[document["_id"]]: document["next"] async for document in found}

    async def save(self, positions: Mapping[Partition, int]) -> None:
        """Store where to read on.

        Called after the effect is stored. A repeat is safe, a step back is refused.
        """
        steps = [
            UpdateOne({"_id": self._id(partition)}, {"$max": {"next": offset}}, upsert=True)
            for partition, offset in positions.items()
        ]
        await self._collection.bulk_write(steps, ordered=False)

    def _id(self, partition: Partition) -> str:
        return f"{self._group}:{partition.topic}:{partition.number}"
