"""The connections' metrics: name, kind, unit, and how to read it."""

from typing import Final

from prometheus_client import Counter, Gauge

HANDSHAKES: Final = Gauge(
    "griot_handshakes",
    "Sessions that wait for their turn to log in, and that log in; waiting for long means too many at once.",
    ["state"],
)
PROBES: Final = Counter(
    "griot_probes_total",
    "Questions to WhatsApp on connections where nothing came in, by what was found; silent is worth a look.",
    ["found"],
)
