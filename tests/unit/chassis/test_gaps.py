"""What a fetch left out is noticed by the offset that comes next."""

from aiokafka import ConsumerRecord

from griot_chassis.gaps import Gaps
from griot_chassis.records import Partition
from griot_contracts.topics import KEY_USES, SESSION_COMMANDS

HERE, THERE = Partition(SESSION_COMMANDS.name, 1), Partition(SESSION_COMMANDS.name, 2)


def test_what_goes_on_where_it_ended_has_no_gap() -> None:
    gaps = Gaps([SESSION_COMMANDS])

    assert gaps.found([at(HERE, 7), at(HERE, 8), at(THERE, 1)], {HERE: 7, THERE: 1}) == set()


def test_only_the_partition_that_begins_too_late_is_read_again() -> None:
    gaps = Gaps([SESSION_COMMANDS])

    assert gaps.found([at(HERE, 9), at(THERE, 1)], {HERE: 7, THERE: 1}) == {HERE}


def test_what_stays_away_however_often_it_is_read_holds_nobody_up() -> None:
    gaps, wanted = Gaps([SESSION_COMMANDS]), {HERE: 7}

    assert any(not gaps.found([at(HERE, 9)], wanted) for _ in range(100))


def test_a_compacted_topic_is_full_of_gaps() -> None:
    uses = Partition(KEY_USES.name, 0)

    assert Gaps([KEY_USES]).found([at(uses, 9)], {uses: 7}) == set()


def at(where: Partition, offset: int) -> ConsumerRecord:
    return ConsumerRecord(
        topic=where.topic, partition=where.number, offset=offset, timestamp=0, timestamp_type=1, key=None,
        value=None, checksum=None, serialized_key_size=0, serialized_value_size=0, headers=(),
    )  # fmt: skip
