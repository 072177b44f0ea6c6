"""A dead letter: the record as it was, and where it came from."""

import pytest

from griot_contracts.dead_letters import DeadLetter

LETTER = DeadLetter("account.commands.v1", 3, 41, "quota", "not a SendMessage: to: missing")
ORIGINAL = [("ce_id", b"1"), ("theirs", b"\xff")]


def test_it_keeps_the_records_headers_and_says_where_it_came_from() -> None:
    assert LETTER.headers(ORIGINAL) == [
        *ORIGINAL,
        ("dl_topic", b"account.commands.v1"),
        ("dl_partition", b"3"),
        ("dl_offset", b"41"),
        ("dl_group", b"quota"),
        ("dl_reason", b"not a SendMessage: to: missing"),
    ]


def test_it_is_read_as_it_was_written() -> None:
    assert DeadLetter.from_headers(LETTER.headers(ORIGINAL)) == LETTER


def test_put_aside_again_it_says_the_last_place_only() -> None:
    again = DeadLetter("account.commands.v1", 3, 99, "quota", "still")

    assert DeadLetter.from_headers(again.headers(LETTER.headers(ORIGINAL))) == again


def test_headers_of_something_else_are_no_dead_letter() -> None:
    with pytest.raises(KeyError):
        DeadLetter.from_headers(ORIGINAL)
