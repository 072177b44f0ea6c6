"""A message's media: fetched once, looked at, and laid into the claim-check store for the session's owner."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import magic
import stamina
from pymongo.errors import PyMongoError

from dispatcher.adapters.fetch import Fetcher, MediaRefusedError
from dispatcher.domain.media import (
    LARGEST,
    UNREACHABLE,
    UNSUPPORTED,
    Kind,
    Outcome,
    Refused,
    kind_of,
    mime_type_of,
    refusal_of,
    too_large,
)
from griot_chassis.claim_check import Claim, ClaimCheck
from griot_chassis.log import get_logger
from griot_contracts.messages import AudioContent, MediaContent, MediaReference

log = get_logger(__name__)

_TOLD_BY: Final = 64 * 1024
"""The bytes at the beginning from which a format is told."""
_TRIES: Final = 3
_FIRST_WAIT: Final = timedelta(seconds=1)
_DROP_OLD_EVERY_S: Final = 3600.0


class FetchedMedia:
    """The port `Media`."""

    def __init__(
        self,
        store: ClaimCheck,
        fetcher: Fetcher,
        now: Callable[[], datetime],
        *,
        wait: timedelta = _FIRST_WAIT,
    ) -> None:
        """`wait` is how long the second try waits for what may pass; the third waits twice as long."""
        self._store = store
        self._fetcher = fetcher
        self._now = now
        self._wait = wait

    async def fetch(self, message_id: str, content: MediaContent | AudioContent) -> Outcome:
        """Have the message's media in the store.

        They lie there under the message's own id, so what was fetched before, by whomever, is not fetched
        again. What may pass is tried three times.
        """
        kind = kind_of(content)
        found = await self._store.find(message_id, self._now())
        if found is not None and found.told.get("kind") == kind:
            return _reference(found)
        try:
            async for attempt in stamina.retry_context(
                on=_may_pass, attempts=_TRIES, wait_initial=self._wait, timeout=None
            ):
                with attempt:
                    return await self._fetch(message_id, content.url, kind)
        except MediaRefusedError as error:
            return error.refused
        raise AssertionError("the last attempt returns or raises")

    async def drop_old(self) -> None:
        """Drop what is older than a day, every hour, for ever."""
        while True:
            try:
                await self._store.drop_old(self._now())
            except PyMongoError:
                log.exception("old media are dropped later")
            await asyncio.sleep(_DROP_OLD_EVERY_S)

    async def _fetch(self, message_id: str, url: str, kind: Kind) -> MediaReference:
        """Fetch it into the store.

        Raises:
            MediaRefusedError: it cannot be had. What nobody thought of counts as that, too: to try for ever
                would hold up all that the session has to send.
            PyMongoError: the store is away.
        """
        told: dict[str, Any] = {"kind": kind}
        try:
            async with self._fetcher.open(url, LARGEST[kind], too_large(kind)) as body:
                return _reference(await self._store.put(message_id, _looked_at(body, kind, told), told))
        except (MediaRefusedError, PyMongoError):
            raise
        except Exception as error:
            log.exception("media given up", message_id=message_id)
            raise MediaRefusedError(Refused(UNREACHABLE, "it could not be fetched")) from error


async def _looked_at(body: AsyncIterator[bytes], kind: Kind, told: dict[str, Any]) -> AsyncIterator[bytes]:
    """The same bytes; what they are and their hash are noted in `told`.

    Raises:
        MediaRefusedError: they cannot be sent as this kind; told as soon as enough of them came.
    """
    digest, beginning = hashlib.sha256(), b""
    async for chunk in body:
        digest.update(chunk)
        if "mime_type" in told:
            yield chunk
            continue
        beginning += chunk
        if len(beginning) >= _TOLD_BY:
            told["mime_type"] = await _told_by(beginning, kind)
            yield beginning
    if "mime_type" not in told:
        told["mime_type"] = await _told_by(beginning, kind)
        yield beginning
    told["sha256"] = digest.hexdigest()


async def _told_by(beginning: bytes, kind: Kind) -> str:
    if not beginning:
        raise MediaRefusedError(Refused(UNSUPPORTED, "there is nothing at the address: no bytes at all"))
    mime_type = mime_type_of(await asyncio.to_thread(magic.from_buffer, beginning, mime=True))
    refused = refusal_of(kind, mime_type)
    if refused is not None:
        raise MediaRefusedError(refused)
    return mime_type


def _may_pass(error: Exception) -> bool:
    return isinstance(error, MediaRefusedError) and error.may_pass


def _reference(claim: Claim) -> MediaReference:
    return MediaReference(
        id=claim.id,
        kind=claim.told["kind"],
        mime_type=claim.told["mime_type"],
        size=claim.size,
        sha256=claim.told["sha256"],
    )
