"""A message's way through the network: from the device that sends it to every device it is encrypted for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.model import Device, Kind, number_of
from fakewhatsapp.participants import list_hash
from fakewhatsapp.retries import retry_of
from fakewhatsapp.wire.nodes import Attributes, Jid, Node

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it comes from the device that sends it."""

    connection: Connection
    sender: Device
    stanza: Node
    to: Jid
    at: int
    """When it came, in seconds."""

    @property
    def id(self) -> str:
        """The id that its sender gave it."""
        return self.stanza.text("id")

    @property
    def between_own_devices(self) -> bool:
        """Whether it keeps an account's devices in step; nobody is shown it."""
        return self.stanza.text("category") == "peer"

    @property
    def was_asked_for(self) -> bool:
        """Whether it came before, and is encrypted anew for one device that could not read it."""
        return any(retry_of(enc) for enc in self.stanza.all("enc"))


@dataclass(frozen=True, slots=True)
class Envelope:
    """One device's copy of a message."""

    to: Jid
    enc: Node
    """Of type `msg` or `pkmsg`."""


def take(connection: Connection, stanza: Node) -> None:
    """Take a message from a device: acknowledge it, and deliver it."""
    sender, to = connection.device, stanza.jid("to")
    if sender is None or to is None:
        return
    message = Arrival(connection, sender, stanza, to, int(time.time()))
    if message.between_own_devices or message.was_asked_for:
        connection.send(_ack(message))
        _write_down_later(message, _deliver_all(message))
        return
    fault = connection.network.faults.for_message(sender.number, message.id)
    if fault is not None and fault.kind is FaultKind.LOSE_MESSAGE:
        connection.drop()
        return
    _acknowledge(message, fault)
    refused = fault is not None and fault.kind is FaultKind.REFUSE_MESSAGE
    _write_down(message, [] if refused else _deliver_all(message))
    if fault is None or refused:
        connection.network.ledger.acknowledge(message.id, fault.code if fault else None)


def _acknowledge(message: Arrival, fault: Fault | None) -> None:
    connection, ack = message.connection, _ack(message)
    match fault.kind if fault else None:
        case None:
            connection.send(ack)
        case FaultKind.REFUSE_MESSAGE:
            ack.attrs["error"] = str(fault.code if fault else 0)
            connection.send(ack)
        case FaultKind.ACK_LATE:
            late = fault.seconds if fault else 0
            connection.network.loop.call_later(late, _send_late, connection, ack)
        case FaultKind.DROP_ON_MESSAGE:
            connection.drop()
        case _:  # never
            pass


def _send_late(connection: Connection, ack: Node) -> None:
    connection.send(ack)
    connection.network.ledger.acknowledge(ack.text("id"))


def _write_down(message: Arrival, reached: list[Jid]) -> None:
    network, sender, recipient = message.connection.network, message.sender, number_of(message.to)
    phone = network.known_phone(recipient)
    shown = phone.shown(sender.number, message.id) if phone else None
    network.ledger.record(
        message.id,
        sender.number,
        recipient,
        datetime.fromtimestamp(message.at, UTC),
        kind=shown.kind if shown else Kind.OTHER,
        text=shown.text if shown else "",
        devices=_names(message, reached),
    )


def _write_down_later(message: Arrival, reached: list[Jid]) -> None:
    """A phone that could not read a message before can now: only then the ledger knows what it says."""
    phone = message.connection.network.known_phone(number_of(message.to))
    shown = phone.shown(message.sender.number, message.id) if phone else None
    if shown is not None and shown.recipient == number_of(message.to):
        names = _names(message, reached)
        message.connection.network.ledger.reach(message.id, names, kind=shown.kind, text=shown.text)


def _names(message: Arrival, reached: list[Jid]) -> list[str]:
    """The recipient's devices among those that were reached."""
    return [str(jid) for jid in reached if number_of(jid) == number_of(message.to)]


def _deliver_all(message: Arrival) -> list[Jid]:
    """Deliver a message to every device that it is encrypted for.

    Returns:
        The devices that it reached.
    """
    return [envelope.to for envelope in _envelopes(message) if _deliver(message, envelope)]


def _envelopes(message: Arrival) -> list[Envelope]:
    """A copy for each participant; a message to one device alone has its copy directly inside."""
    participants = message.stanza.child("participants")
    if participants is None:
        return [Envelope(message.to, enc) for enc in message.stanza.all("enc")]
    pairs = ((one.jid("jid"), one.child("enc")) for one in participants.all("to"))
    return [Envelope(jid, enc) for jid, enc in pairs if jid is not None and enc is not None]


def _deliver(message: Arrival, envelope: Envelope) -> bool:
    """Whether there is such a device, and (where it is a phone) it could read its copy."""
    network, number = message.connection.network, number_of(envelope.to)
    if not network.exists(number):
        return False
    phone = network.phone(number)
    if envelope.to.device == 0:
        return phone.receive(message.sender, message.stanza, envelope.enc, message.at)
    device = phone.devices.get(envelope.to.device)
    if device is None:
        return False
    network.to_device(device, _forwarded(message, device, envelope.enc))
    return True


def _forwarded(message: Arrival, device: Device, enc: Node) -> Node:
    sender, stanza = message.sender, message.stanza
    attrs: Attributes = {
        "from": sender.lid,
        "id": message.id,
        "t": str(message.at),
        "type": stanza.text("type") or "text",
        "notify": sender.number,
    }
    if sender.number == device.number:  # its own account wrote this: it has to know to whom
        attrs["recipient"] = message.to
    else:
        attrs["sender_pn"] = sender.jid
    identity = list(stanza.all("device-identity")) if enc.text("type") == "pkmsg" else []
    return Node("message", attrs, [enc, *identity])


def _ack(message: Arrival) -> Node:
    """Acknowledge with the network's time, and with the right device list's hash if the sender's was old."""
    attrs: Attributes = {"class": "message", "id": message.id, "from": message.to, "t": str(message.at)}
    phone = message.connection.network.known_phone(number_of(message.to))
    participants = message.stanza.child("participants")
    if phone is not None and participants is not None:
        written = [jid for jid in (one.jid("jid") for one in participants.all("to")) if jid is not None]
        theirs = {jid.device for jid in written if number_of(jid) == phone.number and jid.device}
        sender = {message.sender.index} if message.sender.number == phone.number else set()
        if theirs != phone.devices.keys() - sender:
            own = [jid for jid in written if number_of(jid) != phone.number]
            devices = [message.to.at(index) for index in (0, *phone.devices)]
            attrs["phash"] = list_hash({*own, message.sender.lid, *devices})
    return Node("ack", attrs)
