"""What the network knows: linked devices, and messages as a phone shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection
    from fakewhatsapp.wire.binary import Jid, Node


class Kind(StrEnum):
    """What a message carries."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PhoneMessage:
    """One message as the person holding a phone sees it, decrypted."""

    id: str
    sender: str
    """The sender's number, with its plus sign."""
    recipient: str
    """The number of the phone that shows it, with its plus sign."""
    kind: Kind
    text: str
    """The text, or the caption of a picture or video; empty if there is neither."""
    at: datetime
    """When the network took it."""
    media: bytes | None = None
    """The decrypted bytes of the attachment, exactly as they were sent."""
    mimetype: str | None = None


@dataclass(slots=True)
class Device:
    """A companion that was linked to a phone: what the person sees under "linked devices"."""

    number: str
    index: int
    """1 to 99; 0 is the phone itself."""
    registration_id: int
    identity_key: bytes
    signed_pre_key: tuple[int, bytes, bytes]
    """Id, public key, signature."""
    pre_keys: dict[int, bytes] = field(default_factory=dict)
    connection: Connection | None = None
    offline: list[Node] = field(default_factory=list)
    """What waits for the next login."""
    logins: int = 0
