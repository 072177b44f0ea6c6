"""Frames: three bytes of length, then that many bytes. A websocket message may hold several, or a part."""

from __future__ import annotations

from fakewhatsapp.errors import ProtocolError
from fakewhatsapp.wire.noise import HEADER

_LENGTH = 3


def framed(data: bytes) -> bytes:
    """The bytes as one frame."""
    return len(data).to_bytes(_LENGTH, "big") + data


class FrameReader:
    """Takes websocket messages apart into frames. The first message begins with the protocol's header."""

    def __init__(self) -> None:
        self._left = b""
        self._greeted = False

    def feed(self, message: bytes) -> list[bytes]:
        """The frames that are complete with this message.

        Raises:
            ProtocolError: the header is not that of WhatsApp, or of another version of it.
        """
        data = self._left + message if self._left else message
        if not self._greeted:
            if not data.startswith(HEADER):
                raise ProtocolError("the connection does not begin with WhatsApp's header")
            data, self._greeted = data[len(HEADER) :], True
        frames, at = [], 0
        while len(data) - at >= _LENGTH:
            end = at + _LENGTH + int.from_bytes(data[at : at + _LENGTH], "big")
            if end > len(data):
                break
            frames.append(data[at + _LENGTH : end])
            at = end
        self._left = data[at:]
        return frames
