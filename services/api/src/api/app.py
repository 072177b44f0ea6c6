"""The ASGI app: routes, problems, and what every request goes through."""

from typing import Any, Final, Literal

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from pydantic import Field

from api import examples
from api.middleware import RequestContext
from api.openapi import LICENSE, SERVERS, TAGS, describe, operation_id
from api.parts import Parts, PartsOf
from api.problems import tell_problems
from api.routes import all_routes
from api.shapes import Answer

_DESCRIPTION = """1. `POST /api/v1/accounts` gives an account and its first key.
2. `POST /api/v1/sessions` makes a session; its `stream` shows the QR code to scan with your phone.
3. `POST /api/v1/messages` sends; `GET /api/v1/messages/{id}` tells how it went.

Every request but sign-up and health carries `Authorization: Bearer <key>`. A POST that makes something takes
an `Idempotency-Key`: asked again with the same key and body, it makes nothing more and gives the first answer
again. Errors are problem documents (RFC 9457) with a stable `code`; 429 and 503 say in `Retry-After` when to
come again.
"""

_DOCS: Final[dict[str, Any]] = {
    "persistAuthorization": True, "displayRequestDuration": True, "docExpansion": "list",
    "defaultModelsExpandDepth": 0, "tryItOutEnabled": True,
}  # fmt: skip

health = APIRouter(tags=["health"])


class Alive(Answer):
    """The process lives."""

    model_config = examples.one({"status": "alive"})

    status: Literal["alive"]


class Ready(Answer):
    """It can serve."""

    model_config = examples.one({"status": "ready"})

    status: Literal["ready"]


class Waiting(Answer):
    """It cannot serve yet."""

    model_config = examples.one({"status": "waiting", "for": ["the log"]})

    status: Literal["waiting"]
    for_: list[str] = Field(alias="for", description="What it waits for.")


@health.get("/healthz")
async def healthz() -> Alive:
    """Whether the process lives."""
    return Alive(status="alive")


@health.get("/readyz", response_model=Ready, responses={503: {"description": "Not ready", "model": Waiting}})
async def readyz(parts: PartsOf) -> JSONResponse:
    """Whether it can serve; 503 and what it waits for if not."""
    waiting_for = await parts.waiting_for()
    if waiting_for:
        told = {"status": "waiting", "for": waiting_for}
        return JSONResponse(told, status_code=503, headers={"Retry-After": "1"})
    return JSONResponse({"status": "ready"})


def make_app(parts: Parts | None = None) -> FastAPI:
    """The public API over its parts; without them it answers nothing and only describes itself."""
    app = FastAPIOffline(
        title="Griot", version="1", summary="WhatsApp messages from your own sessions, over HTTP.",
        description=_DESCRIPTION, license_info=LICENSE, servers=SERVERS, openapi_tags=TAGS,
        generate_unique_id_function=operation_id, redirect_slashes=False,
        redoc_url=None, static_url="/docs/assets", swagger_ui_parameters=_DOCS,
    )  # fmt: skip
    app.state.parts = parts
    app.include_router(health)
    app.include_router(all_routes())
    tell_problems(app)
    app.add_middleware(RequestContext)
    describe(app)
    return app
