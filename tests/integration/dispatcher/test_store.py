"""The store in a real database holds to the suite of every store."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatcher.adapters.store import MongoStore, ReadSoFar
from dispatcher.domain.session import Session
from griot_chassis import clock, ids
from griot_chassis.errors import PositionsForgottenError
from griot_chassis.mongo import connect
from griot_chassis.positions import Positions
from griot_chassis.records import Partition
from griot_contracts.topics import DELIVERY_EVENTS
from tests.unit.dispatcher.store_suite import StoreSuite

PARTITION = 7
OLD = Session("s1", PARTITION)
NEW = replace(OLD, connected=True)
FOR_EVER = timedelta(days=20_000)
"""The samples are of some day in the past; the database would drop them in the middle of a test."""


@pytest.fixture
def database(mongo: str) -> Iterator[Any]:
    client = connect(mongo, "test")
    yield client[f"dispatcher_{ids.new_id()}"]
    client.close()


@pytest.fixture
def store(database: Any) -> MongoStore:
    return make(database)


def make(database: Any, now: Callable[[], datetime] = clock.now) -> MongoStore:
    return MongoStore(database, now, ended_kept=FOR_EVER, receipts_kept=FOR_EVER)


class TestMongoStore(StoreSuite):
    pass


async def test_what_a_former_owner_still_writes_of_a_session_is_refused(database: Any) -> None:
    former, owner = make(database), make(database)
    await former.own({PARTITION})
    await former.save([], [], [OLD], [])
    await owner.own({PARTITION})
    await owner.save([], [], [NEW], [])

    await former.save([], [], [OLD], [])

    assert (await owner.load({PARTITION}))[PARTITION].sessions == [NEW]


async def test_what_a_former_owner_wrote_in_between_gives_way_to_what_the_owner_writes(database: Any) -> None:
    former, owner = make(database), make(database)
    await former.own({PARTITION})
    await owner.own({PARTITION})
    await former.save([], [], [OLD], [])

    await owner.save([], [], [NEW], [])

    assert (await owner.load({PARTITION}))[PARTITION].sessions == [NEW]


async def test_a_dropped_database_does_not_make_a_former_owner_of_the_owner(database: Any) -> None:
    """The process that ran when it was dropped may write a session before it is the owner anew."""
    former, owner = make(database), make(database)
    for _ in range(3):
        await former.own({PARTITION})
    await database.client.drop_database(database.name)
    await former.save([], [], [OLD], [])

    await owner.own({PARTITION})
    await owner.save([], [], [NEW], [])

    assert (await owner.load({PARTITION}))[PARTITION].sessions == [NEW]


async def test_of_two_who_own_at_the_same_moment_or_by_a_slow_clock_the_later_is_the_owner(
    database: Any,
) -> None:
    at = clock.now()
    former, owner = make(database, lambda: at), make(database, lambda: at - timedelta(minutes=1))
    await former.own({PARTITION})
    await owner.own({PARTITION})
    await owner.save([], [], [NEW], [])

    await former.save([], [], [OLD], [])

    assert (await owner.load({PARTITION}))[PARTITION].sessions == [NEW]


async def test_what_is_read_back_counts_only_while_the_database_holds_what_it_held(database: Any) -> None:
    """And the positions that are decided by are those that were loaded, though they are dropped by now."""
    here, other = Partition(DELIVERY_EVENTS.name, PARTITION), Partition(DELIVERY_EVENTS.name, PARTITION + 1)
    positions = Positions(database, "dispatcher")
    await positions.load([here, other])
    await positions.save({here: 5})
    progress = ReadSoFar(positions)
    await progress.check({PARTITION, PARTITION + 1})

    await database.client.drop_database(database.name)

    with pytest.raises(PositionsForgottenError):
        await progress.check({PARTITION})
    await progress.check({PARTITION + 1})
    assert await progress.handled([here, other]) == {here: 5}
