"""Which faults happen, in which order, and how far apart: all of it follows from the seed."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from griot_local.stack import PROGRAMS

BROKER: Final = "kafka"
DATABASE: Final = "mongo"
WHATSAPP: Final = "whatsapp"


class Kind(StrEnum):
    """What happens to the target."""

    KILL = "is killed"
    """SIGKILL; it is started again at once."""
    PAUSE = "is stopped for a while"
    """SIGSTOP: its connections stay open and nothing is answered."""
    RESTART = "is restarted in order"
    DROP = "is dropped"
    """A database, in the middle of what is written to it: what it held has to come back from the log."""
    CUT = "has its connections cut"
    CUT_ON_MESSAGE = "has a connection cut in the middle of a message that arrives"
    CUT_BEFORE_MESSAGE = "has a connection cut in the middle of a message that does not arrive"
    UNANSWERED = "does not answer to a message that arrives"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: what happens.
        target: the process, server, database or network that it happens to.
        after_s: how long after the fault before it.
        lasts_s: how long it lasts, for a pause.
    """

    kind: Kind
    target: str
    after_s: float
    lasts_s: float = 0.0

    def __str__(self) -> str:
        lasting = f" ({self.lasts_s:g} s)" if self.lasts_s else ""
        return f"{self.after_s:.1f} s later {self.target} {self.kind}{lasting}"


TWINS: Final = {
    "quota": "quota-2",
    "dispatcher": "dispatcher-2",
    "projector": "projector-2",
    "session-manager": "session-manager-2",
}
"""The other instance of those that share their work. Which of the two it happens to is the seed's choice."""

WRITERS: Final = {"griot_api": "projector", "griot_dispatcher": "dispatcher", "griot_quota": "quota"}
"""Who writes each of the databases that can be dropped."""

SHORT_S: Final = (1.0, 4.0)
PAST_THE_SESSION_S: Final = 14.0
"""Longer than a group waits for a member that says nothing: somebody else is the owner by then."""
A_MINUTE_S: Final = 60.0

_DECK: Final = (
    *((Kind.KILL, name) for name in (*PROGRAMS, BROKER, DATABASE)),
    *((Kind.PAUSE, name) for name in (*PROGRAMS, BROKER)),
    *((Kind.RESTART, name) for name in (BROKER, DATABASE)),
    *((Kind.CUT, name) for name in (BROKER, DATABASE, WHATSAPP)),
    (Kind.CUT_ON_MESSAGE, WHATSAPP),
    (Kind.CUT_BEFORE_MESSAGE, WHATSAPP),
    (Kind.UNANSWERED, WHATSAPP),
)
_DROPS: Final = tuple((Kind.DROP, name) for name in WRITERS)
_LONG_PAUSES: Final = ("quota", "dispatcher", "session-manager")


def plan(seed: int, *, long: bool = False) -> list[Fault]:
    """Every kind of fault to everything it can happen to, once each, in an order of the seed's.

    One process that decides is paused past its session's time, which one is the seed's to choose. In a
    `long` plan that is a minute, and the databases are dropped, too.
    """
    random = Random(seed)
    outlasted = random.choice(_LONG_PAUSES), A_MINUTE_S if long else PAST_THE_SESSION_S
    deck = _DECK + _DROPS if long else _DECK
    cards = random.sample(deck, k=len(deck))
    return [_fault(kind, name, outlasted, random) for kind, name in cards]


def _fault(kind: Kind, name: str, outlasted: tuple[str, float], random: Random) -> Fault:
    target = random.choice([name, TWINS.get(name, name)])
    after_s = round(random.uniform(0.2, 4.0), 1)
    if kind is not Kind.PAUSE:
        return Fault(kind, target, after_s)
    lasts_s = outlasted[1] if name == outlasted[0] else round(random.uniform(*SHORT_S), 1)
    return Fault(kind, target, after_s, lasts_s)
