"""What to do when this process, or the whole machine, has stood still."""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

from griot_chassis.log import get_logger

log = get_logger(__name__)

_LOOKS_EVERY_S: Final = 0.2
STOOD_STILL: Final = 75
"""The process's exit code, sysexits' EX_TEMPFAIL: start it again."""


def end_after_standstill(longest_s: float, elapsed: Callable[[], float]) -> None:
    """End this process at once if it ever stands still for longer than `longest_s`.

    By then its partitions may be somebody else's, and so its sessions. The library, woken with the rest,
    would connect those anew by itself whose connection had broken meanwhile, and so take them from their new
    owner; nothing in it can be told not to. A process that is gone cannot, and what it leaves behind is what
    any worker that dies leaves.
    """
    threading.Thread(target=_watch, args=[longest_s, elapsed], name="standstill", daemon=True).start()


def _watch(longest_s: float, elapsed: Callable[[], float]) -> None:
    seen = elapsed()
    while True:
        time.sleep(_LOOKS_EVERY_S)
        before, seen = seen, elapsed()
        if seen - before > longest_s:
            log.critical(
                "stood still: its sessions may be other workers' by now", seconds=round(seen - before)
            )
            os._exit(STOOD_STILL)
