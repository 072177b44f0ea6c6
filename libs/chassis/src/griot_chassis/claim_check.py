"""The claim-check store: what is too large for a record lies here for a day, and the record carries its id.

GridFS in a database of its own, `griot_media` unless told. Who puts something in is the one who drops what is
old; a reader that comes too late finds nothing.
"""

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bson import ObjectId
from gridfs.errors import NoFile
from motor.motor_asyncio import AsyncIOMotorGridFSBucket

KEPT: Final = timedelta(days=1)
_STILL_READ: Final = timedelta(hours=1)
"""For how long what is found must go on to be there at the least, so that it can be told to another."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Something in the store: its id, its size in bytes, and what was said of it when it was put in."""

    id: str
    size: int
    told: Mapping[str, Any]


class ClaimCheck:
    """Bytes by their id, for a day."""

    def __init__(self, database: Any, *, kept: timedelta = KEPT) -> None:
        """Use the GridFS bucket `fs` of a database."""
        self._database = database
        self._bucket = AsyncIOMotorGridFSBucket(database)
        self._kept = kept

    async def put(self, id_: str, chunks: AsyncIterable[bytes], told: dict[str, Any]) -> Claim:
        """Store what `chunks` give, in the place of what lay there.

        It is there as a whole when this returns, and before that not at all.

        Args:
            id_: what to find it by.
            chunks: the bytes; what they raise is raised on, and nothing is stored.
            told: what to say of it; may be completed until the last chunk was given.
        """
        await self._drop(id_)
        upload = self._bucket.open_upload_stream_with_id(id_, id_, metadata=told)
        try:
            async for chunk in chunks:
                await upload.write(chunk)
            await upload.set("metadata", told)
            await upload.close()
        except BaseException:
            await upload.abort()
            raise
        return Claim(id_, int(upload.length), told)

    async def find(self, id_: str, now: datetime) -> Claim | None:
        """What lies under this id, and will for a while."""
        document = await self._database["fs.files"].find_one({"_id": id_})
        if document is None or document["uploadDate"] < now - self._kept + _STILL_READ:
            return None
        return Claim(id_, document["length"], document["metadata"])

    async def get(self, id_: str) -> bytes | None:
        """The bytes under this id; None when there are none, or no more."""
        try:
            download = await self._bucket.open_download_stream(id_)
            return bytes(await download.read())
        except NoFile:
            return None

    async def drop_old(self, now: datetime) -> None:
        """Drop what has lain long enough, and what was left by those who never finished. A repeat is safe.

        By hand, since an index that expires documents would drop a file's entry and leave its bytes.
        """
        oldest = now - self._kept
        await self._database["fs.files"].delete_many({"uploadDate": {"$lt": oldest}})
        # An ObjectId holds the time at which it was made; a file's bytes are written before its entry.
        await self._database["fs.chunks"].delete_many(
            {"_id": {"$lt": ObjectId.from_datetime(oldest - _STILL_READ)}}
        )

    async def _drop(self, id_: str) -> None:
        await self._database["fs.files"].delete_one({"_id": id_})
        await self._database["fs.chunks"].delete_many({"files_id": id_})
