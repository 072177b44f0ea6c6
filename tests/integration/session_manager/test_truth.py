"""A session that says `connected` is connected: what WhatsApp does without a word is noticed."""

from datetime import timedelta

import pytest

from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from griot_contracts.deliveries import DeliverySent
from griot_contracts.sessions import SessionStatus, SessionStatusChanged
from tests.integration.session_manager.conftest import Dispatcher, SessionManager, a_number
from tests.support import eventually

IN_TIME = timedelta(seconds=60)
NO_ANSWER = ("disconnected", "no_answer")
CONNECTED = ("connected", None)


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """It looks often, and waits as long for an answer as a busy machine needs."""
    return {"GRIOT_PROBE_EVERY_S": "1", "GRIOT_PROBE_WITHIN_S": "5"}


@pytest.mark.timeout(120)
async def test_a_connection_on_which_nothing_is_answered_is_told_and_made_anew(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    network.faults.add(Fault(FaultKind.DEAF, number=phone.number))
    await eventually(
        lambda: dispatcher.statuses(session_id)[-2:],
        equals=[NO_ANSWER, CONNECTED],
        within=IN_TIME,
        what="the silence is told, and then that it is over",
    )
    bob = network.phone(a_number())
    command = await dispatcher.deliver(session_id, bob.number, "can you hear me?")

    assert isinstance(await dispatcher.end_of(command.message_id), DeliverySent)
    assert [message.text for message in bob.messages] == ["can you hear me?"]


@pytest.mark.timeout(180)
async def test_a_login_that_is_never_answered_is_given_up_and_tried_again(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    device = next(iter(phone.devices.values()))
    before = device.logins
    network.faults.add(Fault(FaultKind.DEAF, number=phone.number, times=2))
    await eventually(lambda: device.logins >= before + 2, within=2 * IN_TIME, what="it logs in a second time")

    await eventually(
        lambda: dispatcher.statuses(session_id)[-1], equals=CONNECTED, within=IN_TIME, what="it is connected"
    )


@pytest.mark.timeout(120)
async def test_a_device_that_was_logged_out_without_a_word_is_told_with_what_to_do(
    network: Network, dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    network.faults.add(Fault(FaultKind.FORGET, number=phone.number))
    await eventually(
        lambda: dispatcher.statuses(session_id)[-1][0],
        equals="logged_out",
        within=IN_TIME,
        what="that it is logged out is told",
    )
    told = dispatcher.told(session_id, SessionStatusChanged)[-1]

    assert told.detail is not None
    assert "scan a new code" in told.detail
    await eventually(lambda: not worker.keys_of(session_id), within=IN_TIME, what="the keys are destroyed")


@pytest.mark.timeout(120)
async def test_a_banned_session_is_told_with_what_to_do_and_left_alone(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    device = next(iter(phone.devices.values()))
    ban = Fault(FaultKind.REFUSE_LOGIN, number=phone.number, code=402, seconds=7200)
    network.faults.add(ban)
    network.faults.add(Fault(FaultKind.DROP, number=phone.number))
    status = await dispatcher.stands(session_id, SessionStatus.RESTRICTED)

    assert (status.reason, device.active) == ("temporary_ban", False)
    assert status.detail is not None
    assert status.detail.endswith("tried again by itself after 2 hours")


@pytest.mark.timeout(180)
async def test_a_session_that_was_replaced_from_elsewhere_is_told_and_comes_back_without_a_fight(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    network.faults.add(Fault(FaultKind.REPLACE, number=phone.number))

    await eventually(
        lambda: dispatcher.statuses(session_id)[-2:],
        equals=[("disconnected", "stream_replaced"), CONNECTED],
        within=2 * IN_TIME,
        what="it is told, and half a minute later it is connected again",
    )


@pytest.mark.timeout(180)
async def test_a_session_that_is_not_let_in_again_is_told_and_is_connected_when_it_is(
    network: Network, dispatcher: Dispatcher, phone: Phone, session_id: str
) -> None:
    network.faults.add(Fault(FaultKind.REFUSE_LOGIN, number=phone.number, code=503, times=3))
    network.faults.add(Fault(FaultKind.DROP, number=phone.number))
    await eventually(
        lambda: dispatcher.statuses(session_id)[3],
        equals=("disconnected", "connection_lost"),
        within=IN_TIME,
        what="it is told that it is away",
    )

    await eventually(
        lambda: dispatcher.statuses(session_id)[-1], equals=CONNECTED, within=2 * IN_TIME, what="it is back"
    )


@pytest.mark.timeout(120)
async def test_looking_after_a_connection_shows_in_the_metrics_and_nowhere_else(
    network: Network, dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> None:
    accepted, told = len(network.ledger.unreached()), len(dispatcher.statuses(session_id))

    def answered(text: str) -> float:
        lines = [
            line for line in text.splitlines() if line.startswith('griot_probes_total{found="answered"}')
        ]
        return float(lines[0].split()[-1]) if lines else 0.0

    before = answered(await worker.metrics())

    async def looked_at() -> bool:
        return answered(await worker.metrics()) >= before + 3

    await eventually(looked_at, within=IN_TIME, what="WhatsApp is asked three times, and answers")

    text = await worker.metrics()
    assert 'griot_handshakes{state="waiting"} 0.0' in text
    assert 'griot_handshakes{state="under_way"} 0.0' in text
    assert 'griot_sessions{status="connected"}' in text
    assert not phone.messages
    assert not phone.sent
    assert (len(network.ledger.unreached()), len(dispatcher.statuses(session_id))) == (accepted, told)
