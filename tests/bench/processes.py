"""What a process uses, as the kernel counts it."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20
_UTIME, _STIME = 11, 12  # counted from after the program's name, which may hold anything
_IDLE, _IOWAIT = 3, 4

Pids = Mapping[str, int]
"""Processes by the names they have in the report."""


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS_PER_S


def resident_mib(pid: int) -> float:
    """The memory of a process that is in RAM."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MIB


@dataclass(frozen=True)
class Used:
    """What was used between two moments.

    Attributes:
        cpu_s: CPU seconds by process.
        others_s: CPU seconds of everything else on the machine: what the run had to share with.
        wall_s: how long it was.
    """

    cpu_s: dict[str, float]
    others_s: float
    wall_s: float

    def ms_each(self, messages: int) -> dict[str, float]:
        """CPU milliseconds for each message, by process."""
        return {name: seconds * 1000 / messages for name, seconds in self.cpu_s.items()}

    @property
    def others_share(self) -> float:
        """How much of the whole machine the others had, from 0 to 1."""
        return self.others_s / (self.wall_s * (os.cpu_count() or 1))


class Meter:
    """Counts from when it is made until `stop`. A process that was restarted meanwhile cannot be measured."""

    def __init__(self, pids: Pids) -> None:
        self._pids = dict(pids)
        self._before = {name: cpu_seconds(pid) for name, pid in self._pids.items()}
        self._busy = _machine_busy_s()
        self._started = time.monotonic()

    def stop(self) -> Used:
        """What was used since.

        Raises:
            FileNotFoundError: a process is gone.
        """
        used = {name: cpu_seconds(pid) - self._before[name] for name, pid in self._pids.items()}
        others = max(_machine_busy_s() - self._busy - sum(used.values()), 0)
        return Used(used, others, time.monotonic() - self._started)


def _machine_busy_s() -> float:
    """CPU seconds that were not idle, of all cores."""
    times = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(times) - times[_IDLE] - times[_IOWAIT]) / _TICKS_PER_S
