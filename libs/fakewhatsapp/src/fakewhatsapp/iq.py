"""Queries: what clients ask of the network, and what it answers.

Every query gets an answer, because a client waits 75 seconds for one. What is asked for and of no use here is
answered with an empty result, as by an account that has nothing to tell.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from fakewhatsapp.linking import companion_finish, companion_hello
from fakewhatsapp.login import deliver_queued
from fakewhatsapp.numbers import look_up
from fakewhatsapp.prekeys import count_pre_keys, give_out_bundles, take_pre_keys
from fakewhatsapp.tls import MEDIA_HOST
from fakewhatsapp.wire.nodes import SERVER, Attributes, Node

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection
    from fakewhatsapp.model import Device

Answer = list[Node] | None
Handler = Callable[["Connection", Node], Answer]


def answer(connection: Connection, query: Node) -> None:
    """Answer a query, or take the answer to one of the network's own."""
    if query.text("type") in ("result", "error"):
        waiting = connection.on_result.pop(query.text("id"), None)
        if waiting is not None:
            waiting(query)
        return
    attrs: Attributes = {"from": SERVER, "type": "result", "id": query.text("id")}
    if connection.outcast:
        refusal = Node("error", {"code": "401", "text": "not-authorized"})
        connection.send(Node("iq", {**attrs, "type": "error"}, [refusal]))
        return
    connection.send(Node("iq", attrs, _answer_to(connection, query)))
    if connection.device is not None:
        _afterwards(connection.device, query)


def _answer_to(connection: Connection, query: Node) -> Answer:
    asked = query.text("xmlns"), query.text("type")
    if asked in _THE_SAME_FOR_ALL:
        return [_THE_SAME_FOR_ALL[asked]()]
    return _HANDLERS[asked](connection, query) if asked in _HANDLERS else None


def _afterwards(device: Device, query: Node) -> None:
    """What follows a query once it is answered."""
    if query.text("xmlns") == "passive" and query.child("active"):
        deliver_queued(device)
    elif query.child("remove-companion-device") and device.connection:
        device.connection.network.phone(device.number).devices.pop(device.index, None)
        device.connection.network.remember()
        device.connection.finish()


def _privacy() -> Node:
    names = ("groupadd", "last", "status", "profile", "readreceipts", "online", "calladd")
    return Node("privacy", {}, [Node("category", {"name": name, "value": "all"}) for name in names])


def _media_hosts() -> Node:
    host = Node("host", {"hostname": MEDIA_HOST, "type": "primary"})
    auth = secrets.token_urlsafe(24)
    attrs: Attributes = {"auth": auth, "ttl": "3600", "auth_ttl": "21600", "max_buckets": "12"}
    return Node("media_conn", attrs, [host])


def _app_state(_: Connection, query: Node) -> Answer:
    sync = query.child("sync")
    names = [one.text("name") for one in sync.all("collection")] if sync else []
    return [Node("sync", {}, [Node("collection", {"name": name, "version": "0"}) for name in names])]


def _encrypt_get(connection: Connection, query: Node) -> Answer:
    return count_pre_keys(connection) if query.child("count") else give_out_bundles(connection, query)


def _linking(connection: Connection, query: Node) -> Answer:
    step = query.child("link_code_companion_reg")
    if step is not None and step.text("stage") == "companion_hello":
        return companion_hello(connection, step)
    if step is not None and step.text("stage") == "companion_finish":
        companion_finish(connection, step)
    return None


_THE_SAME_FOR_ALL: dict[tuple[str, str], Callable[[], Node]] = {
    ("blocklist", "get"): lambda: Node("list", {"dhash": "0"}, []),
    ("privacy", "get"): _privacy,
    ("w:g2", "get"): lambda: Node("groups", {}, []),
    ("w:m", "set"): _media_hosts,
}
_HANDLERS: dict[tuple[str, str], Handler] = {
    ("encrypt", "get"): _encrypt_get,
    ("encrypt", "set"): take_pre_keys,
    ("md", "set"): _linking,
    ("usync", "get"): look_up,
    ("w:sync:app:state", "set"): _app_state,
}
