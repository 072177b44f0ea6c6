"""`griot dead-letters`: records that could not be read, and what is done about them.

What was done about one stands in dead-letters.v1 itself, behind it. Nothing else is kept, so the list is
right wherever and whenever it is asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Annotated, Final

import typer

from griot_chassis.log_scan import LogScan, RawRecord, partitions_of
from griot_chassis.raw_log import RawLog
from griot_chassis.records import Partition
from griot_contracts.dead_letters import DeadLetter, Settlement
from griot_contracts.topics import DEAD_LETTERS
from griot_operator.screen import Json, fail, moment, say, show
from griot_operator.settings import OperatorSettings

cli = typer.Typer(help="Records that could not be read.", no_args_is_help=True)

RETRIED: Final = "retried"
DROPPED: Final = "dropped"
_OUR_HEADERS: Final = "dl_"

Places = Annotated[list[str] | None, typer.Argument(help="topic/partition/offset, as `list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="All that are open.")]


@dataclass(frozen=True)
class Letter:
    """A record that was put aside, maybe by several groups, and what was done about it."""

    place: str
    record: RawRecord
    about: DeadLetter
    groups: tuple[str, ...]
    settled: str | None = None


def letters_of(records: Iterable[RawRecord]) -> dict[str, Letter]:
    """Every dead letter by its place, the oldest first, with what was done about it."""
    found: dict[str, Letter] = {}
    settled: dict[str, str] = {}
    for record in sorted(records, key=lambda one: one.written_at):
        try:
            about = DeadLetter.from_headers(record.headers)
        except KeyError:
            done = _settlement(record)
            settled |= {} if done is None else {_place(done): done.how}
            continue
        place, before = _place(about), found.get(_place(about))
        groups = () if before is None else tuple(name for name in before.groups if name != about.group)
        first = record if before is None else before.record
        found[place] = Letter(place, first, about, (*groups, about.group))
    return {
        place: Letter(place, one.record, one.about, one.groups, settled.get(place))
        for place, one in found.items()
    }


@cli.command("list")
def list_(
    *, settled: Annotated[bool, typer.Option("--settled", help="Those too.")] = False, as_json: Json = False
) -> None:
    """What is open: where each record lies, who could not read it, and why."""
    letters = asyncio.run(_letters())
    rows = (
        (
            one.place,
            ", ".join(one.groups),
            moment(one.record.written_at),
            one.settled or "open",
            one.about.reason,
        )
        for one in letters.values()
        if settled or one.settled is None
    )
    show(("record", "groups", "since", "state", "reason"), rows, as_json=as_json)


@cli.command("show")
def show_(
    place: Annotated[str, typer.Argument(help="topic/partition/offset")],
    *,
    value: Annotated[
        bool, typer.Option("--value", help="What it carries too: texts and secrets may be in it.")
    ] = False,
) -> None:
    """One of them, with its headers."""
    letter = _chosen(asyncio.run(_letters()), [place])[0]
    for name, text in (
        ("record", letter.place), ("groups", ", ".join(letter.groups)), ("since", letter.record.written_at),
        ("state", letter.settled or "open"), ("reason", letter.about.reason),
        ("key", _text(letter.record.key)), ("bytes", len(letter.record.value or b"")),
    ):  # fmt: skip
        say(f"{name:9}{text}")
    for header, raw in _original_headers(letter.record):
        say(f"  {header}: {_text(raw)}")
    if value:
        say(_text(letter.record.value))


@cli.command()
def retry(places: Places = None, *, all_: All = False) -> None:
    """Put records back on their topics as they were: for when the code that could not read them is mended."""
    asyncio.run(_settle(places or [], RETRIED, all_=all_))


@cli.command()
def drop(places: Places = None, *, all_: All = False) -> None:
    """Leave records aside for good."""
    asyncio.run(_settle(places or [], DROPPED, all_=all_))


async def _settle(places: list[str], how: str, *, all_: bool) -> None:
    settings = OperatorSettings()
    known = {place: one for place, one in (await _letters()).items() if one.settled is None}
    chosen = list(known.values()) if all_ else _chosen(known, places)
    nothing_left = []
    async with RawLog.open(settings.kafka_bootstrap) as log:
        for letter in chosen:
            if how == RETRIED and not await _put_back(letter, log, settings):
                nothing_left.append(letter.place)
                continue
            # A crash before this puts a record back twice, which its readers do not mind: the id is the same.
            done = Settlement(letter.about.topic, letter.about.partition, letter.about.offset, how)
            await log.append(letter.record.at, letter.record.key, b"", done.headers())
            say(f"{letter.place} {how}")
    if nothing_left:
        raise fail(f"Nothing is left to put back of {', '.join(nothing_left)}: drop what nobody can use.")


async def _put_back(letter: Letter, log: RawLog, settings: OperatorSettings) -> bool:
    """The record itself where its topic still keeps it; else the copy that was put aside, if there is one."""
    where = Partition(letter.about.topic, letter.about.partition)
    scan = LogScan(settings.kafka_bootstrap, [where])
    async with aclosing(scan.raw(starts={where: letter.about.offset})) as batches:
        original = await _first(batches, letter.about.offset)
    copy = letter.record
    if original is None:
        original = replace(copy, headers=_original_headers(copy))
    if not original.headers and not original.value:
        return False
    await log.append(where, original.key, original.value, original.headers)
    return True


async def _first(batches: AsyncIterator[list[RawRecord]], offset: int) -> RawRecord | None:
    async for batch in batches:
        for record in batch:
            return record if record.offset == offset else None
    return None


async def _letters() -> dict[str, Letter]:
    scan = LogScan(OperatorSettings().kafka_bootstrap, partitions_of(DEAD_LETTERS))
    return letters_of([record async for batch in scan.raw() for record in batch])


def _chosen(letters: dict[str, Letter], places: list[str]) -> list[Letter]:
    if not places:
        raise fail("Which? Name them as `griot dead-letters list` shows them, or say --all.")
    unknown = [place for place in places if place not in letters]
    if unknown:
        raise fail(f"No open dead letter: {', '.join(unknown)}")
    return [letters[place] for place in places]


def _settlement(record: RawRecord) -> Settlement | None:
    try:
        return Settlement.from_headers(record.headers)
    except KeyError:
        return None


def _place(of: DeadLetter | Settlement) -> str:
    return f"{of.topic}/{of.partition}/{of.offset}"


def _original_headers(record: RawRecord) -> list[tuple[str, bytes]]:
    return [(name, raw) for name, raw in record.headers if not name.startswith(_OUR_HEADERS)]


def _text(raw: bytes | None) -> str:
    return "-" if raw is None else raw.decode(errors="backslashreplace")
