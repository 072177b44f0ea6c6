"""Reading an answer: what was asked for, or the error that it tells."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pydantic

from griot import errors
from griot._calls import Call, T
from griot.errors import FieldError, Problem, ProblemError

_OF_CODE: Final[dict[str, type[ProblemError]]] = {
    "session_not_connected": errors.SessionNotConnectedError,
}
_OF_STATUS: Final[dict[int, type[ProblemError]]] = {
    400: errors.ValidationError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    413: errors.ValidationError,
    422: errors.ValidationError,
    429: errors.LimitReachedError,
    502: errors.UnavailableError,  # from a proxy in between, as 504 is
    503: errors.UnavailableError,
    504: errors.UnavailableError,
}


def read(call: Call[T], answer: httpx.Response, *, repeated: bool) -> T:
    """What the call asked for.

    Raises:
        ProblemError: it was refused.
    """
    if answer.is_success:
        try:
            return call.parse(answer.content)
        except pydantic.ValidationError as unlike:
            raise errors.UnexpectedAnswerError(_problem_of(answer, {})) from unlike
    error = error_of(answer)
    if repeated and call.method == "DELETE" and isinstance(error, errors.NotFoundError):
        return call.parse(b"")  # the try before did it, and its answer was lost
    raise error


def error_of(answer: httpx.Response) -> ProblemError:
    """The error that an answer tells; its body has been read."""
    try:
        document = answer.json()
    except ValueError:
        document = None
    problem = _problem_of(answer, document if isinstance(document, dict) else {})
    kind = _OF_CODE.get(problem.code) or _OF_STATUS.get(answer.status_code, errors.UnexpectedAnswerError)
    return kind(problem)


@contextmanager
def unavailable_without_answer() -> Iterator[None]:
    """Tell a connection that failed as what it means to the caller.

    Raises:
        UnavailableError: there was no answer.
    """
    try:
        yield
    except httpx.TransportError as error:
        detail = f"No answer from Griot: {str(error) or type(error).__name__}"
        raise errors.UnavailableError(Problem("no_answer", detail)) from error


def _problem_of(answer: httpx.Response, document: dict[str, Any]) -> Problem:
    found = document.get("errors") or ()
    return Problem(
        code=str(document.get("code", "unexpected_answer")),
        detail=str(document.get("detail", f"HTTP status {answer.status_code}, and not as Griot answers")),
        status=answer.status_code,
        field=document.get("field"),
        errors=tuple(FieldError(one["field"], one["code"], one["detail"]) for one in found),
        request_id=document.get("requestId") or answer.headers.get("X-Request-Id"),
        retry_after=_seconds(answer, "Retry-After"),
        resets_at=_resets_at(answer),
    )


def _resets_at(answer: httpx.Response) -> datetime | None:
    resets_in = _seconds(answer, "RateLimit-Reset")
    return None if resets_in is None else datetime.now(UTC) + resets_in


def _seconds(answer: httpx.Response, header: str) -> timedelta | None:
    value = answer.headers.get(header, "")
    return timedelta(seconds=int(value)) if value.isascii() and value.isdigit() else None
