"""Addresses that nobody can go to, and all else that nobody thought of: it is told, and never put off.

What is put off holds up all that its session has to send. The web is real here, the store is not.
"""

import asyncio
from collections.abc import AsyncIterable
from datetime import datetime
from typing import Any

import magic
import pytest
from pymongo.errors import AutoReconnect

from dispatcher.adapters.media import FetchedMedia
from griot_chassis.claim_check import Claim, ClaimCheck
from griot_contracts.messages import MediaReference
from tests import samples_of_media as samples
from tests.integration.dispatcher_media.fetching import fetch, reason
from tests.web import Web, redirect


class Claims(ClaimCheck):
    """Takes anything and keeps nothing, or is `away`."""

    def __init__(self) -> None:
        self.away = False

    async def find(self, id_: str, now: datetime) -> Claim | None:
        return None

    async def put(self, id_: str, chunks: AsyncIterable[bytes], told: dict[str, Any]) -> Claim:
        size = sum([len(chunk) async for chunk in chunks])
        if self.away:
            raise AutoReconnect
        return Claim(id_, size, told)


@pytest.fixture
def store() -> Claims:
    return Claims()


@pytest.fixture
async def named(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were asked for; every one is of this machine."""
    asked: list[str] = []

    async def resolve(host: str | bytes, port: int, **_: object) -> list[tuple[Any, ...]]:
        asked.append(host if isinstance(host, str) else host.decode())
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize(
    "url",
    [
        "https://xn--i-7iq.invalid/a.png",  # IDNA knows no such name, though the web has some like it
        "http://xn--a/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:999999999999999999999/",
        "https://a..invalid/",
        "http://[::1/",
    ],
)
async def test_an_impossible_address_and_a_redirect_to_it_are_unreachable(
    web: Web, media: FetchedMedia, url: str
) -> None:
    assert await reason(media, url) == "media_unreachable"
    assert await reason(media, web.say("/there", redirect(url))) == "media_unreachable"


async def test_a_name_that_idna_does_not_know_is_asked_for_as_it_stands(
    web: Web, media: FetchedMedia, named: list[str]
) -> None:
    web.put("/goat", samples.image("PNG"))

    assert isinstance(await fetch(media, web.url("/goat", "xn--i-7iq.ws")), MediaReference)
    assert named == ["xn--i-7iq.ws"]


async def test_what_nobody_thought_of_ends_the_message(
    web: Web, media: FetchedMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> str:
        raise ExceptionGroup("several", [OverflowError("too large")])

    monkeypatch.setattr(magic, "from_buffer", explode)

    assert await reason(media, web.put("/goat", samples.image("PNG"))) == "media_unreachable"


async def test_that_the_store_is_away_is_not_the_medias_fault(
    web: Web, media: FetchedMedia, store: Claims
) -> None:
    store.away = True

    with pytest.raises(AutoReconnect):
        await fetch(media, web.put("/goat", samples.image("PNG")))
