"""Media from a real web server into a real database: fetched once, told by their bytes, gone after a day."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from dispatcher.adapters.media import FetchedMedia
from dispatcher.domain.media import Refused
from griot_chassis import clock, ids
from griot_chassis.claim_check import ClaimCheck
from griot_contracts.messages import AudioContent, MediaReference
from tests import samples_of_media as samples
from tests.integration.dispatcher_media.fetching import fetch, reason
from tests.web import Web, answer


async def test_what_is_fetched_lies_in_the_store_as_it_was(
    web: Web, media: FetchedMedia, store: ClaimCheck
) -> None:
    data = samples.image("PNG")
    outcome = await fetch(media, web.put("/goat", data), message_id="m1")

    assert isinstance(outcome, MediaReference)
    assert (outcome.kind, outcome.mime_type, outcome.size) == ("image", "image/png", len(data))
    assert await store.get(outcome.id) == data


async def test_what_was_fetched_is_not_fetched_again(web: Web, media: FetchedMedia) -> None:
    url = web.put("/goat", samples.image("PNG"))

    assert await fetch(media, url, message_id="m1") == await fetch(media, url, message_id="m1")
    assert web.hits["/goat"] == 1


async def test_what_is_a_day_old_is_gone_and_fetched_again(
    web: Web, media: FetchedMedia, store: ClaimCheck, database: Any
) -> None:
    url = web.put("/goat", samples.image("PNG"))
    await fetch(media, url, message_id="m1")
    await store.drop_old(clock.now() + timedelta(hours=23))
    assert await store.get("m1") is not None

    await store.drop_old(clock.now() + timedelta(hours=26))

    assert await store.get("m1") is None
    assert await database["fs.chunks"].count_documents({}) == 0
    assert isinstance(await fetch(media, url, message_id="m1"), MediaReference)


@pytest.mark.parametrize("name", [*samples.IMAGES, *samples.VIDEOS, *samples.SOUNDS])
async def test_every_format_is_told_from_its_bytes(web: Web, media: FetchedMedia, name: str) -> None:
    if name in samples.IMAGES:
        outcome, expected = await fetch(media, web.put("/x", samples.image(name))), samples.IMAGES[name]
    elif name in samples.VIDEOS:
        data = await samples.made(samples.VIDEOS[name])
        outcome, expected = await fetch(media, web.put("/x", data), "video"), samples.VIDEOS[name].mime_type
    else:
        url = web.put("/x", await samples.made(samples.SOUNDS[name]))
        outcome = await media.fetch(ids.new_id(), AudioContent(url=url))
        expected = samples.SOUNDS[name].mime_type.partition(";")[0]

    assert isinstance(outcome, MediaReference)
    assert outcome.mime_type == expected


async def test_the_name_and_the_servers_word_for_it_do_not_count(web: Web, media: FetchedMedia) -> None:
    page = answer(b"<!DOCTYPE html><html></html>", headers="Content-Type: image/jpeg\r\n")

    outcome = await fetch(media, web.say("/goat.jpg", page))

    assert isinstance(outcome, Refused)
    assert outcome.reason == "media_type_unsupported"
    assert "text/html" in outcome.detail


async def test_nothing_at_all_and_another_kind_are_unsupported(web: Web, media: FetchedMedia) -> None:
    assert await reason(media, web.put("/nothing", b"")) == "media_type_unsupported"
    assert await reason(media, web.put("/v", await samples.made(samples.VIDEOS["MP4"]))) == (
        "media_type_unsupported"
    )


async def test_what_may_pass_is_tried_again(web: Web, media: FetchedMedia) -> None:
    async def second_time(to: asyncio.StreamWriter) -> None:
        again = web.hits["/busy"] > 1
        to.write(answer(samples.image("PNG")) if again else answer(b"", status="503 Busy"))

    assert isinstance(await fetch(media, web.serve("/busy", second_time)), MediaReference)
    assert await reason(media, web.url("/not-there")) == "media_unreachable"
    assert (web.hits["/busy"], web.hits["/not-there"]) == (2, 1)


async def test_a_fetch_that_was_cut_off_by_a_crash_is_made_anew(
    web: Web, media: FetchedMedia, store: ClaimCheck, database: Any
) -> None:
    await database["fs.chunks"].insert_one({"files_id": "m1", "n": 0, "data": b"half"})
    data = samples.image("PNG")

    assert isinstance(await fetch(media, web.put("/goat", data), message_id="m1"), MediaReference)
    assert await store.get("m1") == data
