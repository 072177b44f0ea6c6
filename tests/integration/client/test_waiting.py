"""Streams and waits: what is lost in between is made up for, and nobody waits for ever."""

import json
from datetime import timedelta
from typing import Any

import pytest

from griot import (
    ConnectedEvent,
    MessageFailedError,
    NotFoundError,
    QrEvent,
    SessionFailedError,
    StatusEvent,
    UnexpectedAnswerError,
    WaitTimeoutError,
)
from tests.integration.client.conftest import Asking, Reply, Teller, problem
from tests.integration.client.test_requests import AWAY, CUT, SESSION

AT = "2026-01-02T03:04:05.000Z"
SHORT = timedelta(seconds=1)


def said(event: str, id_: str, **data: Any) -> str:
    return f": the server lives\r\nevent: {event}\r\nid: {id_}\r\ndata: {json.dumps(data)}\r\n\r\n"


QR = said("qr", "q1", code="2@abc", expiresAt=AT, image="data:image/png;base64,aGVsbG8=")
CONNECTED = said(
    "connected", "s2", status="connected", phone="+237650000001", reason=None, detail=None, at=AT
)
DELETED = said("status", "s3", status="deleted", phone=None, reason=None, detail=None, at=AT)
FAILED = said("error", "s4", code="pairing_timeout", detail=None, retryable=True, status="failed", at=AT)


def message(status: str, **more: Any) -> Reply:
    shown = {
        "id": "m1",
        "toPhone": "+1",
        "type": "text",
        "status": status,
        "sessionId": "s1",
        "createdAt": AT,
    }
    return Reply(200, {**shown, "message": "Hello", **more})


async def test_a_stream_goes_on_after_a_lost_connection_and_ends_with_the_session(
    ask: Asking, server: Teller
) -> None:
    server.answers(
        Reply(text=QR), AWAY, CUT, Reply(text=said("of tomorrow", "s1") + CONNECTED), Reply(text=DELETED)
    )

    events = await ask(lambda client: client.sessions.stream("s1"))

    assert [type(event) for event in events] == [QrEvent, ConnectedEvent, StatusEvent]
    assert (events[0].code, events[0].png, events[1].phone) == ("2@abc", b"hello", "+237650000001")
    assert "2@abc" not in repr(events[0])
    resumed = [asked.headers.get("last-event-id") for asked in server.asked]
    assert resumed == [None, "q1", "q1", "q1", "s2"]


async def test_a_stream_that_may_not_be_heard_is_refused(ask: Asking, server: Teller) -> None:
    server.answers(problem(404, "session_not_found"))

    with pytest.raises(NotFoundError, match="It is session_not_found"):
        await ask(lambda client: client.sessions.stream("s1"))


@pytest.mark.parametrize("text", ["event: qr\r\ndata: {}\r\n\r\n"])
async def test_a_stream_of_something_else_is_told_as_that(ask: Asking, server: Teller, text: str) -> None:
    server.answers(Reply(text=text))

    with pytest.raises(UnexpectedAnswerError):
        await ask(lambda client: client.sessions.stream("s1"))


async def test_every_code_is_shown_until_the_session_is_connected(ask: Asking, server: Teller) -> None:
    server.answers(
        Reply(text=QR + QR.replace("2@abc", "2@def") + CONNECTED, hold=True),
        Reply(200, {**SESSION, "status": "connected"}),
    )
    codes: list[str] = []

    session = await ask(
        lambda client: client.sessions.wait_until_connected("s1", on_qr=lambda qr: codes.append(qr.code))
    )

    assert codes == ["2@abc", "2@def"]
    assert session.status == "connected"


@pytest.mark.parametrize(("text", "code"), [(FAILED, "pairing_timeout"), (DELETED, "deleted")])
async def test_a_session_that_will_not_connect_is_waited_for_no_longer(
    ask: Asking, server: Teller, text: str, code: str
) -> None:
    server.answers(Reply(text=QR + text, hold=True))

    with pytest.raises(SessionFailedError) as failed:
        await ask(lambda client: client.sessions.wait_until_connected("s1"))

    assert failed.value.event.code == code


async def test_a_stream_that_says_nothing_keeps_nobody_waiting_past_the_time(
    ask: Asking, server: Teller
) -> None:
    server.answers(Reply(text=QR, hold=True), Reply(text="", hold=True))

    with pytest.raises(WaitTimeoutError, match="session s1 is connected: not within 1 s"):
        await ask(lambda client: client.sessions.wait_until_connected("s1", within=SHORT))


async def test_a_message_is_waited_for_until_it_is_there_or_further_on(ask: Asking, server: Teller) -> None:
    server.answers(message("pending"), message("unknown"), AWAY, message("read"))

    shown = await ask(lambda client: client.messages.wait_for("m1", "delivered"))

    assert (shown.status, shown.text, len(server.asked)) == ("read", "Hello", 4)


@pytest.mark.parametrize("status", ["failed", "rejected", "cancelled"])
async def test_a_message_that_will_not_get_there_is_told_with_its_reason(
    ask: Asking, server: Teller, status: str
) -> None:
    server.answers(message(status, reason={"code": "recipient_not_on_whatsapp", "detail": None}))

    with pytest.raises(MessageFailedError, match=f"m1 is {status}: recipient_not_on_whatsapp") as failed:
        await ask(lambda client: client.messages.wait_for("m1", "sent"))

    assert failed.value.message.status == status


async def test_a_message_that_takes_too_long_is_waited_for_no_longer(ask: Asking, server: Teller) -> None:
    server.answers(*[message("queued")] * 20)

    with pytest.raises(WaitTimeoutError, match="message m1 is delivered: not within 1 s"):
        await ask(lambda client: client.messages.wait_for("m1", within=SHORT))
