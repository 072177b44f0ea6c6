"""Where a consumer stands, kept beside its effect: a database that forgets its last second forgets both."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Final

import stamina
from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import UpdateOne
from pymongo.errors import ConnectionFailure

from griot_chassis.errors import PositionsForgottenError
from griot_chassis.records import Partition

_LOOK_EVERY_S: Final = 1.0


class Positions:
    """The next offset of each partition, in the collection `positions` beside the effects."""

    def __init__(self, database: AsyncIOMotorDatabase[dict[str, Any]], group: str) -> None:
        self._collection = database["positions"]
        self._group = group
        self._known: dict[Partition, int] = {}  # what the database has said that it holds

    @property
    def known(self) -> Mapping[Partition, int]:
        """The next offset of each partition, as it was loaded or saved last."""
        return self._known

    async def load(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """The next offset to read of each partition that has one."""
        found = await self._find(partitions)
        self._known = {where: at for where, at in self._known.items() if where not in partitions} | found
        return found

    async def save(self, positions: Mapping[Partition, int]) -> None:
        """Store where to read on.

        Called after the effect is stored. A repeat is safe, a step back is refused.

        Raises:
            PositionsForgottenError: the database holds less than it did, so effects are lost with it. What
                lies between has to be read again: `load`, and go on from there.
        """
        steps = [self._step(partition, offset) for partition, offset in positions.items()]
        done = await self._collection.bulk_write(steps, ordered=False)
        if done.matched_count + done.upserted_count < len(steps):
            raise PositionsForgottenError(f"{self._group}: {done.matched_count} of {len(steps)} are there")
        self._known.update(positions)

    async def begin(self, starts: Mapping[Partition, int], ends: Mapping[Partition, int]) -> None:
        """Have a position of each partition, so that whoever reads the effects knows whether they are whole.

        Those that have none are read from `starts` on, and are not whole before they are read to `ends`: see
        `untold`. Those that have one keep it, but for what lies before `starts` and will never be read. A
        repeat is safe.
        """
        steps = [
            UpdateOne(
                {"_id": self._id(where)},
                {"$max": {"next": start}, "$setOnInsert": {"until": ends[where]}},
                upsert=True,
            )
            for where, start in starts.items()
        ]
        if steps:
            await self._collection.bulk_write(steps, ordered=False)
        await self.load(starts)

    async def untold(self, partitions: Collection[Partition]) -> set[Partition]:
        """Those of these partitions whose effects lack something: what they told is told again, or will be.

        For effects whose consumer calls `begin`.
        """
        wanted = {self._id(partition): partition for partition in partitions}
        cursor = self._collection.find({"_id": {"$in": list(wanted)}})
        told = {d["_id"] async for d in cursor if d["next"] >= d.get("until", 0)}
        return {partition for name, partition in wanted.items() if name not in told}

    async def check(self, partitions: Collection[Partition]) -> None:
        """See that the database still holds what it held: what was read from it before this is whole.

        Raises:
            PositionsForgottenError: it does not, as for `save`.
        """
        found = await self._find(partitions)
        lost = [where for where in partitions if found.get(where, -1) < self._known.get(where, -1)]
        if lost:
            raise PositionsForgottenError(f"{self._group}: {len(lost)} of {len(partitions)} are lost")

    async def until_forgotten(self) -> None:
        """Return when the database holds less than it did: dropped, or without its last moments."""
        seen: dict[str, int] = {}
        while True:
            seen |= {
                self._id(where): at for where, at in self._known.items()
            }  # it may hold that since a moment
            found = await self._all()
            if any(found.get(name, -1) < at for name, at in seen.items()):
                return
            seen = found
            await asyncio.sleep(_LOOK_EVERY_S)

    @stamina.retry(on=ConnectionFailure, attempts=None, timeout=None, wait_initial=0.1, wait_max=2.0)
    async def _all(self) -> dict[str, int]:
        cursor = self._collection.find({"_id": {"$regex": f"^{self._group}:"}})
        return {document["_id"]: document["next"] async for document in cursor}

    async def _find(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        wanted = {self._id(partition): partition for partition in partitions}
        cursor = self._collection.find({"_id": {"$in": list(wanted)}})
        return {wanted[document["_id"]]: document["next"] async for document in cursor}

    def _step(self, partition: Partition, offset: int) -> UpdateOne:
        known = self._known.get(partition)
        as_known = {} if known is None else {"next": {"$gte": known}}
        return UpdateOne(
            {"_id": self._id(partition)} | as_known, {"$max": {"next": offset}}, upsert=known is None
        )

    def _id(self, partition: Partition) -> str:
        return f"{self._group}:{partition.topic}:{partition.number}"
