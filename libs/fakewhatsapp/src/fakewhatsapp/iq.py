"""Queries: what clients ask of the network, and what it answers.

Every query gets an answer, because a client waits 75 seconds for one. What is asked for and of no use here is
answered with an empty result, as by an account that has nothing to tell.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from fakewhatsapp.login import deliver_queued
from fakewhatsapp.numbers import look_up
from fakewhatsapp.linking import companion_finish, companion_hello
from fakewhatsapp.prekeys import count_pre_keys, give_out_bundles, take_pre_keys
from fakewhatsapp.tls import MEDIA_HOST
from fakewhatsapp.wire.nodes import SERVER, Attributes, Node

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection
    from fakewhatsapp.model import Device

Answer = list[Node] | None
Handler = Callable[["Connection", Node], Answer]


class QueryError(Exception):
    """A query that is answered with an error of this code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def answer(connection: Connection, query: Node) -> None:
    """Answer a query, or take the answer to one of the network's own."""
    if query.text("type") in ("result", "error"):
        waiting = connection.on_result.pop(query.text("id"), None)
        if waiting is not None:
            waiting(query)
        return
    attrs: Attributes = {"from": SERVER, "type": "result", "id": query.text("id")}
    handle = _HANDLERS.get((query.text("xmlns"), query.text("type")), _nothing)
    try:
        connection.send(Node("iq", attrs, handle(connection, query)))
    except QueryError as error:
        refusal = Node("error", {"code": str(error.code), "text": error.text})
        connection.send(Node("iq", {**attrs, "type": "error"}, [refusal]))
    if connection.device is not None:
        _afterwards(connection.device, query)


def _afterwards(device: Device, query: Node) -> None:
    """What follows a query once it is answered."""
    if query.text("xmlns") == "passive" and query.child("active"):
        deliver_queued(device)
    elif query.child("remove-companion-device") and device.connection:
        device.connection.network.phone(device.number).devices.pop(device.index, None)
        device.connection.finish()


def _nothing(connection: Connection, query: Node) -> Answer:
    return None


def _privacy(connection: Connection, query: Node) -> Answer:
    names = ("groupadd", "last", "status", "profile", "readreceipts", "online", "calladd")
    content = [Node("category", {"name": name, "value": "all"}) for name in names]
    return [Node("privacy", {}, content)]


def _blocklist(connection: Connection, query: Node) -> Answer:
    return [Node("list", {"dhash": "0"}, [])]


def _groups(connection: Connection, query: Node) -> Answer:
    return [Node("groups", {}, [])]


def _app_state(connection: Connection, query: Node) -> Answer:
    sync = query.child("sync")
    asked = sync.all("collection") if sync else ()
    content = [Node("collection", {"name": one.text("name"), "version": "0", "type": "result"}) for one in asked]
    return [Node("sync", {}, content)]


def _media_hosts(connection: Connection, query: Node) -> Answer:
    host = Node("host", {"hostname": MEDIA_HOST, "type": "primary"})
    attrs: Attributes = {"auth": secrets.token_urlsafe(24), "ttl": "3600", "auth_ttl": "21600", "max_buckets": "12"}
    return [Node("media_conn", attrs, [host])]


def _encrypt_get(connection: Connection, query: Node) -> Answer:
    return count_pre_keys(connection) if query.child("count") else give_out_bundles(connection, query)


def _linking(connection: Connection, query: Node) -> Answer:
    step = query.child("link_code_companion_reg")
    if step is not None and step.text("stage") == "companion_hello":
        return companion_hello(connection, step)
    if step is not None and step.text("stage") == "companion_finish":
        return companion_finish(connection, step)
    return None


_HANDLERS: dict[tuple[str, str], Handler] = {
    ("blocklist", "get"): _blocklist,
    ("encrypt", "get"): _encrypt_get,
    ("encrypt", "set"): take_pre_keys,
    ("md", "set"): _linking,
    ("privacy", "get"): _privacy,
    ("usync", "get"): look_up,
    ("w:g2", "get"): _groups,
    ("w:m", "set"): _media_hosts,
    ("w:sync:app:state", "set"): _app_state,
}
