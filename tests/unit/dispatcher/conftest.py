"""A dispatcher on fakes, spoken to in commands and events."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from dispatcher.domain.pacing import Usual
from dispatcher.handlers.dispatch import Dispatch
from dispatcher.handlers.policy import Policy
from griot_chassis.records import Partition, Record
from griot_contracts.base import Contract
from griot_contracts.messages import MessageEvent
from griot_contracts.topics import DELIVERY_EVENTS, DISPATCH_COMMANDS, SESSION_EVENTS
from tests.unit.dispatcher.fakes import (
    Clock,
    MemoryLog,
    MemoryMedia,
    MemoryPast,
    MemoryProgress,
    MemoryStore,
    MemoryTopics,
)
from tests.unit.dispatcher.samples import PARTITION, RETRY

OWNED = {Partition(topic.name, PARTITION) for topic in (DISPATCH_COMMANDS, DELIVERY_EVENTS, SESSION_EVENTS)}


@dataclass
class Bench:
    """A dispatcher, and all that it stands on."""

    store: MemoryStore = field(default_factory=MemoryStore)
    log: MemoryLog = field(default_factory=MemoryLog)
    progress: MemoryProgress = field(default_factory=MemoryProgress)
    media: MemoryMedia = field(default_factory=MemoryMedia)
    past: MemoryPast = field(default_factory=MemoryPast)
    clock: Clock = field(default_factory=Clock)
    topics: MemoryTopics = field(default_factory=MemoryTopics)
    policy: Policy = field(default_factory=lambda: Policy(RETRY, Usual(), spread=lambda: 0.5))

    made: list[Dispatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dispatch = self.make()

    def make(self) -> Dispatch:
        dispatch = Dispatch(
            self.store,
            self.log,
            self.progress,
            self.media,
            past=self.past,
            policy=self.policy,
            now=self.clock,
            awake=lambda: None,
        )
        self.made.append(dispatch)
        return dispatch

    async def stop(self) -> None:
        """Nothing goes on behind the test's back: a task that is collected later fails another test."""
        for dispatch in self.made:
            await dispatch.revoked(OWNED)
        await asyncio.sleep(0)  # what is given up ends in its next turn

    async def hear(self, *bodies: Contract) -> list[Record]:
        """One batch of these."""
        records = self.topics.records(bodies)
        await self.dispatch(records)
        return records

    def remember(self) -> None:
        """What was told of messages up to now stands in the log."""
        told = (envelope.body for envelope in self.log.written)
        self.past.events = [body for body in told if isinstance(body, MessageEvent)]

    async def restart(self) -> None:
        """The process is killed, and another one takes over."""
        self.dispatch = self.make()
        await self.dispatch.assigned(OWNED)
        await self.wake()

    def drop(self) -> None:
        """Somebody drops the database."""
        self.store.drop()
        self.progress.forgotten = True

    async def wake(self) -> None:
        """What waits for its moment goes, if that has come."""
        await self.dispatch.wake({PARTITION})


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.dispatch.assigned(OWNED)
    yield bench
    await bench.stop()
