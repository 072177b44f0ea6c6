"""Every other request of the client, as it reaches the server: both clients, over a real connection."""

from datetime import UTC, datetime
from typing import Any

import pytest

from griot import Pacing
from tests.integration.client.conftest import Asking, Reply, Teller, problem
from tests.integration.client.test_requests import AWAY, CUT, SESSION

AT = "2026-01-02T03:04:05.000Z"
NUMBER = "+237612345678"
ACCOUNT = {
    "id": "a1",
    "email": "ama@example.com",
    "name": None,
    "plan": "free",
    "sessionLimit": 10,
    "dailyMessageLimit": 100,
    "sentToday": 0,
    "resetsAt": AT,
    "createdAt": AT,
}


async def test_whoever_has_no_account_signs_up_without_a_key(ask: Asking, server: Teller) -> None:
    server.answers(CUT, Reply(201, {**ACCOUNT, "key": "grt_live_first"}))

    account = await ask(
        lambda client: type(client).sign_up(
            "ama@example.com", "correct horse", name="Ama", base_url=server.url
        )
    )

    first, asked = server.asked
    assert (asked.method, asked.target) == ("POST", "/api/v1/accounts")
    assert asked.body == {"email": "ama@example.com", "password": "correct horse", "name": "Ama"}
    assert "authorization" not in asked.headers
    assert asked.headers["idempotency-key"] == first.headers["idempotency-key"]
    assert (account.key, account.plan) == ("grt_live_first", "free")
    assert "grt_live_first" not in repr(account)


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ({"caption": "Our goat"}, {"caption": "Our goat"}),
        ({"session_id": "s1"}, {"sessionId": "s1"}),
        ({"session_key": "shop"}, {"session_key": "shop"}),
        ({"send_at": datetime(2030, 1, 2, 3, tzinfo=UTC)}, {"sendAt": "2030-01-02T03:00:00+00:00"}),
    ],
)
async def test_a_picture_is_sent_by_its_address(
    ask: Asking, server: Teller, more: dict[str, Any], body: dict[str, str]
) -> None:
    server.answers(AWAY, Reply(202, {"id": "m1", "toPhone": NUMBER, "type": "image", "status": "pending"}))
    url = "https://example.com/goat.jpg"

    taken = await ask(
        lambda client: client.messages.send_media(to=NUMBER, media_url=url, media_type="image", **more)
    )

    first, asked = server.asked
    assert (asked.method, asked.target) == ("POST", "/api/v1/messages/media")
    assert asked.body == {"to": NUMBER, "mediaUrl": url, "mediaType": "image", **body}
    assert asked.headers["idempotency-key"] == first.headers["idempotency-key"]
    assert taken.type == "image"


@pytest.mark.parametrize("ptt", [True, False])
async def test_a_sound_is_a_voice_note_or_a_file(ask: Asking, server: Teller, *, ptt: bool) -> None:
    server.answers(Reply(202, {"id": "m1", "toPhone": NUMBER, "type": "audio", "status": "pending"}))
    url = "https://example.com/hello.mp3"

    await ask(
        lambda client: client.messages.send_audio(
            to=NUMBER, audio_url=url, ptt=ptt, idempotency_key="order-17"
        )
    )

    [asked] = server.asked
    assert (asked.method, asked.target) == ("POST", "/api/v1/messages/audio")
    assert asked.body == {"to": NUMBER, "audioUrl": url, "ptt": ptt}
    assert asked.headers["idempotency-key"] == "order-17"


async def test_a_message_that_waits_is_cancelled(ask: Asking, server: Teller) -> None:
    server.answers(CUT, Reply(204, text=""))

    await ask(lambda client: client.messages.cancel("m1"))

    assert {(asked.method, asked.target) for asked in server.asked} == {("DELETE", "/api/v1/messages/m1")}


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({"session_key": "shop 2"}, {"session_key": "shop 2"}),
        ({"desired_state": "disconnected"}, {"desiredState": "disconnected"}),
        ({"is_default": False}, {"isDefault": False}),
        ({"when_disconnected": "queue"}, {"whenDisconnected": "queue"}),
        ({"when_unknown": "fail"}, {"whenUnknown": "fail"}),
        ({"pacing": Pacing(messages_per_minute=20)}, {"pacing": {"messagesPerMinute": 20}}),
        ({"pacing": Pacing(daily_cap=50, jitter=0.3)}, {"pacing": {"dailyCap": 50, "jitter": 0.3}}),
        ({"pacing": Pacing()}, {"pacing": {}}),
        ({}, {}),
    ],
)
async def test_only_what_is_given_of_a_session_is_changed(
    ask: Asking, server: Teller, change: dict[str, Any], body: dict[str, Any]
) -> None:
    server.answers(CUT, Reply(200, {**SESSION, "isDefault": True, "pacing": {"messagesPerMinute": 20}}))

    session = await ask(lambda client: client.sessions.update("s1", **change))

    _, asked = server.asked
    assert (asked.method, asked.target, asked.body) == ("PATCH", "/api/v1/sessions/s1", body)
    assert (session.is_default, session.pacing) == (True, Pacing(messages_per_minute=20))


async def test_a_phone_without_a_camera_gets_a_code(ask: Asking, server: Teller) -> None:
    server.answers(Reply(201, {"code": "K7QX-2M4P", "expiresAt": AT}))

    pairing = await ask(lambda client: client.sessions.request_pairing_code("s1", phone=NUMBER))

    [asked] = server.asked
    assert (asked.method, asked.target) == ("POST", "/api/v1/sessions/s1/pairing-code")
    assert asked.body == {"phone": NUMBER}
    assert pairing.code == "K7QX-2M4P"
    assert "K7QX" not in repr(pairing)


async def test_a_ticket_for_a_browser_is_asked_for_without_a_body(ask: Asking, server: Teller) -> None:
    server.answers(Reply(201, {"ticket": "WyIw", "expiresAt": AT}))

    issued = await ask(lambda client: client.sessions.issue_stream_ticket("s1"))

    [asked] = server.asked
    assert (asked.method, asked.target) == ("POST", "/api/v1/sessions/s1/stream-ticket")
    assert asked.body is None
    assert issued.ticket == "WyIw"
    assert "WyIw" not in repr(issued)


async def test_the_code_to_scan_comes_as_a_picture(ask: Asking, server: Teller) -> None:
    server.answers(Reply(200, text="the picture"))

    assert await ask(lambda client: client.sessions.qr_png("s1")) == b"the picture"
    assert server.asked[0].target == "/api/v1/sessions/s1/qr.png"


async def test_a_session_that_waits_for_no_phone_has_no_pairing_code(ask: Asking, server: Teller) -> None:
    server.answers(problem(409, "session_not_pairing"))

    with pytest.raises(Exception, match="session_not_pairing"):
        await ask(lambda client: client.sessions.request_pairing_code("s1", phone=NUMBER))
