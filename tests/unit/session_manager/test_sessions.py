"""A session's life: what its connection shows is told, and kept up."""

from datetime import timedelta
from functools import partial

import pytest

from griot_contracts.deliveries import ReceiptReceived
from griot_contracts.inbound import MessageReceived
from griot_contracts.sessions import (
    DestroySession,
    QrCodeIssued,
    SessionDeleted,
    SessionStatus,
    StartSession,
)
from session_manager.domain.inbound import MessageSeen, ReceiptSeen
from session_manager.domain.ownership import Owned
from session_manager.domain.standing import (
    Identified,
    Offline,
    Online,
    Outdated,
    PairingEnded,
    QrShown,
    Replaced,
    Unlinked,
)
from tests.support import eventually
from tests.unit.session_manager.conftest import Worker
from tests.unit.session_manager.samples import NOON

START = StartSession(account_id="a1", at=NOON, session_id="s1")
DESTROY = DestroySession(account_id="a1", at=NOON, session_id="s1")


async def test_a_new_session_shows_codes_until_it_is_connected(worker: Worker) -> None:
    connection = await worker.start()
    connection.observe(QrShown("2@first", timedelta(seconds=60)))
    connection.observe(QrShown("2@second", timedelta(seconds=20)))
    connection.observe(PairingEnded("success", ran_out=False))
    connection.observe(Identified("237650000001:1@s.whatsapp.net"))
    connection.observe(Online())
    await worker.stands(SessionStatus.CONNECTED)

    assert await worker.statuses() == [("starting", None), ("awaiting_scan", None), ("connected", None)]
    codes = [body for body in await worker.told() if isinstance(body, QrCodeIssued)]
    assert [(code.code, code.expires_at - NOON) for code in codes] == [
        ("2@first", timedelta(seconds=60)),
        ("2@second", timedelta(seconds=20)),
    ]
    assert (await worker.told())[-1].phone == "+237650000001"
    assert worker.sessions.jids == {"s1": "237650000001:1@s.whatsapp.net"}


async def test_every_record_has_an_id_of_its_own(worker: Worker) -> None:
    connection = await worker.connect()
    for _ in range(3):
        connection.observe(Offline())
        connection.observe(Online())
    connection.observe(QrShown("2@a", timedelta(seconds=20)))
    await worker.stands(SessionStatus.AWAITING_SCAN)
    await worker.told()

    ids = [envelope.id for envelope in worker.publisher.published]
    assert len(ids) == len(set(ids)) == 2 + 6 + 2


async def test_the_same_status_is_told_once(worker: Worker) -> None:
    connection = await worker.connect()
    for _ in range(3):
        connection.observe(Offline())
    await worker.stands(SessionStatus.DISCONNECTED)
    connection.observe(Online())
    await worker.stands(SessionStatus.CONNECTED)

    assert (await worker.statuses())[-3:] == [
        ("connected", None),
        ("disconnected", "connection_lost"),
        ("connected", None),
    ]


async def test_starting_what_is_started_does_nothing(worker: Worker) -> None:
    await worker.connect()
    await worker.do(START)

    assert len(worker.whatsapp.connections) == 1
    assert await worker.statuses() == [("starting", None), ("connected", None)]


async def test_what_has_given_up_starts_again_when_asked(worker: Worker) -> None:
    connection = await worker.start()
    connection.observe(Outdated())
    await worker.stands(SessionStatus.FAILED)
    await eventually(lambda: connection.stopped, what="it is ended")

    assert await worker.start() is not connection


async def test_an_unlinked_device_loses_its_keys_and_is_left_alone(worker: Worker) -> None:
    connection = await worker.connect()
    connection.observe(Unlinked("LOGGED_OUT"))
    await eventually(lambda: worker.whatsapp.forgotten, equals=["s1"], what="its keys are gone")

    assert (await worker.statuses())[-1] == ("logged_out", "unlinked_from_phone")
    assert connection.stopped
    await eventually(lambda: worker.sessions.jids, equals={"s1": None}, what="its link is gone")


async def test_a_worker_that_lost_its_lease_lets_go_without_a_word(worker: Worker) -> None:
    connection = await worker.connect()
    worker.leases.others = {3}
    connection.observe(Replaced())
    await eventually(lambda: connection.stopped, what="it lets go")

    assert (await worker.statuses())[-1] == ("connected", None)
    assert len(worker.whatsapp.connections) == 1


async def test_a_receipt_is_the_same_record_however_often_it_comes(worker: Worker) -> None:
    connection = await worker.connect()
    delivered = ReceiptSeen(("A", "B"), "237650000002@s.whatsapp.net", read=False, at=NOON)
    read = ReceiptSeen(("A", "B"), "237650000002@s.whatsapp.net", read=True, at=NOON)
    for receipt in (delivered, delivered, read):
        connection.observe(receipt)
    await worker.told()

    ids = [one.id for one in worker.publisher.published if isinstance(one.body, ReceiptReceived)]
    assert len(ids) == 3
    assert ids[0] == ids[1] != ids[2]


async def test_what_is_written_to_a_session_is_the_same_record_however_often_it_comes(worker: Worker) -> None:
    connection = await worker.connect()
    bob, written = "237650000002@s.whatsapp.net", list[str]()
    for id_ in ("3A", "3A", "3B"):
        seen = MessageSeen(
            id_, bob, bob, "text", NOON, text="how are you?", written=partial(written.append, id_)
        )
        connection.observe(seen)
    await worker.told()

    ids = [one.id for one in worker.publisher.published if isinstance(one.body, MessageReceived)]
    told = [body for body in worker.publisher.bodies if isinstance(body, MessageReceived)]
    assert [body.whatsapp_message_id for body in told] == written == ["3A", "3A", "3B"]
    assert ids[0] == ids[1] != ids[2]
    assert (told[0].from_, told[0].text, told[0].sent_at) == (bob, "how are you?", NOON)


async def test_what_came_in_before_the_end_of_a_connection_is_told_though_it_is_seen_after(
    worker: Worker,
) -> None:
    connection = await worker.connect()
    await worker.fleet.drop("s1")
    bob = "237650000002@s.whatsapp.net"
    connection.observe(MessageSeen("3A", bob, bob, "text", NOON, text="wait!"))

    assert isinstance((await worker.told())[-1], MessageReceived)


async def test_destroying_logs_out_forgets_and_says_so_last(worker: Worker) -> None:
    connection = await worker.connect()
    await worker.do(DESTROY)

    assert connection.logged_out
    assert connection.stopped
    assert worker.whatsapp.forgotten == ["s1"]
    assert not worker.sessions.known
    assert isinstance((await worker.told())[-1], SessionDeleted)


@pytest.mark.parametrize("repeats", [1, 2])
async def test_destroying_what_is_not_there_says_the_same(worker: Worker, repeats: int) -> None:
    for _ in range(repeats):
        await worker.do(DESTROY)

    assert len({envelope.id for envelope in worker.publisher.published}) == 1


async def test_a_session_that_was_connected_is_taken_over_without_flicker(worker: Worker) -> None:
    owned = Owned("s1", "a1", 3, epoch=2, jid="237650000001:1@s.whatsapp.net")
    worker.fleet.add(owned).start(quietly=True)
    await eventually(lambda: worker.whatsapp.connections, what="it connects")
    worker.whatsapp.connections[-1].observe(Online())
    await worker.stands(SessionStatus.CONNECTED)

    assert await worker.statuses() == [("connected", None)]
    assert ((await worker.told())[-1].epoch, (await worker.told())[-1].phone) == (2, "+237650000001")


async def test_what_cannot_be_reached_is_tried_again(worker: Worker) -> None:
    worker.whatsapp.unreachable = True
    await worker.do(START)
    await worker.stands(SessionStatus.DISCONNECTED)
    worker.whatsapp.unreachable = False
    await eventually(lambda: worker.whatsapp.connections, what="it connects at last")

    assert await worker.statuses() == [("starting", None), ("disconnected", "connect_failed")]


async def test_events_wait_for_the_broker_in_their_order(worker: Worker) -> None:
    worker.publisher.away = True
    connection = await worker.connect()
    connection.observe(Offline())
    await worker.stands(SessionStatus.DISCONNECTED)
    worker.publisher.away = False

    assert await worker.statuses() == [
        ("starting", None),
        ("connected", None),
        ("disconnected", "connection_lost"),
    ]
