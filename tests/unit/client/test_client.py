"""What holds without a server: the two clients are one, settings, secrets."""

import inspect
import pickle
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from griot import (
    AsyncGriot,
    AuthenticationError,
    Griot,
    LimitReachedError,
    MessageFailedError,
    Problem,
    SessionFailedError,
    _calls,
)
from griot._following import _has_reached
from griot._target import Target
from griot.events import ErrorEvent
from griot.models import Message

TWIN = Path(__file__).parents[3] / "clients/python/twin.py"
KEY = "grt_live_secret"
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
FAILED = Message(id="m1", to_phone="+1", type="text", status="failed", session_id="s1", created_at=NOON)


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRIOT_KEY", raising=False)
    monkeypatch.delenv("GRIOT_URL", raising=False)


def test_the_blocking_client_is_what_make_client_makes_of_the_asynchronous_one() -> None:
    told = subprocess.run([sys.executable, TWIN, "--check"], capture_output=True, check=False, text=True)

    assert told.returncode == 0, f"run `make client`: {told.stderr}"


@pytest.mark.parametrize("resource", ["", "keys", "sessions", "messages"])
def test_both_clients_have_the_same_methods(resource: str) -> None:
    one, other = Griot(KEY), AsyncGriot(KEY)
    if resource:
        assert _methods(getattr(one, resource)) == _methods(getattr(other, resource))
    else:
        assert _methods(one) == _methods(other)


def test_the_environment_is_asked_for_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIOT_KEY", f"{KEY}\n")
    monkeypatch.setenv("GRIOT_URL", "http://griot.example/")

    assert Target.of(None, None) == Target("http://griot.example", KEY)
    assert Target.of("other", "https://elsewhere.example") == Target("https://elsewhere.example", "other")


def test_without_an_address_griot_is_on_this_machine() -> None:
    assert Target.of(KEY, None).base_url == "http://127.0.0.1:8080"


def test_without_a_key_nothing_is_asked() -> None:
    with pytest.raises(AuthenticationError, match="GRIOT_KEY"):
        Griot()


def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="http://"):
        Griot(KEY, base_url="localhost:8080")


def test_neither_the_key_nor_a_text_is_shown_by_accident() -> None:
    sending = _calls.Sending("+1", None, None, None, None)
    text = _calls.send_text(sending, "a secret text")
    media = _calls.send_media(sending, "https://x.example/secret", "image", "a secret caption")
    account = _calls.open_account("a@example.com", "a secret password", None, None)

    assert "secret" not in repr(Griot(KEY)) + repr(Target.of(KEY, None)) + repr([text, media, account])
    assert "secret" not in repr(MessageFailedError(FAILED.model_copy(update={"text": "a secret text"})))


def test_an_id_cannot_lead_elsewhere() -> None:
    assert _calls.read_session("../keys?x=1").path == "/sessions/..%2Fkeys%3Fx%3D1"
    with pytest.raises(ValueError, match="id is missing"):
        _calls.read_session("")


def test_only_filters_that_were_given_are_asked_for() -> None:
    call = _calls.list_messages(
        status="failed", session_id=None, type_=None, to="+1", since=NOON, until=None, page_size=None
    )

    assert call.params == {"status": "failed", "to": "+1", "from": NOON.isoformat()}


@pytest.mark.parametrize(
    ("status", "wanted", "reached"),
    [
        ("delivered", "delivered", True),
        ("read", "delivered", True),
        ("sent", "delivered", False),
        ("unknown", "sent", False),
        ("failed", "failed", True),
        ("a status of tomorrow", "sent", False),
    ],
)
def test_a_status_is_reached_by_itself_or_one_further_on(status: str, wanted: str, *, reached: bool) -> None:
    assert _has_reached(status, wanted) is reached


@pytest.mark.parametrize(
    "error",
    [
        LimitReachedError(Problem("daily_limit_reached", "All sent.", 429, resets_at=NOON)),
        MessageFailedError(FAILED),
        SessionFailedError(
            ErrorEvent(code="logged_out", detail=None, retryable=True, status="logged_out", at=NOON)
        ),
    ],
)
def test_an_error_survives_the_way_out_of_a_worker_process(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))

    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def _methods(resource: Any) -> dict[str, list[tuple[str, Any, Any]]]:
    names = {"close"} | {name for name in dir(resource) if not name.startswith("_")}
    found = {name: getattr(resource, name, None) for name in names}
    return {
        name: [(one.name, one.kind, one.default) for one in inspect.signature(method).parameters.values()]
        for name, method in found.items()
        if inspect.ismethod(method)
    }
