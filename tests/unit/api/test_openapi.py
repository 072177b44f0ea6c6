"""The document at /openapi.json, made without any server."""

from collections.abc import Iterator
from typing import Any

import pytest

from api import examples, shapes
from api.app import make_app
from api.problems import KINDS, MEDIA_TYPE

Operation = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    no_parts: Any = None  # no request is answered
    return make_app(no_parts).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_says_what_it_does_and_where_it_belongs(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["description"], name
        assert operation["tags"], name


def test_every_operation_but_sign_up_and_health_needs_a_key(document: dict[str, Any]) -> None:
    open_ = {name for name, operation in operations(document) if "security" not in operation}

    assert open_ == {"POST /api/v1/accounts", "GET /healthz", "GET /readyz"}


def test_every_error_is_a_problem_document_with_an_example(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and "readyz" not in name:
                for code, example in answer["content"][MEDIA_TYPE]["examples"].items():
                    assert example["value"]["status"] == KINDS[code].status == int(status), name


def test_every_post_that_makes_something_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        if name.startswith("POST ") and operation["responses"].keys() & {"201", "202"}:
            assert "idempotency-key" in [one["name"].lower() for one in operation["parameters"]], name
            examples_of_422 = operation["responses"]["422"]["content"][MEDIA_TYPE]["examples"]
            assert "idempotency_key_reused" in examples_of_422, name


def test_every_schema_that_is_named_is_there(document: dict[str, Any]) -> None:
    named = set(references(document))

    assert named <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (shapes.AccountView, examples.ACCOUNT),
        (shapes.KeyView, examples.KEY_VIEW),
        (shapes.SessionView, examples.SESSION),
        (shapes.TakenMessageView, examples.TAKEN),
        (shapes.MessageView, examples.MESSAGE),
    ],
)
def test_an_example_is_what_is_answered(shape: type[shapes.Answer], example: dict[str, Any]) -> None:
    assert shape.model_validate(example).model_dump(mode="json") == example


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)
