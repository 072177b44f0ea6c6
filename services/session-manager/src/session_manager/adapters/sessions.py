"""What this service keeps in MongoDB: which sessions there are, and under which ownership each runs."""

from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from pymongo import UpdateOne

from griot_chassis.mongo import NEVER_FORGOTTEN
from griot_contracts.sessions import DesiredState, DestroySession, SessionStatus, StartSession, StopSession
from griot_contracts.topics import SESSION_COMMANDS
from session_manager.domain.ownership import Logged, Owned
from session_manager.domain.resting import Rest

_Command: TypeAlias = StartSession | StopSession | DestroySession
_KEPT: Final = SESSION_COMMANDS.kept or timedelta(days=7)


class MongoSessions:
    """The port `Sessions`.

    - `sessions`: `{_id: session id, account_id, partition, desired, sequence, jid, since, rest}`, `jid` once
      it is linked, `sequence` of the command that said last whether it is to be connected, `rest` while it is
      left alone: `{status, reason, detail, until}`.
    - `destroyed`: `{_id: session id, at}`, those whose commands may be told again.
    - `leases`: `{_id: session id, owner, epoch, at}`; the epoch grows by one with each ownership. Whose the
      sessions are is for `leases.MongoLeases` to say: these only count.
    - `partitions`: `{_id: number, read_at}`, those whose sessions are all known.
    """

    def __init__(self, database: Any, owner: str, now: Callable[[], datetime]) -> None:
        # Few writes, and a session that is forgotten is not started again.
        durable = database.with_options(write_concern=NEVER_FORGOTTEN)
        self._sessions, self._destroyed = durable["sessions"], durable["destroyed"]
        self._leases, self._partitions = durable["leases"], durable["partitions"]
        self._owner = owner
        self._now = now
        self._epochs: dict[str, int] = {}

    async def unread(self, partitions: Collection[int]) -> set[int]:
        """Those of these partitions whose sessions are not known."""
        read = self._partitions.find({"_id": {"$in": sorted(partitions)}, "read_at": {"$exists": True}})
        return set(partitions) - {document["_id"] async for document in read}

    async def restore(self, partition: int, sessions: Collection[Logged]) -> None:
        """Know a partition's sessions, as the log has them. A repeat changes nothing."""
        for one in sessions:
            await self._know(one, partition, one.desired)
            await self._leases.update_one(
                {"_id": one.session_id}, {"$max": {"epoch": one.epoch}}, upsert=True
            )
        read = {"$set": {"read_at": self._now()}}
        await self._partitions.update_one({"_id": partition}, read, upsert=True)

    async def take_over(self, partitions: Collection[int]) -> list[Owned]:
        """Begin a new ownership of every session of these partitions that is to be connected."""
        await self._sessions.create_index("partition")
        await self._destroyed.create_index("at", expireAfterSeconds=int(_KEPT.total_seconds()))
        found = self._sessions.find({"partition": {"$in": sorted(partitions)}, "desired": "connected"})
        known = [document async for document in found]
        epochs = await self._take([document["_id"] for document in known])
        return [_owned(document, epochs[document["_id"]]) for document in known]

    async def is_overtaken(self, command: StartSession | StopSession) -> bool:
        """Whether the session was told otherwise by a later command, or is destroyed."""
        known = await self._sessions.find_one({"_id": command.session_id})
        if known is None:
            return await self._destroyed.find_one({"_id": command.session_id}) is not None
        return command.is_overtaken(known.get("sequence"))

    async def add(self, command: StartSession | DestroySession, partition: int) -> Owned:
        """Know a session from here on, and own it."""
        return await self._own(command, partition, DesiredState.CONNECTED)

    async def stop(self, command: StopSession, partition: int) -> Owned:
        """Own a session that is not to be connected."""
        return await self._own(command, partition, DesiredState.DISCONNECTED)

    async def remember(self, session_id: str, jid: str | None) -> None:
        """Keep which WhatsApp account a session is linked to; None for none any more."""
        await self._sessions.update_one({"_id": session_id}, {"$set": {"jid": jid}})

    async def rest(self, session_id: str, rest: Rest | None) -> None:
        """Keep that a session is left alone, by the next owner too; None for that it is no more."""
        await self._sessions.update_one({"_id": session_id}, {"$set": {"rest": _kept(rest)}})

    async def remove(self, session_id: str) -> None:
        """Know of a session only that it is destroyed. A repeat does nothing."""
        gone = {"$set": {"at": self._now()}}
        await self._destroyed.update_one({"_id": session_id}, gone, upsert=True)
        await self._sessions.delete_one({"_id": session_id})
        await self._leases.delete_one({"_id": session_id})
        self._epochs.pop(session_id, None)

    async def _own(self, command: _Command, partition: int, desired: DesiredState) -> Owned:
        await self._know(command, partition, desired)
        document = await self._sessions.find_one({"_id": command.session_id})
        epochs = await self._take([command.session_id])
        return _owned(document, epochs[command.session_id])

    async def _know(self, told: _Command | Logged, partition: int, desired: DesiredState) -> None:
        wanted = {"account_id": told.account_id, "partition": partition, "desired": desired.value}
        if not isinstance(told, DestroySession) and told.sequence is not None:
            wanted["sequence"] = told.sequence
        jid, rest = (told.jid, told.rest) if isinstance(told, Logged) else (None, None)
        change = {
            "$set": wanted,
            "$setOnInsert": {"jid": jid, "since": self._now(), "rest": _kept(rest)},
        }
        await self._sessions.update_one({"_id": told.session_id}, change, upsert=True)

    async def _take(self, session_ids: list[str]) -> dict[str, int]:
        if not session_ids:
            return {}
        mine = {"$set": {"owner": self._owner, "at": self._now()}, "$inc": {"epoch": 1}}
        await self._leases.bulk_write(
            [UpdateOne({"_id": session_id}, mine, upsert=True) for session_id in session_ids], ordered=False
        )
        found = self._leases.find({"_id": {"$in": session_ids}})
        epochs = {lease["_id"]: lease["epoch"] async for lease in found}
        behind = {
            id_: self._epochs[id_] + 1 for id_, epoch in epochs.items() if epoch <= self._epochs.get(id_, 0)
        }
        if behind:  # it was dropped, and counts anew: what is told under a lower epoch counts for nothing
            await self._leases.bulk_write(
                [UpdateOne({"_id": id_}, {"$max": {"epoch": epoch}}) for id_, epoch in behind.items()],
                ordered=False,
            )
        self._epochs |= epochs | behind
        return epochs | behind


def _owned(document: dict[str, Any], epoch: int) -> Owned:
    kept = document.get("rest")  # those that were stored before there was one are without
    rest = None if kept is None else Rest(**kept | {"status": SessionStatus(kept["status"])})
    return Owned(document["_id"], document["account_id"], document["partition"], epoch, document["jid"], rest)


def _kept(rest: Rest | None) -> dict[str, Any] | None:
    return None if rest is None else asdict(rest) | {"status": rest.status.value}
