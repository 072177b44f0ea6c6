from hashlib import sha256

import pytest

from fakewhatsapp.media import MediaError, decrypt, encrypt
from fakewhatsapp.model import Kind

PICTURE = bytes(range(256)) * 5
ATTACHED = [Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.VOICE, Kind.DOCUMENT, Kind.STICKER]


@pytest.mark.parametrize("kind", ATTACHED)
def test_an_attachment_comes_out_as_it_went_in(kind: Kind) -> None:
    sealed = encrypt(PICTURE, kind)

    assert (
        decrypt(sealed.data, sealed.key, kind, sha256=sealed.sha256, encrypted_sha256=sealed.encrypted_sha256)
        == PICTURE
    )
    assert PICTURE not in sealed.data


def test_the_hashes_are_those_of_what_was_sent_and_of_what_is_uploaded() -> None:
    sealed = encrypt(PICTURE, Kind.IMAGE)

    assert sealed.sha256 == sha256(PICTURE).digest()
    assert sealed.encrypted_sha256 == sha256(sealed.data).digest()


def test_a_voice_note_has_the_keys_of_audio_and_a_picture_has_not() -> None:
    sealed = encrypt(PICTURE, Kind.VOICE)

    assert decrypt(sealed.data, sealed.key, Kind.AUDIO) == PICTURE
    with pytest.raises(MediaError):
        decrypt(sealed.data, sealed.key, Kind.IMAGE)


@pytest.mark.parametrize("place", [0, 100, -11, -1])
def test_an_altered_attachment_is_refused(place: int) -> None:
    sealed = encrypt(PICTURE, Kind.IMAGE)
    altered = bytearray(sealed.data)
    altered[place] ^= 1

    with pytest.raises(MediaError):
        decrypt(bytes(altered), sealed.key, Kind.IMAGE)


@pytest.mark.parametrize("length", [0, 9, 10, 26])
def test_an_attachment_that_is_cut_off_is_refused(length: int) -> None:
    sealed = encrypt(PICTURE, Kind.IMAGE)

    with pytest.raises(MediaError):
        decrypt(sealed.data[:length], sealed.key, Kind.IMAGE)


def test_wrong_hashes_are_noticed() -> None:
    sealed = encrypt(PICTURE, Kind.IMAGE)

    with pytest.raises(MediaError):
        decrypt(sealed.data, sealed.key, Kind.IMAGE, sha256=bytes(32))
    with pytest.raises(MediaError):
        decrypt(sealed.data, sealed.key, Kind.IMAGE, encrypted_sha256=bytes(32))


def test_a_text_has_no_attachment() -> None:
    with pytest.raises(MediaError):
        encrypt(PICTURE, Kind.TEXT)


def test_an_attachment_made_by_another_implementation_is_read() -> None:
    # made with openssl's own enc and hmac from a key of 32 zero bytes, for the kind Image
    data = bytes.fromhex("de2b33cf2b3a4596bdf79d1188688e0424b4f92aa1f635ad6c1b")

    assert decrypt(data, bytes(32), Kind.IMAGE) == b"hello, picture"
