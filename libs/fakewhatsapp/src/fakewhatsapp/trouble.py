"""Carries out the faults that happen to connections and logins (`fakewhatsapp.faults` says which are due)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fakewhatsapp.faults import BANNED, Fault, FaultKind
from fakewhatsapp.wire.nodes import Attributes, Node

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection
    from fakewhatsapp.model import Device

_BAN_REASON = "101"  # "sent too many messages"
_ROUND_TRIP_S = 0.05
"""A refusal that is there at once meets a fault of neonize.

The device is deleted before neonize begins to tell what happens to it, and then nothing is told.
"""


def refuse(connection: Connection, reason: int, **more: str) -> None:
    """Answer a login with a failure, and close; no sooner than a network far away could."""
    attrs: Attributes = {"reason": str(reason), "location": "lla", **more}
    asyncio.get_running_loop().call_later(_ROUND_TRIP_S, connection.finish, Node("failure", attrs))


def refuse_by(connection: Connection, fault: Fault) -> None:
    """Answer a login with the failure that a fault asks for."""
    code = fault.code or 0
    if code == BANNED:
        refuse(connection, code, code=_BAN_REASON, expire=str(round(fault.seconds)))
    else:
        refuse(connection, code)


def replace(connection: Connection) -> None:
    """Tell a client that another one took its place, and close."""
    connection.network.left(connection)
    connection.device = None
    connection.finish(Node("stream:error", {}, [Node("conflict", {"type": "replaced"})]))


def forget(connection: Connection, device: Device) -> None:
    """Log a device out without a word."""
    phone = connection.network.phone(device.number)
    phone.devices.pop(device.index, None)
    connection.network.remember()
    connection.outcast = True


def happen_to(connection: Connection) -> None:
    """Let the faults that are due happen to a connection that is logged in."""
    if connection.device is None:
        return
    for fault in connection.network.faults.for_connection(connection.device.number, connection.faults_had):
        match fault.kind:
            case FaultKind.DROP:
                connection.drop()
            case FaultKind.REPLACE:
                replace(connection)
            case FaultKind.DEAF:
                connection.deaf = True
            case FaultKind.FORGET:
                forget(connection, connection.device)
            case FaultKind.SLOW:
                connection.delay_s = fault.seconds
            case _:  # the kinds that happen to logins and messages are never due here
                pass


def heal(connection: Connection) -> None:
    """Let a connection hear, and be fast, again."""
    connection.deaf, connection.delay_s = False, 0.0
