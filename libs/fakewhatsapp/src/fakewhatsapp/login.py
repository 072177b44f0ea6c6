"""What happens when the handshake is over: a linked device logs in, anybody else gets codes to pair with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fakewhatsapp import protobuf
from fakewhatsapp.model import Device, Registration
from fakewhatsapp.pairing import offer_qr_codes
from fakewhatsapp.trouble import happen_to, refuse, refuse_by, replace
from fakewhatsapp.wire.nodes import SERVER, Attributes, Node

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection

_LOGGED_OUT = 401


def on_login(connection: Connection, noise_key: bytes, payload: bytes) -> None:
    """Take in a client whose handshake is over."""
    client = protobuf.login.ClientPayload()
    client.ParseFromString(payload)
    if client.HasField("devicePairingData"):
        connection.registration = _registration(noise_key, client.devicePairingData)
        offer_qr_codes(connection)
        return
    number = f"+{client.username}"
    phone = connection.network.known_phone(number)
    device = phone.devices.get(client.device) if phone else None
    if device is None or device.keys.noise_key != noise_key:
        refuse(connection, _LOGGED_OUT)
        return
    fault = connection.network.faults.for_login(number)
    if fault is not None:
        refuse_by(connection, fault)
        return
    accept(connection, device)


def accept(connection: Connection, device: Device) -> None:
    """Log a device in. Where it is logged in already, that connection is replaced by this one."""
    if device.connection is not None and device.connection is not connection:
        replace(device.connection)
        device.replaced += 1
    connection.device = device
    device.connection, device.active = connection, False
    device.logins += 1
    connection.send(Node("success", {"t": str(int(time.time())), "lid": device.lid, "location": "lla"}))
    happen_to(connection)


def deliver_queued(device: Device) -> None:
    """Hand a device what came while it was away; from now on it gets everything at once."""
    connection = device.connection
    assert connection is not None
    if device.logins == 1 and not device.active:
        connection.network.phone(device.number).welcome(device)
    device.active = True
    queued = list(device.undelivered.values())
    counts = {
        tag: sum(1 for node in queued if node.tag == tag) for tag in ("message", "receipt", "notification")
    }
    attrs: Attributes = {tag: str(count) for tag, count in counts.items()}
    preview = Node("offline_preview", {"count": str(len(queued)), "appdata": "0", **attrs})
    connection.send(Node("ib", {"from": SERVER}, [preview]))
    for node in queued:
        connection.send(Node(node.tag, {**node.attrs, "offline": "0"}, node.content))
    connection.send(Node("ib", {"from": SERVER}, [Node("offline", {"count": str(len(queued))})]))


def _registration(noise_key: bytes, data: Any) -> Registration:
    signed = (int.from_bytes(data.eSkeyID, "big"), data.eSkeyVal, data.eSkeySig)
    return Registration(noise_key, data.eIdent, int.from_bytes(data.eRegid, "big"), signed)
