"""What can go wrong: a class for each thing a caller can do about it, all of them `GriotError`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from griot.events import ErrorEvent
from griot.models import Message


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What Griot said was wrong (RFC 9457).

    Attributes:
        code: Stable; for programs.
        detail: Words, for people.
        status: The HTTP status; None where there was no answer.
        field: The field at fault, where there is one; `errors` has every one.
        request_id: What to name when asking whoever runs Griot.
        retry_after: How long to wait before another try.
        resets_at: When the limit that was reached begins anew, where it does.
    """

    code: str
    detail: str
    status: int | None = None
    field: str | None = None
    errors: tuple[FieldError, ...] = ()
    request_id: str | None = None
    retry_after: timedelta | None = None
    resets_at: datetime | None = None


class GriotError(Exception):
    """Anything that this client raises by itself, apart from a ValueError for arguments that cannot be."""


class ProblemError(GriotError):
    """Griot refused, or did not answer. `problem` has all that is known."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        asked = f", request {self.request_id}" if self.request_id else ""
        return f"{self.detail} ({self.code}{asked})"

    @property
    def code(self) -> str:
        """Stable; for programs."""
        return self.problem.code

    @property
    def detail(self) -> str:
        """Words, for people."""
        return self.problem.detail

    @property
    def field(self) -> str | None:
        """The field at fault, where there is one."""
        return self.problem.field

    @property
    def request_id(self) -> str | None:
        """What to name when asking whoever runs Griot."""
        return self.problem.request_id


class AuthenticationError(ProblemError):
    """No key, or one that is unknown, revoked or expired: use another."""


class PermissionDeniedError(ProblemError):
    """The key lacks a scope: use a key that has it."""


class NotFoundError(ProblemError):
    """The account has no such thing."""


class ConflictError(ProblemError):
    """It does not go together with what is there already, such as a `session_key` in use."""


class SessionNotConnectedError(ConflictError):
    """No session that could send is connected: connect one, then send again."""


class ValidationError(ProblemError):
    """The request is not as it has to be; `field` says where. Sending it again does not help."""

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """Every field at fault."""
        return self.problem.errors


class LimitReachedError(ProblemError):
    """A limit of the plan is reached: wait until it resets, or for a larger plan."""

    @property
    def retry_after(self) -> timedelta | None:
        """How long to wait before another try."""
        return self.problem.retry_after

    @property
    def resets_at(self) -> datetime | None:
        """When the limit begins anew; None for one that does not, such as that of the sessions held."""
        return self.problem.resets_at


class UnavailableError(ProblemError):
    """Griot, or a part of it, is away, and was when it was tried again: try later.

    Whether the request was carried out is not known. Sent again with the same Idempotency-Key it is carried
    out once.
    """

    @property
    def retry_after(self) -> timedelta | None:
        """How long Griot asks to wait."""
        return self.problem.retry_after


class UnexpectedAnswerError(ProblemError):
    """A fault of Griot's, or something at this address that is not Griot."""


class MessageFailedError(GriotError):
    """The message that was waited for will not get there; its `reason` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        reason = self.message.reason
        why = "" if reason is None else f": {reason.detail or reason.code}"
        return f"message {self.message.id} is {self.message.status}{why}"


class SessionFailedError(GriotError):
    """The session that was waited for did not connect. `event` says why, and whether another try may help."""

    def __init__(self, event: ErrorEvent) -> None:
        super().__init__(event)
        self.event = event

    def __str__(self) -> str:
        return f"the session did not connect: {self.event.detail or self.event.code}"


class WaitTimeoutError(GriotError, TimeoutError):
    """What was waited for did not happen in time; it still may."""
