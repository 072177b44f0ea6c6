"""A message's media as they are handed to WhatsApp, and what is said when they cannot be."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from session_manager.domain.outcomes import Refused

GONE: Final = Refused(
    "media_gone", retryable=True, detail="what was fetched is kept for a day; it is fetched again"
)
UPLOAD_FAILED: Final = Refused("media_upload_failed", retryable=True)
UNREADABLE: Final = Refused(
    "media_type_unsupported",
    retryable=False,
    detail="the sound cannot be read, so no voice note can be made of it",
)


class Shape(StrEnum):
    """How a phone shows it."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is sent, and what a phone shows before it has loaded it.

    Attributes:
        shape: how it is shown.
        data: its bytes.
        mime_type: what they are.
        caption: the words below it.
        width: in pixels, and so is `height`; 0 where it has none or they are not known.
        seconds: how long it plays.
        thumbnail: a small JPEG; empty where none could be made.
        waveform: of a voice note, how loud it is: 64 numbers from 0 to 100.
    """

    shape: Shape
    data: bytes
    mime_type: str
    caption: str = ""
    width: int = 0
    height: int = 0
    seconds: int = 0
    thumbnail: bytes = b""
    waveform: bytes = b""


class NoAttachmentError(Exception):
    """There is nothing that could be sent; `refused` says why."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused


class UploadError(Exception):
    """WhatsApp's media host did not take it. Nobody has seen anything of it; another try is worth it."""
