"""How a record that cannot be read lies in dead-letters.v1.

Its own value and headers, and these beside them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from griot_contracts.cloudevents import FoundHeaders, Headers

_PREFIX = "dl_"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Where a record came from and why it was put aside.

    Attributes:
        topic: the topic it was read from, with `partition` and `offset`.
        group: the consumer group that could not read it.
        reason: why, in words without any of its content.
    """

    topic: str
    partition: int
    offset: int
    group: str
    reason: str

    def without_its_record(self) -> "DeadLetter":
        """The same, of a record that does not fit beside it."""
        return replace(self, reason=f"{self.reason} (too large to be kept here: see its own place)")

    def headers(self, original: FoundHeaders) -> Headers:
        """The headers of the dead letter: the original ones, then where it came from and why."""
        kept = [(name, value or b"") for name, value in original if not name.startswith(_PREFIX)]
        own = {"topic": self.topic, "partition": self.partition, "offset": self.offset}
        own |= {"group": self.group, "reason": self.reason}
        return kept + [(_PREFIX + name, str(value).encode()) for name, value in own.items()]

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes]]) -> "DeadLetter":
        """What `headers` wrote.

        Raises:
            KeyError: these are not a dead letter's headers.
        """
        found = {
            name.removeprefix(_PREFIX): value.decode() for name, value in headers if name.startswith(_PREFIX)
        }
        return cls(
            topic=found["topic"],
            partition=int(found["partition"]),
            offset=int(found["offset"]),
            group=found["group"],
            reason=found["reason"],
        )


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an operator did about a dead letter; it lies in dead-letters.v1 behind it, with an empty value.

    It has no `dl_reason`, so nobody takes it for a dead letter. It is of the record, whichever groups could
    not read it: what was put back on the topic comes to all of them, under a new offset.

    Attributes:
        topic: where the record lies, with `partition` and `offset`.
        how: `retried` (put back on its topic) or `dropped`.
    """

    topic: str
    partition: int
    offset: int
    how: str

    def headers(self) -> Headers:
        """The headers that say it."""
        own = {"settled": self.how, "topic": self.topic, "partition": self.partition, "offset": self.offset}
        return [(_PREFIX + name, str(value).encode()) for name, value in own.items()]

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes]]) -> "Settlement":
        """What `headers` wrote.

        Raises:
            KeyError: these are not a settlement's headers.
        """
        found = {name: value.decode() for name, value in headers if name.startswith(_PREFIX)}
        return cls(
            topic=found["dl_topic"],
            partition=int(found["dl_partition"]),
            offset=int(found["dl_offset"]),
            how=found["dl_settled"],
        )
