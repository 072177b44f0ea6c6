"""A session that its account does not want connected, and linking by a code."""

from datetime import timedelta

from griot_contracts.sessions import (
    DestroySession,
    PairingCodeIssued,
    RequestPairingCode,
    SessionStatus,
    StartSession,
    StopSession,
)
from session_manager.domain.standing import PairingEnded, QrShown
from tests.support import eventually
from tests.unit.session_manager.conftest import Worker
from tests.unit.session_manager.samples import NOON


async def test_a_stopped_session_keeps_its_keys_and_says_that_it_was_stopped(worker: Worker) -> None:
    connection = await worker.connect()

    await worker.do(StopSession(account_id="a1", at=NOON, session_id="s1"))

    assert connection.stopped
    assert not connection.logged_out
    assert worker.whatsapp.forgotten == []
    assert (await worker.statuses())[-1] == ("disconnected", "stopped")
    assert worker.fleet.get("s1") is None


async def test_it_is_started_again_by_asking(worker: Worker) -> None:
    await worker.connect()
    await worker.do(StopSession(account_id="a1", at=NOON, session_id="s1"))

    await worker.connect()

    await worker.stands(SessionStatus.CONNECTED)


async def test_a_start_that_comes_while_a_session_still_gives_up_is_not_forgotten(worker: Worker) -> None:
    connection = await worker.start()
    connection.may_end.clear()
    connection.observe(PairingEnded("timeout", ran_out=True))
    await worker.stands(SessionStatus.FAILED)

    await worker.do(StartSession(account_id="a1", at=NOON, session_id="s1"))
    connection.may_end.set()

    await eventually(lambda: len(worker.whatsapp.connections), equals=2, what="it connects again")
    await worker.stands(SessionStatus.STARTING)


async def test_a_command_that_is_told_again_after_a_later_one_changes_nothing(worker: Worker) -> None:
    start = StartSession(account_id="a1", at=NOON, session_id="s1", sequence=7)
    await worker.do(start)
    await eventually(lambda: worker.whatsapp.connections, what="it connects")
    await worker.do(StopSession(account_id="a1", at=NOON, session_id="s1", sequence=8))

    await worker.do(start)
    assert worker.fleet.get("s1") is None

    await worker.do(start.model_copy(update={"sequence": 9}))
    assert worker.fleet.get("s1") is not None


async def test_a_command_that_is_told_again_revives_no_destroyed_session(worker: Worker) -> None:
    await worker.connect()
    await worker.do(DestroySession(account_id="a1", at=NOON, session_id="s1"))

    await worker.do(StartSession(account_id="a1", at=NOON, session_id="s1", sequence=7))

    assert worker.fleet.get("s1") is None


async def test_a_code_for_the_phone_is_told_while_qr_codes_are_shown(worker: Worker) -> None:
    connection = await worker.start()
    connection.observe(QrShown("2@code", timedelta(seconds=60)))
    await worker.stands(SessionStatus.AWAITING_SCAN)

    await worker.do(asked())

    issued = [body for body in await worker.told() if isinstance(body, PairingCodeIssued)]
    assert [(one.code, one.phone) for one in issued] == [("code for +237650000001", "+237650000001")]


async def test_a_session_that_is_linked_gets_no_code(worker: Worker) -> None:
    await worker.connect()

    await worker.do(asked())

    assert not any(isinstance(body, PairingCodeIssued) for body in await worker.told())


async def test_a_session_that_nobody_knows_is_destroyed_all_the_same(worker: Worker) -> None:
    await worker.do(DestroySession(account_id="a1", at=NOON, session_id="s1"))

    assert worker.whatsapp.forgotten == ["s1"]


def asked() -> RequestPairingCode:
    return RequestPairingCode(account_id="a1", at=NOON, session_id="s1", phone="+237650000001")
