"""Receipts and acknowledgements: who got what, and who read it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fakewhatsapp.model import Device, lid_of, number_of
from fakewhatsapp.wire.nodes import HIDDEN_USERS, Attributes, Jid, Node

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection
    from fakewhatsapp.network import Network

READ = "read"
RETRY = "retry"
"""The type of a receipt that asks for a message again, encrypted anew."""


def receipt_from_phone(network: Network, reader: str, sender: str, message_id: str, kind: str) -> None:
    """A phone confirms that it got (empty kind) or read a message: every device of its sender is told."""
    attrs: Attributes = {
        "from": Jid(lid_of(reader), HIDDEN_USERS),
        "id": message_id,
        "t": str(int(time.time())),
    }
    if kind:
        attrs["type"] = kind
    network.ledger.confirm(message_id, kind, datetime.now(UTC))
    phone = network.known_phone(sender)
    for device in list(phone.devices.values()) if phone else ():
        network.to_device(device, Node("receipt", dict(attrs)))


def take(connection: Connection, receipt: Node) -> None:
    """A device confirms a message: tell the phone that sent it, and the devices linked to that."""
    device, to = connection.device, receipt.jid("to")
    if device is None or to is None:
        return
    kind = receipt.text("type")
    attrs: Attributes = {"class": "receipt", "id": receipt.text("id"), "from": to}
    connection.send(Node("ack", {**attrs, "type": kind} if kind else attrs))
    ids = [receipt.text("id"), *(item.text("id") for item in _items(receipt))]
    for message_id in ids:  # for a message that it could read, a client sends this and no acknowledgement
        device.undelivered.pop(("message", message_id, receipt.text("to"), ""), None)
    phone = connection.network.known_phone(number_of(to))
    if phone is None:
        return
    for message_id in ids:
        connection.network.ledger.confirm(message_id, kind, datetime.now(UTC))
    if kind == RETRY:
        phone.send_again(device, receipt.text("id"))
    if phone.number == device.number or kind == RETRY:
        return
    for other in list(phone.devices.values()):
        connection.network.to_device(other, _forwarded(device, receipt))


def acknowledged(connection: Connection, ack: Node) -> None:
    """A device has what it was sent, and need not get it again."""
    if connection.device is not None:
        key = (ack.text("class"), ack.text("id"), ack.text("to"), ack.text("type"))
        connection.device.undelivered.pop(key, None)


def key_of(stanza: Node) -> tuple[str, str, str, str]:
    """What the acknowledgement of a stanza repeats of it; of a message it does not repeat the type."""
    kind = "" if stanza.tag == "message" else stanza.text("type")
    return stanza.tag, stanza.text("id"), stanza.text("from"), kind


def _items(receipt: Node) -> list[Node]:
    several = receipt.child("list")
    return several.children() if several else []


def _forwarded(device: Device, receipt: Node) -> Node:
    attrs = {**receipt.attrs, "from": device.lid, "t": receipt.text("t") or str(int(time.time()))}
    attrs.pop("to", None)
    return Node("receipt", attrs, receipt.content)
