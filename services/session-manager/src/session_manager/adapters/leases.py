"""What MongoDB keeps of the leases: which process owns which partition of session.commands.v1."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateOne

from griot_chassis.mongo import NEVER_FORGOTTEN


class MongoLeases:
    """The port `Leases`.

    `partitions`: `{_id: number, owner, epoch, at, former}`, beside what `sessions.MongoSessions` keeps there:
    the owner's instance and process, how often the partition has changed hands, when its owner said last that
    it lives, and the owner before it until that has let go.
    """

    def __init__(self, database: Any, instance: str, process: str, now: Callable[[], datetime]) -> None:
        """Own nothing.

        Args:
            database: the service's.
            instance: this worker's name, which no other living worker has.
            process: the name of this life of it, which no other has or had.
            now: the time.
        """
        self._partitions = database.get_collection("partitions", write_concern=NEVER_FORGOTTEN)
        self._instance = instance
        self._owner = f"{instance}/{process}"
        self._now = now

    async def seize(self, partitions: Collection[int], *, recently_s: float) -> None:
        """Become the owner of these partitions, whoever was."""
        if not partitions:
            return
        alive = self._now() - timedelta(seconds=recently_s)
        found = self._partitions.find({"_id": {"$in": sorted(partitions)}, "at": {"$gte": alive}})
        former = {lease["_id"]: lease["owner"] async for lease in found if self._is_another(lease)}
        changes = [
            UpdateOne(
                {"_id": number},
                {
                    "$set": {"owner": self._owner, "at": self._now(), "former": former.get(number)},
                    "$inc": {"epoch": 1},
                },
                upsert=True,
            )
            for number in sorted(partitions)
        ]
        await self._partitions.bulk_write(changes, ordered=False)

    async def renew(self, partitions: Collection[int]) -> set[int]:
        """Say that their owner lives; returns those of which this process still is the owner."""
        if not partitions:
            return set()
        alive = {"$set": {"at": self._now(), "owner": self._owner}}
        among = {"_id": {"$in": sorted(partitions)}}
        renewed = await self._partitions.update_many({**among, "owner": self._owner}, alive)
        if renewed.matched_count == len(partitions):
            return set(partitions)
        owners = {lease["_id"]: lease.get("owner") async for lease in self._partitions.find(among)}
        # A database that has forgotten the lease has not given it to anybody else.
        forgotten = [number for number in partitions if number not in owners]
        for number in forgotten:
            await self._partitions.update_one({"_id": number}, alive, upsert=True)
        return {number for number, owner in owners.items() if owner == self._owner} | set(forgotten)

    async def held_on_to(self, partitions: Collection[int]) -> bool:
        """Whether the former owner of any of them has yet to let go."""
        held = {"_id": {"$in": sorted(partitions)}, "former": {"$nin": [None]}}
        return bool(partitions) and await self._partitions.find_one(held) is not None

    async def let_go(self, partitions: Collection[int]) -> None:
        """Nothing of them runs here any more. A repeat does nothing."""
        among = {"_id": {"$in": sorted(partitions)}}
        await self._partitions.update_many({**among, "owner": self._owner}, {"$set": {"owner": None}})
        await self._partitions.update_many({**among, "former": self._owner}, {"$set": {"former": None}})

    def _is_another(self, lease: dict[str, Any]) -> bool:
        """Whether the owner may live: an earlier life of this very worker does not."""
        owner = lease.get("owner")
        return owner is not None and owner.rpartition("/")[0] != self._instance
