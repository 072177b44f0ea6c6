"""What the routes work with; the composition root builds it once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from api.allowances import Allowances
from api.ask import Ask
from api.freshness import Freshness
from api.keyring import Keyring
from api.live import Live
from api.overlay import Overlay
from api.pace import Pace
from api.reads import Reads
from api.seal import Seal
from api.settings import ApiSettings
from api.tickets import Tickets
from api.uses import KeyUses


@dataclass(frozen=True, slots=True)
class Parts:
    """The api's parts.

    Attributes:
        waiting_for: the names of what the instance waits for before it is ready; none means ready.
    """

    settings: ApiSettings
    ask: Ask
    reads: Reads
    overlay: Overlay
    live: Live
    keyring: Keyring
    allowances: Allowances
    tickets: Tickets
    seal: Seal
    pace: Pace
    uses: KeyUses
    fresh: Freshness
    now: Callable[[], datetime]
    waiting_for: Callable[[], Awaitable[list[str]]]


def parts_of(request: Request) -> Parts:
    """The parts of the app that a request came to."""
    parts: Parts = request.app.state.parts
    return parts


async def _parts(request: Request) -> Parts:
    return parts_of(request)


PartsOf = Annotated[Parts, Depends(_parts)]
