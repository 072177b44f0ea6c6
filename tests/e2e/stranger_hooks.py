"""What OpenAPI has no words for: how the API's own formats look."""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import schemathesis
from hypothesis import strategies as st

A_TIME = re.compile(r"\d{4}-03-14T08:00:00Z")
"""One of `times`, below: what else is called a time is to be refused, or not, as it stands."""


def cursor(at_ms: int, id_: str) -> str:
    return base64.urlsafe_b64encode(f"{at_ms}:{id_}".encode()).decode()


recipients = st.one_of(
    st.integers(0, 99_999_999).map(lambda n: f"+2376{n:08d}"),
    st.integers(0, 99_999_999).map(lambda n: f"2376{n:08d}@s.whatsapp.net"),
    st.integers(10**9, 10**12).map(lambda n: f"{n}@lid"),
)
phones = st.integers(0, 99_999_999).map(lambda n: f"+2376{n:08d}")
emails = st.uuids().map(lambda id_: f"{id_}@example.com")
times = st.integers(2027, 2999).map(lambda year: f"{year}-03-14T08:00:00Z")

schemathesis.openapi.format("whatsapp-recipient", recipients)
schemathesis.openapi.format("phone", phones)
schemathesis.openapi.format("media-url", st.integers(0).map(lambda n: f"https://example.com/{n}.jpg"))
schemathesis.openapi.format("cursor", st.builds(cursor, st.integers(0, 4 * 10**12), st.uuids().map(str)))
schemathesis.openapi.format("email", emails)
schemathesis.openapi.format("date-time", times)


@schemathesis.hook("before_call")
def future_ends(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """A key ends in a time to come; a stranger who takes the time from another answer may be late with it."""
    body = case.body if isinstance(case.body, dict) else {}
    if case.operation.label == "POST /api/v1/keys" and _is_past(body.get("expiresAt")):
        body["expiresAt"] = "2036-03-14T08:00:00Z"


@schemathesis.hook("before_call")
def near_enough(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """A message is sent within the next 30 days; a schema has no words for bounds that move."""
    body = case.body if isinstance(case.body, dict) else {}
    at = body.get("sendAt")
    if (
        case.operation.label.startswith("POST /api/v1/messages")
        and isinstance(at, str)
        and (A_TIME.fullmatch(at) or _is_past(at))
    ):
        body["sendAt"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@schemathesis.hook("before_call")
def no_repeats(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Under another request's Idempotency-Key each would be refused, rightly; it has tests of its own."""
    given = (case.headers or {}).get("idempotency-key")
    if isinstance(given, str) and re.fullmatch(r"[ -~]{1,255}", given):
        del case.headers["idempotency-key"]


def _is_past(at: object) -> bool:
    try:
        return isinstance(at, str) and datetime.fromisoformat(at) <= datetime.now(UTC)
    except (ValueError, TypeError):
        return False  # no time, or one without its zone: it is to be refused
