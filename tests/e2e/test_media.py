"""Pictures, videos and sounds reach the phone as what they are, byte for byte, and what cannot is told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from fakewhatsapp.client import RemoteNetwork, RemotePhone
from fakewhatsapp.model import PhoneMessage
from griot_local.stack import Stack
from tests import samples_of_media as samples
from tests.e2e.people import Account, a_number, opened_account
from tests.e2e.test_bad_input import refused
from tests.web import Web, answer, redirect

SOON = timedelta(seconds=20)


@dataclass
class Chat:
    """An account with a connected session, one it writes to, and the web that media lie on."""

    ada: Account
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
        await ada.connected_session(network.phone(a_number()))
        yield Chat(ada, network.phone(a_number()), web)


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
