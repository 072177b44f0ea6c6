"""A message's way through the network: from the device that sends it to every device it is encrypted for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakewhatsapp.model import Device, number_of
from fakewhatsapp.participants import list_hash
from fakewhatsapp.wire.nodes import USERS, Attributes, Jid, Node

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection
    from fakewhatsapp.network import Network


@dataclass(frozen=True, slots=True)
class Envelope:
    """One device's copy of a message."""

    to: Jid
    enc: Node
    """Of type `msg` or `pkmsg`."""


def take(connection: Connection, stanza: Node) -> None:
    """Take a message from a device: deliver it, and acknowledge it."""
    device, to = connection.device, stanza.jid("to")
    if device is None or to is None:
        return
    network, at = connection.network, int(time.time())
    connection.send(_ack(network, device, stanza, to, at))
    reached = [one.to for one in _envelopes(stanza, to) if _deliver(network, device, stanza, one, at)]
    if stanza.text("category") != "peer":
        recipient = number_of(to)
        devices = sum(1 for jid in reached if number_of(jid) == recipient)
        network.took(stanza.text("id"), device, recipient, at, devices)


def _envelopes(stanza: Node, to: Jid) -> list[Envelope]:
    """A copy for each participant; a message to one device alone has its copy directly inside."""
    participants = stanza.child("participants")
    if participants is None:
        return [Envelope(to, enc) for enc in stanza.all("enc")]
    pairs = ((one.jid("jid"), one.child("enc")) for one in participants.all("to"))
    return [Envelope(jid, enc) for jid, enc in pairs if jid is not None and enc is not None]


def _deliver(network: Network, sender: Device, stanza: Node, envelope: Envelope, at: int) -> bool:
    """Whether there is such a device, and (where it is a phone) it could read its copy."""
    number = number_of(envelope.to)
    if not network.exists(number):
        return False
    phone = network.phone(number)
    if envelope.to.device == 0:
        return phone.receive(sender, stanza, envelope.enc, at)
    device = phone.devices.get(envelope.to.device)
    if device is None:
        return False
    network.to_device(device, _forwarded(sender, device, stanza, envelope.enc, at))
    return True


def _forwarded(sender: Device, device: Device, stanza: Node, enc: Node, at: int) -> Node:
    attrs: Attributes = {
        "from": sender.lid,
        "id": stanza.text("id"),
        "t": str(at),
        "type": stanza.text("type") or "text",
        "notify": sender.number,
    }
    if sender.number == device.number:  # its own account wrote this: it has to know to whom
        attrs["recipient"] = stanza.jid("to") or sender.lid
    else:
        attrs["sender_pn"] = Jid(sender.jid.user, USERS, sender.index)
    identity = list(stanza.all("device-identity")) if enc.text("type") == "pkmsg" else []
    return Node("message", attrs, [enc, *identity])


def _ack(network: Network, device: Device, stanza: Node, to: Jid, at: int) -> Node:
    """Acknowledge with the network's time, and with the right device list's hash if the sender's was old."""
    attrs: Attributes = {"class": "message", "id": stanza.text("id"), "from": to, "t": str(at)}
    phone = network.known_phone(number_of(to))
    participants = stanza.child("participants")
    if phone is not None and participants is not None:
        written = [jid for jid in (one.jid("jid") for one in participants.all("to")) if jid is not None]
        theirs = {jid.device for jid in written if number_of(jid) == phone.number}
        if theirs - {0} != phone.devices.keys() - ({device.index} if device.number == phone.number else set()):
            own = [jid for jid in written if number_of(jid) != phone.number]
            attrs["phash"] = list_hash([*own, device.lid, to, *(to.at(index) for index in phone.devices)])
    return Node("ack", attrs)
