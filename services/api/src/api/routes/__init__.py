"""The operations of the public API, a module a resource."""

from fastapi import APIRouter

from api.routes import accounts, keys, messages, sessions, stream

BASE_PATH = "/api/v1"


def all_routes() -> APIRouter:
    """Every operation under the base path."""
    router = APIRouter(prefix=BASE_PATH)
    for module in (accounts, keys, sessions, stream, messages):
        for part in module.routers():
            router.include_router(part)
    return router
