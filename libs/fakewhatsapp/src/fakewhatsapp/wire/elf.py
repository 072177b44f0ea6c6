"""Just enough of ELF to follow pointers in a shared library's data, without running it."""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass

from fakewhatsapp.errors import LibraryError

_SECTION = struct.Struct("<IIQQQQIIQQ")
_TYPE_RELA = 4
_TYPE_NOBITS = 8
_RELATIVE = {0x3E: 8, 0xB7: 1027}  # by machine: R_X86_64_RELATIVE, R_AARCH64_RELATIVE


@dataclass(frozen=True, slots=True)
class Section:
    """One section: where it is in the file, and where in memory."""

    type: int
    address: int
    offset: int
    size: int


class SharedLibrary:
    """A 64-bit little-endian ELF library. Pointers in its data are relocations, so those are read too."""

    def __init__(self, data: bytes) -> None:
        if data[:6] != b"\x7fELF\x02\x01":
            raise LibraryError("not a 64-bit little-endian ELF library: only Linux builds can be read")
        self.data = data
        (start,) = struct.unpack_from("<Q", data, 40)
        size, count = struct.unpack_from("<HH", data, 58)
        self.sections = [self._section(start + size * i) for i in range(count)]
        self.pointers = self._relocations()
        self.pointed_from: dict[int, list[int]] = {}
        for place, target in self.pointers.items():
            self.pointed_from.setdefault(target, []).append(place)

    def read(self, address: int, size: int) -> bytes:
        """The bytes at a memory address."""
        for section in self.sections:
            inside = address - section.address
            if section.type != _TYPE_NOBITS and 0 <= inside < section.size and section.address:
                return self.data[section.offset + inside : section.offset + inside + size]
        raise LibraryError(f"nothing at address {address:#x}")

    def integer(self, address: int) -> int:
        """The eight-byte integer at a memory address."""
        return int.from_bytes(self.read(address, 8), "little")

    def addresses_of(self, text: bytes) -> list[int]:
        """Every memory address at which these bytes stand in the file."""
        found, at = [], self.data.find(text)
        while at >= 0:
            found += [s.address + at - s.offset for s in self.sections if self._holds(s, at)]
            at = self.data.find(text, at + 1)
        return found

    @staticmethod
    def _holds(section: Section, offset: int) -> bool:
        inside = 0 <= offset - section.offset < section.size
        return inside and section.type != _TYPE_NOBITS and section.address > 0

    def _section(self, at: int) -> Section:
        _, kind, _, address, offset, size, *_ = _SECTION.unpack_from(self.data, at)
        return Section(kind, address, offset, size)

    def _relocations(self) -> dict[int, int]:
        (machine,) = struct.unpack_from("<H", self.data, 18)
        found: dict[int, int] = {}
        for section in self.sections:
            if section.type == _TYPE_RELA:
                words = array("Q", self.data[section.offset : section.offset + section.size])
                rows = zip(words[0::3], words[1::3], words[2::3], strict=True)
                found.update((place, to) for place, kind, to in rows if kind == _RELATIVE.get(machine))
        return found
