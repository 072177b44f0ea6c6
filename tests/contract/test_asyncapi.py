"""The AsyncAPI document: current, whole, and saying what is public."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from griot_contracts.asyncapi import document, main
from griot_contracts.topics import ALL, TYPES
from tests.contract.test_golden_samples import SAMPLES

COMMITTED = Path(__file__).parents[2] / "docs" / "asyncapi.json"


def test_the_committed_document_is_current() -> None:
    current = json.loads(COMMITTED.read_text()) == document()

    assert current, "run: python -m griot_contracts.asyncapi"


def test_it_is_written_where_it_is_told_to(tmp_path: Path) -> None:
    main([str(tmp_path / "asyncapi.json")])

    assert (tmp_path / "asyncapi.json").read_text() == COMMITTED.read_text()


def test_every_topic_and_every_message_is_in_it() -> None:
    found = document()

    assert set(found["channels"]) == {topic.name for topic in ALL}
    assert {message["name"] for message in found["components"]["messages"].values()} == set(TYPES)


def test_the_public_topics_and_only_they_are_offered() -> None:
    found = document()
    public = {topic.name for topic in ALL if topic.public}

    tagged = {name for name, channel in found["channels"].items() if channel["tags"] == [{"name": "public"}]}
    assert set(found["operations"]) == tagged == public == {"session.events.v1", "message.events.v1"}


def test_every_reference_leads_somewhere() -> None:
    found = document()
    references = set(references_in(found))

    assert len(references) > len(TYPES)
    for reference in references:
        place: Any = found
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_header_that_is_written_is_described() -> None:
    described = set(document()["components"]["schemas"]["CloudEventsHeaders"]["properties"])

    assert {name for sample in SAMPLES.values() for name in sample.headers} == described


def references_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references_in(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references_in(inner)
