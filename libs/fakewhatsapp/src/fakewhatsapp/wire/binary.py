"""Nodes as bytes: WhatsApp's binary XML, both ways.

Lists, JIDs and packed digits have tags of their own; common words are tokens (`fakewhatsapp.wire.tokens`).
"""

from __future__ import annotations

import re
import zlib

from fakewhatsapp.errors import ProtocolError
from fakewhatsapp.wire.nodes import HIDDEN_USERS, USERS, Attributes, Jid, Node
from fakewhatsapp.wire.tokens import Tokens

_EMPTY, _DICTIONARY, _AD_JID, _LIST_8, _LIST_16 = 0, 236, 247, 248, 249
_JID, _HEX, _BINARY_8, _BINARY_20, _BINARY_32, _NIBBLES = 250, 251, 252, 253, 254, 255
_COMPRESSED = 2
_MAX_PACKED = 127
_AGENTS = {0: USERS, 1: HIDDEN_USERS, 128: "hosted", 129: "hosted.lid"}
_AGENT_OF = {server: agent for agent, server in _AGENTS.items()}
_DIGITS = {_NIBBLES: "0123456789-.\0\0\0\0", _HEX: "0123456789ABCDEF"}
_PACKABLE = {_NIBBLES: re.compile(r"[0-9.\-]+"), _HEX: re.compile(r"[0-9A-F]+")}
_PACKED = {
    kind: {a + b: bytes((i << 4 | j,)) for i, a in enumerate(digits) for j, b in enumerate(digits)}
    for kind, digits in {_NIBBLES: "0123456789-.", _HEX: "0123456789ABCDEF"}.items()
}
_UNPACKED = {
    kind: [digits[byte >> 4] + digits[byte & 15] for byte in range(256)] for kind, digits in _DIGITS.items()
}


class Codec:
    """Encodes and decodes nodes with one set of token tables."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._words = dict(tokens.encoded)

    def encode(self, node: Node) -> bytes:
        """A node as the bytes of one frame, not compressed."""
        out = bytearray(b"\0")
        self._node(out, node)
        return bytes(out)

    def decode(self, frame: bytes) -> Node:
        """The node in the bytes of one frame.

        Raises:
            ProtocolError: they are not a node.
        """
        try:
            data = zlib.decompress(frame[1:]) if frame[0] & _COMPRESSED else frame
            return _Reader(data, 0 if data is not frame else 1, self._tokens).node()
        except (IndexError, ValueError, zlib.error, TypeError) as error:
            raise ProtocolError(f"a frame of {len(frame)} bytes is not a node") from error

    def _node(self, out: bytearray, node: Node) -> None:
        attrs, content = node.attrs, node.content
        _list_start(out, 1 + 2 * len(attrs) + (content is not None))
        self._text(out, node.tag)
        for key, value in attrs.items():
            self._text(out, key)
            if isinstance(value, Jid):
                self._jid(out, value)
            else:
                self._text(out, value)
        if isinstance(content, list):
            _list_start(out, len(content))
            for child in content:
                self._node(out, child)
        elif isinstance(content, bytes):
            _raw(out, content)
        elif content is not None:
            self._text(out, content)

    def _text(self, out: bytearray, text: str) -> None:
        word = self._words.get(text)
        if word is not None:
            out += word
            return
        if len(text) <= _MAX_PACKED:
            for kind, pattern in _PACKABLE.items():
                if pattern.fullmatch(text):
                    _packed(out, kind, text)
                    return
        _raw(out, text.encode())

    def _jid(self, out: bytearray, jid: Jid) -> None:
        if jid.device and jid.server in _AGENT_OF:
            out += bytes((_AD_JID, _AGENT_OF[jid.server], jid.device))
            self._text(out, jid.user)
            return
        out.append(_JID)
        if jid.user:
            self._text(out, jid.user)
        else:
            out.append(_EMPTY)
        self._text(out, jid.server)


def _list_start(out: bytearray, size: int) -> None:
    if not size:
        out.append(_EMPTY)
    elif size < 1 << 8:
        out += bytes((_LIST_8, size))
    else:
        out.append(_LIST_16)
        out += size.to_bytes(2, "big")


def _raw(out: bytearray, data: bytes) -> None:
    size = len(data)
    if size < 1 << 8:
        out += bytes((_BINARY_8, size))
    elif size < 1 << 20:
        out.append(_BINARY_20)
        out += size.to_bytes(3, "big")
    else:
        out.append(_BINARY_32)
        out += size.to_bytes(4, "big")
    out += data


def _packed(out: bytearray, kind: int, text: str) -> None:
    odd = len(text) % 2
    out += bytes((kind, (len(text) + 1) // 2 | odd << 7))
    table = _PACKED[kind]
    for i in range(0, len(text) - odd, 2):
        out += table[text[i : i + 2]]
    if odd:  # the low half of the last byte is not read; WhatsApp fills it with ones
        out.append(_DIGITS[kind].index(text[-1]) << 4 | 15)


class _Reader:
    """Reads one node from bytes. An index beyond the end is the sign that the bytes are cut off."""

    __slots__ = ("at", "data", "doubles", "singles")

    def __init__(self, data: bytes, at: int, tokens: Tokens) -> None:
        self.data = data
        self.at = at
        self.singles = tokens.singles
        self.doubles = tokens.doubles

    def node(self) -> Node:
        size = self._size(self._byte())
        tag = self._text()
        attrs: Attributes = {}
        for _ in range((size - 1) >> 1):
            key = self._text()
            attrs[key] = self._attribute()
        return Node(tag, attrs, None if size % 2 else self._content())

    def _byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def _integer(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _take(self, size: int) -> bytes:
        start, self.at = self.at, self.at + size
        if self.at > len(self.data):
            raise IndexError
        return self.data[start : self.at]

    def _size(self, tag: int) -> int:
        if tag == _LIST_8:
            return self._byte()
        if tag == _LIST_16:
            return self._integer(2)
        if tag == _EMPTY:
            return 0
        raise ValueError(tag)

    def _content(self) -> list[Node] | bytes | str | None:
        tag = self._byte()
        if tag in (_LIST_8, _LIST_16):
            return [self.node() for _ in range(self._size(tag))]
        if tag in (_BINARY_8, _BINARY_20, _BINARY_32):
            return self._bytes(tag)
        return None if tag == _EMPTY else self._word(tag)

    def _attribute(self) -> str | Jid:
        tag = self._byte()
        if tag == _JID:
            user = self._byte()
            name = "" if user == _EMPTY else self._word(user)
            return Jid(name, self._text())
        if tag == _AD_JID:
            agent, device = self._byte(), self._byte()
            return Jid(self._text(), _AGENTS.get(agent, USERS), device)
        return self._word(tag)

    def _text(self) -> str:
        return self._word(self._byte())

    def _word(self, tag: int) -> str:
        if 0 < tag < _DICTIONARY:
            return self.singles[tag]
        if tag < _DICTIONARY + len(self.doubles):
            return self.doubles[tag - _DICTIONARY][self._byte()]
        if tag in (_NIBBLES, _HEX):
            return self._unpacked(tag)
        return self._bytes(tag).decode()

    def _bytes(self, tag: int) -> bytes:
        if tag == _BINARY_8:
            return self._take(self._byte())
        if tag == _BINARY_20:
            return self._take(self._integer(3) & 0xFFFFF)
        if tag == _BINARY_32:
            return self._take(self._integer(4))
        raise ValueError(tag)

    def _unpacked(self, kind: int) -> str:
        size = self._byte()
        table = _UNPACKED[kind]
        text = "".join([table[byte] for byte in self._take(size & 127)])
        return text[:-1] if size >> 7 else text
