"""The quota service, made of the same parts, that is killed or stopped at a named point of a batch.

`python doomed.py SIGNAL FOLDER`: when there is a file `armed` in the folder that names a point, the process
removes it as it comes there, and sends itself the signal. What it is made of stands in `quota.__main__`; only
the points are added here.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from griot_chassis.consumer import Consumer
from griot_chassis.positions import Positions
from griot_chassis.publisher import Publisher
from griot_chassis.records import Partition
from griot_chassis.service import Service
from griot_contracts import topics
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope
from quota.adapters import MongoAnswers, MongoSnapshots
from quota.domain import Answer, Snapshot
from quota.handlers import DecideAccountCommands
from quota.settings import QuotaSettings

ARMED = "armed"


class Point(StrEnum):
    """Where in a batch: each lies between two things that must both happen."""

    DECIDED = "decided and nothing published"
    HALF_PUBLISHED = "events published and what follows from them not"
    PUBLISHED = "all published and no answer stored"
    ANSWERED = "answers stored and no snapshot"
    STORED = "snapshots stored and no position"
    POSITIONED = "position stored and nothing committed"


class Doom:
    """Strikes once each time that it is armed, whichever process comes to the point first."""

    def __init__(self, number: signal.Signals, folder: Path) -> None:
        self._number = number
        self._armed = folder / ARMED

    def at(self, point: Point) -> None:
        """The process has come to this point."""
        if self._armed.exists() and self._armed.read_text() == point:
            self._armed.unlink()
            os.kill(os.getpid(), self._number)


class DoomedPublisher:
    """The publisher; a batch is published in two calls."""

    def __init__(self, publisher: Publisher, doom: Doom) -> None:
        self.envelope = publisher.envelope
        self._publish: Callable[[Sequence[Envelope[Contract]]], Awaitable[None]] = publisher.publish
        self._doom = doom
        self._first = True

    async def publish(self, envelopes: Sequence[Envelope[Contract]]) -> None:
        self._doom.at(Point.DECIDED if self._first else Point.HALF_PUBLISHED)
        try:
            await self._publish(envelopes)
        except BaseException:
            self._first = True
            raise
        self._first = not self._first


class DoomedAnswers(MongoAnswers):
    """The answers of every batch are saved, were there none."""

    doom: Doom

    async def save(self, answers: Mapping[str, Answer]) -> None:
        self.doom.at(Point.PUBLISHED)
        await super().save(answers)


class DoomedSnapshots(MongoSnapshots):
    doom: Doom

    async def save(self, snapshots: Mapping[str, Snapshot]) -> None:
        self.doom.at(Point.ANSWERED)
        await super().save(snapshots)


class DoomedPositions(Positions):
    doom: Doom

    async def save(self, positions: Mapping[Partition, int]) -> None:
        self.doom.at(Point.STORED)
        await super().save(positions)
        self.doom.at(Point.POSITIONED)


def compose(service: Service, settings: QuotaSettings, doom: Doom) -> Consumer:
    DoomedAnswers.doom = DoomedSnapshots.doom = DoomedPositions.doom = doom
    database = service.mongo[settings.quota_database]
    decide = DecideAccountCommands(
        DoomedSnapshots(database["accounts"]),
        DoomedAnswers(database["answers"]),
        DoomedPublisher(service.publisher, doom),
    )
    return service.consume(
        [topics.ACCOUNT_COMMANDS], decide, group="quota", positions=DoomedPositions(database, "quota")
    )


async def main(settings: QuotaSettings, doom: Doom) -> None:
    async with Service("quota", settings) as service:
        compose(service, settings, doom)
        await service.run()


if __name__ == "__main__":
    number, folder = sys.argv[1:]
    asyncio.run(main(QuotaSettings(), Doom(signal.Signals[number], Path(folder))))
