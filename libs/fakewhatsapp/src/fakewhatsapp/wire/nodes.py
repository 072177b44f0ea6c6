"""What travels between client and network: nodes (a tag, attributes, content) and the ids in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Self

USERS = "s.whatsapp.net"
"""The server part of a phone number's JID."""
HIDDEN_USERS = "lid"
"""The server part of a LID: an account's id that tells nothing about its number."""
LEGACY_USERS = "c.us"


class Jid(NamedTuple):
    """An id on WhatsApp: a user (or nobody) at a server, and which of the user's devices."""

    user: str
    server: str
    device: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `user@server` or `user:device@server`; text without an at sign is a server alone."""
        user, at, server = text.rpartition("@")
        if not at:
            return cls("", server)
        name, _, device = user.partition(":")
        return cls(name.partition(".")[0], server, int(device) if device.isdigit() else 0)

    def __str__(self) -> str:
        device = f":{self.device}" if self.device else ""
        return f"{self.user}{device}@{self.server}" if self.user else self.server

    def at(self, device: int) -> Jid:
        """The same user's device with this index; 0 is the phone."""
        return Jid(self.user, self.server, device)


SERVER = Jid("", USERS)
"""The network itself."""

Attributes = dict[str, str | Jid]


class Node:
    """One node. Values of attributes are text or JIDs; content is nodes, bytes, text or nothing."""

    __slots__ = ("attrs", "content", "tag")

    def __init__(
        self, tag: str, attrs: Attributes | None = None, content: list[Node] | bytes | str | None = None
    ) -> None:
        self.tag = tag
        self.attrs: Attributes = {} if attrs is None else attrs
        self.content = content

    def __repr__(self) -> str:
        """Tags and attributes alone: content may be a secret or somebody's message."""
        attrs = "".join(f" {key}={value!s}" for key, value in self.attrs.items())
        inside = "".join(repr(child) for child in self.children())
        return f"<{self.tag}{attrs}>{inside}</{self.tag}>" if inside else f"<{self.tag}{attrs}/>"

    def children(self) -> list[Node]:
        """The nodes inside; none if the content is something else."""
        return self.content if isinstance(self.content, list) else []

    def all(self, tag: str) -> Iterator[Node]:
        """The nodes inside that have this tag."""
        return (child for child in self.children() if child.tag == tag)

    def child(self, *path: str) -> Node | None:
        """The first node with the first tag, in it the first with the second, and so on."""
        node: Node | None = self
        for tag in path:
            node = next(node.all(tag), None) if node else None
        return node

    def bytes_of(self, *path: str) -> bytes:
        """The bytes in the node at this path; empty if there is no such node, or it holds no bytes."""
        node = self.child(*path)
        if node is None or node.content is None or isinstance(node.content, list):
            return b""
        return node.content.encode() if isinstance(node.content, str) else node.content

    def text(self, name: str) -> str:
        """An attribute as text, a JID written out; empty if it is not there."""
        return str(self.attrs.get(name, ""))

    def jid(self, name: str) -> Jid | None:
        """An attribute that is a JID."""
        value = self.attrs.get(name)
        return value if isinstance(value, Jid) else None
