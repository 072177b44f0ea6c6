"""What FastAPI's document of the API does not say by itself: errors, examples, where it is served."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import examples
from api.problems import ProblemDocument

Json = dict[str, Any]

TAGS: Final = [
    {"name": "accounts", "description": "Sign up, and see what your plan allows and what is left of it."},
    {"name": "keys", "description": "API keys: what each may do, and until when."},
    {"name": "sessions", "description": "WhatsApp devices, each linked to one phone."},
    {"name": "messages", "description": "Send, and see what became of it."},
    {"name": "health", "description": "For whoever runs Griot."},
]
LICENSE: Final = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
SERVERS: Final = [{"url": "/", "description": "The Griot that serves this page."}]

_RATE_LIMIT: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")
_WELL: Final = {
    "200": "As asked.", "201": "Made.", "202": "Taken: it will be sent, or told why not.", "204": "Done.",
}  # fmt: skip
_HEADERS_OF_STATUS: Final[dict[str, tuple[str, ...]]] = {
    "202": _RATE_LIMIT,
    "401": ("WWW-Authenticate",),
    "429": ("Retry-After", *_RATE_LIMIT),
    "503": ("Retry-After",),
}
_HEADERS: Final[dict[str, tuple[str, Json]]] = {
    "X-Request-Id": (
        "Names this request, in Griot's logs too; yours, if it had one.",
        {"type": "string", "examples": [examples.REQUEST_ID]},
    ),
    "Retry-After": ("Seconds until another try may help.", {"type": "integer", "examples": [2]}),
    "RateLimit-Limit": (
        "How many the limit allows that was counted against.",
        {"type": "integer", "examples": [100]},
    ),
    "RateLimit-Remaining": ("How many of them are left.", {"type": "integer", "examples": [97]}),
    "RateLimit-Reset": (
        "Seconds until the count begins anew; absent where it does not.",
        {"type": "integer", "examples": [52_200]},
    ),
    "RateLimit-Policy": (
        "The limit, and its window in seconds.",
        {"type": "string", "examples": ["100;w=86400"]},
    ),
    "WWW-Authenticate": ("How to say who asks.", {"type": "string", "examples": ['Bearer realm="griot"']}),
}

_JSON: Final = "application/json"
_COMPONENTS: Final = "#/components/schemas/"


def operation_id(route: APIRoute) -> str:
    """The name of an operation in generated clients: its function's."""
    return route.name


def describe(app: FastAPI) -> None:
    """Have the app's document say all of it."""
    openapi = app.openapi

    def described() -> Json:
        fresh = app.openapi_schema is None
        document = openapi()
        if fresh:
            _add_problems(document)
            _restore_nulls(document["components"]["schemas"])
            _forget_other_errors(document)
            _keep_to_3_1(document)
            _mend_words(document)
            _add_examples(document)
            _add_headers(document)
        return document

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way of extending it


def operations(document: Json) -> Iterator[Json]:
    """Every operation of the document."""
    for methods in document["paths"].values():
        yield from methods.values()


def _add_problems(document: Json) -> None:
    """Put the problem document beside the models that the operations name themselves."""
    models = document.setdefault("components", {}).setdefault("schemas", {})
    problem = ProblemDocument.model_json_schema(ref_template=_COMPONENTS + "{model}")
    models |= problem.pop("$defs", {})
    models["ProblemDocument"] = problem


def _forget_other_errors(document: Json) -> None:
    """FastAPI's own form of 422 is never answered; it documents it wherever an address has a parameter."""
    for operation in operations(document):
        if "HTTPValidationError" in str(operation["responses"].get("422", {})):
            del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def _keep_to_3_1(document: Json) -> None:
    """FastAPI tells of a stream's events in a word of OpenAPI 3.2; before, `schema` describes each event."""
    for operation in operations(document):
        content = operation["responses"].get("200", {}).get("content", {}).get("text/event-stream", {})
        if "itemSchema" in content:
            content["schema"] = content.pop("itemSchema")


def _mend_words(document: Json) -> None:
    """Words for people where FastAPI has some of its own; and no parameter is null, it is left out."""
    for operation in operations(document):
        operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
        for status, answer in operation["responses"].items():
            answer["description"] = _WELL.get(status, answer["description"])
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            [kind, *_] = schema.pop("anyOf", [{}])
            parameter["schema"] = {
                name: value
                for name, value in {**schema, **kind}.items()
                if name not in ("title", "description")
            }


def _restore_nulls(models: Json) -> None:
    """FastAPI leaves out of a document all that is null, even in examples of what is always answered."""
    for model in models.values():
        nulls = dict.fromkeys(model.get("required", ()))
        if "examples" in model:
            model["examples"] = [nulls | example for example in model["examples"]]


def _add_examples(document: Json) -> None:
    """Show what each operation takes and answers, from the examples of the models."""
    models = document["components"]["schemas"]
    for operation in operations(document):
        operation.setdefault("security", [])  # said aloud where no key is asked for
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in [*bodies, *operation["responses"].values()]:
            content = body.get("content", {}).get(_JSON)
            if content and not content.keys() & {"example", "examples"}:
                content["example"] = _example(content["schema"], models)


def _add_headers(document: Json) -> None:
    """Tell the headers that an answer has beside its body."""
    document["components"]["headers"] = {
        name: {"description": description, "schema": schema}
        for name, (description, schema) in _HEADERS.items()
    }
    for operation in operations(document):
        for status, answer in operation["responses"].items():
            names = ("X-Request-Id", *_HEADERS_OF_STATUS.get(status, ()))
            answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _example(schema: Json, models: Json) -> Any:
    """The schema's own example, or one made of those of its parts; a list shows one of its kind."""
    if "$ref" in schema:
        return _example(models[schema["$ref"].removeprefix(_COMPONENTS)], models)
    if "examples" in schema:
        return schema["examples"][0]
    if "data" in schema.get("properties", {}):
        return {
            "data": [_example(schema["properties"]["data"]["items"], models)],
            "nextCursor": examples.CURSOR,
        }
    return {
        name: part["examples"][0] for name, part in schema.get("properties", {}).items() if "examples" in part
    }
