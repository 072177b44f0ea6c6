"""What this service keeps in MongoDB: which sessions there are, and under which ownership each runs."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from pymongo import UpdateOne, WriteConcern

from griot_contracts.sessions import DesiredState
from session_manager.domain.ownership import Logged, Owned

_DURABLE = WriteConcern(j=True)  # few writes, and a session that is forgotten is not started again


class MongoSessions:
    """The port `Sessions`.

    - `sessions`: `{_id: session id, account_id, partition, desired, jid, since}`, `jid` once it is linked.
    - `leases`: `{_id: session id, owner, epoch, at}`; the epoch grows by one with each ownership. Whose the
      sessions are is for `leases.MongoLeases` to say: these only count.
    - `partitions`: `{_id: number, read_at}`, those whose sessions are all known.
    """

    def __init__(self, database: Any, owner: str, now: Callable[[], datetime]) -> None:
        self._sessions = database.get_collection("sessions", write_concern=_DURABLE)
        self._leases = database.get_collection("leases", write_concern=_DURABLE)
        self._partitions = database.get_collection("partitions", write_concern=_DURABLE)
        self._owner = owner
        self._now = now

    async def unread(self, partitions: Collection[int]) -> set[int]:
        """Those of these partitions whose sessions are not known."""
        read = self._partitions.find({"_id": {"$in": sorted(partitions)}, "read_at": {"$exists": True}})
        return set(partitions) - {document["_id"] async for document in read}

    async def restore(self, partition: int, sessions: Collection[Logged]) -> None:
        """Know a partition's sessions, as the log has them. A repeat changes nothing."""
        for one in sessions:
            await self._know(one.session_id, one.account_id, partition, one.desired)
            await self._leases.update_one(
                {"_id": one.session_id}, {"$max": {"epoch": one.epoch}}, upsert=True
            )
        read = {"$set": {"read_at": self._now()}}
        await self._partitions.update_one({"_id": partition}, read, upsert=True)

    async def take_over(self, partitions: Collection[int]) -> list[Owned]:
        """Begin a new ownership of every session of these partitions that is to be connected."""
        await self._sessions.create_index("partition")
        found = self._sessions.find({"partition": {"$in": sorted(partitions)}, "desired": "connected"})
        known = [document async for document in found]
        epochs = await self._take([document["_id"] for document in known])
        return [_owned(document, epochs[document["_id"]]) for document in known]

    async def add(self, session_id: str, account_id: str, partition: int) -> Owned:
        """Know a session from here on, and own it."""
        await self._know(session_id, account_id, partition)
        document = await self._sessions.find_one({"_id": session_id})
        return _owned(document, (await self._take([session_id]))[session_id])

    async def stop(self, session_id: str, account_id: str, partition: int) -> Owned:
        """Own a session that is not to be connected."""
        await self._know(session_id, account_id, partition, DesiredState.DISCONNECTED)
        document = await self._sessions.find_one({"_id": session_id})
        return _owned(document, (await self._take([session_id]))[session_id])

    async def remember(self, session_id: str, jid: str | None) -> None:
        """Keep which WhatsApp account a session is linked to; None for none any more."""
        await self._sessions.update_one({"_id": session_id}, {"$set": {"jid": jid}})

    async def remove(self, session_id: str) -> None:
        """Know a session no more. A repeat does nothing."""
        await self._sessions.delete_one({"_id": session_id})
        await self._leases.delete_one({"_id": session_id})

    async def _know(
        self,
        session_id: str,
        account_id: str,
        partition: int,
        desired: DesiredState = DesiredState.CONNECTED,
    ) -> None:
        wanted = {"account_id": account_id, "partition": partition, "desired": desired.value}
        change = {"$set": wanted, "$setOnInsert": {"jid": None, "since": self._now()}}
        await self._sessions.update_one({"_id": session_id}, change, upsert=True)

    async def _take(self, session_ids: list[str]) -> dict[str, int]:
        if not session_ids:
            return {}
        mine = {"$set": {"owner": self._owner, "at": self._now()}, "$inc": {"epoch": 1}}
        await self._leases.bulk_write(
            [UpdateOne({"_id": session_id}, mine, upsert=True) for session_id in session_ids], ordered=False
        )
        found = self._leases.find({"_id": {"$in": session_ids}})
        return {lease["_id"]: lease["epoch"] async for lease in found}


def _owned(document: dict[str, Any], epoch: int) -> Owned:
    return Owned(document["_id"], document["account_id"], document["partition"], epoch, document["jid"])
