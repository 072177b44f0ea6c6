"""Media from a real web server that means no good, into a real database."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from ipaddress import IPv4Network
from typing import Any, Literal

import pytest
import trustme

from dispatcher.adapters.addresses import CheckedNetwork
from dispatcher.adapters.fetch import Fetcher, Limits
from dispatcher.adapters.media import FetchedMedia
from dispatcher.domain.media import LARGEST, MIB, Outcome, Refused
from griot_chassis import clock, ids
from griot_chassis.claim_check import ClaimCheck
from griot_chassis.mongo import connect
from griot_contracts.messages import AudioContent, MediaContent, MediaReference
from tests import samples_of_media as samples
from tests.web import Web, answer, redirect

HERE = [IPv4Network("127.0.0.0/8")]
IMPATIENT = Limits(
    connect=timedelta(seconds=1), first_byte=timedelta(seconds=0.3), whole=timedelta(seconds=1)
)


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web() as web:
        yield web


@pytest.fixture
def database(mongo: str) -> Iterator[Any]:
    client = connect(mongo, "test")
    yield client[f"media_{ids.new_id()}"]
    client.close()


@pytest.fixture
def store(database: Any) -> ClaimCheck:
    return ClaimCheck(database)


@pytest.fixture
def media(store: ClaimCheck) -> FetchedMedia:
    """One that an operator lets fetch from this machine."""
    return FetchedMedia(store, Fetcher(CheckedNetwork(HERE), IMPATIENT), clock.now, wait=timedelta(0))


@pytest.fixture
def strict(store: ClaimCheck) -> FetchedMedia:
    """One as it is by default."""
    return FetchedMedia(store, Fetcher(CheckedNetwork(), IMPATIENT), clock.now, wait=timedelta(0))


async def fetch(
    media: FetchedMedia, url: str, kind: Literal["image", "video"] = "image", message_id: str | None = None
) -> Outcome:
    return await media.fetch(message_id or ids.new_id(), MediaContent(type=kind, url=url))


async def reason(media: FetchedMedia, url: str) -> str:
    outcome = await fetch(media, url)
    assert isinstance(outcome, Refused)
    assert outcome.detail
    return outcome.reason


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


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "0"],
)
async def test_however_the_inside_is_spelled_it_is_forbidden(
    web: Web, strict: FetchedMedia, host: str
) -> None:
    web.put("/goat", samples.image("PNG"))

    assert await reason(strict, web.url("/goat", host)) == "media_address_forbidden"
    assert not web.hits


async def test_what_only_some_call_an_address_is_not_fetched(web: Web, strict: FetchedMedia) -> None:
    assert await reason(strict, web.url("/goat", "0177.0.0.1")) == "media_unreachable"
    assert not web.hits


async def test_a_redirect_to_the_inside_is_forbidden(web: Web, media: FetchedMedia) -> None:
    for number, inside in enumerate(
        ["http://169.254.169.254/", "http://10.0.0.1/", "//[::1]/", "http://2852039166/"]
    ):
        url = web.say(f"/{number}", redirect(inside))
        assert await reason(media, url) == "media_address_forbidden"


async def test_a_redirect_to_another_scheme_is_not_followed(web: Web, media: FetchedMedia) -> None:
    for number, elsewhere in enumerate(["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"]):
        assert await reason(media, web.say(f"/{number}", redirect(elsewhere))) == "media_unreachable"


async def test_redirects_are_followed_but_not_for_ever(web: Web, media: FetchedMedia) -> None:
    web.put("/goat", samples.image("PNG"))
    web.say("/far", redirect("near?to=/goat"))
    web.say("/near?to=/goat", redirect(web.url("/goat")))
    web.say("/round", redirect("/round"))

    assert isinstance(await fetch(media, web.url("/far")), MediaReference)
    assert await reason(media, web.url("/round")) == "media_unreachable"
    assert web.hits["/round"] == 6


async def test_a_name_is_resolved_once_and_its_checked_address_is_connected_to(
    web: Web, media: FetchedMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.put("/goat", samples.image("PNG"))
    asked: list[str] = []

    async def resolve(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        asked.append(host)  # whoever asks twice is told of another address
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)

    assert isinstance(await fetch(media, web.url("/goat", "rebinding.example")), MediaReference)
    assert asked == ["rebinding.example"]
    assert f"Host: rebinding.example:{web.port}\r\n" in web.heads[0]


async def test_over_https_the_certificate_has_to_be_the_names_own(
    store: ClaimCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, served, trusted = (
        trustme.CA(),
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(),
    )
    authority.issue_cert("media.example").configure_cert(served)
    authority.configure_trust(trusted)

    async def resolve(_host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    fetcher = Fetcher(CheckedNetwork(HERE), IMPATIENT, trusted)
    media = FetchedMedia(store, fetcher, clock.now, wait=timedelta(0))
    async with Web(tls=served) as web:
        web.put("/goat", samples.image("PNG"))

        assert isinstance(await fetch(media, web.url("/goat", "media.example")), MediaReference)
        assert await reason(media, web.url("/goat", "other.example")) == "media_unreachable"


async def test_a_name_with_one_foot_inside_is_forbidden(
    web: Web, media: FetchedMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(_host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", (address, port)) for address in ("127.0.0.1", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)

    assert await reason(media, web.url("/goat", "both.example")) == "media_address_forbidden"


async def test_one_that_announces_too_much_is_not_read(web: Web, media: FetchedMedia) -> None:
    url = web.say("/huge", answer(b"", length=LARGEST["image"] + 1))

    assert await reason(media, url) == "media_too_large"


async def test_one_that_never_ends_is_cut_off_at_the_limit(web: Web, database: Any) -> None:
    sent = 0

    async def endless(to: asyncio.StreamWriter) -> None:
        nonlocal sent
        to.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = samples.image("PNG").ljust(MIB, b"\0")
        while True:
            to.write(b"100000\r\n" + chunk + b"\r\n")
            await to.drain()
            sent += 1

    patient = FetchedMedia(ClaimCheck(database), Fetcher(CheckedNetwork(HERE), Limits()), clock.now)

    assert await reason(patient, web.serve("/endless", endless)) == "media_too_large"
    assert sent < 30
    assert await database["fs.chunks"].count_documents({}) == 0


async def test_what_is_compressed_is_not_unpacked(web: Web, media: FetchedMedia) -> None:
    bomb = gzip.compress(bytes(10 * MIB))
    url = web.say("/bomb", answer(bomb, headers="Content-Encoding: gzip\r\n"))

    assert await reason(media, url) == "media_unreachable"
    assert "Accept-Encoding: identity\r\n" in web.heads[0]


async def test_a_body_shorter_than_announced_is_refused(web: Web, media: FetchedMedia, database: Any) -> None:
    data = samples.image("PNG")

    assert await reason(media, web.say("/short", answer(data, length=len(data) + 10))) == "media_unreachable"
    assert await database["fs.files"].count_documents({}) == 0


async def test_what_lies_beyond_the_announced_length_is_not_read(
    web: Web, media: FetchedMedia, store: ClaimCheck
) -> None:
    data = samples.image("PNG")
    outcome = await fetch(media, web.say("/long", answer(data + bytes(MIB), length=len(data))))

    assert isinstance(outcome, MediaReference)
    assert await store.get(outcome.id) == data


@pytest.mark.parametrize("said", ["-1", "many", "5, 6"])
async def test_a_length_that_is_none_is_refused(web: Web, media: FetchedMedia, said: str) -> None:
    url = web.say("/odd", f"HTTP/1.1 200 OK\r\nContent-Length: {said}\r\n\r\nxxxxxx".encode())

    assert await reason(media, url) == "media_unreachable"


async def test_a_slow_drip_is_given_up(web: Web, media: FetchedMedia) -> None:
    async def drip(to: asyncio.StreamWriter) -> None:
        to.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            to.write(b"\x89")
            await to.drain()
            await asyncio.sleep(0.05)

    async with asyncio.timeout(5):
        assert await reason(media, web.serve("/drip", drip)) == "media_unreachable"
    assert web.hits["/drip"] == 1


async def test_headers_that_drip_are_given_up(web: Web, media: FetchedMedia) -> None:
    async def drip(to: asyncio.StreamWriter) -> None:
        to.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            to.write(b"x")
            await to.drain()
            await asyncio.sleep(0.05)

    async with asyncio.timeout(5):
        assert await reason(media, web.serve("/drip", drip)) == "media_unreachable"


async def test_one_that_says_nothing_is_given_up(web: Web, media: FetchedMedia) -> None:
    async def silent(_to: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    assert await reason(media, web.serve("/silent", silent)) == "media_unreachable"


async def test_what_may_pass_is_tried_again(web: Web, media: FetchedMedia) -> None:
    async def second_time(to: asyncio.StreamWriter) -> None:
        again = web.hits["/busy"] > 1
        to.write(answer(samples.image("PNG")) if again else answer(b"", status="503 Busy"))

    assert isinstance(await fetch(media, web.serve("/busy", second_time)), MediaReference)
    assert await reason(media, web.url("/not-there")) == "media_unreachable"
    assert (web.hits["/busy"], web.hits["/not-there"]) == (2, 1)


async def test_nobody_there_and_no_such_name_are_unreachable(media: FetchedMedia) -> None:
    assert await reason(media, "http://127.0.0.1:1/") == "media_unreachable"
    assert await reason(media, "http://no-such-name.invalid/") == "media_unreachable"
    assert await reason(media, "http://") == "media_unreachable"


async def test_a_fetch_that_was_cut_off_by_a_crash_is_made_anew(
    web: Web, media: FetchedMedia, store: ClaimCheck, database: Any
) -> None:
    await database["fs.chunks"].insert_one({"files_id": "m1", "n": 0, "data": b"half"})
    data = samples.image("PNG")

    assert isinstance(await fetch(media, web.put("/goat", data), message_id="m1"), MediaReference)
    assert await store.get("m1") == data
