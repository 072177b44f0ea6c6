"""The network: phones, linked devices, and the servers a client talks to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from fakewhatsapp import trouble
from fakewhatsapp.attachments import Attachments
from fakewhatsapp.connection import Connection
from fakewhatsapp.faults import Faults
from fakewhatsapp.ledger import Ledger
from fakewhatsapp.library import installed_library, patched_copy
from fakewhatsapp.memory import Memory
from fakewhatsapp.model import Device
from fakewhatsapp.pairing import Pairings
from fakewhatsapp.phone import Phone
from fakewhatsapp.receipts import key_of
from fakewhatsapp.server import Server
from fakewhatsapp.signal import IdentityKeyPair
from fakewhatsapp.signal.keys import derive
from fakewhatsapp.stanzas import HANDLERS
from fakewhatsapp.tls import make_tls
from fakewhatsapp.wire.binary import Codec
from fakewhatsapp.wire.certificate import server_keys
from fakewhatsapp.wire.nodes import Node
from fakewhatsapp.wire.tokens import read_tokens


class Network:
    """A WhatsApp network on loopback. Enter it to start it; leaving it closes every connection.

    Every number exists, has a phone that decrypts and confirms what it is sent, and needs no preparation,
    except the numbers in `unknown_numbers` and those that start with `unknown_prefix`; of the latter, one
    that `phone` was asked for exists all the same.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        unknown_prefix: str = "+999",
        quick_pairing: bool = False,
    ) -> None:
        """Set a network up.

        Args:
            folder: where the patched library and the certificates go; made if it is not there.
            host: the address to listen on.
            unknown_prefix: numbers that start with it are nobody's.
            quick_pairing: make linking cost the client a tenth of the work, by telling a new device that one
                of its pre-keys is here already: it then makes 50 of them, where the real network wants 812.
        """
        self.folder = folder
        self.host = host
        self.unknown_prefix = unknown_prefix
        self.quick_pairing = quick_pairing
        self.unknown_numbers: set[str] = set()
        self.ledger = Ledger()
        self.faults = Faults()
        self.attachments = Attachments()
        self.pairings = Pairings()
        self.connections: set[Connection] = set()
        self._phones: dict[str, Phone] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What the process that runs neonize must have in its environment when it starts.

        Requests to this machine itself stay outside the proxy.
        """
        proxy = f"http://{self.host}:{self._server.port}"
        return {
            "SSL_CERT_FILE": str(self._authority),
            "HTTPS_PROXY": proxy,
            "NO_PROXY": "127.0.0.1,localhost",
        }

    @property
    def library(self) -> Path:
        """The patched copy of neonize's library, with this network's root key."""
        return self._library

    def phone(self, number: str) -> Phone:
        """The phone with this number, made when it is first asked for."""
        phone = self._phones.get(number)
        if phone is None:
            phone = self._phones[number] = Phone(self, number)
        return phone

    def known_phone(self, number: str) -> Phone | None:
        """The phone with this number, if anybody ever asked for it or wrote to it."""
        return self._phones.get(number)

    def phones(self) -> Iterator[Phone]:
        """Every phone that was ever asked for or written to."""
        return iter(list(self._phones.values()))

    def exists(self, number: str) -> bool:
        """Whether somebody on WhatsApp has this number."""
        if number in self.unknown_numbers:
            return False
        return number in self._phones or not number.startswith(self.unknown_prefix)

    async def __aenter__(self) -> Self:
        self.loop = asyncio.get_running_loop()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._memory = Memory.read(self.folder)
        self.secret = bytes.fromhex(self._memory.secret)
        for linked in self._memory.phones:
            phone = self.phone(linked.number)
            phone.last_index = linked.last_index
            phone.devices = {one.index: one.device(linked.number) for one in linked.devices}
        root = IdentityKeyPair.from_private(derive(self.secret, b"root key", 32))
        self.codec = Codec(read_tokens(installed_library().read_bytes()))
        self._library = patched_copy(self.folder, root.public)
        self.server_keys = server_keys(root)
        tls, self._authority = make_tls(self.folder)
        self.faults.watch(self._make_trouble, self._heal)
        self._server = Server(self, tls)
        await self._server.start(self.host)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.stop()

    def remember(self) -> None:
        """Write down who is linked to whom, for the next start in the same folder."""
        self._memory.write(self.folder, self.phones())

    def receive(self, connection: Connection, stanza: Node) -> None:
        """Take a stanza from a client."""
        handle = HANDLERS.get(stanza.tag)
        if handle is not None:
            handle(connection, stanza)

    def left(self, connection: Connection) -> None:
        """A client's connection is over."""
        self.pairings.forget(connection)
        device = connection.device
        if device is not None and device.connection is connection:
            device.connection, device.active = None, False

    def to_device(self, device: Device, stanza: Node) -> None:
        """Send a stanza to a device, now or at its next login; it is sent again until it is acknowledged."""
        device.undelivered[key_of(stanza)] = stanza
        if device.active and device.connection is not None:
            device.connection.send(stanza)

    def _make_trouble(self) -> None:
        for connection in list(self.connections):
            trouble.happen_to(connection)

    def _heal(self) -> None:
        for connection in self.connections:
            trouble.heal(connection)
