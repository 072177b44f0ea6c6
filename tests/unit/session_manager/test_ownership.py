"""What the log says of the sessions there are, and what an assignment makes of it."""

from datetime import timedelta

import pytest

from griot_chassis.records import Partition
from griot_contracts import topics
from griot_contracts.accounts import AccountResumed, AccountSuspended
from griot_contracts.base import Contract
from griot_contracts.deliveries import DeliveryUnknown
from griot_contracts.sessions import (
    DesiredState,
    SessionCreated,
    SessionDeleted,
    SessionStatus,
    SessionStatusChanged,
    SessionUpdated,
)
from session_manager.domain.ownership import Known, Logged, Owned, evolve
from session_manager.domain.resting import Rest
from session_manager.handlers.lease import VALID_FOR_S
from session_manager.handlers.ownership import Ownership
from tests.support import eventually
from tests.unit.session_manager.conftest import Worker
from tests.unit.session_manager.fakes import ACCOUNTS, EVENTS, JOURNAL, FakeLog
from tests.unit.session_manager.samples import NOON, deliver, sent, started

COMMANDS = Partition(topics.SESSION_COMMANDS.name, 3)


def created(session_id: str = "s1") -> SessionCreated:
    return SessionCreated(account_id="a1", at=NOON, session_id=session_id, session_key="mine")


def changed(epoch: int, session_id: str = "s1") -> SessionStatusChanged:
    status = SessionStatus.CONNECTED
    return SessionStatusChanged(account_id="a1", at=NOON, session_id=session_id, status=status, epoch=epoch)


def linked(status: SessionStatus, epoch: int, device: str | None) -> SessionStatusChanged:
    return SessionStatusChanged(
        account_id="a1", at=NOON, session_id="s1", status=status, device=device, epoch=epoch
    )


def deleted(session_id: str = "s1") -> SessionDeleted:
    return SessionDeleted(account_id="a1", at=NOON, session_id=session_id)


def after(*events: Contract) -> Known:
    known: Known = {}
    for event in events:
        known = evolve(known, event)
    return known


def test_the_log_knows_the_sessions_and_the_highest_epoch_of_each() -> None:
    assert after(created(), changed(2), changed(1)) == {"s1": Logged("s1", "a1", epoch=2)}


def test_a_session_has_the_device_that_its_last_owner_told_of_until_that_is_logged_out() -> None:
    first, second = "237650000001:4@s.whatsapp.net", "237650000001:5@s.whatsapp.net"
    told = [
        created(),
        linked(SessionStatus.CONNECTED, 1, first),
        linked(SessionStatus.CONNECTED, 2, second),
        linked(SessionStatus.DISCONNECTED, 1, first),
    ]

    assert after(*told)["s1"].jid == second
    assert after(*told, linked(SessionStatus.LOGGED_OUT, 2, second))["s1"].jid is None


def test_a_creation_that_is_told_again_forgets_nothing_of_what_was_told_since() -> None:
    told = [created(), WANTED, linked(SessionStatus.CONNECTED, 3, "237650000001:4@s.whatsapp.net"), GAVE_UP]

    assert after(*told, created()) == after(*told)


def test_a_session_is_wanted_as_was_decided_last_whatever_is_told_again() -> None:
    stop, start = wanted(DesiredState.DISCONNECTED, 7), wanted(DesiredState.CONNECTED, 8)

    assert after(created(), stop, start, stop) == {"s1": Logged("s1", "a1", sequence=8)}


def wanted(state: DesiredState, sequence: int) -> SessionUpdated:
    return SessionUpdated(account_id="a1", at=NOON, session_id="s1", desired_state=state, sequence=sequence)


def stood(status: SessionStatus, reason: str) -> SessionStatusChanged:
    return SessionStatusChanged(account_id="a1", at=NOON, session_id="s1", status=status, reason=reason)


GAVE_UP = stood(SessionStatus.FAILED, "pairing_timeout")
WANTED = SessionUpdated(
    account_id="a1", at=NOON, session_id="s1", desired_state=DesiredState.CONNECTED, sequence=7
)


@pytest.mark.parametrize(
    "told",
    [
        (GAVE_UP,),
        (WANTED, GAVE_UP),
        (WANTED, GAVE_UP, WANTED),
        (WANTED, GAVE_UP, WANTED.model_copy(update={"sequence": 6})),
        (WANTED, GAVE_UP, WANTED.model_copy(update={"sequence": 8, "desired_state": None})),
    ],
)
def test_a_session_that_gave_up_rests_until_its_account_wants_it_anew(told: tuple[Contract, ...]) -> None:
    assert after(created(), *told)["s1"].rest == Rest(SessionStatus.FAILED, "pairing_timeout")


@pytest.mark.parametrize(
    "told",
    [
        (GAVE_UP, WANTED),
        (WANTED, GAVE_UP, WANTED.model_copy(update={"sequence": 8})),
        (GAVE_UP, changed(0)),
        (stood(SessionStatus.FAILED, "client_outdated"),),
        (stood(SessionStatus.RESTRICTED, "temporary_ban"),),
    ],
)
def test_others_are_to_be_tried(told: tuple[Contract, ...]) -> None:
    assert after(created(), *told)["s1"].rest is None


def test_what_was_deleted_is_not_there_whatever_comes_after() -> None:
    assert after(created(), created("s2"), deleted(), changed(3)) == {"s2": Logged("s2", "a1")}


async def test_a_database_that_lost_everything_is_filled_from_the_log(worker: Worker) -> None:
    log = FakeLog(events=[created(), created("gone"), changed(4), deleted("gone")])
    ownership = Ownership(worker.fleet, worker.sessions, worker.lease, log)
    await ownership.assigned({COMMANDS}, {COMMANDS: None})
    await eventually(lambda: worker.whatsapp.connections, what="the session connects")

    assert worker.fleet.get("s1") is not None
    assert worker.fleet.get("gone") is None
    await ownership.revoked({COMMANDS})
    await ownership.assigned({COMMANDS}, {COMMANDS: None})
    of_sessions = [partition for partition, _ in log.reads if partition.topic != ACCOUNTS.topic]
    assert of_sessions == [EVENTS], "read once, and no journal without need"


async def test_the_sessions_of_a_suspended_account_stay_disconnected_in_a_new_database(
    worker: Worker,
) -> None:
    resumed = AccountResumed(account_id="a2", at=NOON, sequence=8)
    log = FakeLog(
        events=[created(), created("s2").model_copy(update={"account_id": "a2"})],
        accounts=[suspended("a1", 7), suspended("a2", 7), resumed, suspended("a2", 7)],
    )
    await Ownership(worker.fleet, worker.sessions, worker.lease, log).assigned({COMMANDS}, {COMMANDS: None})

    assert worker.fleet.get("s1") is None
    assert worker.fleet.get("s2") is not None


def suspended(account_id: str, sequence: int) -> AccountSuspended:
    return AccountSuspended(account_id=account_id, at=NOON, sequence=sequence)


async def test_the_journal_is_read_as_far_back_as_commands_may_come_again(worker: Worker) -> None:
    since = NOON - timedelta(minutes=1)
    log = FakeLog(journal=[started("m1"), started("m2"), sent("m2")])
    await Ownership(worker.fleet, worker.sessions, worker.lease, log).assigned({COMMANDS}, {COMMANDS: since})
    await worker.do(deliver("m1"))
    await worker.do(deliver("m2"))

    assert (JOURNAL, since) in log.reads
    assert isinstance(worker.publisher.bodies[-2], DeliveryUnknown)
    assert worker.publisher.bodies[-1] == sent("m2")


async def test_what_is_left_is_let_go_and_forgotten(worker: Worker) -> None:
    connection = await worker.connect()
    ownership = Ownership(worker.fleet, worker.sessions, worker.lease, FakeLog())
    worker.fleet.journal(3).write(sent("m1"))
    await ownership.revoked({COMMANDS})
    await ownership.left()

    assert connection.stopped
    assert worker.fleet.get("s1") is None
    assert worker.fleet.journal(3).known(("m1", 1)) is None


@pytest.fixture
async def ownership(worker: Worker) -> Ownership:
    """Of a worker that was given one partition, in which it has a session that is connected."""
    worker.sessions.read = {3}
    ownership = Ownership(worker.fleet, worker.sessions, worker.lease, FakeLog())
    await ownership.assigned({COMMANDS}, {COMMANDS: None})
    return ownership


async def test_a_session_whose_partition_comes_back_does_not_notice(
    worker: Worker, ownership: Ownership
) -> None:
    connection = await worker.connect()
    await ownership.revoked({COMMANDS})
    await ownership.stop_what_is_lost()
    await ownership.assigned({COMMANDS, Partition(COMMANDS.topic, 4)}, {})

    assert not connection.stopped
    assert worker.whatsapp.connections == [connection]
    assert await worker.statuses() == [("starting", None), ("connected", None)]


async def test_a_session_whose_partition_does_not_come_back_is_stopped_without_a_word(
    worker: Worker, ownership: Ownership
) -> None:
    connection = await worker.connect()
    await ownership.revoked({COMMANDS})
    await ownership.assigned(set(), {})

    assert connection.stopped
    assert worker.fleet.get("s1") is None
    assert await worker.statuses() == [("starting", None), ("connected", None)]


async def test_a_partition_that_was_somebody_elses_in_between_is_taken_over_anew(
    worker: Worker, ownership: Ownership
) -> None:
    connection = await worker.connect()
    await ownership.revoked({COMMANDS})
    worker.leases.others = {3}
    await ownership.assigned({COMMANDS}, {COMMANDS: None})
    await eventually(lambda: len(worker.whatsapp.connections) == 2, what="it connects again")

    assert connection.stopped
    assert worker.leases.seized[-1] == {3}


async def test_an_assignment_that_failed_on_its_way_is_carried_out_when_it_is_repeated(
    worker: Worker,
) -> None:
    worker.sessions.known = {"s1": Owned("s1", "a1", 3, 1, None)}
    log = FakeLog()
    log.away = True
    ownership = Ownership(worker.fleet, worker.sessions, worker.lease, log)
    with pytest.raises(ConnectionError):
        await ownership.assigned({COMMANDS}, {COMMANDS: NOON})
    log.away = False
    await ownership.assigned({COMMANDS}, {COMMANDS: NOON})

    assert worker.fleet.get("s1") is not None
    assert (JOURNAL, NOON) in log.reads


async def test_what_is_held_is_let_go_when_the_lease_runs_out_first(
    worker: Worker, ownership: Ownership
) -> None:
    connection = await worker.connect()
    await ownership.revoked({COMMANDS})
    worker.leases.away = True
    worker.elapsed_s += VALID_FOR_S
    await ownership.stop_what_is_lost()

    assert connection.stopped


async def test_what_was_not_revoked_stays_connected_while_the_database_is_away(
    worker: Worker, ownership: Ownership
) -> None:
    connection = await worker.connect()
    worker.elapsed_s += VALID_FOR_S
    await ownership.stop_what_is_lost()

    assert not connection.stopped


async def test_what_another_worker_has_seized_is_stopped(worker: Worker, ownership: Ownership) -> None:
    connection = await worker.connect()
    worker.leases.others = {3}
    await worker.lease.renew()
    await ownership.stop_what_is_lost()

    assert connection.stopped
