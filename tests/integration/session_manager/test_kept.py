"""What MongoDB keeps of the sessions, on a real one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from griot_chassis import ids
from griot_chassis.mongo import connect
from griot_contracts.sessions import SessionStatus, StartSession
from session_manager.adapters.sessions import MongoSessions
from session_manager.domain.ownership import Logged
from session_manager.domain.resting import Rest

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GAVE_UP = Rest(SessionStatus.FAILED, "pairing_timeout", "start it again")
BAN = Rest(SessionStatus.RESTRICTED, "temporary_ban", until=NOON + timedelta(hours=1))


@pytest.fixture
def database(mongo: str) -> Any:
    return connect(mongo, "test")[f"sessions_{ids.new_id()}"]


@pytest.fixture
def sessions(database: Any) -> MongoSessions:
    return MongoSessions(database, "me", lambda: NOON)


@pytest.mark.parametrize("rest", [GAVE_UP, BAN])
async def test_that_a_session_rests_is_kept_until_it_is_no_more(sessions: MongoSessions, rest: Rest) -> None:
    await sessions.add(StartSession(account_id="a1", at=NOON, session_id="s1"), 3)
    await sessions.rest("s1", rest)
    assert [owned.rest for owned in await sessions.take_over([3])] == [rest]

    await sessions.rest("s1", None)

    assert [owned.rest for owned in await sessions.take_over([3])] == [None]


async def test_a_session_that_rests_does_so_in_a_database_that_is_made_again(sessions: MongoSessions) -> None:
    await sessions.restore(3, [Logged("s1", "a1", rest=GAVE_UP)])
    assert [owned.rest for owned in await sessions.take_over([3])] == [GAVE_UP]
    await sessions.rest("s1", None)
    await sessions.restore(3, [Logged("s1", "a1", rest=GAVE_UP)])

    assert [owned.rest for owned in await sessions.take_over([3])] == [None], "a repeat changes nothing"


async def test_a_session_that_is_destroyed_does_not_come_back_to_rest(sessions: MongoSessions) -> None:
    await sessions.add(StartSession(account_id="a1", at=NOON, session_id="s1"), 3)
    await sessions.remove("s1")
    await sessions.rest("s1", GAVE_UP)

    assert await sessions.take_over([3]) == []


async def test_the_epoch_of_a_session_grows_though_the_database_is_dropped(
    sessions: MongoSessions, database: Any
) -> None:
    start = StartSession(account_id="a1", at=NOON, session_id="s1")
    before = [(await sessions.add(start, 3)).epoch for _ in range(3)]
    await database.client.drop_database(database.name)

    after = [(await sessions.add(start, 3)).epoch for _ in range(2)]

    assert before + after == sorted({*before, *after})
