"""Send WhatsApp messages through Griot.

`Griot` for code that blocks, `AsyncGriot` for asyncio and trio: the same methods, and the same errors, all of
them `GriotError`.
"""

from griot._async import AsyncGriot
from griot._sync import Griot
from griot.errors import (
    AuthenticationError,
    ConflictError,
    FieldError,
    GriotError,
    LimitReachedError,
    MessageFailedError,
    NotFoundError,
    PermissionDeniedError,
    Problem,
    ProblemError,
    SessionFailedError,
    SessionNotConnectedError,
    UnavailableError,
    UnexpectedAnswerError,
    ValidationError,
    WaitTimeoutError,
)
from griot.events import ConnectedEvent, ErrorEvent, QrEvent, SessionEvent, StatusEvent
from griot.models import (
    Account,
    Key,
    Message,
    MessageStatus,
    NewKey,
    Reason,
    Scope,
    Session,
    SessionStatus,
    Step,
    TakenMessage,
)

__all__ = [
    "Account",
    "AsyncGriot",
    "AuthenticationError",
    "ConflictError",
    "ConnectedEvent",
    "ErrorEvent",
    "FieldError",
    "Griot",
    "GriotError",
    "Key",
    "LimitReachedError",
    "Message",
    "MessageFailedError",
    "MessageStatus",
    "NewKey",
    "NotFoundError",
    "PermissionDeniedError",
    "Problem",
    "ProblemError",
    "QrEvent",
    "Reason",
    "Scope",
    "Session",
    "SessionEvent",
    "SessionFailedError",
    "SessionNotConnectedError",
    "SessionStatus",
    "StatusEvent",
    "Step",
    "TakenMessage",
    "UnavailableError",
    "UnexpectedAnswerError",
    "ValidationError",
    "WaitTimeoutError",
]
