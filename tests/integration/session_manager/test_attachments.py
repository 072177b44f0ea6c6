"""What is made of media: with the real ffmpeg, from a real database."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any, Literal

import pytest
from PIL import Image

from griot_chassis import ids
from griot_chassis.claim_check import ClaimCheck
from griot_chassis.mongo import connect
from griot_contracts.messages import AudioContent, MediaContent, MediaReference
from session_manager.adapters.attachments import StoredAttachments
from session_manager.domain.attachment import GONE, UNREADABLE, NoAttachmentError
from tests import samples_of_media as samples

VOICE = AudioContent(url="https://example.com/hello", ptt=True)
PICTURE = MediaContent(type="image", url="https://example.com/goat")


class Shelf:
    """The store, and what is made of what lies in it."""

    def __init__(self, database: Any) -> None:
        self.store = ClaimCheck(database)
        self.attachments = StoredAttachments(self.store)

    async def put(
        self, kind: Literal["image", "video", "audio"], mime_type: str, data: bytes
    ) -> MediaReference:
        id_ = ids.new_id()

        async def chunks() -> AsyncIterator[bytes]:
            yield data

        await self.store.put(id_, chunks(), {})
        digest = hashlib.sha256(data).hexdigest()
        return MediaReference(id=id_, kind=kind, mime_type=mime_type, size=len(data), sha256=digest)


@pytest.fixture
def shelf(mongo: str) -> Iterator[Shelf]:
    client = connect(mongo, "test")
    yield Shelf(client[f"media_{ids.new_id()}"])
    client.close()


async def test_a_picture_that_cannot_be_opened_goes_without_a_thumbnail(shelf: Shelf) -> None:
    media = await shelf.put("image", "image/png", samples.image("PNG")[:60])

    made = await shelf.attachments.made(PICTURE, media)

    assert (made.thumbnail, made.mime_type, len(made.data)) == (b"", "image/png", 60)


async def test_a_small_file_with_a_huge_picture_is_not_unpacked(shelf: Shelf) -> None:
    written = BytesIO()
    Image.new("1", (9_000, 9_000)).save(written, format="PNG")
    media = await shelf.put("image", "image/png", written.getvalue())

    made = await shelf.attachments.made(PICTURE, media)

    assert ((made.width, made.height), made.thumbnail) == ((9_000, 9_000), b"")


async def test_a_picture_with_an_alpha_channel_has_a_thumbnail(shelf: Shelf) -> None:
    written = BytesIO()
    Image.new("RGBA", (900, 300), (255, 0, 0, 128)).save(written, format="PNG")
    media = await shelf.put("image", "image/png", written.getvalue())

    made = await shelf.attachments.made(PICTURE, media)

    with Image.open(BytesIO(made.thumbnail)) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", (200, 67))


async def test_a_sound_that_is_none_makes_no_voice_note(shelf: Shelf) -> None:
    media = await shelf.put("audio", "audio/mpeg", b"ID3" + bytes(5_000))

    with pytest.raises(NoAttachmentError) as none:
        await shelf.attachments.made(VOICE, media)

    assert none.value.refused == UNREADABLE


async def test_a_playlist_that_calls_itself_a_video_is_not_followed(shelf: Shelf) -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
    media = await shelf.put("video", "video/mp4", playlist)

    made = await shelf.attachments.made(MediaContent(type="video", url="https://example.com/v"), media)

    assert (made.thumbnail, made.seconds, made.data) == (b"", 0, playlist)


async def test_what_is_gone_or_was_exchanged_is_not_sent(shelf: Shelf) -> None:
    media = await shelf.put("image", "image/png", samples.image("PNG"))

    for other in ({"id": "nothing"}, {"sha256": "00"}):
        with pytest.raises(NoAttachmentError) as none:
            await shelf.attachments.made(PICTURE, media.model_copy(update=other))
        assert none.value.refused == GONE
