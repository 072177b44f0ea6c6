"""Snapshots and answers in a real database hold to the suites of every such store."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from griot_chassis import ids
from griot_chassis.mongo import connect
from quota.adapters import MongoAnswers, MongoSnapshots
from quota.domain import Account, Snapshot
from tests.unit.quota.answers_suite import AnswersSuite
from tests.unit.quota.snapshots_suite import SnapshotsSuite


@pytest.fixture
def snapshots(mongo: str) -> Iterator[MongoSnapshots]:
    client = connect(mongo, "test")
    yield MongoSnapshots(client[f"quota_{ids.new_id()}"]["accounts"])
    client.close()


@pytest.fixture
async def answers(mongo: str) -> AsyncIterator[MongoAnswers]:
    client = connect(mongo, "test")
    answers = MongoAnswers(client[f"quota_{ids.new_id()}"]["answers"])
    await answers.ensure_end()
    yield answers
    client.close()


class TestMongoAnswers(AnswersSuite):
    pass


class TestMongoSnapshots(SnapshotsSuite):
    pass


async def test_of_two_who_store_at_once_the_one_that_has_decided_further_stays(
    snapshots: MongoSnapshots,
) -> None:
    writers = [
        snapshots.save({"a": Snapshot(replace(Account(), sent=offset), offset)}) for offset in range(20)
    ]

    await asyncio.gather(*writers)

    assert await snapshots.load({"a"}) == {"a": Snapshot(replace(Account(), sent=19), 19)}


async def test_one_made_again_replaces_what_is_as_far_and_nothing_that_is_further(
    snapshots: MongoSnapshots,
) -> None:
    """Found by the chaos run: a process stood still while it made them, and another decided on meanwhile."""
    doubted, further = Snapshot(replace(Account(), sent=9), 7), Snapshot(replace(Account(), sent=12), 19)
    await snapshots.save({"doubted": doubted, "further": further})

    again = Snapshot(replace(Account(), sent=5), 7)
    await snapshots.put({"doubted": again, "further": again, "unknown": again})

    stored = await snapshots.load({"doubted", "further", "unknown"})
    assert stored == {"doubted": again, "further": further, "unknown": again}
