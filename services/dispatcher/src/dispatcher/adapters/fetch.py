"""Media over http: a request for each redirect, all of them limited in time, size and address."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpcore
import httpx

from dispatcher.adapters.addresses import CheckedNetwork, ForbiddenAddressError
from dispatcher.domain.media import FORBIDDEN, UNREACHABLE, Refused

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5
_MAY_PASS: Final = frozenset({408, 425, 429})
_LAST_PORT: Final = 65_535
_HEADERS: Final = (
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"identity"),  # what is packed small may unpack to anything
    (b"User-Agent", b"Griot"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a server may take: to be connected to, for its first byte and any further, for all of it."""

    connect: timedelta = timedelta(seconds=5)
    first_byte: timedelta = timedelta(seconds=15)
    whole: timedelta = timedelta(seconds=60)


class MediaRefusedError(Exception):
    """The media could not be fetched, or are not what can be sent.

    Attributes:
        refused: why, for whoever sent the message.
        may_pass: another try may go better.
    """

    def __init__(self, refused: Refused, *, may_pass: bool = False) -> None:
        super().__init__(refused.reason)
        self.refused = refused
        self.may_pass = may_pass


class Fetcher:
    """Fetches what lies at an address. Nothing of it is kept, not even the connection."""

    def __init__(self, network: CheckedNetwork, limits: Limits, tls: ssl.SSLContext | None = None) -> None:
        """`tls` says which certificates are trusted, the usual ones unless told."""
        self._network = network
        self._limits = limits
        self._tls = tls or httpcore.default_ssl_context()

    @asynccontextmanager
    async def open(self, url: str, largest: int, too_large: Refused) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes at `url`, as they come.

        Args:
            url: http or https, as somebody gave it.
            largest: how many bytes there may be; the one after it is not waited for.
            too_large: what to say then.

        Raises:
            MediaRefusedError: here, or from the iterator.
        """
        try:
            async with asyncio.timeout(self._limits.whole.total_seconds()), self._answer(url) as answer:
                yield _body(answer, largest, too_large)
        except TimeoutError as error:
            raise _unreachable("the server took too long for all of it") from error
        except ForbiddenAddressError as error:
            detail = "the address is private, loopback, link-local or reserved"
            raise MediaRefusedError(Refused(FORBIDDEN, detail)) from error
        except httpcore.TimeoutException as error:
            raise _unreachable("the server did not answer in time", may_pass=True) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
            raise _unreachable(_in_words(error), may_pass=True) from error

    @asynccontextmanager
    async def _answer(self, url: str) -> AsyncIterator[httpcore.Response]:
        """The answer at the end of the redirects."""
        target = _parsed(url)
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._asked(target) as answer:
                location = _header(answer, b"location")
                if answer.status not in _REDIRECTS or location is None:
                    yield _checked(answer)
                    return
                target = _parsed(location, relative_to=target)
        raise _unreachable(f"the server redirects more than {_MOST_REDIRECTS} times")

    @asynccontextmanager
    async def _asked(self, url: httpx.URL) -> AsyncIterator[httpcore.Response]:
        timeouts = {
            "connect": self._limits.connect.total_seconds(),
            "read": self._limits.first_byte.total_seconds(),
            "write": self._limits.first_byte.total_seconds(),
        }
        where = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        pool = httpcore.AsyncConnectionPool(ssl_context=self._tls, network_backend=self._network)
        async with (
            pool,
            pool.stream("GET", where, headers=list(_HEADERS), extensions={"timeout": timeouts}) as answer,
        ):
            yield answer


async def _body(answer: httpcore.Response, largest: int, too_large: Refused) -> AsyncIterator[bytes]:
    announced = _header(answer, b"content-length")
    if announced is not None and announced.isdecimal() and int(announced) > largest:
        raise MediaRefusedError(too_large)
    size = 0
    async for chunk in answer.aiter_stream():
        size += len(chunk)
        if size > largest:
            raise MediaRefusedError(too_large)
        yield chunk


def _parsed(url: str, relative_to: httpx.URL | None = None) -> httpx.URL:
    try:
        parsed = httpx.URL(url) if relative_to is None else relative_to.join(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise _unreachable("the address is not a URL") from error
    # Raw, as it is asked for: to be shown, it would have to be a name that IDNA knows.
    if parsed.scheme not in ("http", "https") or not parsed.raw_host:
        raise _unreachable("the address is neither http nor https")
    if parsed.port is not None and not 0 < parsed.port <= _LAST_PORT:
        raise _unreachable("the address has a port that there is not")
    return parsed


def _checked(answer: httpcore.Response) -> httpcore.Response:
    if answer.status != 200:  # noqa: PLR2004  # OK
        may_pass = answer.status >= 500 or answer.status in _MAY_PASS  # noqa: PLR2004  # a server's errors
        raise _unreachable(f"the server answered with status {answer.status}", may_pass=may_pass)
    encoding = (_header(answer, b"content-encoding") or "identity").strip().lower()
    if encoding != "identity":
        raise _unreachable("the server compresses what it was asked to send as it is")
    return answer


def _header(answer: httpcore.Response, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in answer.headers if key.lower() == name), None)


def _unreachable(detail: str, *, may_pass: bool = False) -> MediaRefusedError:
    return MediaRefusedError(Refused(UNREACHABLE, detail), may_pass=may_pass)


def _in_words(error: Exception) -> str:
    if isinstance(error, httpcore.ConnectError):
        return "the server could not be reached"
    if isinstance(error, httpcore.ProtocolError):
        return "the server's answer was cut short, or is not HTTP"
    return "the connection to the server broke"
