"""What answers look like, for the documentation: one account's story, told with the same ids throughout."""

from typing import Any, Final

from pydantic import ConfigDict

KEY: Final = "grt_live_4fQzT0b9wLxYv2NcR7sKj1MhD8pGe5Ua6c1f09e2"
KEY_ID: Final = "0197f0c1-77aa-7c3d-8f20-b1f6e1a9d452"
MESSAGE_ID: Final = "0197f0c2-9d1e-7a44-b7a5-0c6f0a6c1e11"
REQUEST_ID: Final = "0197f0c3-02b7-7f15-9c40-6d1c2b7ae903"
SESSION_ID: Final = "0197f0c2-41d3-7b0e-9a55-5d1f3c7e8a21"
_DAWN: Final = "2026-03-14T08:00:00.000Z"

ACCOUNT: Final[dict[str, Any]] = {
    "id": "6a2f41a3-c54c-5c1c-a9f3-8e0b7d21c604",
    "email": "ama@example.com",
    "name": "Ama's shop",
    "plan": "free",
    "sessionLimit": 10,
    "dailyMessageLimit": 100,
    "sentToday": 3,
    "resetsAt": "2026-03-15T00:00:00.000Z",
    "createdAt": _DAWN,
}
KEY_VIEW: Final[dict[str, Any]] = {
    "id": KEY_ID,
    "name": "web shop",
    "hint": KEY[:13],
    "scopes": ["messages:send", "messages:read"],
    "expiresAt": None,
    "createdAt": _DAWN,
    "lastUsedAt": "2026-03-14T09:30:00.120Z",
}
SESSION: Final[dict[str, Any]] = {
    "id": SESSION_ID,
    "session_key": "my-session",
    "status": "connected",
    "reason": None,
    "phone": "+237699000111",
    "desiredState": "connected",
    "isDefault": True,
    "whenDisconnected": "reject",
    "whenUnknown": "resend",
    "pacing": {"messagesPerMinute": 20, "jitter": 0.3, "dailyCap": 50},
    "createdAt": _DAWN,
    "statusChangedAt": "2026-03-14T08:00:31.512Z",
}
TAKEN: Final[dict[str, Any]] = {
    "id": MESSAGE_ID,
    "toPhone": "+237612345678",
    "type": "text",
    "status": "pending",
}
TAKEN_IMAGE: Final = TAKEN | {"type": "image"}
TAKEN_AUDIO: Final = TAKEN | {"type": "audio"}
MESSAGE: Final[dict[str, Any]] = TAKEN | {
    "status": "delivered",
    "sessionId": SESSION_ID,
    "message": "Hello",
    "caption": None,
    "ptt": None,
    "whatsappMessageId": "3EB0C767D26A1D2A4E3B",
    "sendAt": None,
    "reason": None,
    "createdAt": "2026-03-14T09:30:00.120Z",
}
TIMELINE: Final[list[dict[str, Any]]] = [
    {"status": "pending", "at": "2026-03-14T09:30:00.120Z"},
    {"status": "queued", "at": "2026-03-14T09:30:00.134Z"},
    {"status": "sending", "at": "2026-03-14T09:30:00.141Z", "attempt": 1},
    {"status": "sent", "at": "2026-03-14T09:30:00.302Z"},
    {"status": "delivered", "at": "2026-03-14T09:30:01.007Z"},
]
CURSOR: Final = "MTc3MzQ4MDYwMDEyMDowMTk3ZjBjMi05ZDFlLTdhNDQtYjdhNS0wYzZmMGE2YzFlMTE="
STREAM_EVENT: Final[dict[str, Any]] = {
    "event": "connected",
    "id": "s3q7",
    "data": '{"status":"connected","phone":"+237699000111","reason":null,"detail":null,'
    '"at":"2026-03-14T08:00:31.512Z"}',
}
PAIRING_CODE: Final[dict[str, Any]] = {"code": "K7QX-2M4P", "expiresAt": "2026-03-14T08:02:40.000Z"}
TICKET: Final[dict[str, Any]] = {
    "ticket": "WyIwMTk3ZjBjMi00MWQzIl0.abT2sA.3nZV9GQyGqf0kC2nq7tU2mJv8xE",
    "expiresAt": "2026-03-14T08:01:00.000Z",
}


def one(example: dict[str, Any]) -> ConfigDict:
    """The configuration that documents a model by one example."""
    return ConfigDict(json_schema_extra={"examples": [example]})
