"""The ASGI app: routes, problems, and what every request goes through."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

from api.middleware import RequestContext
from api.parts import Parts, PartsOf
from api.problems import ProblemDocument, tell_problems
from api.routes import all_routes

_DESCRIPTION = """Send WhatsApp messages from your own sessions.

1. `POST /api/v1/accounts` gives an account and its first key.
2. `POST /api/v1/sessions` makes a session; its `stream` shows the QR code to scan with your phone.
3. `POST /api/v1/messages` sends; `GET /api/v1/messages/{id}` tells how it went.
"""

health = APIRouter(tags=["health"])


@health.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the process lives."""
    return {"status": "alive"}


@health.get("/readyz", responses={503: {"description": "Not ready"}})
async def readyz(parts: PartsOf) -> JSONResponse:
    """Whether it can serve; 503 and what it waits for if not."""
    waiting_for = await parts.waiting_for()
    if waiting_for:
        return JSONResponse({"status": "waiting", "for": waiting_for}, status_code=503)
    return JSONResponse({"status": "ready"})


def make_app(parts: Parts) -> FastAPI:
    """The public API over its parts."""
    app = FastAPI(title="Griot", version="1", description=_DESCRIPTION, redirect_slashes=False)
    app.state.parts = parts
    app.include_router(health)
    app.include_router(all_routes())
    tell_problems(app)
    app.add_middleware(RequestContext)
    _describe_problems(app)
    return app


def _describe_problems(app: FastAPI) -> None:
    """Put the problem document beside the models that the operations name themselves."""
    openapi = app.openapi

    def with_problems() -> dict[str, Any]:
        fresh = app.openapi_schema is None
        schema = openapi()
        if fresh:
            models = schema.setdefault("components", {}).setdefault("schemas", {})
            models["ProblemDocument"] = ProblemDocument.model_json_schema(
                ref_template="#/components/schemas/{model}"
            )
            models |= models["ProblemDocument"].pop("$defs", {})
            _forget_other_errors(schema)
        return schema

    app.openapi = with_problems  # type: ignore[method-assign]  # FastAPI's documented way of extending it


def _forget_other_errors(schema: dict[str, Any]) -> None:
    """FastAPI's own form of 422 is never answered; it documents it wherever an address has a parameter."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            invalid = operation["responses"].get("422", {})
            if "HTTPValidationError" in str(invalid):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(name, None)
