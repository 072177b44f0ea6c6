"""The quota service's parts on real servers, and an ear on all that it writes."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

import pytest

from griot_chassis import ids
from griot_chassis.records import Record
from griot_chassis.service import Service
from griot_contracts import topics
from griot_contracts.base import Contract
from griot_contracts.ids import reply_address
from quota.domain import AccountCommand
from quota.settings import QuotaSettings
from tests.support import eventually
from tests.unit.quota import samples

OUT = (
    topics.ACCOUNT_EVENTS, topics.SESSION_EVENTS, topics.MESSAGE_EVENTS, topics.DISPATCH_COMMANDS,
    topics.SESSION_COMMANDS, topics.REPLIES,
)  # fmt: skip


class Asker:
    """What stands before the quota service and behind it: it writes commands, and hears what is written."""

    def __init__(self, service: Service) -> None:
        self.heard: dict[str, list[Record]] = defaultdict(list)
        self.publisher = service.publisher
        self._log = service.log_reader
        service.listen(OUT, self._hear)

    async def _hear(self, records: Sequence[Record]) -> None:
        for record in records:
            self.heard[record.body.account_id].append(record)

    async def ask(self, *commands: AccountCommand) -> list[str]:
        """Write commands; their ids."""
        envelopes = [
            self.publisher.envelope(command, id=ids.new_id(), reply_to=reply_address(7))
            for command in commands
        ]
        await self.publisher.publish(envelopes)
        return [envelope.id for envelope in envelopes]

    def told(self, account_id: str, kind: type[Contract]) -> set[str]:
        """The ids of what was heard so far; one topic may be heard later than another that follows it."""
        return {record.envelope.id for record in self._heard_of(account_id, kind)}

    async def written(self, account_id: str, kind: type[Contract]) -> list[Record]:
        """All that stands in the log by now of this kind, of which there is at least one.

        Asked for what a test has one key of: it lies where the first one that is heard lies.
        """
        await eventually(lambda: self.told(account_id, kind), what=f"a {kind.__name__} is heard")
        where = self._heard_of(account_id, kind)[0].at
        return [
            record
            async for record in self._log.read(where)
            if isinstance(record.body, kind) and record.body.account_id == account_id
        ]

    def _heard_of(self, account_id: str, kind: type[Contract]) -> list[Record]:
        return [record for record in self.heard[account_id] if isinstance(record.body, kind)]


@pytest.fixture
def settings(kafka: str, mongo: str) -> QuotaSettings:
    """A database of its own: whoever reads with it decides from the log's beginning."""
    unique = ids.new_id()
    return QuotaSettings(
        kafka_bootstrap=kafka, mongo_url=mongo, instance_id=unique, quota_database=f"quota_{unique}"
    )


@pytest.fixture
async def asker(settings: QuotaSettings) -> AsyncIterator[Asker]:
    service = Service("asker", settings)
    asker = Asker(service)
    async with service:
        task = asyncio.create_task(service.run())
        await eventually(lambda: is_ready(service), what="the asker hears")
        yield asker
        service.stop()
        await task


async def is_ready(service: Service) -> bool:
    return not await service.readiness.failing()


def of(account: str, *commands: AccountCommand) -> list[AccountCommand]:
    return [command.model_copy(update={"account_id": account}) for command in commands]


def ready(account: str, session: str) -> list[AccountCommand]:
    return of(account, samples.open_account(), samples.create_session(session))


def sends(account: str, session: str, count: int) -> list[AccountCommand]:
    return of(account, *(samples.send(ids.new_id(), session_id=session) for _ in range(count)))


def ids_of(records: Sequence[Record]) -> list[str]:
    """Each record's id, once."""
    return list(dict.fromkeys(record.envelope.id for record in records))
