"""Which media can be sent, and what is said of those that cannot."""

from dataclasses import dataclass
from typing import Final, Literal

from griot_contracts.messages import AudioContent, MediaContent, MediaReference

Kind = Literal["image", "video", "audio"]

MIB: Final = 1024 * 1024
LARGEST: Final[dict[Kind, int]] = {"image": 16 * MIB, "video": 64 * MIB, "audio": 16 * MIB}
"""The most bytes of each kind."""

UNREACHABLE: Final = "media_unreachable"
TOO_LARGE: Final = "media_too_large"
UNSUPPORTED: Final = "media_type_unsupported"
FORBIDDEN: Final = "media_address_forbidden"

_MP4_SOUND: Final = "audio/mp4"
_FORMATS: Final[dict[Kind, frozenset[str]]] = {
    "image": frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"}),
    "video": frozenset({"video/mp4", "video/3gpp", "video/quicktime", "video/webm"}),
    "audio": frozenset({"audio/mpeg", "audio/ogg", "audio/aac", "audio/wav", _MP4_SOUND}),
}
_IN_WORDS: Final[dict[Kind, str]] = {
    "image": "an image has to be JPEG, PNG, WebP or GIF",
    "video": "a video has to be MP4, 3GPP, MOV or WebM",
    "audio": "audio has to be MP3, OGG, AAC, WAV or Opus",
}
_ALSO_CALLED: Final = {
    "audio/x-hx-aac-adts": "audio/aac",
    "audio/x-aac": "audio/aac",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-m4a": _MP4_SOUND,
    "video/3gpp2": "video/3gpp",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a message's media cannot be sent: a stable code, and words for whoever sent the message."""

    reason: str
    detail: str


Outcome = MediaReference | Refused


def mime_type_of(told: str) -> str:
    """A format's one name here, whatever it is called elsewhere."""
    return _ALSO_CALLED.get(told, told)


def refusal_of(kind: Kind, mime_type: str) -> Refused | None:
    """Why bytes of this format cannot be sent as this kind; None if they can."""
    if mime_type in _FORMATS[kind]:
        return None
    return Refused(UNSUPPORTED, f"{_IN_WORDS[kind]}; these bytes are {mime_type}")


def too_large(kind: Kind) -> Refused:
    """More bytes than can be sent."""
    return Refused(TOO_LARGE, f"it is larger than the {LARGEST[kind] // MIB} MB that {kind} may have")


def kind_of(content: MediaContent | AudioContent) -> Kind:
    """What the content is to be sent as."""
    return content.type
