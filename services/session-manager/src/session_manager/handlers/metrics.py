"""The session manager's metrics: name, kind, unit, and how to read it."""

from typing import Final

from prometheus_client import Counter, Gauge

SESSIONS: Final = Gauge("griot_sessions", "Sessions of this worker, by where they stand.", ["status"])
DELIVERIES: Final = Counter(
    "griot_deliveries_total", "Attempts that came to an end, by which; unknown is worth a look.", ["end"]
)
RECONNECTS: Final = Counter(
    "griot_session_reconnects_total",
    "Connections made anew by this worker; the library's own are not counted.",
)
