"""What the connections of one process have in common."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from session_manager.adapters.gate import Gate
from session_manager.adapters.leftovers import Leftovers
from session_manager.adapters.line import Line
from session_manager.adapters.turns import Turns
from session_manager.adapters.watch import Care

_SPARE_THREADS: Final = 16


class Shared:
    """One of it in a process."""

    def __init__(self, max_sessions: int, handshakes_at_once: int, care: Care, leftovers: Leftovers) -> None:
        """Make a thread for each of so many calls that may be under way at once, and some to spare."""
        self.turns = Turns(handshakes_at_once)
        self.care = care
        self.leftovers = leftovers
        self.gate = Gate()
        self.line = Line(self.gate)
        self.threads = ThreadPoolExecutor(max_sessions + _SPARE_THREADS, thread_name_prefix="whatsapp")
        self.stops: set[asyncio.Task[None]] = set()
