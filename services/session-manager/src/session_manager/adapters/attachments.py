"""What lies in the claim-check store, made into what WhatsApp shows: sizes, thumbnails, voice notes."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from griot_chassis.claim_check import ClaimCheck
from griot_chassis.log import get_logger
from griot_contracts.messages import AudioContent, MediaContent, MediaReference
from session_manager.adapters import ffmpeg
from session_manager.adapters.ffmpeg import FFmpegError
from session_manager.domain.attachment import GONE, UNREADABLE, Attachment, NoAttachmentError, Shape

log = get_logger(__name__)

_OPUS: Final = "opus"
_OGG: Final = "audio/ogg"
_OGG_OPUS: Final = "audio/ogg; codecs=opus"
_SMALL: Final = (200, 200)
_MOST_PIXELS: Final = 50_000_000
"""Of a picture that is unpacked for its thumbnail: a small file may hold a huge one."""


class StoredAttachments:
    """The port `Attachments`. What takes computing is done on threads and in other processes."""

    def __init__(self, store: ClaimCheck) -> None:
        self._store = store

    async def made(self, content: MediaContent | AudioContent, media: MediaReference) -> Attachment:
        """The attachment of a message. A picture or a video without a thumbnail is sent without.

        Raises:
            NoAttachmentError: it is not there any more, or no voice note can be made of it.
        """
        data = await self._store.get(media.id)
        if data is None or await asyncio.to_thread(_sha256, data) != media.sha256:
            raise NoAttachmentError(GONE)
        match content:
            case MediaContent(type="image"):
                return await asyncio.to_thread(_picture, data, media.mime_type, content.caption or "")
            case MediaContent():
                return await _video(data, media.mime_type, content.caption or "")
            case AudioContent(ptt=True):
                return await _voice(data, media.mime_type)
            case AudioContent():
                return await _audio(data, media.mime_type)


def _picture(data: bytes, mime_type: str, caption: str) -> Attachment:
    width = height = 0
    thumbnail = b""
    try:
        with Image.open(BytesIO(data)) as picture:
            width, height = picture.size
            if width * height <= _MOST_PIXELS:
                thumbnail = _small(picture)
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
    ):  # what Pillow says of broken files
        log.info("a picture goes without a thumbnail", mime_type=mime_type)
    return Attachment(Shape.IMAGE, data, mime_type, caption, width, height, thumbnail=thumbnail)


def _small(picture: Image.Image) -> bytes:
    picture.draft("RGB", _SMALL)
    small = picture.convert("RGB")
    small.thumbnail(_SMALL)
    written = BytesIO()
    small.save(written, format="JPEG", quality=60)
    return written.getvalue()


async def _video(data: bytes, mime_type: str, caption: str) -> Attachment:
    known, thumbnail = ffmpeg.Facts(0, 0, 0, ""), b""
    async with _as_file(data) as path:
        try:
            known = await ffmpeg.facts(path, mime_type)
            thumbnail = await ffmpeg.first_frame(path, mime_type)
        except FFmpegError:
            log.info("a video goes without a thumbnail", mime_type=mime_type)
    return Attachment(
        Shape.VIDEO, data, mime_type, caption, known.width, known.height, _seconds(known), thumbnail
    )


async def _audio(data: bytes, mime_type: str) -> Attachment:
    known = ffmpeg.Facts(0, 0, 0, "")
    async with _as_file(data) as path:
        with contextlib.suppress(FFmpegError):
            known = await ffmpeg.facts(path, mime_type)
    named = _OGG_OPUS if mime_type == _OGG and known.codec == _OPUS else mime_type
    return Attachment(Shape.AUDIO, data, named, seconds=_seconds(known))


async def _voice(data: bytes, mime_type: str) -> Attachment:
    try:
        async with _as_file(data) as path:
            known = await ffmpeg.facts(path, mime_type)
            heard = await ffmpeg.waveform(path, mime_type)
            if mime_type != _OGG or known.codec != _OPUS:
                data = await ffmpeg.as_voice(path, mime_type)
    except FFmpegError as error:
        raise NoAttachmentError(UNREADABLE) from error
    return Attachment(Shape.VOICE, data, _OGG_OPUS, seconds=_seconds(known), waveform=heard)


@asynccontextmanager
async def _as_file(data: bytes) -> AsyncIterator[Path]:
    file = ffmpeg.as_file(data)
    path = await asyncio.to_thread(file.__enter__)
    try:
        yield path
    finally:
        await asyncio.to_thread(file.__exit__, None, None, None)


def _seconds(known: ffmpeg.Facts) -> int:
    """Whole seconds; what plays at all plays for one."""
    return max(1, round(known.seconds)) if known.seconds > 0 else 0


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
