"""WhatsApp's token dictionaries, read out of the client library's own bytes.

A node's common words travel as one byte (a single token) or two (a dictionary and an index). Both sides must
have the same tables; taking them from the library that will be talked to makes that certain, on every
upgrade. In the library a table is an array of Go strings (pointer, length), found by its first words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fakewhatsapp.errors import LibraryError
from fakewhatsapp.wire.elf import SharedLibrary

_STRING = 16  # bytes of a Go string header
_SLICE = 24  # bytes of a Go slice header
_SINGLES = 236  # tokens 0 to 235; 236 is the first tag with a meaning of its own
_DICTIONARIES = 4
_DICTIONARY_SIZE = 256
_FIRST_SINGLES = (b"xmlstreamstart", b"xmlstreamend")  # at 1 and 2; token 0 is empty
_FIRST_DOUBLES = (b"read-self", b"active")


@dataclass(frozen=True)
class Tokens:
    """The dictionaries, both ways."""

    singles: tuple[str, ...]
    doubles: tuple[tuple[str, ...], ...]

    @cached_property
    def encoded(self) -> dict[str, bytes]:
        """Each word's bytes on the wire."""
        pairs = ((d, i, word) for d, words in enumerate(self.doubles) for i, word in enumerate(words))
        table = {word: bytes((_SINGLES + d, i)) for d, i, word in pairs}
        table.update({word: bytes((i,)) for i, word in enumerate(self.singles) if word})
        return table


def read_tokens(library: bytes) -> Tokens:
    """Read the dictionaries out of a neonize library.

    Raises:
        LibraryError: they are not where such a library has them.
    """
    elf = SharedLibrary(library)
    singles = _strings(elf, _array_starting_with(elf, _FIRST_SINGLES) - _STRING, _SINGLES)
    first = _array_starting_with(elf, _FIRST_DOUBLES)
    for table in elf.pointed_from.get(first, []):
        slices = [
            (elf.pointers.get(table + _SLICE * d, 0), elf.integer(table + _SLICE * d + 8))
            for d in range(_DICTIONARIES)
        ]
        if all(0 < count <= _DICTIONARY_SIZE for _, count in slices):
            return Tokens(singles, tuple(_strings(elf, start, count) for start, count in slices))
    raise LibraryError("the two-byte token dictionaries are not in this library")


def _array_starting_with(elf: SharedLibrary, words: tuple[bytes, bytes]) -> int:
    for address in elf.addresses_of(words[0]):
        for place in elf.pointed_from.get(address, []):
            if all(_bytes(elf, place + _STRING * i) == word for i, word in enumerate(words)):
                return place
    raise LibraryError(f"no token table starts with {words[0].decode()}")


def _strings(elf: SharedLibrary, start: int, count: int) -> tuple[str, ...]:
    return tuple(_bytes(elf, start + _STRING * i).decode() for i in range(count))


def _bytes(elf: SharedLibrary, place: int) -> bytes:
    length = elf.integer(place + 8)
    return elf.read(elf.pointers[place], length) if length and place in elf.pointers else b""
