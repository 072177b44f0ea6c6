"""The results as markdown."""

import os
from collections.abc import Iterable, Sequence

from tests.bench.bare_neonize import NEONIZE, NETWORK
from tests.bench.griot import THIS_PROGRAM
from tests.bench.results import Load, Results

_READY_AIM_S = 30
_MEDIAN_AIM_MS = 25
_RATIO_AIM = 0.3
_BESIDE = (NETWORK, THIS_PROGRAM)  # what is no part of Griot


def report(results: Results) -> str:
    """Every table, one after the other."""
    tables = [
        ("Against the aims", _aims(results)),
        ("From the start until all is ready (seconds)", _starts(results)),
        ("At rest", _at_rest(results)),
        ("202 on POST /api/v1/messages", _latencies(results)),
        ("Messages end to end", _loads(results)),
        ("CPU milliseconds a message", _cpu(results)),
    ]
    parts = [f"## {title}\n\n{table}" for title, table in tables]
    return "\n\n".join([*parts, _footnote(results)])


def _aims(results: Results) -> str:
    one, *_ = results.latencies
    ratio = results.griot[-1].per_s / results.bare[-1].per_s
    slowest = max(results.empty.total_s, results.with_data.total_s)
    sessions = results.griot[-1].sessions
    return _table(
        ["", "aim", "measured", ""],
        [
            ["ready", f"{_READY_AIM_S} s", f"{slowest:.1f} s", _held(slowest <= _READY_AIM_S)],
            [
                "202, one client, median", f"{_MEDIAN_AIM_MS} ms", f"{one.median_ms:.1f} ms",
                _held(one.median_ms <= _MEDIAN_AIM_MS),
            ],
            [
                f"{sessions} sessions end to end, of bare neonize's rate", f"{_RATIO_AIM}", f"{ratio:.2f}",
                _held(ratio >= _RATIO_AIM),
            ],
        ],
    )  # fmt: skip


def _held(yes: bool) -> str:  # noqa: FBT001  # it is the one thing it is told
    return "reached" if yes else "**missed**"


def _starts(results: Results) -> str:
    empty, again = results.empty, results.with_data
    rows = [[name, f"{empty.parts[name]:.1f}", f"{again.parts[name]:.1f}"] for name in empty.parts]
    total = ["**all**", f"**{empty.total_s:.1f}**", f"**{again.total_s:.1f}**"]
    with_data = f"{results.griot[-1].sessions} sessions and {results.stored_messages:,} messages"
    return _table(["", "empty folder", with_data], [*rows, total])


def _at_rest(results: Results) -> str:
    fresh, after = results.fresh, results.after
    rows = [
        [
            name,
            f"{fresh.memory_mib[name]:.0f}",
            f"{after.memory_mib[name]:.0f}",
            f"{fresh.of_a_core[name]:.1%}",
            f"{after.of_a_core[name]:.1%}",
        ]
        for name in fresh.memory_mib
    ]
    sums = [f"{sum(memory.values()):.0f}" for memory in (fresh.memory_mib, after.memory_mib)]
    cpu = [f"{sum(part.values()):.1%}" for part in (fresh.of_a_core, after.of_a_core)]
    heads = ["", "MiB, fresh", "MiB, after the load", "of a core, fresh", "of a core, after"]
    return _table(heads, [*rows, ["all", *sums, *cpu]])


def _latencies(results: Results) -> str:
    rows = [
        [
            f"{one.clients}", f"{one.requests}", f"{one.per_s:.0f}",
            f"{one.median_ms:.1f}", f"{one.p95_ms:.1f}", f"{one.p99_ms:.1f}", f"{one.used.others_share:.0%}",
        ]
        for one in results.latencies
    ]  # fmt: skip
    return _table(["clients", "requests", "a second", "median ms", "p95 ms", "p99 ms", "others' CPU"], rows)


def _loads(results: Results) -> str:
    rows = [_load(f"Griot, {_sessions(load)}", load) for load in results.griot]
    rows += [_load(f"bare neonize, {_sessions(load)}", load) for load in results.bare]
    pairs = zip(results.griot, results.bare, strict=True)
    rows += [
        [f"**ratio, {_sessions(griot)}**", "", "", "", f"**{griot.per_s / bare.per_s:.2f}**", "", ""]
        for griot, bare in pairs
    ]
    heads = [
        "",
        "messages",
        "accepted in s",
        "arrived in s",
        "a second",
        "delivered shown in s",
        "others' CPU",
    ]
    return _table(heads, rows)


def _load(name: str, load: Load) -> list[str]:
    odd = f" ({load.strange} came twice or to nobody)" if load.strange else ""
    return [
        name,
        f"{load.messages}{odd}",
        f"{load.accepted_s:.1f}",
        f"{load.arrived_s:.1f}",
        f"{load.per_s:.0f}",
        f"{load.settled_s:.1f}",
        f"{load.used.others_share:.0%}",
    ]


def _cpu(results: Results) -> str:
    loads = [*results.griot, *results.bare]
    each = [load.used.ms_each(load.messages) for load in loads]
    names = dict.fromkeys(name for ms in each for name in ms)
    ours = [name for name in names if name not in _BESIDE]
    rows = [[name, *(_ms(ms.get(name)) for ms in each)] for name in ours]
    rows.append(["**all of these**", *(f"**{sum(ms.get(name, 0) for name in ours):.2f}**" for ms in each)])
    rows += [[name, *(_ms(ms.get(name)) for ms in each)] for name in _BESIDE]
    heads = [f"Griot, {_sessions(load)}" for load in results.griot]
    heads += [f"bare, {_sessions(load)}" for load in results.bare]
    return _table(["", *heads], rows)


def _ms(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.2f}"


def _sessions(load: Load) -> str:
    return "one session" if load.sessions == 1 else f"{load.sessions} sessions"


def _footnote(results: Results) -> str:
    return (
        f"{NEONIZE} alone, with {results.bare[-1].sessions} clients connected, holds "
        f"{results.bare_memory_mib:.0f} MiB. Measured on {os.cpu_count()} cores in {results.took_s:.0f} s."
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
