"""`griot dead-letters`: what a consumer put aside is listed, shown, put back or dropped."""

import json
from typing import Any

import pytest

from griot_chassis.ids import new_id
from griot_chassis.log_scan import LogScan, RawRecord
from griot_chassis.raw_log import RawLog
from griot_chassis.records import Partition
from griot_contracts.dead_letters import DeadLetter
from griot_contracts.topics import ACCOUNT_COMMANDS, DEAD_LETTERS
from tests.integration.operator.conftest import OperatorFailedError, Run
from tests.support import eventually

SECRET = "what somebody wrote"

pytestmark = pytest.mark.usefixtures("griot")


async def test_what_was_put_aside_is_listed_shown_and_put_back_as_it_was(kafka: str, operator: Run) -> None:
    written = await unreadable(kafka)
    place = f"{written.at.topic}/{written.at.number}/{written.offset}"

    (letter,) = await eventually(lambda: listed(operator, place), what="it is put aside")
    assert letter["state"] == "open"
    assert letter["groups"] == "quota"
    assert "unknown type" in letter["reason"]
    shown = await operator("dead-letters", "show", place)
    assert "ce_type: griot.Nonsense.v9" in shown
    assert SECRET not in shown
    assert SECRET in await operator("dead-letters", "show", place, "--value")

    await operator("dead-letters", "retry", place)

    again = await last(kafka, written.at)
    assert again.offset > written.offset
    assert (again.key, again.value, again.headers) == (written.key, written.value, written.headers)
    assert await listed(operator, place) == []
    (settled,) = await listed(operator, place, "--settled")
    assert settled["state"] == "retried"


async def test_what_is_dropped_is_open_no_more(kafka: str, operator: Run) -> None:
    written = await unreadable(kafka)
    place = f"{written.at.topic}/{written.at.number}/{written.offset}"
    await eventually(lambda: listed(operator, place), what="it is put aside")

    await operator("dead-letters", "drop", place)

    assert await listed(operator, place) == []
    assert (await last(kafka, written.at)).offset == written.offset


async def test_what_is_only_named_and_expired_is_not_put_back_empty(kafka: str, operator: Run) -> None:
    named = DeadLetter(ACCOUNT_COMMANDS.name, 5, 1_000_000, "quota", "too large").without_its_record()
    place = f"{named.topic}/{named.partition}/{named.offset}"
    async with RawLog.open(kafka) as log:
        await log.append(DEAD_LETTERS.name, None, b"", named.headers([]))

    with pytest.raises(OperatorFailedError, match=f"Nothing is left to put back of {place}"):
        await operator("dead-letters", "retry", place)

    (letter,) = await listed(operator, place)
    assert letter["state"] == "open"
    await operator("dead-letters", "drop", place)
    assert await listed(operator, place) == []


async def unreadable(kafka: str) -> RawRecord:
    """A record that no version of quota can read; where it lies and how it looks."""
    headers = [("ce_id", new_id().encode()), ("ce_type", b"griot.Nonsense.v9"), ("theirs", b"\xff\x00")]
    headers += [(f"ce_{name}", b"x") for name in ("source", "time", "subject")]
    where = Partition(ACCOUNT_COMMANDS.name, 3)
    async with RawLog.open(kafka) as log:
        await log.append(where, b"\xfea key", SECRET.encode(), headers)
    return await last(kafka, where)


async def last(kafka: str, where: Partition) -> RawRecord:
    records = [record async for batch in LogScan(kafka, [where]).raw() for record in batch]
    return records[-1]


async def listed(operator: Run, place: str, *options: str) -> list[dict[str, Any]]:
    lines = (await operator("dead-letters", "list", "--json", *options)).splitlines()
    return [letter for line in lines if (letter := json.loads(line))["record"] == place]
