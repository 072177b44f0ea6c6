"""The read side's documents in MongoDB."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Final

import stamina
from pymongo import ASCENDING, DESCENDING, ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, ConnectionFailure

from api.projector.projections import (
    API_KEYS,
    KEY_USES,
    MESSAGES,
    SESSIONS,
    USAGE,
    Document,
    Ref,
    evolve,
    is_acceptance,
    touched,
)
from api.projector.reading import PROJECTED
from api.projector.usage import count, usage_ref
from griot_chassis.log_ends import LogEnds
from griot_chassis.mongo import NEVER_FORGOTTEN, duplicates
from griot_chassis.positions import Positions
from griot_chassis.records import Partition, Record
from griot_contracts.messages import MessageAccepted

Database = AsyncDatabase[Document]
"""The chassis hands out Motor's database.

This is the type of its successor, which has the same methods and has types.
"""

GROUP: Final = "projector"
"""The projector's consumer group, under which its positions lie beside the documents."""

Documents = dict[Ref, Document | None]

_MESSAGES_KEPT: Final = timedelta(days=30)
"""From when they were accepted, or are to be sent."""


class Projector:
    """Folds batches of events into the documents."""

    def __init__(
        self, database: Database, positions: Positions | None = None, log_ends: LogEnds | None = None
    ) -> None:
        """Make it.

        Args:
            database: where the documents lie.
            positions: those saved after each batch; None where nobody can drop the database meanwhile.
            log_ends: of the log that is read; None where the documents are not read before they are whole.
        """
        self._database = database.with_options(write_concern=NEVER_FORGOTTEN)
        self._positions = positions
        self._log_ends = log_ends

    async def __call__(self, records: Sequence[Record]) -> None:
        """Store what the records make of the documents.

        Safe to repeat: each document knows up to where it was told.

        A message is counted by the record that its document says accepted it, unless the usage document is as
        far. So it is counted once, whichever of the two was stored or dropped without the other.

        Raises:
            PositionsForgottenError: the database was dropped, or lost its last moments, before this had read
                what it needs; nothing is stored.
        """
        before = await self._load({ref for record in records if (ref := touched(record.body)) is not None})
        after, accepted = fold(before, records)
        counted = await self._load({usage_ref(event, record.partition) for record, event in accepted})
        usage = dict(counted)
        for record, event in accepted:
            ref = usage_ref(event, record.partition)
            usage[ref] = count(usage[ref], event, record.offset)
        if self._positions is not None:  # else a count that was dropped would begin again at this batch
            await self._positions.check({Partition(record.topic, record.partition) for record in records})
        await self._store(usage, counted)
        await self._store(after, before)

    async def assigned(self, partitions: Collection[Partition]) -> None:
        """Have indexes, and say which documents are not whole: at the start, and after a drop."""
        await ensure_indexes(self._database)
        if self._positions is not None and self._log_ends is not None:
            ends, begins = await self._log_ends.of(*PROJECTED), await self._log_ends.begins(*PROJECTED)
            await self._positions.begin({where: begins[where] for where in partitions}, ends)

    async def revoked(self, _partitions: Collection[Partition]) -> None:
        """Nothing is kept of a partition."""

    async def _load(self, refs: Iterable[Ref]) -> Documents:
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for ref in refs:
            ids[ref.collection].append(ref.id)
        found: Documents = dict.fromkeys(refs)
        for collection, wanted in ids.items():
            async for document in self._database[collection].find({"_id": {"$in": wanted}}):
                found[Ref(collection, document["_id"])] = document
        return found

    async def _store(self, documents: Documents, before: Documents) -> None:
        """Store those that are others than before."""
        new: defaultdict[str, list[Document]] = defaultdict(list)
        changed: defaultdict[str, list[Document]] = defaultdict(list)
        for ref, document in documents.items():
            if document is not None and document is not before[ref]:
                (new if before[ref] is None else changed)[ref.collection].append({"_id": ref.id} | document)
        for collection, inserts in new.items():
            changed[collection] += await self._insert(collection, inserts)
        for collection, replacements in changed.items():
            await self._replace(collection, replacements)

    async def _insert(self, collection: str, documents: list[Document]) -> list[Document]:
        """Store what is new, which costs a fraction of an upsert; returns what is there all the same."""
        try:
            await self._database[collection].insert_many(documents, ordered=False)
        except BulkWriteError as error:
            return [documents[failed["index"]] for failed in duplicates(error)]
        return []

    async def _replace(self, collection: str, documents: list[Document]) -> None:
        writes = [
            ReplaceOne({"_id": one["_id"], "offset": {"$lt": one["offset"]}}, one, upsert=True)
            for one in documents
        ]
        if writes:
            try:
                await self._database[collection].bulk_write(writes, ordered=False)
            except BulkWriteError as error:
                duplicates(error)  # the filter missed and the upsert met the document: it is no older


def fold(
    before: Documents, records: Iterable[Record]
) -> tuple[Documents, list[tuple[Record, MessageAccepted]]]:
    """The documents after the records, and those of the records that accepted a message."""
    after = dict(before)
    accepted = []
    for record in records:
        ref = touched(record.body)
        if ref is None:
            continue
        after[ref] = evolve(after[ref], record.body, record.offset)
        if isinstance(record.body, MessageAccepted) and is_acceptance(after[ref], record.offset):
            accepted.append((record, record.body))
    return after, accepted


@stamina.retry(on=ConnectionFailure, attempts=None, timeout=None, wait_initial=0.1, wait_max=2.0)
async def ensure_indexes(database: Database) -> None:
    """Make the indexes that the api's queries need, and the end of messages and of their counts.

    Safe to repeat. Waits for as long as MongoDB is away.
    """
    newest_first = [("account_id", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)]
    kept_s = int(_MESSAGES_KEPT.total_seconds())
    await database[API_KEYS].create_index("hash")
    await database[API_KEYS].create_index("account_id")
    await database[KEY_USES].create_index("account_id")
    await database[SESSIONS].create_index("account_id")
    await database[MESSAGES].create_index(newest_first)
    await database[MESSAGES].create_index("kept_from", expireAfterSeconds=kept_s)
    await database[USAGE].create_index([("account_id", ASCENDING), ("day", ASCENDING)])
    await database[USAGE].create_index("day", expireAfterSeconds=kept_s)
