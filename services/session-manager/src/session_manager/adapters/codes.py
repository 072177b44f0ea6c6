"""The QR codes that one connection shows, and for how long each is good."""

import time
from datetime import timedelta
from typing import Final

from session_manager.domain.standing import PairingEnded, QrShown

_FIRST, _NEXT = timedelta(seconds=60), timedelta(seconds=20)
_TIMER_SLACK: Final = timedelta(seconds=1)


class Codes:
    """The library shows one after the other, and does not say for how long."""

    def __init__(self) -> None:
        self._shown = 0
        self._end = 0.0

    def shown(self, code: str) -> QrShown:
        """The next code is shown from now on."""
        shown_for = _NEXT if self._shown else _FIRST
        self._shown += 1
        self._end = time.monotonic() + shown_for.total_seconds()
        return QrShown(code, shown_for)

    def ended(self, outcome: str) -> PairingEnded:
        """No further one comes; what the library says, and whether the last was shown for its whole time."""
        left = timedelta(seconds=self._end - time.monotonic())
        return PairingEnded(outcome, ran_out=left < _TIMER_SLACK)
