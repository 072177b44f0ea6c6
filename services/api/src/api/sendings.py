"""The JSON in which a message is asked for: one shape a kind, and what each carries."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.fields import Moment, NotBlank, Recipient
from api.shapes import Asked
from api.urls import MediaUrl
from griot_contracts.messages import AudioContent, Content, MediaContent, TextContent

LONGEST_TEXT: Final = 65_536
"""WhatsApp takes no longer text."""
LONGEST_CAPTION: Final = 1_024
"""WhatsApp shows no longer words below a picture."""


_NOT_BOTH: Final[dict[str, Any]] = {
    "not": {
        "required": ["sessionId", "session_key"],
        "properties": {"sessionId": {"type": "string"}, "session_key": {"type": "string"}},
    }
}


class Sending(Asked):
    """What every message says. Without a session the default one sends, or the first connected one."""

    model_config = ConfigDict(json_schema_extra=_NOT_BOTH)

    to: Recipient = Field(
        description="A number with its country code, or a WhatsApp id.", examples=["+237612345678"]
    )
    session_id: str | None = Field(None, description="Which session sends.")
    session_key: str | None = Field(
        None, alias="session_key", description="The same, by your own name for it."
    )

    send_at: Moment | None = Field(
        None,
        description="When it is to be sent, at most 30 days ahead; without, as soon as it can be. It is "
        "taken now, and counts against the limit of the day on which it is taken. It holds up no other.",
    )

    @model_validator(mode="after")
    def _one_session(self) -> Self:
        if self.session_id is not None and self.session_key is not None:
            raise PydanticCustomError("two_sessions", "give sessionId or session_key, not both")
        return self


class NewMessage(Sending):
    """A text message. Without a session the default one sends, or the first connected one."""

    message: Annotated[NotBlank, StringConstraints(max_length=LONGEST_TEXT)] = Field(examples=["Hello"])

    def content(self) -> Content:
        """What is sent."""
        return TextContent(text=self.message)


class NewMedia(Sending):
    """A picture or a video. Griot fetches it once the message is taken."""

    media_url: MediaUrl = Field(
        description="Where it is fetched from: http or https, on the public internet.",
        examples=["https://example.com/goat.jpg"],
    )
    media_type: Literal["image", "video"] = Field(
        description="`image`: JPEG, PNG, WebP or GIF, to 16 MB. `video`: MP4, 3GPP, MOV or WebM, to 64 MB.",
        examples=["image"],
    )
    caption: Annotated[str, StringConstraints(max_length=LONGEST_CAPTION)] | None = Field(
        None, description="Words below it.", examples=["Our goat"]
    )

    def content(self) -> Content:
        """What is sent."""
        return MediaContent(type=self.media_type, url=self.media_url, caption=self.caption)


class NewAudio(Sending):
    """A sound. Griot fetches it once the message is taken."""

    audio_url: MediaUrl = Field(
        description="Where it is fetched from: http or https, on the public internet. MP3, OGG, AAC, WAV or "
        "Opus, to 16 MB.",
        examples=["https://example.com/hello.mp3"],
    )
    ptt: bool = Field(
        default=False,
        examples=[True],
        description="True is a voice note, converted where it is not Opus; false an audio file.",
    )

    def content(self) -> Content:
        """What is sent."""
        return AudioContent(url=self.audio_url, ptt=self.ptt)
