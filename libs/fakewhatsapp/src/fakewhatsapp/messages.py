"""A message's way through the network: from the device that sends it to every device it is encrypted for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.model import Device, Kind, number_of
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
    """Take a message from a device: acknowledge it, and deliver it."""
    device, to = connection.device, stanza.jid("to")
    if device is None or to is None:
        return
    peer = stanza.text("category") == "peer"  # between an account's own devices; nobody is shown it
    fault = None if peer else connection.network.faults.for_message(device.number, stanza.text("id"))
    if fault is not None and fault.kind is FaultKind.LOSE_MESSAGE:
        connection.drop()
        return
    at = int(time.time())
    refused = fault is not None and fault.kind is FaultKind.REFUSE_MESSAGE
    _acknowledge(connection, device, stanza, to, at, fault)
    envelopes = [] if refused else _envelopes(stanza, to)
    reached = [one.to for one in envelopes if _deliver(connection.network, device, stanza, one, at)]
    if not peer:
        _write_down(connection.network, device, stanza, number_of(to), at, reached)
        if fault is None or refused:
            connection.network.ledger.acknowledge(stanza.text("id"), fault.code if fault else None)


def _acknowledge(
    connection: Connection, device: Device, stanza: Node, to: Jid, at: int, fault: Fault | None
) -> None:
    ack = _ack(connection.network, device, stanza, to, at)
    match fault.kind if fault else None:
        case None:
            connection.send(ack)
        case FaultKind.REFUSE_MESSAGE:
            ack.attrs["error"] = str(fault.code if fault else 0)
            connection.send(ack)
        case FaultKind.ACK_LATE:
            assert fault is not None
            connection.network.loop.call_later(fault.seconds, _send_late, connection, ack)
        case FaultKind.DROP_ON_MESSAGE:
            connection.drop()


def _send_late(connection: Connection, ack: Node) -> None:
    connection.send(ack)
    connection.network.ledger.acknowledge(ack.text("id"))


def _write_down(
    network: Network, sender: Device, stanza: Node, recipient: str, at: int, reached: list[Jid]
) -> None:
    phone = network.known_phone(recipient)
    shown = phone.shown(sender.number, stanza.text("id")) if phone else None
    network.ledger.record(
        stanza.text("id"),
        sender.number,
        recipient,
        datetime.fromtimestamp(at, UTC),
        kind=shown.kind if shown else Kind.OTHER,
        text=shown.text if shown else "",
        devices=[str(jid) for jid in reached if number_of(jid) == recipient],
    )


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
