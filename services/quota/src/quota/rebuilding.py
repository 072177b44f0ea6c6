"""Snapshots that are not whole are made again from the log before anything is decided on them.

That they are whole is said by a mark of each partition, in the very collections that are read, so that
whoever drops one drops its marks. `griot rebuild quota` takes the marks away, and the running service does
the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self, TypeVar

from griot_chassis import cancelling
from griot_chassis.ids import new_id
from griot_chassis.log import get_logger
from griot_chassis.mongo import NEVER_FORGOTTEN
from griot_chassis.records import Partition, Record
from griot_contracts.topics import ACCOUNT_COMMANDS
from quota.adapters import MongoAnswers, MongoSnapshots
from quota.domain import Answer, Snapshot

log = get_logger(__name__)

T = TypeVar("T")

_LOOK_EVERY_S: Final = 0.5
_AT_ONCE: Final = 1_000


class NotWholeError(Exception):
    """The snapshots of these partitions are missing, or an operator wants them made again."""

    def __init__(self, numbers: Collection[int]) -> None:
        super().__init__(f"snapshots to be made again: {len(numbers)} partitions")
        self.numbers = frozenset(numbers)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What is stored anew."""

    snapshots: Mapping[str, Snapshot]
    answers: Mapping[str, Answer]


Stored = Callable[[Collection[str]], Awaitable[Mapping[str, Snapshot]]]
"""Loads what is stored of accounts."""


class Past(Protocol):
    """The log, as far as it tells of accounts."""

    async def until(self, decided: Mapping[int, int], stored: Stored) -> Rebuilt:
        """What was decided by the commands of these partitions that lie before these offsets.

        And by those after them that a stored snapshot holds: nobody decides them again.
        """


class Progress(Protocol):
    """How far the commands are decided, as the consumer knows it."""

    def owns(self, partition: Partition) -> bool:
        """Whether the partition is this process's to decide."""

    async def handled(self, partition: Partition) -> int:
        """The offset before which all of it is handled."""


class Marks:
    """What says that the snapshots and answers of a partition are whole, and from where on commands count."""

    def __init__(self, *collections: Any) -> None:
        self._collections = collections

    @classmethod
    def of(cls, database: Any) -> Self:
        """The marks of a quota database."""
        return cls(
            *(database[name].with_options(write_concern=NEVER_FORGOTTEN) for name in ("accounts", "answers"))
        )

    async def whole(self, numbers: Collection[int]) -> dict[int, int]:
        """The offset from which on commands are to be decided, of each partition that is whole."""
        found = [await self._found(collection, numbers) for collection in self._collections]
        return {number: found[0][number] for number in numbers if all(number in marks for marks in found)}

    async def begin(self, numbers: Collection[int]) -> str:
        """Say that they are being made; give the word with which to say that they are."""
        word = new_id()
        for number in numbers:
            for collection in self._collections:
                await collection.replace_one(
                    {"_id": _mark(number)}, {"whole": False, "word": word}, upsert=True
                )
        return word

    async def end(self, decided: Mapping[int, int], word: str) -> bool:
        """Say that they are whole; False where they were dropped, or begun by another, meanwhile."""
        done = True
        for number, offset in decided.items():
            for collection in self._collections:
                mark, whole = {"_id": _mark(number), "word": word}, {"whole": True, "from": offset}
                done = done and (await collection.update_one(mark, {"$set": whole})).matched_count == 1
        return done

    async def take_away(self) -> None:
        """Have all of them made again."""
        for collection in self._collections:
            await collection.update_many({"whole": True}, {"$set": {"whole": False}})

    async def _found(self, collection: Any, numbers: Collection[int]) -> dict[int, int]:
        ids = {_mark(number): number for number in numbers}
        marks = collection.find({"_id": {"$in": list(ids)}, "whole": True})
        return {ids[mark["_id"]]: mark["from"] async for mark in marks}


class Guarded:
    """The ports `Snapshots` and `Answers`, whose loads end with a look whether what they read was whole."""

    def __init__(self, load: Any, save: Any, look: Callable[[], Awaitable[None]]) -> None:
        self._load = load
        self.save = save
        self._look = look

    async def load(self, ids: Collection[str]) -> Any:
        """As what it guards.

        Raises:
            NotWholeError: it may have missed something.
        """
        if not ids:
            return {}
        found = await self._load(ids)
        await self._look()
        return found


class Rebuilding:
    """The handler around the deciding one: it makes again what is not whole, then has it decide."""

    def __init__(self, snapshots: MongoSnapshots, answers: MongoAnswers, marks: Marks, past: Past) -> None:
        self.snapshots = Guarded(snapshots.load, snapshots.save, self._look)
        self.answers = Guarded(answers.load, answers.save, self._look)
        self._raw_snapshots, self._raw_answers = snapshots, answers
        self._marks = marks
        self._past = past
        self._decide: Callable[[Sequence[Record]], Awaitable[None]]
        self._progress: Progress
        self._in_hand: frozenset[int] = frozenset()
        self._from: dict[int, int] = {}
        self._handled: dict[int, int] = {}
        self._aside: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    def around(self, decide: Callable[[Sequence[Record]], Awaitable[None]], progress: Progress) -> None:
        """Complete it: they are made with what uses this."""
        self._decide, self._progress = decide, progress

    async def __call__(self, records: Sequence[Record]) -> None:
        """Decide a batch on whole snapshots. Safe to repeat, as deciding is."""
        async with self._one_at_a_time:
            self._in_hand = frozenset(record.partition for record in records)
            while not await self._decided(records):
                pass
            self._handled |= {record.partition: record.offset + 1 for record in records}

    async def ready(self) -> bool:
        """Whether all that is owned was whole once, so that commands are decided at once."""
        return self._owned() <= self._from.keys()

    async def keep_whole(self) -> None:
        """Make again, for ever, what is not whole and of which no command comes."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            self._aside = asyncio.create_task(self._make_whole(), name="make whole")
            await asyncio.wait({self._aside})
            if not self._aside.cancelled() and (error := self._aside.exception()) is not None:
                log.error("rebuild put off", exc_info=error)

    async def assigned(self, partitions: set[Partition]) -> None:
        """Whether they are whole is looked up when it matters."""

    async def revoked(self, partitions: set[Partition]) -> None:
        """What is made again aside is another's to make."""
        if self._aside is not None:
            await cancelling.end({self._aside})
        self._from.clear()
        self._handled.clear()

    async def _make_whole(self) -> None:
        async with self._one_at_a_time:
            self._in_hand = self._owned()
            try:
                await self._look()
            except NotWholeError as error:
                await self._rebuild(error.numbers)

    async def _decided(self, records: Sequence[Record]) -> bool:
        try:
            if not self._in_hand <= self._from.keys():
                await self._look()
            await self._decide(
                [record for record in records if record.offset >= self._from[record.partition]]
            )
        except NotWholeError as error:
            # All at once: the log is read through however many they are.
            owned = self._owned() | error.numbers
            await self._rebuild(owned - (await self._marks.whole(owned)).keys())
            return False
        return True

    async def _look(self) -> None:
        whole = await self._marks.whole(self._in_hand)
        self._from |= whole
        if missing := self._in_hand - whole.keys():
            raise NotWholeError(missing)

    async def _rebuild(self, numbers: Collection[int]) -> None:
        log.warning("snapshots are made again from the log", partitions=len(numbers))
        decided = {number: await self._decided_to(number) for number in numbers}
        word = await self._marks.begin(numbers)
        await self._raw_answers.ensure_end()  # a dropped collection has lost its index, too
        rebuilt = await self._past.until(decided, self._raw_snapshots.load)
        for answers in _in_parts(rebuilt.answers):
            await self._raw_answers.save(answers)
        for snapshots in _in_parts(rebuilt.snapshots):
            await self._raw_snapshots.put(snapshots)
        if await self._marks.end(decided, word):
            log.info("snapshots are whole", partitions=len(numbers), accounts=len(rebuilt.snapshots))

    def _owned(self) -> frozenset[int]:
        numbers = range(ACCOUNT_COMMANDS.partitions)
        return frozenset(number for number in numbers if self._progress.owns(_at(number)))

    async def _decided_to(self, number: int) -> int:
        return max(await self._progress.handled(_at(number)), self._handled.get(number, 0))


def _in_parts(found: Mapping[str, T]) -> list[dict[str, T]]:
    items = list(found.items())
    return [dict(items[start : start + _AT_ONCE]) for start in range(0, len(items), _AT_ONCE)]


def _at(number: int) -> Partition:
    return Partition(ACCOUNT_COMMANDS.name, number)


def _mark(number: int) -> str:
    return f"partition:{number}"
