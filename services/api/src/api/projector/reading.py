"""What the projector reads."""

from typing import Final

from griot_contracts.topics import ACCOUNT_EVENTS, KEY_USES, MESSAGE_EVENTS, SESSION_EVENTS

PROJECTED: Final = (ACCOUNT_EVENTS, KEY_USES, SESSION_EVENTS, MESSAGE_EVENTS)
