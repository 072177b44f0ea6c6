"""What the log says of the sessions there are, and what an assignment makes of it."""

from datetime import timedelta

from griot_chassis.records import Partition
from griot_contracts import topics
from griot_contracts.base import Contract
from griot_contracts.deliveries import DeliveryUnknown
from griot_contracts.sessions import SessionCreated, SessionDeleted, SessionStatus, SessionStatusChanged
from session_manager.domain.ownership import Known, Logged, evolve
from session_manager.handlers.ownership import Ownership
from tests.support import eventually
from tests.unit.session_manager.conftest import Worker
from tests.unit.session_manager.fakes import EVENTS, JOURNAL, FakeLog
from tests.unit.session_manager.samples import NOON, deliver, sent, started

COMMANDS = Partition(topics.SESSION_COMMANDS.name, 3)


def created(session_id: str = "s1") -> SessionCreated:
    return SessionCreated(account_id="a1", at=NOON, session_id=session_id, session_key="mine")


def changed(epoch: int, session_id: str = "s1") -> SessionStatusChanged:
    status = SessionStatus.CONNECTED
    return SessionStatusChanged(account_id="a1", at=NOON, session_id=session_id, status=status, epoch=epoch)


def deleted(session_id: str = "s1") -> SessionDeleted:
    return SessionDeleted(account_id="a1", at=NOON, session_id=session_id)


def after(*events: Contract) -> Known:
    known: Known = {}
    for event in events:
        known = evolve(known, event)
    return known


def test_the_log_knows_the_sessions_and_the_highest_epoch_of_each() -> None:
    assert after(created(), changed(2), changed(1)) == {"s1": Logged("s1", "a1", epoch=2)}


def test_what_was_deleted_is_not_there_whatever_comes_after() -> None:
    assert after(created(), created("s2"), deleted(), changed(3)) == {"s2": Logged("s2", "a1")}


async def test_a_database_that_lost_everything_is_filled_from_the_log(worker: Worker) -> None:
    log = FakeLog(events=[created(), created("gone"), changed(4), deleted("gone")])
    ownership = Ownership(worker.fleet, worker.sessions, log)
    await ownership.assigned({COMMANDS}, {COMMANDS: None})
    await eventually(lambda: worker.whatsapp.connections, what="the session connects")

    assert worker.fleet.get("s1") is not None
    assert worker.fleet.get("gone") is None
    await ownership.revoked({COMMANDS})
    await ownership.assigned({COMMANDS}, {COMMANDS: None})
    assert [partition for partition, _ in log.reads] == [EVENTS], "read once, and no journal without need"


async def test_the_journal_is_read_as_far_back_as_commands_may_come_again(worker: Worker) -> None:
    since = NOON - timedelta(minutes=1)
    log = FakeLog(journal=[started("m1"), started("m2"), sent("m2")])
    await Ownership(worker.fleet, worker.sessions, log).assigned({COMMANDS}, {COMMANDS: since})
    await worker.do(deliver("m1"))
    await worker.do(deliver("m2"))

    assert (JOURNAL, since) in log.reads
    assert isinstance(worker.publisher.bodies[-2], DeliveryUnknown)
    assert worker.publisher.bodies[-1] == sent("m2")


async def test_what_is_revoked_is_let_go_and_forgotten(worker: Worker) -> None:
    connection = await worker.connect()
    ownership = Ownership(worker.fleet, worker.sessions, FakeLog())
    worker.fleet.journal(3).write(sent("m1"))
    await ownership.revoked({COMMANDS})

    assert connection.stopped
    assert worker.fleet.get("s1") is None
    assert worker.fleet.journal(3).known(("m1", 1)) is None
