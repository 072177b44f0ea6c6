"""What a network remembers when it is started again in the same folder: its secret, and who is linked.

The phones' keys follow from the secret, so they need not be kept. Signal sessions are not kept either: as on
the real network, a phone that cannot read a message asks for it again. What was on its way is forgotten.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from fakewhatsapp.model import Device, Registration

if TYPE_CHECKING:
    from fakewhatsapp.phone import Phone

_FILE = "memory.json"
_SECRET_SIZE = 32


@dataclass(frozen=True, slots=True)
class LinkedDevice:
    """A device as it is remembered; bytes as hexadecimal digits."""

    index: int
    logins: int
    noise_key: str
    identity_key: str
    registration_id: int
    signed_pre_key: tuple[int, str, str]

    @classmethod
    def of(cls, device: Device) -> LinkedDevice:
        """What to remember of a device."""
        keys = device.keys
        key_id, public, signature = keys.signed_pre_key
        signed = (key_id, public.hex(), signature.hex())
        noise, identity = keys.noise_key.hex(), keys.identity_key.hex()
        return cls(device.index, device.logins, noise, identity, keys.registration_id, signed)

    def device(self, number: str) -> Device:
        """The device again."""
        key_id, public, signature = self.signed_pre_key
        signed = (key_id, bytes.fromhex(public), bytes.fromhex(signature))
        noise, identity = bytes.fromhex(self.noise_key), bytes.fromhex(self.identity_key)
        keys = Registration(noise, identity, self.registration_id, signed)
        return Device(number, self.index, keys, logins=self.logins)


@dataclass(frozen=True, slots=True)
class LinkedPhone:
    """A phone that devices were linked to."""

    number: str
    last_index: int
    devices: list[LinkedDevice]

    @classmethod
    def of(cls, phone: Phone) -> LinkedPhone:
        """What to remember of a phone."""
        return cls(phone.number, phone.last_index, [LinkedDevice.of(one) for one in phone.devices.values()])


@dataclass(slots=True)
class Memory:
    """All that is remembered."""

    secret: str = field(default_factory=lambda: secrets.token_hex(_SECRET_SIZE))
    phones: list[LinkedPhone] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> Memory:
        """What the network in this folder remembers; a new secret if there was none."""
        file = folder / _FILE
        return _MEMORY.validate_json(file.read_bytes()) if file.exists() else cls()

    def write(self, folder: Path, phones: Iterable[Phone]) -> None:
        """Remember which devices are linked now."""
        self.phones = [LinkedPhone.of(phone) for phone in phones if phone.last_index]
        fresh = (folder / _FILE).with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(_MEMORY.dump_json(self))
        fresh.replace(folder / _FILE)


_MEMORY = TypeAdapter(Memory)
