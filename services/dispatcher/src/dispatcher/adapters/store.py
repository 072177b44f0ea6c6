"""The dispatcher's state in MongoDB, and how far it has read.

Every query is one index deep and sorts nothing, so it costs the same however much is kept.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter
from pymongo import InsertOne, ReplaceOne, ReturnDocument
from pymongo.errors import BulkWriteError

from dispatcher.domain.message import Message
from dispatcher.domain.receipt import EarlyReceipt
from dispatcher.domain.session import Session
from dispatcher.domain.shelf import Shelf
from griot_chassis.consumer import Consumer
from griot_chassis.mongo import NEVER_FORGOTTEN, duplicates
from griot_chassis.positions import Positions
from griot_chassis.records import Partition
from griot_contracts.messages import Content, MessageStatus
from griot_contracts.sessions import WhenUnknown

Document = dict[str, Any]
Write = InsertOne[Document] | ReplaceOne[Document]

_CONTENT: Final[TypeAdapter[Content]] = TypeAdapter(Content)
_MESSAGE: Final = [field.name for field in fields(Message) if field.name != "message_id"]
_SESSION: Final = [field.name for field in fields(Session) if field.name != "session_id"]
_RECEIPT: Final = [field.name for field in fields(EarlyReceipt)]


class MongoStore:
    """The port `Store` on the collections `messages`, `sessions` and `receipts` of one database."""

    def __init__(
        self,
        database: Any,
        now: Callable[[], datetime],
        *,
        ended_kept: timedelta,
        receipts_kept: timedelta,
    ) -> None:
        """Make the store.

        Args:
            database: where the collections lie.
            now: the clock that owners are told apart by where the database was dropped.
            ended_kept: how long a message is remembered after its end: as long as receipts for it may come.
            receipts_kept: how long a receipt waits for the message it is for.
        """
        self._database = database.with_options(write_concern=NEVER_FORGOTTEN)
        self._now = now
        self._ended_kept = ended_kept
        self._receipts_kept = receipts_kept
        self._has_indexes = False
        self._epochs: dict[int, int] = {}

    async def own(self, partitions: Collection[int]) -> None:
        """Be the owner of these: what former owners still write of their sessions is refused from here on."""
        epochs = await asyncio.gather(*map(self._begin, partitions))
        self._epochs = dict(zip(partitions, epochs, strict=True))

    async def _begin(self, number: int) -> int:
        """A number for this ownership, higher than all before it.

        By the clock, for a count would begin anew where the database is dropped, and what was written under
        the old one since is not. One more than it, for two may begin in one moment, or by two clocks.
        """
        owners, this = self._database["owners"], {"_id": number}
        by_the_clock = int(self._now().timestamp() * 1000)
        await owners.update_one(this, {"$max": {"epoch": by_the_clock}}, upsert=True)
        counted = await owners.find_one_and_update(
            this, {"$inc": {"epoch": 1}}, return_document=ReturnDocument.AFTER
        )
        # None where it was dropped in this very moment.
        return await self._begin(number) if counted is None else int(counted["epoch"])

    async def load(self, partitions: Collection[int]) -> dict[int, Shelf]:
        """What is stored of these partitions, one shelf each."""
        await self._ensure_indexes()
        wanted = {"$in": list(partitions)}
        shelves = {number: Shelf() for number in partitions}
        async for document in self._database["sessions"].find({"partition": wanted}):
            shelves[document["partition"]].sessions.append(_session(document))
        async for document in self._database["messages"].find({"live_in": wanted}, {"content": False}):
            shelves[document["partition"]].put(_message(document))
        async for document in self._database["receipts"].find({"partition": wanted}):
            shelves[document["partition"]].early.append(_receipt(document))
        return shelves

    async def messages(self, message_ids: Collection[str]) -> list[Message]:
        """Those of the messages that are known."""
        return await self._find({"_id": {"$in": list(message_ids)}})

    async def sent_as(self, whatsapp_message_ids: Collection[str]) -> list[Message]:
        """The messages that WhatsApp took under these ids."""
        return await self._find({"whatsapp_message_id": {"$in": list(whatsapp_message_ids)}})

    async def save(
        self,
        new: Collection[Message],
        messages: Collection[Message],
        sessions: Collection[Session],
        early: Collection[EarlyReceipt],
    ) -> None:
        """Store each.

        A message that is stored as far or further is left alone, and so is a session that has another owner.

        Those that are new are inserted, which costs a third of finding out that they are not there. Where
        they are, a former owner wrote them meanwhile.
        """
        inserts = [InsertOne(_document(message)) for message in new]
        met = await self._write("messages", [*inserts, *map(_forward, messages)])
        await self._write("messages", [_forward(one) for place, one in enumerate(new) if place in met])
        await self._write("sessions", map(self._write_session, sessions))
        await self._write("receipts", (_write_receipt(receipt) for receipt in early))

    async def _find(self, what: Document) -> list[Message]:
        return [_message(document) async for document in self._database["messages"].find(what)]

    async def _write(self, collection: str, writes: Iterable[Write]) -> set[int]:
        """Write each; the places of those that met what is stored and left it alone."""
        batch = list(writes)
        if not batch:
            return set()
        try:
            await self._database[collection].bulk_write(batch, ordered=False)
        except BulkWriteError as error:
            # An insert met it, or the filter missed and so the upsert did: then it is as far, or further, or
            # a later owner's.
            return {failed["index"] for failed in duplicates(error)}
        return set()

    def _write_session(self, session: Session) -> ReplaceOne[Document]:
        epoch = self._epochs.get(session.partition, 0)
        document = _told(session, _SESSION) | {"when_unknown": session.when_unknown.value, "owned": epoch}
        mine = {"_id": session.session_id, "$or": [{"owned": {"$lte": epoch}}, {"owned": None}]}
        return ReplaceOne(mine, document, upsert=True)

    async def _ensure_indexes(self) -> None:
        if self._has_indexes:
            return
        messages, receipts = self._database["messages"], self._database["receipts"]
        await messages.create_index("live_in", sparse=True)
        await messages.create_index("whatsapp_message_id", sparse=True)
        await messages.create_index("ended_at", expireAfterSeconds=int(self._ended_kept.total_seconds()))
        await self._database["sessions"].create_index("partition")
        await receipts.create_index("partition")
        await receipts.create_index("at", expireAfterSeconds=int(self._receipts_kept.total_seconds()))
        self._has_indexes = True


class ReadSoFar:
    """The port `Progress`: the consumer's positions in MongoDB against the ends of the log."""

    def __init__(self, positions: Positions) -> None:
        self._positions = positions
        self.consumer: Consumer | None = None  # given once it is made: it is made with what uses this

    async def pending(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """The offset of the last record of each partition that is written and not handled yet."""
        assert self.consumer is not None
        kafka = self.consumer.kafka
        wanted = [partition.kafka for partition in partitions]
        starts = await self.handled(partitions)
        beginnings, ends = await kafka.beginning_offsets(wanted), await kafka.end_offsets(wanted)
        pending = {}
        for partition, where in zip(partitions, wanted, strict=True):
            if max(starts.get(partition, 0), beginnings[where]) < ends[where]:
                pending[partition] = int(ends[where]) - 1
        return pending

    async def cut_off(self, partitions: Collection[Partition]) -> set[int]:
        """The numbers of those of which nothing is handled, and of which the log keeps the end alone."""
        assert self.consumer is not None
        kafka, handled = self.consumer.kafka, await self.handled(partitions)
        wanted = [where.kafka for where in partitions if where not in handled]
        beginnings = await kafka.beginning_offsets(wanted) if wanted else {}
        return {int(where.partition) for where, beginning in beginnings.items() if beginning > 0}

    async def handled(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """The offset that each goes on at, as the consumer has loaded and saved it.

        Not as it is stored by now: what was dropped since would pass for what was never there.
        """
        return {where: at for where, at in self._positions.known.items() if where in partitions}

    async def check(self, numbers: Collection[int]) -> None:
        """See that the database still holds what it held of these partition numbers.

        Raises:
            PositionsForgottenError: it does not.
        """
        await self._positions.check([where for where in self._positions.known if where.number in numbers])


def _forward(message: Message) -> ReplaceOne[Document]:
    older = {"_id": message.message_id, "progress": {"$lt": message.progress}}
    return ReplaceOne(older, _document(message), upsert=True)


def _document(message: Message) -> Document:
    document = _told(message, _MESSAGE) | {"_id": message.message_id, "progress": message.progress}
    document["status"] = message.status.value
    if message.content is not None:
        document["content"] = message.content.model_dump(mode="json")
    if message.in_doubt or (message.is_open and message.sequence is not None):
        document["live_in"] = message.partition  # in an index that holds little else
    return document


def _write_receipt(receipt: EarlyReceipt) -> ReplaceOne[Document]:
    id_ = f"{receipt.session_id}/{receipt.whatsapp_message_id}"
    return ReplaceOne({"_id": id_}, _told(receipt, _RECEIPT), upsert=True)


def _told(value: object, names: Iterable[str]) -> Document:
    """The fields that say something: what is None is left out, as sparse indexes want it."""
    return {name: told for name in names if (told := getattr(value, name)) is not None}


def _message(document: Mapping[str, Any]) -> Message:
    told = {name: document[name] for name in _MESSAGE if name in document}
    told["status"] = MessageStatus(document["status"])
    if "content" in document:
        told["content"] = _CONTENT.validate_python(document["content"])
    return Message(message_id=document["_id"], **told)


def _session(document: Mapping[str, Any]) -> Session:
    told = {name: document[name] for name in _SESSION if name in document}
    told["with_owner"] = tuple(document.get("with_owner", ()))
    return Session(document["_id"], **told | {"when_unknown": WhenUnknown(document["when_unknown"])})


def _receipt(document: Mapping[str, Any]) -> EarlyReceipt:
    return EarlyReceipt(**{name: document[name] for name in _RECEIPT if name in document})
