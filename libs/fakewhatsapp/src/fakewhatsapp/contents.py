"""What is inside a message: made by phones that write, read by phones that show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fakewhatsapp import media, protobuf
from fakewhatsapp.attachments import Attachments
from fakewhatsapp.model import Kind, PhoneMessage

_ATTACHED = {
    "imageMessage": Kind.IMAGE,
    "videoMessage": Kind.VIDEO,
    "audioMessage": Kind.AUDIO,
    "documentMessage": Kind.DOCUMENT,
    "stickerMessage": Kind.STICKER,
}
_WRAPPERS = ("ephemeralMessage", "viewOnceMessage", "viewOnceMessageV2", "documentWithCaptionMessage")


def text(words: str) -> Any:
    """A message of text alone."""
    return protobuf.e2e.Message(conversation=words)


def sent_from_here(message: Any, destination: str) -> Any:
    """The copy of a message that the sender's own other devices get."""
    inner = protobuf.e2e.DeviceSentMessage(destinationJID=destination, message=message)
    return protobuf.e2e.Message(deviceSentMessage=inner)


def shown(
    attachments: Attachments, plain: bytes, message_id: str, sender: str, recipient: str, at: datetime
) -> PhoneMessage | None:
    """A decrypted message as a phone shows it; nothing if it is one that phones do not show."""
    message = protobuf.e2e.Message()
    message.ParseFromString(plain)
    if message.HasField("deviceSentMessage"):
        message = message.deviceSentMessage.message
    for wrapper in _WRAPPERS:
        if message.HasField(wrapper):
            message = getattr(message, wrapper).message
    if message.HasField("protocolMessage"):
        return None
    for name, kind in _ATTACHED.items():
        if message.HasField(name):
            return _attached(attachments, getattr(message, name), kind, message_id, sender, recipient, at)
    words = message.conversation or message.extendedTextMessage.text
    return PhoneMessage(message_id, sender, recipient, Kind.TEXT if words else Kind.OTHER, words, at)
