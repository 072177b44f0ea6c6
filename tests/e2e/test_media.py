"""Pictures, videos and sounds reach the phone as what they are, byte for byte, and what cannot is told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from fakewhatsapp.client import RemoteNetwork, RemotePhone
from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.model import PhoneMessage
from griot_local.stack import Stack
from tests import samples_of_media as samples
from tests.e2e.people import Account, a_number, opened_account
from tests.e2e.test_bad_input import refused
from tests.support import SOON, eventually
from tests.web import Web, answer, redirect


@dataclass
class Chat:
    """An account with a connected session, one it writes to, and the web that media lie on."""

    ada: Account
    sender: RemotePhone
    recipient: RemotePhone
    web: Web

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        taken = await self.ada.api.post(path, {"to": self.recipient.number, **body})
        assert (taken.status, taken.body["status"]) == (202, "pending")
        return dict(taken.body)

    async def send(self, path: str, body: dict[str, Any]) -> tuple[dict[str, Any], PhoneMessage]:
        """Send, and what the phone then shows."""
        taken = await self.post(path, body)
        shown = await self.recipient.next_message(within=SOON)
        return taken, shown

    async def failure(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        taken = await self.post(path, body)
        failed = await self.ada.wait_for_status(taken["id"], "failed")
        return dict(failed["reason"])


@pytest.fixture(scope="module")
async def chat(stack: Stack, network: RemoteNetwork) -> AsyncIterator[Chat]:
    async with opened_account(stack.api_url) as ada, Web() as web:
        sender, recipient = network.phone(a_number()), network.phone(a_number())
        await ada.connected_session(sender)
        yield Chat(ada, sender, recipient, web)


@pytest.mark.parametrize("name", samples.IMAGES)
async def test_an_image_reaches_the_phone(chat: Chat, name: str) -> None:
    data = samples.image(name)
    url = chat.web.put(f"/{name}?signature=secret", data)

    taken, shown = await chat.send(
        "/messages/media", {"mediaUrl": url, "mediaType": "image", "caption": name}
    )

    assert taken["type"] == "image"
    assert (shown.kind, shown.mimetype, shown.text) == ("image", samples.IMAGES[name], name)
    assert shown.media == data
    assert (shown.preview.width, shown.preview.height) == (samples.WIDTH, samples.HEIGHT)
    assert is_thumbnail(shown.preview.thumbnail)
    message = await chat.ada.message(taken["id"])
    assert (message["type"], message["caption"], message["message"]) == ("image", name, None)
    assert "secret" not in str(message)


@pytest.mark.parametrize("name", samples.VIDEOS)
async def test_a_video_reaches_the_phone(chat: Chat, name: str) -> None:
    data = await samples.made(samples.VIDEOS[name])

    taken, shown = await chat.send(
        "/messages/media", {"mediaUrl": chat.web.put(f"/{name}", data), "mediaType": "video"}
    )

    assert taken["type"] == "video"
    assert (shown.kind, shown.mimetype, shown.text) == ("video", samples.VIDEOS[name].mime_type, "")
    assert shown.media == data
    preview = shown.preview
    assert (preview.width, preview.height, preview.seconds) == (
        samples.WIDTH,
        samples.HEIGHT,
        samples.SECONDS,
    )
    assert is_thumbnail(preview.thumbnail)


@pytest.mark.parametrize("name", samples.SOUNDS)
async def test_a_sound_reaches_the_phone_as_a_file_and_as_a_voice_note(chat: Chat, name: str) -> None:
    data = await samples.made(samples.SOUNDS[name])
    url = chat.web.put(f"/{name}", data)

    taken, file = await chat.send("/messages/audio", {"audioUrl": url, "ptt": False})
    _, voice = await chat.send("/messages/audio", {"audioUrl": url, "ptt": True})

    assert taken["type"] == "audio"
    assert (file.kind, file.mimetype, file.media) == ("audio", samples.SOUNDS[name].mime_type, data)
    assert (voice.kind, voice.mimetype) == ("voice", "audio/ogg; codecs=opus")
    assert voice.media is not None
    codec, seconds = await samples.described(voice.media)
    assert (codec, round(seconds)) == ("ogg/opus", samples.SECONDS)
    assert (voice.media == data) == (name == "Opus")
    assert file.preview.seconds == voice.preview.seconds == samples.SECONDS
    assert len(voice.preview.waveform) == 64
    assert max(voice.preview.waveform) == 100


async def test_what_cannot_be_seen_in_the_request_fails_with_its_reason(chat: Chat) -> None:
    page = chat.web.put("/page", b"<!DOCTYPE html><html><body>Not found</body></html>")
    huge = chat.web.say("/huge", answer(b"", length=17 * 1024 * 1024))
    inside = chat.web.say("/inside", redirect("http://169.254.169.254/latest/meta-data"))

    async def reason(url: str) -> str:
        return str((await chat.failure("/messages/audio", {"audioUrl": url}))["code"])

    assert await reason(page) == "media_type_unsupported"
    assert await reason(huge) == "media_too_large"
    assert await reason(inside) == "media_address_forbidden"
    assert await reason(chat.web.url("/nothing")) == "media_unreachable"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://10.0.0.1/goat.jpg", "media_address_forbidden"),
        ("http://[::ffff:10.0.0.1]/goat.jpg", "media_address_forbidden"),
        ("http://167772161/goat.jpg", "media_address_forbidden"),
        ("file:///etc/passwd", "invalid_request"),
        ("http://user:password@example.com/goat.jpg", "invalid_request"),
    ],
)
async def test_what_can_be_seen_in_the_request_is_422(chat: Chat, url: str, code: str) -> None:
    body = {"to": chat.recipient.number, "mediaUrl": url, "mediaType": "image"}
    problem = await refused(chat.ada.api.post("/messages/media", body))

    assert (problem["status"], problem["code"], problem["field"]) == (422, code, "mediaUrl")


async def test_a_message_that_is_tried_again_is_fetched_once_and_keeps_its_place(
    chat: Chat, network: RemoteNetwork
) -> None:
    url = chat.web.put("/once", samples.image("PNG"))
    recipient = chat.recipient.number
    await network.faults.add(Fault(FaultKind.REFUSE_MESSAGE, chat.sender.number, code=503))

    first = await chat.post("/messages/media", {"mediaUrl": url, "mediaType": "image"})
    await chat.ada.send(recipient, "after it")

    assert [(await chat.recipient.next_message(within=SOON)).kind for _ in range(2)] == ["image", "text"]
    sent = await chat.ada.wait_for_status(first["id"], "delivered")
    attempts = [step["attempt"] for step in sent["timeline"] if step["status"] == "sending"]
    assert attempts == [1, 2]
    assert chat.web.hits["/once"] == 1


async def test_a_fetch_that_a_crash_cut_off_is_made_again(stack: Stack, chat: Chat) -> None:
    data = samples.image("PNG")

    async def hangs_at_first(to: asyncio.StreamWriter) -> None:
        to.write(answer(data)[:-10])
        await to.drain()
        if chat.web.hits["/crash"] == 1:
            await asyncio.Event().wait()
        to.write(data[-10:])

    url = chat.web.serve("/crash", hangs_at_first)
    await chat.post("/messages/media", {"mediaUrl": url, "mediaType": "image"})
    await eventually(lambda: chat.web.hits["/crash"], equals=1, what="it is being fetched")
    stack.processes["dispatcher"].crash()

    assert (await chat.recipient.next_message(within=SOON)).media == data
    assert chat.web.hits["/crash"] == 2
    await stack.processes["dispatcher"].wait_ready()


def is_thumbnail(data: bytes) -> bool:
    """A JPEG that is small."""
    with Image.open(BytesIO(data)) as picture:
        return picture.format == "JPEG" and max(picture.size) <= 200
