"""Where the stories are read: the log, the phones' ledger, the databases."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import pairwise
from typing import Any, Self

from aiokafka import AIOKafkaConsumer
from pymongo import AsyncMongoClient

from fakewhatsapp.client import RemoteNetwork
from fakewhatsapp.ledger import Entry, Filter
from griot_chassis import clock
from griot_chassis.broker import make_broker
from griot_chassis.decoding import to_record
from griot_chassis.ids import new_id
from griot_chassis.log_scan import partitions_of
from griot_chassis.publisher import Publisher
from griot_chassis.settings import ServiceSettings
from griot_contracts.accounts import DAILY_MESSAGE_LIMITS, ChangePlan, Plan
from griot_contracts.topics import MESSAGE_EVENTS
from tests.chaos.load import Sender
from tests.chaos.reckoning import Log, Sent


class MessageLog:
    """message.events.v1, read to its end as often as it is asked for."""

    def __init__(self, bootstrap: str) -> None:
        self.told = Log()
        self._bootstrap = bootstrap

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, auto_offset_reset="earliest")
        await self._consumer.start()
        self._places = [where.kafka for where in partitions_of(MESSAGE_EVENTS)]
        self._consumer.assign(self._places)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def to_its_end(self) -> Log:
        """All that stands there now."""
        ends = await self._consumer.end_offsets(self._places)
        while any([await self._consumer.position(place) < ends[place] for place in self._places]):
            for found in (await self._consumer.getmany(timeout_ms=500)).values():
                for record in map(to_record, found):
                    self.told.take(record.body, record.envelope.id)
        return self.told


class Databases:
    """What lies in MongoDB."""

    def __init__(self, url: str) -> None:
        self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, tz_aware=True)

    async def close(self) -> None:
        await self._client.close()

    async def statuses(self, account_ids: Sequence[str]) -> dict[str, str]:
        """The status of each message in the read side, by its id."""
        of_these = {"account_id": {"$in": list(account_ids)}}
        found = self._client["griot_api"]["messages"].find(of_these, {"status": 1})
        return {message["_id"]: message["status"] async for message in found}

    async def counted(self, account_id: str) -> tuple[int, int]:
        """How many messages the read side counts, and how many the one who decides."""
        usage = await self._client["griot_api"]["usage"].find({"account_id": account_id}).to_list()
        snapshot = await self._client["griot_quota"]["accounts"].find_one({"_id": account_id})
        decided = 0 if snapshot is None else int(snapshot["account"]["sent"])
        return sum(one["sent"] for one in usage), decided


def sent_by(sender: Sender) -> Sent:
    """What it was told, and its limit if it went past that: it need not have heard so.

    While quota is away nobody is refused; what is too much is rejected afterwards.
    """
    allowed = DAILY_MESSAGE_LIMITS[Plan.FREE]
    past_it = sender.limited and len(sender.told) + len(sender.refused) > allowed
    return Sent(sender.account.id, sender.when_unknown, sender.told, allowed if past_it else None)


async def shown_to(network: RemoteNetwork, senders: Sequence[Sender]) -> list[Entry]:
    """What reached the phones of these senders, who write to themselves."""
    return [
        entry
        for sender in senders
        for entry in await network.ledger.entries(Filter(recipient=sender.number))
        if entry.reached
    ]


def times(entries: Sequence[Entry]) -> Counter[str]:
    """How often each text came; the same message repeated under its own id is shown once."""
    return Counter(entry.text for entry in entries)


def longest_silence(moments: Sequence[datetime]) -> float:
    """The longest time between two of them, in seconds."""
    return max(((after - before).total_seconds() for before, after in pairwise(sorted(moments))), default=0.0)


@asynccontextmanager
async def operator(bootstrap: str) -> AsyncIterator[Publisher]:
    """Who may change plans."""
    broker = make_broker("chaos", ServiceSettings(kafka_bootstrap=bootstrap))
    async with broker:
        await broker.start()
        yield Publisher(broker, "operator")


async def raise_plan(publisher: Publisher, account_id: str) -> None:
    """Put an account on pro."""
    change = ChangePlan(account_id=account_id, at=clock.now(), plan=Plan.PRO)
    await publisher.publish([publisher.envelope(change, id=new_id())])
