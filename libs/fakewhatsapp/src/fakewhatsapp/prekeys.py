"""Pre-keys: what a device leaves with the network, so that others can write to it while it is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakewhatsapp.model import Device, Registration, number_of
from fakewhatsapp.signal import PreKeyBundle
from fakewhatsapp.wire.nodes import SERVER, Attributes, Jid, Node

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection
    from fakewhatsapp.network import Network

_DJB = b"\x05"
_FEW = 10


def take_pre_keys(connection: Connection, query: Node) -> None:
    """Keep what a device uploads: its one-time keys, and its signed key if there is a newer one."""
    device = connection.device
    keys = query.child("list")
    if device is None or keys is None:
        return
    for key in keys.all("key"):
        device.pre_keys[int.from_bytes(key.bytes_of("id"), "big")] = key.bytes_of("value")


def count_pre_keys(connection: Connection) -> list[Node]:
    """How many one-time keys of the device are left."""
    device = connection.device
    count = len(device.pre_keys) if device else 0
    if connection.network.quick_pairing:
        count = max(count, 1)
    return [Node("count", {"value": str(count)})]


def give_out_bundles(connection: Connection, query: Node) -> list[Node]:
    """Give out the keys to start a session with each device asked for, a one-time key of each with them."""
    asked = query.child("key")
    users = [user.jid("jid") for user in asked.all("user")] if asked else []
    return [Node("list", {}, [_bundle(connection.network, jid) for jid in users if jid])]


def take_one(device: Device) -> tuple[int, bytes] | None:
    """Take one of a device's one-time keys; the device is told when few are left."""
    if not device.pre_keys:
        return None
    key_id = next(iter(device.pre_keys))
    public = device.pre_keys.pop(key_id)
    if len(device.pre_keys) == _FEW and device.connection:
        attrs: Attributes = {"from": SERVER, "type": "encrypt", "id": device.connection.next_id(), "t": "0"}
        device.connection.send(Node("notification", attrs, [Node("count", {"value": "4"})]))
    return key_id, public


def bundle_of(device: Device) -> PreKeyBundle:
    """What a phone needs to write to a linked device."""
    keys = device.keys
    return PreKeyBundle(keys.registration_id, keys.identity_key, *keys.signed_pre_key, take_one(device))


def key_nodes(keys: Registration, one_time: tuple[int, bytes] | None) -> list[Node]:
    """A device's keys as nodes, its registration id first."""
    nodes = [
        Node("registration", {}, keys.registration_id.to_bytes(4, "big")),
        Node("type", {}, _DJB),
        Node("identity", {}, keys.identity_key),
    ]
    if one_time is not None:
        nodes.append(Node("key", {}, _key(*one_time)))
    key_id, public, signature = keys.signed_pre_key
    nodes.append(Node("skey", {}, [*_key(key_id, public), Node("signature", {}, signature)]))
    return nodes


def _bundle(network: Network, jid: Jid) -> Node:
    number = number_of(jid)
    phone = network.phone(number) if network.exists(number) else None
    device = phone.devices.get(jid.device) if phone else None
    if phone is not None and jid.device == 0:
        return Node("user", {"jid": jid}, key_nodes(phone.bundle(), phone.take_pre_key()))
    if device is not None:
        return Node("user", {"jid": jid}, key_nodes(device.keys, take_one(device)))
    return Node("user", {"jid": jid}, [Node("error", {"code": "404", "text": "item-not-found"})])


def _key(key_id: int, public: bytes) -> list[Node]:
    return [Node("id", {}, key_id.to_bytes(3, "big")), Node("value", {}, public)]
