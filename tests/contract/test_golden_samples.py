"""Records as they were written once: every later version must read them, and write nothing that breaks them.

A sample in `golden/` is never edited. A new type brings its own; the next version of one stands beside it.
`value` has every field, `least` only those that must be there, `left_out` what the others then mean.
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from griot_contracts.accounts import Plan, Refusal, Scope
from griot_contracts.cloudevents import decode, encode
from griot_contracts.messages import MessageStatus
from griot_contracts.sessions import DesiredState, SessionStatus, WhenDisconnected, WhenUnknown
from griot_contracts.topics import TYPES, topic_of

FOLDER = Path(__file__).parent / "golden"

# A value may be added; to take one away, or to write it otherwise, breaks whoever reads or wrote it.
VALUES: dict[type[StrEnum], set[str]] = {
    Plan: {"free", "pro"},
    Scope: {"messages:send", "messages:read", "sessions:manage", "keys:manage"},
    Refusal: {
        "no_such_account",
        "no_such_key",
        "no_such_session",
        "email_taken",
        "session_key_taken",
        "session_limit_reached",
        "key_limit_reached",
        "daily_limit_reached",
        "idempotency_key_reused",
        "nothing_decided",
        "message_not_cancellable",
        "account_suspended",
    },
    SessionStatus: {
        "starting",
        "awaiting_scan",
        "connected",
        "disconnected",
        "logged_out",
        "restricted",
        "failed",
        "deleted",
    },
    DesiredState: {"connected", "disconnected"},
    WhenDisconnected: {"reject", "queue"},
    WhenUnknown: {"resend", "fail"},
}
STATUSES_IN_ORDER = [
    "pending", "rejected", "queued", "sending", "unknown", "cancelled", "failed", "sent", "delivered", "read",
]  # fmt: skip


class Sample(NamedTuple):
    topic: str
    key: str | None
    headers: dict[str, str]
    value: dict[str, Any]
    least: dict[str, Any]
    left_out: dict[str, Any]

    def record(self, value: dict[str, Any]) -> tuple[list[tuple[str, bytes]], bytes]:
        headers = [(name, text.encode()) for name, text in self.headers.items()]
        return headers, json.dumps(value).encode()


SAMPLES = {path.stem: Sample(**json.loads(path.read_text())) for path in sorted(FOLDER.glob("*.json"))}
each_sample = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())


def test_every_type_has_its_sample_and_every_sample_its_type() -> None:
    assert {sample.headers["ce_type"] for sample in SAMPLES.values()} == set(TYPES)


@each_sample
def test_what_was_written_once_is_read_and_would_be_written_again(sample: Sample) -> None:
    headers, value = encode(decode(*sample.record(sample.value)))

    assert dict(headers) == {name: text.encode() for name, text in sample.headers.items()}
    assert holds(json.loads(value), sample.value)


@each_sample
def test_what_was_left_out_once_may_still_be_left_out_and_means_the_same(sample: Sample) -> None:
    body = decode(*sample.record(sample.least)).body

    meant = body.model_dump(mode="json", by_alias=True)
    assert holds(meant, {**sample.least, **sample.left_out})


@each_sample
def test_a_field_of_a_newer_version_is_passed_over(sample: Sample) -> None:
    newer = decode(*sample.record({**sample.value, "addedLater": {"by": "somebody"}}))

    assert newer == decode(*sample.record(sample.value))


@each_sample
def test_it_goes_to_the_same_topic_under_the_same_key(sample: Sample) -> None:
    body = decode(*sample.record(sample.value)).body

    assert (topic_of(body).name, topic_of(body).key_of(body)) == (sample.topic, sample.key)


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_the_values_of_an_enumeration_stay(kind: type[StrEnum]) -> None:
    assert VALUES[kind] <= {member.value for member in kind}


def test_the_statuses_of_a_message_stay_in_their_order() -> None:
    ranks = [MessageStatus(status).rank for status in STATUSES_IN_ORDER]

    assert ranks == sorted(ranks)


def holds(newer: object, older: object) -> bool:
    """Whether `newer` says all that `older` says; fields that were added do not matter."""
    if isinstance(newer, dict) and isinstance(older, dict):
        return all(name in newer and holds(newer[name], value) for name, value in older.items())
    return newer == older
