"""The numbers lookup (usync): who is on WhatsApp, under which LID, with which devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakewhatsapp.model import lid_of, number_of
from fakewhatsapp.wire.nodes import HIDDEN_USERS, USERS, Attributes, Jid, Node

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection
    from fakewhatsapp.network import Network


def look_up(connection: Connection, query: Node) -> list[Node]:
    """Answer about each user in the query what the query asks for."""
    usync, asked, users = query.child("usync"), query.child("usync", "query"), query.child("usync", "list")
    if usync is None or asked is None or users is None:
        return []
    wanted = [one.tag for one in asked.children()]
    answers = [_user(connection.network, user, wanted) for user in users.all("user")]
    attrs: Attributes = {name: usync.text(name) for name in ("sid", "index", "last", "mode", "context")}
    return [Node("usync", attrs, [Node("result", {}), Node("list", {}, [one for one in answers if one])])]


def _user(network: Network, user: Node, wanted: list[str]) -> Node | None:
    contact = user.bytes_of("contact")
    jid = user.jid("jid")
    if contact:
        return _contact(network, contact)
    if jid is None or not network.exists(number_of(jid)):
        return None
    number = number_of(jid)
    makers = {
        "devices": lambda: device_list(network, number),
        "lid": lambda: Node("lid", {"val": Jid(lid_of(number), HIDDEN_USERS)}),
    }
    return Node("user", {"jid": jid}, [makers[name]() if name in makers else Node(name) for name in wanted])


def _contact(network: Network, contact: bytes) -> Node:
    digits = "".join(c for c in contact.decode().partition("@")[0] if c.isdigit())
    number = f"+{digits}"
    by_number = Jid(digits, USERS)
    if not network.exists(number):
        return Node("user", {"jid": by_number}, [Node("contact", {"type": "out"}, contact)])
    attrs: Attributes = {"jid": Jid(lid_of(number), HIDDEN_USERS), "pn_jid": by_number}
    return Node("user", attrs, [Node("contact", {"type": "in"}, contact)])


def device_list(network: Network, number: str) -> Node:
    """The devices of an account: the phone, and what is linked to it."""
    phone = network.known_phone(number)
    linked = phone.devices if phone else {}
    devices = [Node("device", {"id": "0"})]
    devices += [Node("device", {"id": str(index), "key-index": str(index)}) for index in sorted(linked)]
    return Node("devices", {}, [Node("device-list", {}, devices)])
