"""What to do when this process, or the whole machine, has stood still."""

import threading
import time
from typing import Final

from griot_chassis import clock
from griot_chassis.ending import end_now

LONGEST_S: Final = 6.0
"""Less than Kafka takes to miss a member of a group."""
_LOOKS_EVERY_S: Final = 0.2


class Standstill:
    """Ends this process at once if it ever stands still for longer than `LONGEST_S`.

    By then its partitions may be somebody else's, who has decided otherwise since, and what is woken with the
    process would go on as if nothing had been. A process that is gone cannot.
    """

    def __init__(self) -> None:
        self._seen = clock.elapsed()
        self._one_at_a_time = threading.Lock()

    def watch(self) -> None:
        """Look all the time, from a thread of its own."""
        threading.Thread(target=self._look_on, name="standstill", daemon=True).start()

    def look(self) -> None:
        """Return only if it did not stand still: for what must not be done by one that did."""
        with self._one_at_a_time:
            before, self._seen = self._seen, clock.elapsed()
            if self._seen - before > LONGEST_S:
                end_now(
                    "stood still: what it owned may be others' by now", seconds=round(self._seen - before)
                )

    def _look_on(self) -> None:
        while True:
            time.sleep(_LOOKS_EVERY_S)
            self.look()
