"""The gate in front of the WhatsApp library: what must never meet in it, cannot."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SETTLED_AFTER_S: Final = 1.0
SHUT_AT_MOST_S: Final = 0.5


class Gate:
    """Keeps the library's calls apart where they would kill the process.

    The library (goneonize) keeps its clients in three plain Go maps without a lock. A connect writes all
    three in its first moments and reads two of them again when it begins to deliver events; a stop deletes
    from them; every other call looks its client up in one of them as the first thing it does. When a
    look-up or a write meets a write, the Go runtime aborts the whole process ("fatal error: concurrent map
    writes"), and nothing can catch that. So:

    - `writing`: one connect or stop at a time, and nothing else of the library while its hold lasts.
    - `calling`: any number of other calls at once, none while somebody writes; who is to write goes first.
    - `pinning`: as a call, for as long as it takes, for the connect's own later reads.

    A call may take long (a message that is never acknowledged: 75 s), but its look-up is over at once. So a
    writer waits for a call to return only while it is younger than `settled_after_s`; for a pin it always
    waits.

    A writer is announced before its turn comes, and where several are, as after a hand-over, they go one
    after the other while calls wait: each would have to wait for all calls of all sessions anew. Once the
    gate has been shut to calls for `shut_at_most_s`, those that wait go before the next writer.

    `calling`, `writing` and `pinning` block, and are meant for threads other than the event loop's.
    """

    def __init__(
        self, settled_after_s: float = SETTLED_AFTER_S, shut_at_most_s: float = SHUT_AT_MOST_S
    ) -> None:
        self._settled_after_s = settled_after_s
        self._shut_at_most_s = shut_at_most_s
        self._changed = threading.Condition()
        self._ids = itertools.count()
        self._waiting: set[int] = set()
        self._calls: dict[int, float] = {}
        self._pins: set[int] = set()
        self._announced: set[int] = set()
        self._writer: int | None = None
        self._shut_since = 0.0
        self._let_in = 0
        """Calls that came before this go before the next writer."""

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Around a call that looks its client up and writes nothing."""
        mine = next(self._ids)
        with self._changed:
            self._until_admitted(mine)
            self._calls[mine] = time.monotonic()
            if self._announced:
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                del self._calls[mine]
                if self._announced:
                    self._changed.notify_all()

    def announce(self) -> int:
        """Say that a writer is coming; returns what to give to `writing`, or to `withdraw` if it does not."""
        with self._changed:
            mine = next(self._ids)
            if self._writer is None and not self._announced:
                self._shut_since = time.monotonic()
            self._announced.add(mine)
        return mine

    def withdraw(self, announced: int) -> None:
        """It is not coming; no effect if it has been."""
        with self._changed:
            self._announced.discard(announced)
            self._changed.notify_all()

    def writing(self, announced: int | None = None) -> "Hold":
        """Wait until nothing of the library is under way, and keep it so until the hold is released.

        Args:
            announced: what `announce` gave; None for a writer that comes unannounced.
        """
        mine = self.announce() if announced is None else announced
        with self._changed:
            while (wait := self._until_clear()) is None or wait > 0:
                self._changed.wait(wait)
            self._writer = mine
            self._announced.discard(mine)
        return Hold(self, mine)

    def pinning(self) -> "Hold":
        """Keep writers out until the hold is released, and let calls through."""
        mine = next(self._ids)
        with self._changed:
            self._until_admitted(mine)
            self._pins.add(mine)
        return Hold(self, mine)

    def soften(self, hold: int) -> None:
        """Turn a writer's hold into a pin; no effect on any other."""
        with self._changed:
            if self._writer == hold:
                self._writer = None
                self._pins.add(hold)
                self._changed.notify_all()

    def release(self, hold: int) -> None:
        """End a hold; a repeat does nothing."""
        with self._changed:
            if self._writer == hold:
                self._writer = None
                self._breathe()
            self._pins.discard(hold)
            self._changed.notify_all()

    def _breathe(self) -> None:
        now = time.monotonic()
        if now >= self._shut_since + self._shut_at_most_s:
            self._shut_since, self._let_in = now, next(self._ids)

    def _until_admitted(self, call: int) -> None:
        self._waiting.add(call)
        self._changed.wait_for(lambda: self._admits(call))
        self._waiting.discard(call)

    def _admits(self, call: int) -> bool:
        """Whether a call may go now. While a pin keeps writers out, they need not be waited for."""
        return self._writer is None and (bool(self._pins) or not self._announced or call < self._let_in)

    def _until_clear(self) -> float | None:
        """Seconds until a writer may look again; 0 is now, None is when something changes."""
        if self._writer is not None or self._pins or any(call < self._let_in for call in self._waiting):
            return None
        youngest = max(self._calls.values(), default=None)
        return 0 if youngest is None else max(0.0, youngest + self._settled_after_s - time.monotonic())


class Hold:
    """What a writer or a pin has of the gate. May be released from any thread."""

    def __init__(self, gate: Gate, number: int) -> None:
        self._gate = gate
        self._number = number

    def soften(self) -> None:
        """The writes are over, the reads are not: let calls through, and go on keeping writers out."""
        self._gate.soften(self._number)

    def release(self) -> None:
        """Let everybody through. A repeat does nothing."""
        self._gate.release(self._number)
