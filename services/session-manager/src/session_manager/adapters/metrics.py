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
LEFT_OPEN: Final = Counter(
    "griot_left_open_total",
    "What the WhatsApp library left open in this process, for as long as it lives, by what it was for: files "
    "or connections of a device store, threads. At GRIOT_WHATSAPP_LEFT_OPEN of them it begins anew in order.",
    ["what"],
)
