"""What the network knows: linked devices, and messages as a phone shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fakewhatsapp.wire.nodes import HIDDEN_USERS, USERS, Jid, Node

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection


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
class Preview:
    """What a phone shows of an attachment before it has loaded it; 0 and empty where nothing was said."""

    width: int = 0
    height: int = 0
    seconds: int = 0
    thumbnail: bytes = b""
    waveform: bytes = b""


NOTHING_SHOWN: Final = Preview()


@dataclass(frozen=True, slots=True)
class PhoneMessage:
    """One message as the person holding a phone sees it, decrypted."""

    id: str
    sender: str
    """The sender's number, with its plus sign."""
    recipient: str
    """The number of the chat's other side, with its plus sign: this phone's, unless it was sent from here."""
    kind: Kind
    text: str
    """The text, or the caption of a picture or video; empty if there is neither."""
    at: datetime
    """When the network took it."""
    media: bytes | None = None
    """The decrypted bytes of the attachment, exactly as they were sent."""
    mimetype: str | None = None
    preview: Preview = NOTHING_SHOWN


@dataclass(frozen=True, slots=True)
class Registration:
    """What a client that is not linked yet says about itself when it connects."""

    noise_key: bytes
    identity_key: bytes
    registration_id: int
    signed_pre_key: tuple[int, bytes, bytes]
    """Id, public key, signature."""


@dataclass(slots=True, eq=False)
class Device:
    """A companion that was linked to a phone: what the person sees under "linked devices"."""

    number: str
    """The account's number, with its plus sign."""
    index: int
    """1 to 99; 0 is the phone itself."""
    keys: Registration
    pre_keys: dict[int, bytes] = field(default_factory=dict)
    """Public one-time keys not given out yet, by id."""
    connection: Connection | None = None
    """The connection it is logged in on."""
    active: bool = False
    """Whether it has said that it is ready for what is queued."""
    undelivered: dict[tuple[str, str, str, str], Node] = field(default_factory=dict)
    """What it has not acknowledged yet, oldest first; sent (again) at its next login."""
    logins: int = 0
    replaced: int = 0
    """How many of its logins took the place of a connection that was there."""

    @property
    def jid(self) -> Jid:
        """Its id by number."""
        return Jid(self.number.lstrip("+"), USERS, self.index)

    @property
    def lid(self) -> Jid:
        """Its id that tells nothing about the number."""
        return Jid(lid_of(self.number), HIDDEN_USERS, self.index)


def lid_of(number: str) -> str:
    """The user part of an account's LID. It can be turned back, so a new network knows an old one's ids."""
    return "1" + number.lstrip("+")[::-1]


def number_of(jid: Jid) -> str:
    """The number, with its plus sign, of the account that a JID or LID belongs to."""
    return "+" + (jid.user[:0:-1] if jid.server == HIDDEN_USERS else jid.user)


def number_in(text: str) -> str:
    """The number, with its plus sign, in a number or JID as people write them."""
    return number_of(Jid.parse(text)) if "@" in text else "+" + "".join(c for c in text if c.isdigit())
