"""What was measured."""

from dataclasses import dataclass
from statistics import median, quantiles

from tests.bench.processes import Used


@dataclass(frozen=True)
class Start:
    """From the start of the stack until every process said that it was ready.

    Attributes:
        parts: seconds until each part was ready, from when it was started itself.
        total_s: seconds until all were.
    """

    parts: dict[str, float]
    total_s: float


@dataclass(frozen=True)
class AtRest:
    """Processes with nothing to do: memory, and CPU as a part of one core."""

    memory_mib: dict[str, float]
    of_a_core: dict[str, float]


@dataclass(frozen=True)
class Latency:
    """How long answers took, in milliseconds, to so many clients that each wait before they ask again."""

    clients: int
    requests: int
    per_s: float
    median_ms: float
    p95_ms: float
    p99_ms: float
    used: Used

    @classmethod
    def of(cls, clients: int, took_s: list[float], used: Used) -> "Latency":
        hundredths = quantiles(took_s, n=100)
        return cls(
            clients,
            len(took_s),
            len(took_s) / used.wall_s,
            median(took_s) * 1000,
            hundredths[94] * 1000,
            hundredths[98] * 1000,
            used,
        )


@dataclass(frozen=True)
class Load:
    """Many messages, from the first request to the last message on the network.

    Attributes:
        sessions: how many sent.
        messages: how many messages.
        accepted_s: seconds until the last of them was accepted.
        arrived_s: seconds until the last of them was in the network's ledger.
        settled_s: seconds until the last of them was shown as delivered.
        used: CPU until then.
        strange: messages that came more than once, or that nobody could read.
    """

    sessions: int
    messages: int
    accepted_s: float
    arrived_s: float
    settled_s: float
    used: Used
    strange: int

    @property
    def per_s(self) -> float:
        return self.messages / self.arrived_s


@dataclass(frozen=True)
class Results:
    """Everything of one run."""

    empty: Start
    with_data: Start
    stored_messages: int
    fresh: AtRest
    after: AtRest
    latencies: list[Latency]
    griot: list[Load]
    bare: list[Load]
    bare_memory_mib: float
    took_s: float
