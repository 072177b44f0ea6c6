"""The ledger: every message the network ever took, which tests compare other stories with.

It only ever grows. Writing costs the same however much it holds, and so does reading what changed lately.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fakewhatsapp.model import Kind


@dataclass(slots=True)
class Entry:
    """One message, and all that is known of what became of it."""

    id: str
    """The id its sender gave it."""
    sender: str
    recipient: str
    """Numbers with their plus signs."""
    kind: Kind
    text: str
    """The text, or the caption; empty where no phone could read it."""
    at: datetime
    """When the network took it first."""
    times: int = 0
    """How often it came: more than once when the sender repeated it, which a phone shows once."""
    devices: list[str] = field(default_factory=list)
    """The recipient's devices that it reached: those that exist, and could read it where they are phones."""
    acked: bool = False
    """Whether the network has told the sender that it has the message."""
    error: int | None = None
    """The code of the refusal, where the network refused it."""
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    """When the recipient confirmed it; None: not yet."""
    revision: int = 0
    """Grows with every change of any entry: what is greater is newer."""

    @property
    def reached(self) -> bool | None:
        """Whether it reached a device of its recipient; None: the network refused it, so it was not to."""
        return bool(self.devices) if self.error is None else None

    def as_json(self) -> dict[str, Any]:
        """The entry as JSON has it."""
        fields = asdict(self)
        times = {name: one.isoformat() for name, one in fields.items() if isinstance(one, datetime)}
        return {**fields, **times}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries: those that fit everything given here."""

    sender: str | None = None
    recipient: str | None = None
    text: str | None = None
    """The whole text."""
    reached: bool | None = None
    """Whether it reached any device of its recipient; what the network refused is neither."""
    acked: bool | None = None
    since: int = 0
    """Only what has changed after this revision."""

    def fits(self, entry: Entry) -> bool:
        """Whether the entry is one of them."""
        return (
            self.sender in (None, entry.sender)
            and self.recipient in (None, entry.recipient)
            and self.text in (None, entry.text)
            and self.reached in (None, entry.reached)
            and self.acked in (None, entry.acked)
        )


_ALL = Filter()
_MOST_EARLY = 1000


class Ledger:
    """Everything the network took, by the messages' ids."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()  # what changed last stands last
        self._by_recipient: dict[str, list[Entry]] = {}
        self._early: OrderedDict[str, list[tuple[str, datetime]]] = OrderedDict()
        self._revision = 0

    def record(
        self,
        message_id: str,
        sender: str,
        recipient: str,
        at: datetime,
        *,
        kind: Kind = Kind.TEXT,
        text: str = "",
        devices: Iterable[str] = (),
    ) -> Entry:
        """A message came in, for the first time or again.

        Args:
            message_id: the id its sender gave it.
            sender: the sender's number.
            recipient: the recipient's number.
            at: when.
            kind: what it carries.
            text: its text or caption, as the recipient's phone reads it.
            devices: the recipient's devices that it reached.
        """
        entry = self._entries.get(message_id)
        if entry is None:
            entry = self._entries[message_id] = Entry(message_id, sender, recipient, kind, text, at)
            self._by_recipient.setdefault(recipient, []).append(entry)
            for confirmation in self._early.pop(message_id, []):
                self._confirm(entry, *confirmation)
        entry.times += 1
        entry.devices += [device for device in devices if device not in entry.devices]
        return self._changed(entry)

    def reach(self, message_id: str, devices: Iterable[str], *, kind: Kind, text: str) -> None:
        """A message reached devices that could not read it before, because it was encrypted for them anew."""
        entry = self._entries.get(message_id)
        if entry is not None:
            entry.kind, entry.text = kind, text
            entry.devices += [device for device in devices if device not in entry.devices]
            self._changed(entry)

    def acknowledge(self, message_id: str, error: int | None = None) -> None:
        """The network has answered its sender: it took the message, or refused it with this code."""
        entry = self._entries.get(message_id)
        if entry is not None:
            entry.acked, entry.error = error is None, error
            self._changed(entry)

    def confirm(self, message_id: str, kind: str, at: datetime) -> None:
        """The recipient has confirmed a message: the empty kind is its delivery, `read` its being read.

        It may come first: a phone confirms while it is handed a message, which is written down after that.
        """
        entry = self._entries.get(message_id)
        if entry is not None:
            self._confirm(entry, kind, at)
            return
        self._early.setdefault(message_id, []).append((kind, at))
        if len(self._early) > _MOST_EARLY:  # ids that never come: what phones write is not in here
            self._early.popitem(last=False)

    def by_id(self, message_id: str) -> Entry | None:
        """The message with this id."""
        return self._entries.get(message_id)

    def entries(self, which: Filter = _ALL) -> list[Entry]:
        """The messages that fit, the one that changed last at the end."""
        return [entry for entry in self._newer_than(which.since) if which.fits(entry)]

    def count(self, which: Filter = _ALL) -> int:
        """How many messages fit."""
        if which == _ALL:
            return len(self._entries)
        return len(self.entries(which))

    def texts_to(self, number: str) -> list[str]:
        """The texts sent to a number, in the order in which they came."""
        return [entry.text for entry in self._by_recipient.get(number, [])]

    def unreached(self) -> list[Entry]:
        """The messages that reached no device of their recipient: accepted, and nobody can read them."""
        return self.entries(Filter(reached=False))

    def repeated(self) -> list[list[Entry]]:
        """The same text to the same recipient under other ids: what a sender that lost its memory does."""
        same: dict[tuple[str, str, str], list[Entry]] = {}
        for entries in self._by_recipient.values():
            for entry in entries:
                same.setdefault((entry.sender, entry.recipient, entry.text), []).append(entry)
        return [entries for entries in same.values() if len(entries) > 1]

    @property
    def revision(self) -> int:
        """The revision of the last change: a `Filter` with `since` set to it finds what comes after."""
        return self._revision

    def export(self, file: Path) -> None:
        """Write everything, one JSON object a line."""
        lines = (json.dumps(entry.as_json(), ensure_ascii=False) for entry in self._entries.values())
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def _confirm(self, entry: Entry, kind: str, at: datetime) -> None:
        if kind == "read":
            entry.read_at = entry.read_at or at
        elif not kind:
            entry.delivered_at = entry.delivered_at or at
        self._changed(entry)

    def _changed(self, entry: Entry) -> Entry:
        self._revision += 1
        entry.revision = self._revision
        self._entries.move_to_end(entry.id)
        return entry

    def _newer_than(self, revision: int) -> list[Entry]:
        if not revision:
            return list(self._entries.values())
        newest_first = []
        for entry in reversed(self._entries.values()):
            if entry.revision <= revision:
                break
            newest_first.append(entry)
        return newest_first[::-1]
