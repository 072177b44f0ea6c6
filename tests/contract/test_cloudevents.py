"""CloudEvents in Kafka's binary mode, both ways, and what cannot be read."""

import json
from datetime import UTC, datetime, timedelta, timezone
from traceback import format_exception

import pytest
from hypothesis import given
from hypothesis import strategies as st

from griot_contracts.accounts import AccountOpened, IssueKey, RevokeKey
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope, UnreadableRecordError, decode, encode, subject_of
from griot_contracts.ids import reply_address
from griot_contracts.messages import MessageFailed, MessageSent, SendMessage, TextContent
from griot_contracts.sessions import SessionDeleted
from griot_contracts.topics import REPLIES
from tests.contract.test_golden_samples import SAMPLES, Sample, each_sample

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
SECRET = "a text that nobody else may read"

texts = st.text(max_size=40)
moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))
bodies: st.SearchStrategy[Contract] = st.one_of(
    st.builds(SendMessage, content=st.builds(TextContent, text=texts), at=moments),
    st.builds(IssueKey, at=moments, expires_at=st.none() | moments),
    st.builds(MessageFailed, at=moments),
    st.builds(SessionDeleted, at=moments),
)
envelopes = st.builds(
    Envelope,
    body=bodies,
    id=texts,
    source=texts,
    subject=texts,
    correlation_id=st.none() | texts,
    causation_id=st.none() | texts,
    reply_to=st.none() | st.builds(reply_address, st.integers(0, REPLIES.partitions - 1)),
    traceparent=st.none() | texts,
)


@given(envelopes)
def test_what_is_written_is_read_as_it_was(envelope: Envelope[Contract]) -> None:
    assert decode(*encode(envelope)) == envelope


@given(envelopes)
def test_the_headers_are_those_of_cloudevents_in_binary_mode(envelope: Envelope[Contract]) -> None:
    headers = dict(encode(envelope)[0])

    assert headers["content-type"] == b"application/json"
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_type"].decode() == envelope.body.type()
    assert datetime.fromisoformat(headers["ce_time"].decode()) == envelope.body.at
    assert headers["ce_time"].endswith(b"+00:00")


def test_what_is_not_known_is_left_out() -> None:
    body = MessageSent(account_id="a", at=NOON, message_id="m", session_id="s", whatsapp_message_id="w")

    headers, value = encode(Envelope(body=body, id="1", source="/x", subject="m"))

    assert {name for name, _ in headers}.isdisjoint({"correlation_id", "causation_id", "reply_to"})
    assert None not in json.loads(value).values()


def test_headers_of_others_are_passed_over() -> None:
    headers, value = sample("SessionDeleted").record(sample("SessionDeleted").value)

    assert decode([("their", b"\xff\xfe own"), *headers], value) == decode(headers, value)


@each_sample
@pytest.mark.parametrize("name", ["ce_id", "ce_type", "ce_source", "ce_time", "ce_subject"])
def test_a_record_without_a_header_that_must_be_there_is_unreadable(sample: Sample, name: str) -> None:
    headers, value = sample.record(sample.value)

    with pytest.raises(UnreadableRecordError, match=name):
        decode([header for header in headers if header[0] != name], value)


def test_a_type_that_nobody_knows_is_unreadable() -> None:
    headers, value = sample("SendMessage").record(sample("SendMessage").value)
    other = [(name, b"griot.SendMessage.v9" if name == "ce_type" else raw) for name, raw in headers]

    with pytest.raises(UnreadableRecordError, match=r"griot\.SendMessage\.v9"):
        decode(other, value)


def test_a_header_that_is_no_text_is_unreadable() -> None:
    headers, value = sample("SendMessage").record(sample("SendMessage").value)

    with pytest.raises(UnreadableRecordError, match="UTF-8"):
        decode([*headers, ("reply_to", b"\xff")], value)


@pytest.mark.parametrize("name", ["ce_id", "traceparent"])
def test_a_header_without_a_value_is_unreadable(name: str) -> None:
    headers, value = sample("SendMessage").record(sample("SendMessage").value)

    with pytest.raises(UnreadableRecordError, match=name):
        decode([*headers, (name, None)], value)


@pytest.mark.parametrize("address", ["", "x", "replies.v1", "replies.v1/-1", "replies.v1/32", "other.v1/3"])
def test_an_address_that_no_answer_can_be_sent_to_is_unreadable(address: str) -> None:
    headers, value = sample("SendMessage").record(sample("SendMessage").value)
    others = [header for header in headers if header[0] != "reply_to"]

    with pytest.raises(UnreadableRecordError, match="reply_to"):
        decode([*others, ("reply_to", address.encode())], value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        SECRET.encode(),
        b"\xff\xfe",
        b"[]",
        json.dumps({"accountId": SECRET}).encode(),
        json.dumps({"content": {"type": "text", "text": {"deep": SECRET}}, "at": SECRET}).encode(),
    ],
)
def test_a_body_that_does_not_fit_is_unreadable_and_the_reason_keeps_its_content_to_itself(
    value: bytes | None,
) -> None:
    headers, _ = sample("SendMessage").record({})

    with pytest.raises(UnreadableRecordError, match="not a SendMessage") as caught:
        decode(headers, value)

    assert SECRET not in "".join(format_exception(caught.value))


@pytest.mark.parametrize(
    "at", ["2026-03-14T12:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_a_time_that_is_none_in_utc_is_unreadable(at: str) -> None:
    value = {**sample("SessionDeleted").value, "at": at}

    with pytest.raises(UnreadableRecordError, match="at"):
        decode(*sample("SessionDeleted").record(value))


def test_the_subject_is_the_narrowest_thing_that_is_named() -> None:
    sent = MessageSent(account_id="a", at=NOON, message_id="m", session_id="s", whatsapp_message_id="w")

    assert subject_of(sent) == "m"
    assert subject_of(SessionDeleted(account_id="a", at=NOON, session_id="s")) == "s"
    assert subject_of(RevokeKey(account_id="a", at=NOON, key_id="k")) == "k"
    assert subject_of(AccountOpened(account_id="a", at=NOON, email="e", password_hash="h")) == "a"


def sample(name: str) -> Sample:
    return SAMPLES[f"{name}.v1"]
