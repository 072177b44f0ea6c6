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
            _add_examples(document)
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
