"""What others write to a session."""

from pydantic import Field

from griot_contracts.base import Event, Model, Time


class ReceivedMedia(Model):
    """Where the bytes of a received message's media lie, and how they are read.

    They are on WhatsApp's media host (`https://mmg.whatsapp.net` and `directPath`), encrypted, for some
    weeks. `key` is base64: whoever has it can read them. `sha256` (of the bytes) and `encryptedSha256` (of
    what lies there) are hex, `size` is in bytes. `mimeType` and `name` are what the sender says.
    """

    mime_type: str
    size: int
    name: str | None = None
    direct_path: str
    key: str
    sha256: str
    encrypted_sha256: str


class MessageReceived(Event):
    """Somebody wrote to the session.

    `from` wrote it, in `chat`: in a conversation of two both are the same, in a group `chat` ends with
    `@g.us`. `kind` is `text`, `image`, `video`, `audio`, `voice`, `document`, `sticker`, `location`,
    `contact`, `reaction` or `other`; more may join. `text` is what was written, or the words below a
    picture; of a reaction the sign, of a location its latitude and longitude, of a contact its vCard.
    `inReplyTo` is WhatsApp's id of the message that it answers. `sentAt` is WhatsApp's time, `at` when it
    came here.
    """

    session_id: str
    whatsapp_message_id: str
    from_: str = Field(alias="from")
    from_name: str | None = None
    chat: str
    kind: str
    text: str | None = None
    media: ReceivedMedia | None = None
    in_reply_to: str | None = None
    sent_at: Time
