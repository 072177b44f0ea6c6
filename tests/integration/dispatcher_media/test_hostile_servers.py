"""Web servers that mean no good: whatever they try is refused, and the reason told."""

import asyncio
import gzip
import socket
import ssl
from datetime import timedelta
from typing import Any

import pytest
import trustme

from dispatcher.adapters.addresses import CheckedNetwork
from dispatcher.adapters.fetch import Fetcher, Limits
from dispatcher.adapters.media import FetchedMedia
from dispatcher.domain.media import LARGEST, MIB
from griot_chassis import clock
from griot_chassis.claim_check import ClaimCheck
from griot_contracts.messages import MediaReference
from griot_local.ports import LOOPBACK
from tests import samples_of_media as samples
from tests.integration.dispatcher_media.fetching import HERE, IMPATIENT, fetch, reason
from tests.web import Web, answer, redirect

AUTHORITY = trustme.CA()


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


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What the server of media.example shows; every name is of this machine."""

    async def resolve(_host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("media.example").configure_cert(served)
    return served


@pytest.fixture
def secure(store: ClaimCheck) -> FetchedMedia:
    """Media by one who trusts the authority."""
    trusted = ssl.create_default_context()
    AUTHORITY.configure_trust(trusted)
    fetcher = Fetcher(CheckedNetwork(HERE), IMPATIENT, trusted)
    return FetchedMedia(store, fetcher, clock.now, wait=timedelta(0))


async def test_over_https_the_certificate_has_to_be_the_names_own(
    served: ssl.SSLContext, secure: FetchedMedia
) -> None:
    async with Web(tls=served) as web:
        web.put("/goat", samples.image("PNG"))

        assert isinstance(await fetch(secure, web.url("/goat", "media.example")), MediaReference)
        assert await reason(secure, web.url("/goat", "other.example")) == "media_unreachable"


async def test_one_that_wants_a_certificate_of_ours_is_not_reached(
    served: ssl.SSLContext, secure: FetchedMedia
) -> None:
    served.verify_mode = ssl.CERT_REQUIRED
    AUTHORITY.configure_trust(served)

    def refuse() -> None:  # by hand: asyncio's servers hang up before the alert that says why is read
        connection, _ = listener.accept()
        secured = served.wrap_socket(connection.dup(), server_side=True, do_handshake_on_connect=False)
        with connection, secured:
            with pytest.raises(ssl.SSLError):
                secured.do_handshake()
            while connection.recv(MIB):
                pass

    with socket.create_server((LOOPBACK, 0)) as listener:
        refusing = asyncio.create_task(asyncio.to_thread(refuse))
        url = f"https://media.example:{listener.getsockname()[1]}/goat"
        assert await reason(secure, url) == "media_unreachable"
        await refusing


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


async def test_nobody_there_and_no_such_name_are_unreachable(media: FetchedMedia) -> None:
    assert await reason(media, "http://127.0.0.1:1/") == "media_unreachable"
    assert await reason(media, "http://no-such-name.invalid/") == "media_unreachable"
    assert await reason(media, "http://") == "media_unreachable"
