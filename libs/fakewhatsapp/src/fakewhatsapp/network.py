"""The network: phones, linked devices, and the servers a client talks to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from fakewhatsapp.faults import Faults
from fakewhatsapp.ledger import Ledger
from fakewhatsapp.phone import Phone


class Network:
    """A WhatsApp network on loopback. Enter it to start it; leaving it closes every connection.

    Every possible number exists, has a phone that decrypts and confirms what it is sent, and needs no
    preparation, except the numbers in `unknown_numbers` and those that start with `unknown_prefix`.
    """

    def __init__(self, folder: Path, *, host: str = "127.0.0.1", unknown_prefix: str = "+999") -> None:
        self.folder = folder
        self.host = host
        self.unknown_prefix = unknown_prefix
        self.unknown_numbers: set[str] = set()
        self.ledger = Ledger()
        self.faults = Faults()

    @property
    def environment(self) -> dict[str, str]:
        """What the process that runs neonize must have in its environment when it starts."""
        raise NotImplementedError

    @property
    def library(self) -> Path:
        """The patched copy of neonize's library, with this network's root key."""
        raise NotImplementedError

    def phone(self, number: str) -> Phone:
        """The phone with this number, made when it is first asked for."""
        raise NotImplementedError

    def phones(self) -> Iterator[Phone]:
        """Every phone that was ever asked for or written to."""
        raise NotImplementedError

    def exists(self, number: str) -> bool:
        """Whether somebody on WhatsApp has this number."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError
