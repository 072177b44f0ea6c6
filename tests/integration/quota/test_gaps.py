"""Killed at every gap of a batch, or stopped there until another is the owner: one decision a command."""

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from griot_chassis import ids
from griot_chassis.mongo import connect
from griot_chassis.records import Record
from griot_contracts.accounts import DAILY_MESSAGE_LIMITS, CommandDecided, Plan
from griot_contracts.base import Contract
from griot_contracts.messages import DispatchMessage, MessageAccepted, MessageRejected
from griot_local.processes import Process
from quota.adapters import MongoSnapshots
from quota.settings import QuotaSettings
from tests.integration.quota import doomed
from tests.integration.quota.conftest import Asker, ids_of, ready, sends
from tests.integration.quota.doomed import Point
from tests.services import service
from tests.support import eventually

LIMIT = DAILY_MESSAGE_LIMITS[Plan.FREE]
REFUSED = 14
ANSWERED_WITHIN = timedelta(seconds=90)
"""A member that says nothing is waited for, ten seconds at least."""

Made = Callable[..., Process]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def make(settings: QuotaSettings, tmp_path: Path) -> Made:
    """An instance of the quota service by its name; a doomed one where a signal is given to it."""

    def make(name: str, signal: str | None = None) -> Process:
        environment = {
            "GRIOT_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "GRIOT_MONGO_URL": settings.mongo_url,
            "GRIOT_INSTANCE_ID": name,
            "GRIOT_QUOTA_DATABASE": settings.quota_database,
        }
        run = [doomed.__file__, signal, str(tmp_path)] if signal else ["-m", "quota"]
        return service(name, [sys.executable, *run], log=tmp_path / f"{name}.log", environment=environment)

    return make


class Ledger:
    """One account that asks for more than it may, and what must have come of it."""

    def __init__(self, asker: Asker, settings: QuotaSettings) -> None:
        self.account = ids.new_id()
        self.session = ids.new_id()
        self.asked = 0
        self._asker = asker
        self._settings = settings

    async def opens(self) -> None:
        self.asked += len(await self._asker.ask(*ready(self.account, self.session)))
        await self.all_answered()

    async def sends(self, count: int) -> None:
        self.asked += len(await self._asker.ask(*sends(self.account, self.session, count)))

    async def all_answered(self) -> None:
        await eventually(
            lambda: len(self._asker.told(self.account, CommandDecided)),
            equals=self.asked, within=ANSWERED_WITHIN, what="all are answered",
        )  # fmt: skip

    async def holds(self) -> None:
        """The limit was accepted, each command has one decision, and that is the same wherever it stands."""
        accepted = await self._written(MessageAccepted)
        assert len(ids_of(accepted)) == len({record.body.message_id for record in accepted}) == LIMIT  # type: ignore[attr-defined]
        assert len(ids_of(await self._written(DispatchMessage))) == LIMIT
        assert len(ids_of(await self._written(MessageRejected))) == REFUSED
        replies = await self._written(CommandDecided)
        assert len(ids_of(replies)) == len({reply.envelope.correlation_id for reply in replies}) == self.asked
        assert await self._counted() == LIMIT

    async def _written(self, kind: type[Contract]) -> Sequence[Record]:
        written = await self._asker.written(self.account, kind)
        told: defaultdict[str, set[str]] = defaultdict(set)
        for record in written:
            told[record.envelope.id].add(record.body.model_dump_json())
        assert {len(bodies) for bodies in told.values()} == {1}, "the same id, and another decision"
        return written

    async def _counted(self) -> int:
        client = connect(self._settings.mongo_url, "test")
        accounts = MongoSnapshots(client[self._settings.quota_database]["accounts"])
        stored = await accounts.load({self.account})
        client.close()
        return stored[self.account].account.sent


class Fate:
    """Says where the doomed are struck, and waits until one of them is."""

    def __init__(self, folder: Path) -> None:
        self._armed = folder / doomed.ARMED

    def arm(self, point: Point) -> None:
        self._armed.write_text(point)

    async def struck(self) -> None:
        await eventually(lambda: not self._armed.exists(), within=ANSWERED_WITHIN, what="it is struck")


@pytest.fixture
def doom(tmp_path: Path) -> Fate:
    return Fate(tmp_path)


async def test_killed_at_every_gap_it_accepts_the_limit_and_decides_each_command_once(
    asker: Asker, settings: QuotaSettings, make: Made, doom: Fate
) -> None:
    account = Ledger(asker, settings)
    async with make("quota-1", "SIGKILL"):
        await account.opens()
        for point in Point:
            doom.arm(point)
            await account.sends((LIMIT + REFUSED) // len(Point))
            await doom.struck()
        await account.all_answered()

    await account.holds()


async def test_stopped_at_every_gap_until_another_is_the_owner_and_woken_it_decides_nothing_otherwise(
    asker: Asker, settings: QuotaSettings, make: Made, doom: Fate
) -> None:
    account = Ledger(asker, settings)
    async with make("quota-1", "SIGSTOP") as first, make("quota-2", "SIGSTOP") as second:
        await account.opens()
        for point in Point:
            doom.arm(point)
            await account.sends((LIMIT + REFUSED) // len(Point))
            await doom.struck()
            await account.all_answered()  # by the one that is not stopped
            first.resume()
            second.resume()
        await first.wait_ready()
        await second.wait_ready()

    await account.holds()


async def test_two_instances_share_the_accounts_while_they_are_killed_stopped_and_started(
    asker: Asker, settings: QuotaSettings, make: Made
) -> None:
    accounts = [Ledger(asker, settings) for _ in range(4)]
    async with make("quota-1") as first, make("quota-2") as second:
        for account in accounts:
            await account.opens()
        for number in range(3):
            for account in accounts:
                await account.sends((LIMIT + REFUSED) // 3)
            match number:
                case 0:
                    await second.stop()
                case 1:
                    await second.start()
                    first.crash()
                case 2:
                    first.pause()
                case _:
                    pass
        for account in accounts:
            await account.all_answered()  # by the second alone, once the first is given up
        first.resume()
        await first.wait_ready()

    for account in accounts:
        await account.holds()
