"""Pictures, videos and sounds are taken, shown and refused as the API says."""

from typing import Any

import httpx
import pytest

from tests.integration.api.conftest import RECIPIENT, Customer

PICTURE = {"mediaUrl": "https://example.com/goat.jpg?signature=secret", "mediaType": "image"}


async def media(ada: Customer, **body: Any) -> httpx.Response:
    return await ada.http.post("/messages/media", json={"to": RECIPIENT, **PICTURE, **body})


async def audio(ada: Customer, **body: Any) -> httpx.Response:
    url = "https://example.com/hello.mp3"
    return await ada.http.post("/messages/audio", json={"to": RECIPIENT, "audioUrl": url, **body})


async def test_each_kind_is_taken_in_the_same_shape_and_found_at_once(ada: Customer) -> None:
    session_id = await ada.connected_session()
    answers = {
        "image": await media(ada, caption="Our goat"),
        "video": await media(ada, mediaType="video", session_key="my-session"),
        "audio": await audio(ada, ptt=True, sessionId=session_id),
    }

    for type_, answer in answers.items():
        taken = answer.json()
        assert answer.status_code == 202, taken
        assert taken == {"id": taken["id"], "toPhone": RECIPIENT, "type": type_, "status": "pending"}
        listed = (await ada.http.get("/messages", params={"type": type_})).json()["data"]
        assert [entry["id"] for entry in listed] == [taken["id"]]


async def test_what_is_shown_holds_the_caption_and_not_the_address(ada: Customer) -> None:
    await ada.connected_session()
    image = (await media(ada, caption="Our goat")).json()["id"]
    voice = (await audio(ada, ptt=True)).json()["id"]

    shown = await ada.http.get(f"/messages/{image}")
    assert {name: shown.json()[name] for name in ("message", "caption", "ptt")} == {
        "message": None,
        "caption": "Our goat",
        "ptt": None,
    }
    assert "secret" not in shown.text
    assert (await ada.http.get(f"/messages/{voice}")).json()["ptt"] is True


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"mediaUrl": "http://127.0.0.1/goat"}, "mediaUrl", "media_address_forbidden"),
        ({"mediaUrl": "http://localhost/goat"}, "mediaUrl", "media_address_forbidden"),
        ({"mediaUrl": "http://2130706433/goat"}, "mediaUrl", "media_address_forbidden"),
        ({"mediaUrl": "http://0177.0.0.1/goat"}, "mediaUrl", "media_address_forbidden"),
        ({"mediaUrl": "http://[::1]/goat"}, "mediaUrl", "media_address_forbidden"),
        ({"mediaUrl": "http://[::ffff:7f00:1]/goat"}, "mediaUrl", "media_address_forbidden"),
        ({"mediaUrl": "http://169.254.169.254/"}, "mediaUrl", "media_address_forbidden"),
        ({"mediaUrl": "ftp://example.com/goat"}, "mediaUrl", "invalid_request"),
        ({"mediaUrl": "goat.jpg"}, "mediaUrl", "invalid_request"),
        ({"mediaUrl": ""}, "mediaUrl", "invalid_request"),
        ({"mediaUrl": "https://user:secret@example.com/"}, "mediaUrl", "invalid_request"),
        ({"mediaUrl": "https://example.com/" + "x" * 3_000}, "mediaUrl", "invalid_request"),
        ({"mediaType": "sticker"}, "mediaType", "invalid_request"),
        ({"caption": "x" * 1_025}, "caption", "invalid_request"),
        ({"ptt": True}, "ptt", "invalid_request"),
    ],
)
async def test_what_is_wrong_with_the_request_is_told_at_once(
    ada: Customer, wrong: dict[str, Any], field: str, code: str
) -> None:
    answer = await media(ada, **wrong)

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)
