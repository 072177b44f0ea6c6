"""Which database the documents lie in: a rebuild makes the next one beside it, and one write turns to it.

`generation` in the first database names two: the one that the projector writes, and the one that the api
reads. They differ only while a rebuild hands over.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import stamina
from pymongo.errors import ConnectionFailure

from api.projector.adapters import Database
from griot_chassis.positions import Positions
from griot_chassis.records import Partition

_COLLECTION: Final = "generation"
_ID: Final = "live"
_LOOK_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Generation:
    """The names of the databases."""

    written: str
    read: str


class Generations:
    """Tells which databases are live, and turns to others."""

    def __init__(self, client: Any, first: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Make it.

        Args:
            client: the MongoDB client.
            first: the database that is live until there was a rebuild.
            monotonic: a clock.
        """
        self._client = client
        self._first = first
        self._monotonic = monotonic
        self._known = Generation(first, first)
        self._known_until = 0.0

    async def now(self) -> Generation:
        """What is live at this moment."""
        found = await self._client[self._first][_COLLECTION].find_one({"_id": _ID})
        return (
            Generation(self._first, self._first)
            if found is None
            else Generation(found["written"], found["read"])
        )

    async def read(self) -> Database:
        """The database to read from, as it was within the last second."""
        if self._known_until <= self._monotonic():
            self._known = await self.now()
            self._known_until = self._monotonic() + _LOOK_EVERY_S
        database: Database = self._client[self._known.read]
        return database

    @stamina.retry(on=ConnectionFailure, attempts=None, timeout=None, wait_initial=0.1, wait_max=2.0)
    async def written(self) -> str:
        """The name of the database to write to. Waits for as long as MongoDB is away."""
        return (await self.now()).written

    async def until_another_is_written(self, than: str) -> None:
        """Return when the projector has to write to another database than this."""
        while await self.written() == than:  # noqa: ASYNC110 - it is written by another process
            await asyncio.sleep(_LOOK_EVERY_S)

    async def turn(self, generation: Generation) -> None:
        """Have these be live from now on; everybody knows within a second."""
        await self._client[self._first][_COLLECTION].replace_one(
            {"_id": _ID}, {"written": generation.written, "read": generation.read}, upsert=True
        )

    def database(self, name: str) -> Any:
        """One of the databases."""
        return self._client[name]

    def after(self, name: str) -> str:
        """The name of the database that follows this one."""
        number = 1 if name == self._first else int(name.removeprefix(f"{self._first}_"))
        return f"{self._first}_{number + 1}"

    async def empty(self, name: str) -> None:
        """Drop what lies in a database, but not what says which is live."""
        for collection in await self._client[name].list_collection_names():
            if name != self._first or collection != _COLLECTION:
                await self._client[name].drop_collection(collection)


class Marks:
    """How far the documents that are read are told."""

    def __init__(self, where: Generations, group: str) -> None:
        self._where = where
        self._group = group

    async def load(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        """The next offset to read of each partition that has one."""
        return await (await self._positions()).load(partitions)

    async def untold(self, partitions: Collection[Partition]) -> set[Partition]:
        """Those whose documents lack what was told before they were dropped."""
        return await (await self._positions()).untold(partitions)

    async def _positions(self) -> Positions:
        database: Any = await self._where.read()
        return Positions(database, self._group)
