"""What the operator is shown of records: what was settled is settled, and nobody's words or secrets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from griot_chassis.log_scan import RawRecord
from griot_chassis.records import Partition
from griot_contracts.accounts import AccountOpened
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope, Headers, encode
from griot_contracts.dead_letters import DeadLetter, Settlement
from griot_contracts.messages import MessageAccepted, TextContent
from griot_contracts.topics import topic_of
from griot_operator.dead_letters import letters_of
from griot_operator.events import line_of

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
PLACE = "account.commands.v1/3/41"


def raw(headers: Headers, value: bytes = b"", seconds: int = 0) -> RawRecord:
    written_at = NOON + timedelta(seconds=seconds)
    return RawRecord(Partition("dead-letters.v1", 0), seconds, b"key", value, headers, written_at)


def letter(group: str = "quota", seconds: int = 0) -> RawRecord:
    about = DeadLetter("account.commands.v1", 3, 41, group, "unknown type")
    return raw(about.headers([("ce_id", b"1")]), b"value", seconds)


def settled(how: str, seconds: int) -> RawRecord:
    return raw(Settlement("account.commands.v1", 3, 41, how).headers(), seconds=seconds)


def told(body: Contract) -> RawRecord:
    headers, value = encode(Envelope(body, "r1", "/test", "s"))
    topic = topic_of(body)
    key = (topic.key_of(body) or "").encode()
    return replace(raw(headers, value), at=Partition(topic.name, 0), key=key)


def test_a_record_that_two_groups_could_not_read_is_one_letter() -> None:
    assert letters_of([letter("projector", 1), letter("dispatcher", 2)])[PLACE].groups == (
        "projector",
        "dispatcher",
    )


def test_what_was_done_about_a_letter_stands_in_the_log() -> None:
    assert letters_of([letter()])[PLACE].settled is None
    assert letters_of([settled("dropped", 5), letter()])[PLACE].settled == "dropped"


def test_something_that_is_neither_is_passed_over() -> None:
    assert letters_of([raw([("ce_id", b"1")])]) == {}


def test_a_text_and_a_number_are_shown_to_those_alone_who_ask() -> None:
    event = MessageAccepted(
        account_id="a1",
        at=NOON,
        message_id="m1",
        session_id="s1",
        to="237612345678@s.whatsapp.net",
        content=TextContent(text="our secret"),
    )

    shown = line_of(told(event))
    assert "MessageAccepted" in shown
    assert "messageId=m1" in shown
    assert "our secret" not in shown
    assert "2376" not in shown
    assert "our secret" in line_of(told(event), everything=True)


def test_an_address_and_a_hash_are_not_shown() -> None:
    event = AccountOpened(account_id="a1", at=NOON, email="ama@example.com", password_hash="argon2$x")

    assert "ama@example.com" not in line_of(told(event))
    assert "argon2" not in line_of(told(event))


def test_what_cannot_be_read_is_said_to_be_there() -> None:
    assert "cannot be read" in line_of(raw([("ce_id", b"1")]))
