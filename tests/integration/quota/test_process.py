"""The quota service as it is run, killed in the middle of its work."""

import sys
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest

from griot_chassis import ids
from griot_chassis.mongo import connect
from griot_contracts.accounts import CommandDecided
from griot_contracts.base import Once
from griot_contracts.messages import DispatchMessage, MessageAccepted, MessageRejected
from griot_contracts.topics import ACCOUNT_COMMANDS
from griot_local.processes import Process
from quota.adapters import MongoSnapshots
from quota.domain import Snapshot
from quota.past import LogPast
from quota.settings import QuotaSettings
from tests.integration.quota.conftest import Asker, ids_of, ready, sends
from tests.services import service
from tests.support import eventually


@pytest.fixture
async def process(settings: QuotaSettings, tmp_path: Path) -> AsyncIterator[Process]:
    environment = {
        "GRIOT_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "GRIOT_MONGO_URL": settings.mongo_url,
        "GRIOT_INSTANCE_ID": "quota-1",  # in every test: a group waits for a member that is gone
        "GRIOT_QUOTA_DATABASE": settings.quota_database,
    }
    run = [sys.executable, "-m", "quota"]
    async with service("quota", run, log=tmp_path / "log", environment=environment) as process:
        yield process


@pytest.mark.slow
async def test_killed_again_and_again_it_accepts_the_limit_and_decides_each_command_once(
    asker: Asker, process: Process
) -> None:
    account, session = ids.new_id(), ids.new_id()
    await asker.ask(*ready(account, session))

    for batch in range(6):
        await asker.ask(*sends(account, session, 20))
        if batch % 2:
            await process.kill()
            await process.start()

    await eventually(lambda: len(asker.told(account, CommandDecided)), equals=122, what="all are answered")
    assert len(ids_of(await asker.written(account, MessageAccepted))) == 100
    assert len(ids_of(await asker.written(account, DispatchMessage))) == 100
    assert len(ids_of(await asker.written(account, MessageRejected))) == 20


@pytest.mark.usefixtures("process")
async def test_an_answer_that_was_dropped_is_told_again_though_the_position_is_older_than_the_snapshot(
    asker: Asker, settings: QuotaSettings
) -> None:
    account, session, once = ids.new_id(), ids.new_id(), Once(id=ids.new_id(), fingerprint="f")
    (send,) = sends(account, session, 1)
    await asker.ask(*ready(account, session), send.model_copy(update={"once": once}))
    client = connect(settings.mongo_url, "test")
    stored = MongoSnapshots(client[settings.quota_database]["accounts"])
    await eventually(lambda: is_counted(stored, account), what="the message is counted")

    past = LogPast(settings.kafka_bootstrap)
    nothing_handled = dict.fromkeys(range(ACCOUNT_COMMANDS.partitions), 0)
    rebuilt = await past.until(nothing_handled, stored.load)
    without_snapshots = await past.until(nothing_handled, no_snapshots)

    assert rebuilt.answers[once.id].fingerprint == once.fingerprint
    assert once.id not in without_snapshots.answers, "its command is decided again"
    client.close()


async def no_snapshots(_account_ids: Collection[str]) -> dict[str, Snapshot]:
    return {}


async def is_counted(snapshots: MongoSnapshots, account: str) -> bool:
    return (await snapshots.load({account}))[account].account.sent == 1


async def test_it_ends_in_order_when_it_is_told_to(process: Process) -> None:
    await process.stop()

    assert process.log.read_text().count('"stopped"') == 1
