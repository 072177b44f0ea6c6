"""Topics: what the architecture says of them is what they are, and every type has one home."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from griot_contracts import topics
from griot_contracts.accounts import CommandDecided, RevokeKey
from griot_contracts.topics import ALL, TYPES, Topic
from tests.contract.test_cloudevents import NOON

ARCHITECTURE = Path(__file__).parents[2] / "ARCHITECTURE.md"
ROW = re.compile(
    r"\| (?P<name>[\w.-]+\.v\d+) \| (?P<key>[^|]+) \| (?P<partitions>\d+)"
    r" \| (?P<kept>[^|]+) \| (?P<whom>[^|]+) \|"
)
UNITS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}


def table() -> list[tuple[str, str | None, int, timedelta | None, bool]]:
    rows = [row for line in ARCHITECTURE.read_text().splitlines() if (row := ROW.match(line))]
    return [
        (
            row["name"],
            row["key"] if row["key"].endswith("_id") else None,
            int(row["partitions"]),
            kept(row["kept"]),
            row["whom"].startswith("public"),
        )
        for row in rows
    ]


def kept(words: str) -> timedelta | None:
    if words == "for ever":
        return None
    number = re.match(r"(\d+) (day|hour)", words)
    assert number is not None, words
    return int(number[1]) * UNITS[number[2]]


def test_the_topics_are_those_of_the_architecture() -> None:
    ours = [(topic.name, topic.key, topic.partitions, topic.kept, topic.public) for topic in ALL]

    assert sorted(ours, key=str) == sorted(table(), key=str)


def test_every_type_stands_in_one_topic_under_one_name() -> None:
    carried = [body for topic in ALL for body in topic.carries]

    assert len(carried) == len(set(carried)) == len(TYPES)


@pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.name)
def test_every_body_of_a_topic_names_its_key(topic: Topic) -> None:
    for body in topic.carries:
        assert topic.key is None or topic.key in body.model_fields


def test_topics_that_are_read_side_by_side_have_the_same_partitions() -> None:
    # The session manager reads the end of delivery.events.v1 in the partition of the number that it owns.
    assert topics.SESSION_COMMANDS.partitions == topics.DELIVERY_EVENTS.partitions
    assert topics.DISPATCH_COMMANDS.partitions == topics.DELIVERY_EVENTS.partitions
    assert topics.SESSION_EVENTS.partitions == topics.DELIVERY_EVENTS.partitions


def test_a_topic_refuses_what_it_does_not_carry() -> None:
    with pytest.raises(TypeError, match="does not carry CommandDecided"):
        topics.ACCOUNT_COMMANDS.key_of(CommandDecided(account_id="a", at=NOON))


def test_a_reply_has_no_key_for_its_partition_is_addressed() -> None:
    assert topics.REPLIES.key_of(CommandDecided(account_id="a", at=NOON)) is None
    assert topics.ACCOUNT_COMMANDS.key_of(RevokeKey(account_id="a", at=NOON, key_id="k")) == "a"
