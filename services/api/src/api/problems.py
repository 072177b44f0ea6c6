"""Everything that can go wrong, in one table, and how it is told: RFC 9457 problem documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from api import examples
from griot_chassis.errors import BrokerUnavailableError, DatabaseUnavailableError
from griot_chassis.log import get_logger
from griot_contracts.accounts import Refusal

log = get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "urn:griot:problem:"
_RETRY_SOON_S: Final = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """One row.

    The status, what kind of problem it is, and what is said of it unless the place knows better.
    """

    status: int
    title: str
    detail: str


KINDS: Final[dict[str, Kind]] = {
    "bad_request": Kind(400, "Bad request", "The request could not be understood."),
    "key_missing": Kind(401, "No API key", "Send your key in the header: Authorization: Bearer grt_live_..."),
    "key_invalid": Kind(401, "No valid API key", "The key is unknown, revoked or expired."),
    "ticket_invalid": Kind(
        401, "No valid ticket", "A ticket is good for one minute, and for the stream it was issued for."
    ),
    "insufficient_scope": Kind(403, "The key may not do this", "The key lacks the scope that this needs."),
    "account_suspended": Kind(
        403, "Account suspended", "Whoever runs this Griot has suspended the account. Ask them."
    ),
    "not_found": Kind(404, "Not found", "There is nothing at this address."),
    "account_not_found": Kind(404, "No such account", "The account of this key does not exist."),
    "key_not_found": Kind(404, "No such key", "Your account has no key with this id."),
    "session_not_found": Kind(404, "No such session", "Your account has no such session."),
    "message_not_found": Kind(404, "No such message", "Your account has no message with this id."),
    "no_code_to_scan": Kind(409, "No code to scan", "The session shows no QR code at this moment."),
    "method_not_allowed": Kind(405, "Method not allowed", "This address does not take this method."),
    "email_taken": Kind(409, "E-mail address taken", "There is an account with this e-mail address."),
    "session_key_taken": Kind(409, "Session key taken", "Another of your sessions has this session_key."),
    "session_not_pairing": Kind(
        409, "No code can be shown", "The session is linked to a phone, or it is not being connected."
    ),
    "session_not_connected": Kind(
        409, "Session not connected", "Connect a session first: create one and scan its QR code."
    ),
    "message_not_cancellable": Kind(
        409, "Too late to cancel", "The message is being sent, or has come to its end."
    ),
    "body_too_large": Kind(413, "Body too large", "The request's body is larger than 1 MB."),
    "invalid_request": Kind(422, "Invalid request", "The request is not as this operation needs it."),
    "invalid_json": Kind(422, "Not JSON", "The body is not JSON."),
    "impossible_number": Kind(422, "Not a possible number", "No phone and no WhatsApp id could be this."),
    "media_address_forbidden": Kind(
        422, "Address not allowed", "Media are fetched from public addresses alone; this one is not."
    ),
    "idempotency_key_reused": Kind(
        422, "Idempotency-Key used before", "Another request had this Idempotency-Key. Give each its own."
    ),
    "invalid_cursor": Kind(422, "Not a cursor", "Use the nextCursor of an answer as it is."),
    "daily_limit_reached": Kind(429, "Daily limit reached", "Your plan's messages of this day are sent."),
    "too_many_requests": Kind(429, "Too many requests", "This key asks too fast. Wait a moment."),
    "session_limit_reached": Kind(429, "Session limit reached", "Your account's sessions are all held."),
    "key_limit_reached": Kind(
        429, "Key limit reached", "Your account holds as many keys as one may. Revoke some, expired ones too."
    ),
    "internal_error": Kind(500, "Internal error", "This is our fault. Nothing is known about the request."),
    "unavailable": Kind(503, "Unavailable", "A part of Griot is away. Try again; nothing is lost."),
    "not_decided_yet": Kind(503, "Not decided yet", "It was taken and not decided in time. Try again."),
    "no_pairing_code": Kind(503, "No pairing code", "WhatsApp gave no code in time. Try again."),
    "deletion_under_way": Kind(
        503, "Deletion under way", "The session is being logged out. Ask again; 204 or 404 says it is gone."
    ),
}  # fmt: skip

_OF_REFUSAL: Final[dict[Refusal, str]] = {
    Refusal.NO_SUCH_ACCOUNT: "account_not_found",
    Refusal.NO_SUCH_KEY: "key_not_found",
    Refusal.NO_SUCH_SESSION: "session_not_found",
    Refusal.EMAIL_TAKEN: "email_taken",
    Refusal.SESSION_KEY_TAKEN: "session_key_taken",
    Refusal.SESSION_LIMIT_REACHED: "session_limit_reached",
    Refusal.KEY_LIMIT_REACHED: "key_limit_reached",
    Refusal.DAILY_LIMIT_REACHED: "daily_limit_reached",
    Refusal.IDEMPOTENCY_KEY_REUSED: "idempotency_key_reused",
    Refusal.MESSAGE_NOT_CANCELLABLE: "message_not_cancellable",
    Refusal.ACCOUNT_SUSPENDED: "account_suspended",
}
_OF_STATUS: Final = {400: "invalid_json", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


class FieldError(BaseModel):
    """One field at fault."""

    field: str
    code: str
    detail: str


class ProblemDocument(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="`urn:griot:problem:` and the code.")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; for programs.")
    field: str | None = Field(None, description="The field at fault, where there is one.")
    errors: list[FieldError] | None = Field(None, description="Every field at fault.")
    requestId: str = Field(description="Also in the header X-Request-Id.")  # noqa: N815  # as it is on the wire


class Problem(Exception):  # noqa: N818  # it is what the client is told
    """Ends a request with a problem document. `code` is a row of `KINDS`."""

    def __init__(
        self,
        code: str,
        *,
        detail: str | None = None,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind = KINDS[code]
        self.detail = detail or self.kind.detail
        self.field = field
        self.headers = {**_usual_headers(code, self.kind), **(headers or {})}
        self.errors = errors

    @classmethod
    def of_refusal(cls, refusal: Refusal, headers: Mapping[str, str] | None = None) -> "Problem":
        """How a refused command is told."""
        return cls(_OF_REFUSAL[refusal], headers=headers)

    def document(self, request_id: str) -> dict[str, Any]:
        """The problem document."""
        document = {
            "type": _TYPE + self.code,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "code": self.code,
            "requestId": request_id,
        }
        if self.field is not None:
            document["field"] = self.field
        if self.errors:
            document["errors"] = [error.model_dump() for error in self.errors]
        return document


def tell_problems(app: FastAPI) -> None:
    """Answer every error of the app with a problem document."""

    async def problem(request: Request, error: Problem) -> JSONResponse:
        return _answer(request, error)

    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return _answer(request, _of_validation(error))

    async def http(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers or {})
        if error.status_code == 405:  # noqa: PLR2004  # the framework names the methods of one route only
            headers["Allow"] = ", ".join(sorted(_methods_at(request))) or headers.get("Allow", "")
        return _answer(request, Problem(_OF_STATUS.get(error.status_code, "bad_request"), headers=headers))

    async def away(request: Request, error: Exception) -> JSONResponse:
        log.warning("a dependency is away", error=type(error).__name__)
        return _answer(request, Problem("unavailable"))

    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("request failed", exc_info=error)
        return _answer(request, Problem("internal_error"))

    handlers = {
        Problem: problem, RequestValidationError: invalid, HTTPException: http, BrokerUnavailableError: away,
        DatabaseUnavailableError: away, PyMongoError: away, Exception: unexpected,
    }  # fmt: skip
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)  # type: ignore[arg-type]  # each takes the kind it is added for


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """An operation's problems for OpenAPI, an example each."""
    responses: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        kind = KINDS[code]
        found = responses.setdefault(
            kind.status, {"description": "", "content": {MEDIA_TYPE: {"examples": {}}}}
        )
        found["description"] = "; ".join(filter(None, (found["description"], kind.title)))
        example = Problem(code).document(examples.REQUEST_ID)
        found["content"][MEDIA_TYPE]["schema"] = {"$ref": "#/components/schemas/ProblemDocument"}
        found["content"][MEDIA_TYPE]["examples"][code] = {"summary": kind.title, "value": example}
    return responses


def _answer(request: Request, problem: Problem) -> JSONResponse:
    request_id = request.scope.get("state", {}).get("request_id", "")
    return JSONResponse(
        problem.document(request_id),
        status_code=problem.kind.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def _methods_at(request: Request) -> set[str]:
    """Every method that the address takes, by the app's own document."""
    paths = request.app.openapi()["paths"]
    matching = [path for path in paths if compile_path(path)[0].match(request.url.path)]
    found = [path for path in matching if path == request.url.path] or matching
    return {method.upper() for path in found for method in paths[path]}


def _usual_headers(code: str, kind: Kind) -> dict[str, str]:
    match kind.status:
        case 401:
            error = "" if code == "key_missing" else ', error="invalid_token"'
            return {"WWW-Authenticate": f'Bearer realm="griot"{error}'}
        case 503:
            return {"Retry-After": str(_RETRY_SOON_S)}
        case _:
            return {}


def _of_validation(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return Problem("invalid_json")
    errors = [FieldError(field=_field(one["loc"]), code=one["type"], detail=one["msg"]) for one in found]
    first = errors[0]
    code = first.code if first.code in KINDS else "invalid_request"
    detail = f"{first.field}: {first.detail}" if first.field else first.detail
    return Problem(code, detail=detail, field=first.field or None, errors=errors)


def _field(place: Sequence[Any]) -> str:
    """`to` for ("body", "to"). The place comes from the request, so it may hold what no encoding can."""
    name = ".".join(str(part) for part in place[1:])
    return name.encode(errors="replace").decode()
