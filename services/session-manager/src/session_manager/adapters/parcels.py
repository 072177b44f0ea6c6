"""Messages as WhatsApp writes them."""

from typing import Any, Final

from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import (  # type: ignore[import-untyped]  # it ships no types
    AudioMessage,
    ImageMessage,
    Message,
    VideoMessage,
)
from neonize.utils.enum import MediaType  # type: ignore[import-untyped]

from session_manager.domain.attachment import Attachment, Shape

_MEDIA_TYPES: Final = {
    Shape.IMAGE: MediaType.MediaImage,
    Shape.VIDEO: MediaType.MediaVideo,
    Shape.AUDIO: MediaType.MediaAudio,
    Shape.VOICE: MediaType.MediaAudio,
}


def media_type(attachment: Attachment) -> int:
    """The library's number for what is uploaded; it decides which key encrypts it."""
    return int(_MEDIA_TYPES[attachment.shape].value)


def text(words: str) -> bytes:
    """A message of text alone."""
    return bytes(Message(conversation=words).SerializeToString())


def with_attachment(attachment: Attachment, uploaded: Any) -> bytes:
    """A message that says where its attachment was laid, how it is decrypted, and what to show meanwhile."""
    return bytes(_message(attachment, _where(attachment, uploaded), _shown(attachment)).SerializeToString())


def _where(attachment: Attachment, uploaded: Any) -> dict[str, Any]:
    return {
        "URL": uploaded.url,
        "directPath": uploaded.DirectPath,
        "mediaKey": uploaded.MediaKey,
        "fileEncSHA256": uploaded.FileEncSHA256,
        "fileSHA256": uploaded.FileSHA256,
        "fileLength": uploaded.FileLength,
        "mimetype": attachment.mime_type,
    }


def _shown(attachment: Attachment) -> dict[str, Any]:
    return {
        "caption": attachment.caption or None,
        "width": attachment.width or None,
        "height": attachment.height or None,
        "JPEGThumbnail": attachment.thumbnail or None,
    }


def _message(attachment: Attachment, where: dict[str, Any], shown: dict[str, Any]) -> Message:
    match attachment.shape:
        case Shape.IMAGE:
            return Message(imageMessage=ImageMessage(**where, **shown))
        case Shape.VIDEO:
            return Message(videoMessage=VideoMessage(**where, **shown, seconds=attachment.seconds))
        case Shape.AUDIO:
            return Message(audioMessage=AudioMessage(**where, seconds=attachment.seconds, PTT=False))
        case Shape.VOICE:
            heard = {"waveform": attachment.waveform, "seconds": attachment.seconds}
            return Message(audioMessage=AudioMessage(**where, **heard, PTT=True))
