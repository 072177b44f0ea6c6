"""Every metric of Griot's processes that the chassis keeps: its name, kind, unit, and how to read it."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

RECORDS_CONSUMED: Final = Counter(
    "griot_records_consumed_total",
    "Records handled to their end; its rate is the throughput.",
    ["topic", "group"],
)
BATCH_SECONDS: Final = Histogram(
    "griot_batch_seconds",
    "Time a batch took, retries included; long ones are waits.",
    ["group"],
    buckets=_SECONDS,
)
HANDLER_FAILURES: Final = Counter(
    "griot_handler_failures_total",
    "Times a batch or record was put off; growing without end means stuck.",
    ["group"],
)
RECORDS_PUBLISHED: Final = Counter(
    "griot_records_published_total", "Records given to the broker, repeats included.", ["topic"]
)
PUBLISH_SECONDS: Final = Histogram(
    "griot_publish_seconds", "Time from publishing to the last acknowledgement.", buckets=_SECONDS
)
PUBLISH_FAILURES: Final = Counter(
    "griot_publish_failures_total", "Publishings not acknowledged in time: the broker is away or slow."
)
DEAD_LETTERS: Final = Counter(
    "griot_dead_letters_total", "Records put aside as unreadable; any is worth a look.", ["topic", "group"]
)
PARTITIONS_OWNED: Final = Gauge(
    "griot_partitions_owned", "Partitions this process is the owner of.", ["group"]
)
