"""What the quota service keeps in MongoDB: a small document an account, and one an answer."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

import stamina
from pydantic import TypeAdapter
from pymongo import ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError, ConnectionFailure

from griot_chassis.mongo import NEVER_FORGOTTEN, duplicates
from griot_contracts.accounts import CommandDecided
from griot_contracts.topics import MESSAGE_EVENTS
from quota.domain import Account, Answer, Snapshot

_ACCOUNT: Final = TypeAdapter(Account)
_ANSWERS_KEPT: Final = MESSAGE_EVENTS.kept or timedelta(days=30)
"""As long as messages: so an id that follows from an Idempotency-Key is not made for a second message.

Only after the collection was lost it may be: what is made again is as old as the commands that are kept.
"""


class MongoSnapshots:
    """The port `Snapshots` on a collection: `{_id: account id, decided_to: offset, account: {...}}`.

    Written only forwards, and in the journal when a save returns, with all that was written before it. A
    database that dies and forgets what came after a snapshot is given that again; one that forgot a snapshot
    and was then told how far it is decided would count less than was accepted.
    """

    def __init__(self, collection: Any) -> None:
        self._collection = collection.with_options(write_concern=NEVER_FORGOTTEN)

    async def load(self, account_ids: Collection[str]) -> dict[str, Snapshot]:
        """What is stored of these accounts, in one query."""
        found = self._collection.find({"_id": {"$in": list(account_ids)}})
        return {document["_id"]: _snapshot(document) async for document in found}

    async def save(self, snapshots: Mapping[str, Snapshot]) -> None:
        """Store each unless the stored one has decided as far, in one bulk write."""
        await self._store([_write(account_id, one, "$lt") for account_id, one in snapshots.items()])

    async def put(self, snapshots: Mapping[str, Snapshot]) -> None:
        """Store each unless the stored one has decided further: made again from the log, it is what counts.

        One that has is of whoever took the partition over while this process stood still in making these.
        """
        await self._store([_write(account_id, one, "$lte") for account_id, one in snapshots.items()])

    async def _store(self, writes: list[UpdateOne]) -> None:
        try:
            if writes:
                await self._collection.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            duplicates(error)


class MongoAnswers:
    """The port `Answers` on a collection: `{_id: once id, fingerprint, offset, at, reply: {...}}`."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    @stamina.retry(on=ConnectionFailure, attempts=None, timeout=None, wait_initial=0.1, wait_max=2.0)
    async def ensure_end(self) -> None:
        """Have MongoDB forget answers in time. Safe to repeat. Waits for as long as MongoDB is away."""
        kept_s = int(_ANSWERS_KEPT.total_seconds())
        await self._collection.create_index("at", expireAfterSeconds=kept_s)

    async def load(self, once_ids: Collection[str]) -> dict[str, Answer]:
        """What was granted under these, in one query."""
        if not once_ids:
            return {}
        found = self._collection.find({"_id": {"$in": list(once_ids)}})
        return {document["_id"]: _answer(document) async for document in found}

    async def save(self, answers: Mapping[str, Answer]) -> None:
        """Store each, in one bulk write. A command that was decided again was answered the same.

        They may be forgotten until the snapshots of their batch are saved, which are awaited in the journal.
        """
        if answers:
            writes = [_replacement(once_id, answer) for once_id, answer in answers.items()]
            await self._collection.bulk_write(writes, ordered=False)


def _replacement(once_id: str, answer: Answer) -> ReplaceOne[dict[str, Any]]:
    document = {
        "fingerprint": answer.fingerprint,
        "offset": answer.offset,
        "at": answer.reply.at,
        "reply": answer.reply.model_dump(mode="json", exclude_none=True),
    }
    return ReplaceOne({"_id": once_id}, document, upsert=True)


def _answer(document: Mapping[str, Any]) -> Answer:
    reply = CommandDecided.model_validate(document["reply"])
    return Answer(document["fingerprint"], document["offset"], reply)


def _write(account_id: str, snapshot: Snapshot, replaces: str) -> UpdateOne:
    # Where the filter misses, a later offset is stored: the upsert meets its id and is refused.
    older = {"_id": account_id, "decided_to": {replaces: snapshot.decided_to}}
    state = _ACCOUNT.dump_python(snapshot.account, mode="json")
    return UpdateOne(older, {"$set": {"decided_to": snapshot.decided_to, "account": state}}, upsert=True)


def _snapshot(document: Mapping[str, Any]) -> Snapshot:
    return Snapshot(_ACCOUNT.validate_python(document["account"]), document["decided_to"])
