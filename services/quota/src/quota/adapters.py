"""Account snapshots in MongoDB: one small document an account, written only forwards."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from pydantic import TypeAdapter
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from quota.domain import Account, Snapshot

_ACCOUNT: Final = TypeAdapter(Account)
_DUPLICATE_KEY: Final = 11000


class MongoSnapshots:
    """The port `Snapshots` on a collection: `{_id: account id, decided_to: offset, account: {...}}`."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    async def load(self, account_ids: Collection[str]) -> dict[str, Snapshot]:
        """What is stored of these accounts, in one query."""
        found = self._collection.find({"_id": {"$in": list(account_ids)}})
        return {document["_id"]: _snapshot(document) async for document in found}

    async def save(self, snapshots: Mapping[str, Snapshot]) -> None:
        """Store each unless the stored one has decided as far, in one bulk write."""
        if not snapshots:
            return
        writes = [_write(account_id, snapshot) for account_id, snapshot in snapshots.items()]
        try:
            await self._collection.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            if any(failed["code"] != _DUPLICATE_KEY for failed in error.details["writeErrors"]):
                raise


def _write(account_id: str, snapshot: Snapshot) -> UpdateOne:
    # Where the filter misses, this offset or a later one is stored: the upsert meets its id and is refused.
    older = {"_id": account_id, "decided_to": {"$lt": snapshot.decided_to}}
    state = _ACCOUNT.dump_python(snapshot.account, mode="json")
    return UpdateOne(older, {"$set": {"decided_to": snapshot.decided_to, "account": state}}, upsert=True)


def _snapshot(document: Mapping[str, Any]) -> Snapshot:
    return Snapshot(_ACCOUNT.validate_python(document["account"]), document["decided_to"])
