"""What the library's words about a send mean."""

import pytest

from session_manager.domain.outcomes import Doubtful, Refused, outcome_of


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("timed out waiting for message send response", "no_answer"),
        ("websocket disconnected before message send returned response", "connection_lost"),
        ("websocket disconnected before message send (retry) returned response", "connection_lost"),
        ("websocket not connected", "connection_lost"),
        ("failed to send message node: use of closed connection", "connection_lost"),
        ("something that nobody has seen yet", "unexpected_error"),
    ],
)
def test_what_may_have_been_sent_is_in_doubt(words: str, reason: str) -> None:
    assert outcome_of(words) == Doubtful(reason)


@pytest.mark.parametrize(
    ("words", "reason", "retryable"),
    [
        ("failed to send message node: websocket not connected", "session_not_connected", True),
        ("the store doesn't contain a device JID", "session_not_connected", True),
        ("no LID found for 237650000002@s.whatsapp.net from server", "recipient_not_on_whatsapp", False),
        ("failed to get device list: info query timed out", "recipient_lookup_failed", True),
        ("can't send message to unknown server example.org", "recipient_not_supported", False),
        ("server returned error 463", "recipient_must_write_first", False),
        ("server returned error 429", "rate_limited", True),
        ("server returned error 503", "whatsapp_unavailable", True),
        ("server returned error 479", "refused_by_whatsapp", False),
    ],
)
def test_what_reached_nobody_has_failed(words: str, reason: str, *, retryable: bool) -> None:
    outcome = outcome_of(words)

    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.retryable) == (reason, retryable)


def test_the_code_of_a_refusal_is_told_and_no_number_of_anybody() -> None:
    assert outcome_of("server returned error 479") == Refused(
        "refused_by_whatsapp", retryable=False, detail="WhatsApp's server answered with error 479"
    )
    unknown = outcome_of("no LID found for 237650000002@s.whatsapp.net from server")

    assert "237650000002" not in repr(unknown)
