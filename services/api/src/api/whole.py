"""Whether MongoDB's documents can be believed.

A database that was dropped, or that came back without its last moments, is told again by the projector. Until
that is done it knows less than clients were told, and would deny what is there: a key, a session, a message.
"""

import asyncio
from contextlib import suppress
from typing import Final

from pymongo.errors import PyMongoError

from api.freshness import Ends, Marks, Shared
from api.projector.adapters import Database
from api.projector.generations import Generations
from api.projector.reading import PROJECTED
from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.log import get_logger
from griot_chassis.log_scan import partitions_of
from griot_chassis.records import Partition
from griot_contracts.topics import Topic

log = get_logger(__name__)

_LOOK_EVERY_S: Final = 1.0
_ALL: Final = set(partitions_of(*PROJECTED))


class DocumentsIncompleteError(PyMongoError):
    """The documents are being told again from the log: what they lack may be there all the same."""


class Whole:
    """The database that is read, for as long as it holds what it once held.

    A rebuild is no loss: the documents that it turns to have read as far as those before them, or further.
    What is told of accounts is told again long before all messages are, so each topic is looked at by itself.
    """

    def __init__(self, where: Generations, projector: Marks, ends: Ends) -> None:
        self._where = where
        self._projector = projector
        self._ends = ends
        self._seen: dict[Partition, int] | None = None
        self._awaited: dict[Partition, int] = {}  # where the log ended when a loss was seen
        self._lacking: frozenset[str] = frozenset()
        self.look = Shared(self._look)
        """See how things stand now. Whoever is about to deny something looks first."""

    async def read(self, topic: Topic) -> Database:
        """The database, for what the records of this topic tell.

        Raises:
            DocumentsIncompleteError: it has lost something of that, which is not told again yet.
        """
        if self._seen is None or topic.name in self._lacking:
            await self.look()
        if topic.name in self._lacking:
            raise DocumentsIncompleteError("the documents are being made again from the log")
        return await self._where.read()

    async def keep(self) -> None:
        """Look once a second."""
        while True:
            with suppress(PyMongoError, BrokerUnavailableError):  # then nothing is known, and nothing is read
                await self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _look(self) -> None:
        found = dict(await self._projector.load(_ALL))
        if any(found.get(partition, -1) < at for partition, at in (self._seen or {}).items()):
            self._awaited = await self._ends.of_kept(*PROJECTED)
        self._awaited = {
            partition: end for partition, end in self._awaited.items() if found.get(partition, 0) < end
        }
        lacking = frozenset(where.topic for where in {*self._awaited, *await self._projector.untold(_ALL)})
        if lacking and lacking != self._lacking:
            log.warning("the documents lack what was told: it is not read", topics=sorted(lacking))
        elif self._lacking and not lacking:
            log.info("the documents are whole again")
        self._seen, self._lacking = found, lacking
