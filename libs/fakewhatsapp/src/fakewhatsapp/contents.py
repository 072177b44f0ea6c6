"""What is inside a message: made by phones that write, read by phones that show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fakewhatsapp import media, protobuf
from fakewhatsapp.attachments import Attachments
from fakewhatsapp.model import NOTHING_SHOWN, Kind, Preview

_ATTACHED = {
    "imageMessage": Kind.IMAGE,
    "videoMessage": Kind.VIDEO,
    "audioMessage": Kind.AUDIO,
    "documentMessage": Kind.DOCUMENT,
    "stickerMessage": Kind.STICKER,
}
_WRAPPERS = ("ephemeralMessage", "viewOnceMessage", "viewOnceMessageV2", "documentWithCaptionMessage")


@dataclass(frozen=True, slots=True)
class Content:
    """What is inside a message, as a phone shows it."""

    kind: Kind
    text: str
    media: bytes | None = None
    mimetype: str | None = None
    preview: Preview = NOTHING_SHOWN


def text(words: str) -> Any:
    """A message of text alone."""
    return protobuf.e2e.Message(conversation=words)


def image(attachments: Attachments, data: bytes, caption: str, mimetype: str) -> Any:
    """A message with a picture, which is uploaded for it."""
    sealed = media.encrypt(data, Kind.IMAGE)
    picture = protobuf.e2e.ImageMessage(
        directPath=attachments.keep(sealed.data),
        mediaKey=sealed.key,
        fileEncSHA256=sealed.encrypted_sha256,
        fileSHA256=sealed.sha256,
        fileLength=len(data),
        caption=caption,
        mimetype=mimetype,
    )
    return protobuf.e2e.Message(imageMessage=picture)


def sent_from_here(message: Any, destination: str) -> Any:
    """The copy of a message that the sender's own other devices get."""
    inner = protobuf.e2e.DeviceSentMessage(destinationJID=destination, message=message)
    return protobuf.e2e.Message(deviceSentMessage=inner)


def parse(plain: bytes) -> Any:
    """A decrypted message, out of the wrapping that the sender's own devices get it in."""
    message = protobuf.e2e.Message()
    message.ParseFromString(plain)
    return message.deviceSentMessage.message if message.HasField("deviceSentMessage") else message


def stanza_type(message: Any) -> str:
    """What the stanza around a message says of it to the network, which cannot look inside."""
    return "media" if _attachment(message) else "text"


def enc_attributes(message: Any) -> dict[str, str]:
    """What is said beside the encrypted message, for the receiver's notifications."""
    attached = _attachment(message)
    return {"mediatype": str(attached[0])} if attached else {}


def shown(attachments: Attachments, message: Any) -> Content | None:
    """What a phone shows of a message; nothing if it is one that phones do not show."""
    message = _unwrapped(message)
    if message.HasField("protocolMessage"):
        return None
    attached = _attachment(message)
    if attached is None:
        words = message.conversation or message.extendedTextMessage.text
        return Content(Kind.TEXT if words else Kind.OTHER, words)
    kind, part = attached
    data, caption = _downloaded(attachments, part, kind), getattr(part, "caption", "")
    return Content(kind, caption, data, part.mimetype or None, _preview(part))


def _preview(part: Any) -> Preview:
    return Preview(
        width=getattr(part, "width", 0),
        height=getattr(part, "height", 0),
        seconds=getattr(part, "seconds", 0),
        thumbnail=getattr(part, "JPEGThumbnail", b""),
        waveform=getattr(part, "waveform", b""),
    )


def _downloaded(attachments: Attachments, part: Any, kind: Kind) -> bytes | None:
    data = attachments.get(part.directPath)
    try:
        hashes = {"sha256": part.fileSHA256, "encrypted_sha256": part.fileEncSHA256}
        return media.decrypt(data, part.mediaKey, kind, **hashes) if data is not None else None
    except media.MediaError:  # a phone shows such a message too, with a picture that does not load
        return None


def _unwrapped(message: Any) -> Any:
    for wrapper in _WRAPPERS:
        if message.HasField(wrapper):
            return getattr(message, wrapper).message
    return message


def _attachment(message: Any) -> tuple[Kind, Any] | None:
    for name, kind in _ATTACHED.items():
        if message.HasField(name):
            part = getattr(message, name)
            voice = kind is Kind.AUDIO and part.PTT
            return (Kind.VOICE if voice else kind), part
    return None
