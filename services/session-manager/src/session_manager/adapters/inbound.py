"""Messages of others, out of the library's form."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from neonize.proto import Neonize_pb2 as pb  # type: ignore[import-untyped]  # it ships no types
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message  # type: ignore[import-untyped]

from griot_contracts.inbound import ReceivedMedia
from session_manager.domain.inbound import MessageSeen

Content = tuple[str, str | None, ReceivedMedia | None]
"""The kind, the words, and where the media lie."""

_USERS: Final = "s.whatsapp.net"
_HIDDEN_USERS: Final = "lid"
_NOT_A_CONVERSATION: Final = frozenset({"broadcast", "newsletter"})
_PER_SECOND: Final = 1000


def message(raw: bytes) -> MessageSeen | None:
    """What somebody wrote; None for what is no message of another's.

    That is: what the session's own phone wrote, what phones do not show (keys, edits, deletions), statuses
    and channels.
    """
    seen = pb.Message.FromString(raw)
    info, source = seen.Info, seen.Info.MessageSource
    if source.IsFromMe or source.Chat.Server in _NOT_A_CONVERSATION:
        return None
    content = _content(seen.Message)
    if content is None:
        return None
    kind, text, media = content
    sender = known_as(source.Sender, source.SenderAlt)
    return MessageSeen(
        whatsapp_message_id=info.ID,
        sender=sender,
        chat=jid_text(source.Chat) if source.IsGroup else sender,
        kind=kind,
        at=datetime.fromtimestamp(info.Timestamp / _PER_SECOND, UTC),
        sender_name=info.Pushname or None,
        text=text,
        media=media,
        in_reply_to=_answered(seen.Message),
    )


def jid_text(jid: Any) -> str:
    """Somebody's id, without the device."""
    return f"{jid.User}@{jid.Server}"


def known_as(jid: Any, other: Any) -> str:
    """Somebody's id by number, if one of the two that WhatsApp has for everybody tells it."""
    by_number = jid.Server != _USERS and other.Server == _USERS
    return jid_text(other if by_number else jid)


def is_hidden(jid: str) -> bool:
    """Whether an id tells nothing about the number behind it."""
    return jid.endswith(f"@{_HIDDEN_USERS}")


def _content(body: Message) -> Content | None:
    if body.HasField("protocolMessage") or not body.ListFields():
        return None
    for name, read in _READERS.items():
        if body.HasField(name):
            return read(getattr(body, name))
    only_keys = {field.name for field, _ in body.ListFields()} <= _NOT_SHOWN
    return None if only_keys else ("other", None, None)


def _attached(kind: str) -> Callable[[Any], Content]:
    def read(part: Any) -> Content:
        return kind, getattr(part, "caption", "") or None, _media(part)

    return read


def _audio(part: Any) -> Content:
    return "voice" if part.PTT else "audio", None, _media(part)


def _media(part: Any) -> ReceivedMedia:
    return ReceivedMedia(
        mime_type=part.mimetype,
        size=part.fileLength,
        name=getattr(part, "fileName", "") or None,
        direct_path=part.directPath,
        key=base64.b64encode(part.mediaKey).decode(),
        sha256=part.fileSHA256.hex(),
        encrypted_sha256=part.fileEncSHA256.hex(),
    )


def _place(part: Any) -> Content:
    return "location", f"{part.degreesLatitude},{part.degreesLongitude}", None


_READERS: Final[dict[str, Callable[[Any], Content]]] = {
    "conversation": lambda words: ("text", words, None),
    "extendedTextMessage": lambda part: ("text", part.text, None),
    "imageMessage": _attached("image"),
    "videoMessage": _attached("video"),
    "ptvMessage": _attached("video"),
    "audioMessage": _audio,
    "documentMessage": _attached("document"),
    "stickerMessage": _attached("sticker"),
    "locationMessage": _place,
    "liveLocationMessage": _place,
    "contactMessage": lambda part: ("contact", part.vcard, None),
    "reactionMessage": lambda part: ("reaction", part.text, None),
}
_NOT_SHOWN: Final = {"senderKeyDistributionMessage", "messageContextInfo"}


def _answered(body: Message) -> str | None:
    if body.HasField("reactionMessage"):
        return body.reactionMessage.key.ID or None
    for field, part in body.ListFields():
        if field.message_type is not None and "contextInfo" in field.message_type.fields_by_name:
            return part.contextInfo.stanzaID or None
    return None
