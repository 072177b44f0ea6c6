"""The handler between a real log and a real database: what comes out, and what a crash or a repeat does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from griot_chassis import ids
from griot_chassis.errors import DatabaseUnavailableError
from griot_chassis.service import Service
from griot_contracts import topics
from griot_contracts.accounts import AccountOpened, CommandDecided, CommandRefused, KeyIssued, Refusal
from griot_contracts.ids import derive
from griot_contracts.messages import DispatchMessage, MessageAccepted, MessageRejected
from griot_contracts.sessions import SessionCreated, StartSession
from quota.adapters import MongoAnswers, MongoSnapshots
from quota.domain import Snapshot
from quota.handlers import DecideAccountCommands, Snapshots
from quota.settings import QuotaSettings
from tests.integration.quota.conftest import Asker, ids_of, is_ready, of, ready, sends
from tests.support import eventually
from tests.unit.quota import samples

Running = Callable[[Snapshots | None], AbstractAsyncContextManager[Snapshots]]


class DiesBeforeSaving:
    """Snapshots of a process that dies between publishing and storing an account, so many times."""

    def __init__(self, snapshots: Snapshots, account: str, deaths: int) -> None:
        self._snapshots = snapshots
        self._account = account
        self.deaths_left = deaths

    async def load(self, account_ids: Collection[str]) -> dict[str, Snapshot]:
        return await self._snapshots.load(account_ids)

    async def save(self, snapshots: Mapping[str, Snapshot]) -> None:
        if self.deaths_left and self._account in snapshots:
            self.deaths_left -= 1
            raise DatabaseUnavailableError("died")
        await self._snapshots.save(snapshots)


@pytest.fixture
def account() -> str:
    return ids.new_id()


@pytest.fixture
def quota(settings: QuotaSettings) -> Running:
    """Run the service, with other snapshots than its own where they are given."""

    @asynccontextmanager
    async def run(snapshots: Snapshots | None = None) -> AsyncIterator[Snapshots]:
        database, group = settings.quota_database, settings.instance_id
        service = Service("quota", settings)
        stored = snapshots or MongoSnapshots(service.mongo[database]["accounts"])
        answers = MongoAnswers(service.mongo[database]["answers"])
        decide = DecideAccountCommands(stored, answers, service.publisher)
        service.consume(
            [topics.ACCOUNT_COMMANDS], decide, group=group, positions=service.positions(database, group)
        )
        async with service:
            task = asyncio.create_task(service.run())
            await eventually(lambda: is_ready(service), what="quota decides")
            yield stored
            service.stop()
            await task

    return run


async def replied(asker: Asker, account: str, count: int) -> None:
    await eventually(lambda: len(asker.told(account, CommandDecided)), equals=count, what="all are answered")


async def sent(snapshots: Snapshots, account: str) -> int:
    """How many messages the stored account has sent; what was answered is stored a moment later."""
    return (await snapshots.load({account}))[account].account.sent


async def test_a_command_comes_out_as_events_commands_and_a_reply(
    asker: Asker, quota: Running, account: str
) -> None:
    session = ids.new_id()
    async with quota(None):
        asked = await asker.ask(*ready(account, session), *sends(account, session, 1))
        await replied(asker, account, 3)

    for kind in (AccountOpened, KeyIssued, SessionCreated, StartSession, MessageAccepted, DispatchMessage):
        assert len(await asker.written(account, kind)) == 1, kind
    [dispatch] = await asker.written(account, DispatchMessage)
    assert dispatch.key == session
    assert dispatch.envelope.id == derive(asked[2], "DispatchMessage")
    assert dispatch.envelope.correlation_id == asked[2]
    replies = await asker.written(account, CommandDecided)
    assert {reply.partition for reply in replies} == {7}
    assert [reply.envelope.correlation_id for reply in replies] == asked


async def test_a_refusal_comes_out_too(asker: Asker, quota: Running, account: str) -> None:
    async with quota(None):
        await asker.ask(*of(account, samples.delete_session("s1")))
        await replied(asker, account, 1)

    [refused] = await asker.written(account, CommandRefused)
    [reply] = await asker.written(account, CommandDecided)
    assert isinstance(refused.body, CommandRefused)
    assert isinstance(reply.body, CommandDecided)
    assert refused.body.reason is reply.body.refusal is Refusal.NO_SUCH_ACCOUNT


async def test_exactly_a_hundred_of_a_days_messages_are_accepted(
    asker: Asker, quota: Running, account: str
) -> None:
    session = ids.new_id()
    async with quota(None):
        await asker.ask(*ready(account, session))
        await asyncio.gather(*(asker.ask(*sends(account, session, 10)) for _ in range(12)))
        await replied(asker, account, 122)

    assert len(await asker.written(account, MessageAccepted)) == 100
    assert len(await asker.written(account, DispatchMessage)) == 100
    assert len(await asker.written(account, MessageRejected)) == 20


async def test_dying_between_publishing_and_storing_repeats_the_same_ids_and_counts_once(
    asker: Asker, quota: Running, account: str, settings: QuotaSettings
) -> None:
    session = ids.new_id()
    commands = ready(account, session) + sends(account, session, 3)
    await asker.ask(*commands)
    service = Service("store", settings)
    dying = DiesBeforeSaving(
        MongoSnapshots(service.mongo[settings.quota_database]["accounts"]), account, deaths=2
    )

    async with service, quota(dying):
        await eventually(lambda: dying.deaths_left, equals=0, what="it died twice")
        await asker.ask(*sends(account, session, 1))
        await replied(asker, account, 6)
        await eventually(lambda: sent(dying, account), equals=4, what="all is stored")

    accepted = await asker.written(account, MessageAccepted)
    assert len(accepted) > len(ids_of(accepted)) == 4


async def test_what_is_read_again_after_a_restart_is_not_decided_again(
    asker: Asker, quota: Running, account: str, settings: QuotaSettings
) -> None:
    session = ids.new_id()
    async with quota(None):
        await asker.ask(*ready(account, session), *sends(account, session, 3))
        await replied(asker, account, 5)
    service = Service("store", settings)
    async with service:
        await service.mongo[settings.quota_database]["positions"].delete_many({})  # read from the beginning

    async with quota(None) as snapshots:
        await asker.ask(*sends(account, session, 1))
        await replied(asker, account, 6)
        await eventually(lambda: sent(snapshots, account), equals=4, what="all is stored")

    assert len(await asker.written(account, MessageAccepted)) == 4


async def test_what_the_database_forgot_is_decided_again_with_the_same_ids(
    asker: Asker, quota: Running, account: str, settings: QuotaSettings
) -> None:
    session = ids.new_id()
    async with quota(None):
        await asker.ask(*ready(account, session), *sends(account, session, 3))
        await replied(asker, account, 5)
    service = Service("store", settings)
    async with service:
        await service.mongo.drop_database(settings.quota_database)

    async with quota(None) as snapshots:
        await asker.ask(*sends(account, session, 1))
        await replied(asker, account, 6)
        await eventually(lambda: sent(snapshots, account), equals=4, what="all is stored")

    accepted = await asker.written(account, MessageAccepted)
    assert len(accepted) >= 7
    assert len(ids_of(accepted)) == 4
