"""A session that is left alone stays so, whoever owns it, until somebody asks for it or its time has come."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from griot_chassis.records import Partition
from griot_contracts import topics
from griot_contracts.sessions import SessionCreated, SessionStatus, SessionStatusChanged, StartSession
from session_manager.domain.ownership import Owned
from session_manager.domain.resting import Rest
from session_manager.domain.standing import (
    Banned,
    Identified,
    Observation,
    Outdated,
    PairingEnded,
    Unlinked,
)
from session_manager.handlers.ownership import Ownership
from tests.support import eventually
from tests.unit.session_manager.conftest import Worker
from tests.unit.session_manager.fakes import FakeConnection, FakeLog
from tests.unit.session_manager.samples import NOON

COMMANDS = Partition(topics.SESSION_COMMANDS.name, 3)
JID = "237650000001:1@s.whatsapp.net"
START = StartSession(account_id="a1", at=NOON, session_id="s1")
NOBODY_SCANNED = PairingEnded("timeout", ran_out=True)
GAVE_UP = Rest(SessionStatus.FAILED, "pairing_timeout", "no phone scanned a code in time: start it again")
HOUR = timedelta(hours=1)
BAN = Rest(SessionStatus.RESTRICTED, "temporary_ban", until=NOON + HOUR)


async def hand_over(worker: Worker, log: FakeLog | None = None) -> None:
    """Another worker is given the partition: this one, without what it had in memory."""
    await worker.fleet.drop_all({3})
    await Ownership(worker.fleet, worker.sessions, worker.lease, log or FakeLog()).assigned({COMMANDS}, {})


async def resting(worker: Worker, rest: Rest) -> None:
    """A session that its last owner left alone, taken over."""
    worker.sessions.read = {3}
    worker.sessions.known = {"s1": Owned("s1", "a1", 3, 1, JID)}
    worker.sessions.rests = {"s1": rest}
    await hand_over(worker)


async def ended(connection: FakeConnection, worker: Worker, kept: Callable[[], bool]) -> None:
    await eventually(lambda: connection.stopped and kept(), what="it is ended, and that is kept")
    session = worker.fleet.get("s1")
    assert session is not None


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        (NOBODY_SCANNED, SessionStatus.FAILED),
        (PairingEnded("error", ran_out=False), SessionStatus.FAILED),
        (Unlinked("LOGGED_OUT"), SessionStatus.LOGGED_OUT),
        (Banned("UNKNOWN", HOUR), SessionStatus.RESTRICTED),
    ],
)
async def test_what_its_last_owner_left_alone_is_left_alone(
    worker: Worker, seen: Observation, status: SessionStatus
) -> None:
    worker.sessions.read = {3}
    connection = await worker.start()
    connection.observe(Identified(JID))
    connection.observe(seen)
    await ended(connection, worker, lambda: bool(worker.sessions.rests))
    before = [body for body in await worker.told() if isinstance(body, SessionStatusChanged)][-1]
    await hand_over(worker)

    await worker.stands(status)
    assert worker.whatsapp.connections == [connection]
    now = [body for body in await worker.told() if isinstance(body, SessionStatusChanged)][-1]
    assert (now.status, now.reason, now.detail) == (before.status, before.reason, before.detail)


async def test_what_is_out_of_date_here_is_tried_by_its_next_owner(worker: Worker) -> None:
    worker.sessions.read = {3}
    connection = await worker.start()
    connection.observe(Outdated())
    await ended(connection, worker, lambda: True)
    await hand_over(worker)

    await eventually(lambda: len(worker.whatsapp.connections), equals=2, what="it connects")


async def test_a_database_made_again_from_the_log_leaves_the_same_alone(worker: Worker) -> None:
    created = SessionCreated(account_id="a1", at=NOON, session_id="s1", session_key="mine")
    gave_up = SessionStatusChanged(
        account_id="a1", at=NOON, session_id="s1", status=GAVE_UP.status, reason=GAVE_UP.reason
    )
    await hand_over(worker, FakeLog(events=[created, gave_up]))

    await worker.stands(SessionStatus.FAILED)
    assert not worker.whatsapp.connections


async def test_a_message_for_a_session_that_rests_does_not_wait_for_it(worker: Worker) -> None:
    await resting(worker, GAVE_UP)
    session = worker.fleet.get("s1")
    assert session is not None

    assert await session.connected(within_s=60) is None


@pytest.mark.parametrize("rest", [GAVE_UP, BAN])
async def test_a_start_ends_the_rest_for_every_owner(worker: Worker, rest: Rest) -> None:
    await resting(worker, rest)
    await worker.do(START)
    await eventually(lambda: len(worker.whatsapp.connections), equals=1, what="it connects")

    assert (await worker.statuses())[-1] == ("starting", None)
    await hand_over(worker)
    await eventually(lambda: len(worker.whatsapp.connections), equals=2, what="it connects elsewhere")


async def test_a_start_that_cannot_be_kept_is_no_start(worker: Worker) -> None:
    await resting(worker, GAVE_UP)
    worker.sessions.away = True
    with pytest.raises(ConnectionError):
        await worker.do(START)
    worker.sessions.away = False
    await worker.do(START)

    await eventually(lambda: worker.whatsapp.connections, what="it connects when the command comes again")


async def test_a_start_while_a_session_still_gives_up_is_not_forgotten_by_the_next_owner(
    worker: Worker,
) -> None:
    worker.sessions.read = {3}
    connection = await worker.start()
    connection.may_end.clear()
    connection.observe(NOBODY_SCANNED)
    await worker.stands(SessionStatus.FAILED)
    await worker.do(START)
    connection.may_end.set()
    await eventually(lambda: len(worker.whatsapp.connections), equals=2, what="it connects again")

    assert not worker.sessions.rests


async def test_a_ban_is_over_when_its_time_has_come(worker: Worker) -> None:
    await resting(worker, Rest(SessionStatus.RESTRICTED, "temporary_ban", until=NOON))

    await eventually(lambda: worker.whatsapp.connections, what="it connects")


async def test_a_ban_that_ends_here_is_waited_out_to_its_end(worker: Worker) -> None:
    ends = NOON + timedelta(seconds=0.1)
    await resting(worker, Rest(SessionStatus.RESTRICTED, "temporary_ban", until=ends))
    await worker.stands(SessionStatus.RESTRICTED)
    assert not worker.whatsapp.connections

    await eventually(lambda: worker.whatsapp.connections, what="it connects by itself")


async def test_what_was_told_stays_true_while_the_database_is_away(worker: Worker) -> None:
    connection = await worker.connect()
    worker.sessions.away = True
    connection.observe(Unlinked("LOGGED_OUT"))
    session = worker.fleet.get("s1")
    assert session is not None
    await eventually(lambda: not session.alive, what="it has given up")

    assert (await worker.statuses())[-1] == ("logged_out", "unlinked_from_phone")
    assert worker.whatsapp.forgotten == ["s1"]
    worker.sessions.away = False
    assert await worker.start() is not connection
