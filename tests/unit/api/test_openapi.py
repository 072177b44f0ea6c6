"""The document at /openapi.json, made without any server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from api import document as documents
from api import examples, session_shapes, shapes
from api.problems import KINDS, MEDIA_TYPE

Operation = dict[str, Any]

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return documents.document()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_committed_document_is_current(document: dict[str, Any]) -> None:
    current = json.loads(COMMITTED.read_text()) == document

    assert current, "run: make openapi"


def test_it_is_written_where_it_is_told_to(tmp_path: Path) -> None:
    documents.main([str(tmp_path / "openapi.json")])

    assert (tmp_path / "openapi.json").read_text() == COMMITTED.read_text()


def test_it_is_openapi(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_every_operation_says_what_it_does_and_where_it_belongs(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["description"], name
        assert operation["summary"], name
        assert set(operation["tags"]) <= {tag["name"] for tag in document["tags"]}, name


def test_an_operations_id_is_its_own_and_fit_for_a_programs_name(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]

    assert len(set(ids)) == len(ids)
    assert all(id_.isidentifier() for id_ in ids)


def test_every_parameter_is_described(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (name, parameter["name"])
            assert "null" not in str(parameter["schema"]), (name, parameter["name"])


def test_every_model_is_described_and_used(document: dict[str, Any]) -> None:
    used = set(references(document))

    for name, model in document["components"]["schemas"].items():
        assert model.get("description"), name
        assert f"#/components/schemas/{name}" in used, name


def test_every_body_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    for name, content in json_contents(document):
        schema = content["schema"] | {"components": document["components"]}
        shown = content.get("examples") or {"": {"value": content.get("example")}}
        for example in shown.values():
            assert example["value"], name
            OAS31Validator(schema).validate(example["value"])


def test_every_operation_but_sign_up_and_health_needs_a_key(document: dict[str, Any]) -> None:
    open_ = {name for name, operation in operations(document) if not operation["security"]}

    assert open_ == {"POST /api/v1/accounts", "GET /healthz", "GET /readyz"}


def test_every_error_is_a_problem_document_with_an_example(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and "readyz" not in name:
                for code, example in answer["content"][MEDIA_TYPE]["examples"].items():
                    assert example["value"]["status"] == KINDS[code].status == int(status), name


FOR_A_MOMENT = ("/stream-ticket", "/pairing-code")
"""What is asked for here ends by itself; to ask again is to get another."""


def test_every_post_that_makes_something_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        if name.startswith("POST ") and not name.endswith(FOR_A_MOMENT):
            assert "idempotency-key" in [one["name"].lower() for one in operation["parameters"]], name
            examples_of_422 = operation["responses"]["422"]["content"][MEDIA_TYPE]["examples"]
            assert "idempotency_key_reused" in examples_of_422, name


def test_all_that_is_named_is_there(document: dict[str, Any]) -> None:
    components = document["components"]
    there = {f"#/components/{kind}/{name}" for kind in ("schemas", "headers") for name in components[kind]}

    assert set(references(document)) <= there


def test_a_limit_tells_its_headers_and_every_answer_the_requests_id(document: dict[str, Any]) -> None:
    limits = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy"}
    told = {
        "202": limits,
        "401": {"WWW-Authenticate"},
        "429": limits | {"Retry-After"},
        "503": {"Retry-After"},
    }
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            assert answer["headers"].keys() == {"X-Request-Id"} | told.get(status, set()), (name, status)


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (shapes.AccountView, examples.ACCOUNT),
        (shapes.KeyView, examples.KEY_VIEW),
        (session_shapes.SessionView, examples.SESSION),
        (shapes.TakenMessageView, examples.TAKEN),
        (shapes.MessageView, examples.MESSAGE),
    ],
)
def test_an_example_is_what_is_answered(shape: type[shapes.Answer], example: dict[str, Any]) -> None:
    assert shape.model_validate(example).model_dump(mode="json") == example


def json_contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body that is taken or answered as JSON."""
    for name, operation in operations(document):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in bodies:
            for media_type, content in body.get("content", {}).items():
                if media_type.endswith("json"):
                    yield name, content


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)
