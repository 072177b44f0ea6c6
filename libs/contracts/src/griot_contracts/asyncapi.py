"""The contracts as an AsyncAPI 3 document, for those who subscribe from other languages.

`python -m griot_contracts.asyncapi` writes it to `docs/asyncapi.json`, or to the path that it is given.
"""

import inspect
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from griot_contracts.base import Contract
from griot_contracts.topics import ALL, TYPES, Topic

Json = dict[str, Any]

VERSION: Final = "1.0.0"
"""The language's own version; a type's is in its name."""

_SCHEMAS: Final = "#/components/schemas/{model}"
_KAFKA_BINDING: Final = "0.5.0"
_INFO: Final = """\
Every record of Griot's log. The value is the JSON of one of these messages; the headers are CloudEvents 1.0
in Kafka's binary mode. Topics tagged `public` are kept stable for whoever subscribes; the others are Griot's.

Within a version a message only grows: ignore the fields that you do not know. A record may come more than
once, with the same `ce_id`. Order holds within a key.
"""
_HEADERS: Final[dict[str, str]] = {
    "content-type": "application/json",
    "ce_specversion": "The version of CloudEvents.",
    "ce_id": "The record's id; the same when the same thing is told again.",
    "ce_type": "The type of the body, such as `griot.MessageSent.v1`.",
    "ce_source": "Who wrote it, such as `/quota`.",
    "ce_time": "When it was asked or when it happened, RFC 3339.",
    "ce_subject": "The id of the message, session, key or account that it is about.",
    "correlation_id": "The id of the command that all this began with.",
    "causation_id": "The id of the record that led to this one.",
    "reply_to": "On commands: where an answer is awaited.",
    "traceparent": "The W3C trace context under which it was written.",
}


def document() -> Json:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Griot's log",
            "version": VERSION,
            "description": _INFO,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in ALL},
        "operations": {topic.name: _operation(topic) for topic in ALL if topic.public},
        "components": {
            "messages": {body.__name__: _message(body, topic) for topic in ALL for body in topic.carries},
            "schemas": {"CloudEventsHeaders": _headers(), **_bodies()},
        },
    }


def _channel(topic: Topic) -> Json:
    kept = "for ever" if topic.kept is None else f"for {_in_words(topic.kept)}"
    key = (
        "its partition is addressed, or its key handed on" if topic.key is None else f"its key is {topic.key}"
    )
    retention_ms = -1 if topic.kept is None else topic.kept // timedelta(milliseconds=1)
    return {
        "address": topic.name,
        "description": f"Kept {kept}; {key}.",
        "messages": {body.__name__: _reference("messages", body) for body in topic.carries},
        "tags": [{"name": "public" if topic.public else "internal"}],
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "retention.ms": retention_ms,
                    "cleanup.policy": ["compact" if topic.latest else "delete"],
                },
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _operation(topic: Topic) -> Json:
    # AsyncAPI speaks from the application's side: what Griot sends is what others receive.
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"Subscribe to {topic.name}.",
        "tags": [{"name": "public"}],
    }


def _message(body: type[Contract], topic: Topic) -> Json:
    told = inspect.cleandoc(body.__doc__ or "")
    key = (
        {}
        if topic.key is None
        else {"key": {"type": "string", "description": f"The body's {to_camel(topic.key)}."}}
    )
    return {
        "name": body.type(),
        "title": body.__name__,
        "summary": told.partition("\n\n")[0],
        "description": told,
        "contentType": "application/json",
        "headers": {
            "allOf": [
                {"$ref": _SCHEMAS.format(model="CloudEventsHeaders")},
                {"type": "object", "properties": {"ce_type": {"const": body.type()}}},
            ]
        },
        "payload": _reference("schemas", body),
        "correlationId": {"location": "$message.header#/correlation_id"},
        "bindings": {"kafka": {**key, "bindingVersion": _KAFKA_BINDING}},
    }


def _headers() -> Json:
    properties: dict[str, Json] = {
        name: {"type": "string", "description": told} for name, told in _HEADERS.items()
    }
    properties["content-type"] = {"type": "string", "const": "application/json"}
    properties["ce_specversion"]["const"] = "1.0"
    properties["ce_time"]["format"] = "date-time"
    required = [name for name in _HEADERS if name.startswith(("ce_", "content"))]
    return {"type": "object", "properties": properties, "required": required}


def _bodies() -> Json:
    # As a reader validates: what has a default may be left out.
    _, schemas = models_json_schema(
        [(body, "validation") for body in TYPES.values()],
        ref_template=_SCHEMAS,
        schema_generator=_WithoutFieldTitles,
    )
    return dict(sorted(schemas["$defs"].items()))


class _WithoutFieldTitles(GenerateJsonSchema):
    """Pydantic's schemas, without a title for each field that only says its name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _reference(kind: str, body: type[Contract]) -> Json:
    return {"$ref": f"#/components/{kind}/{body.__name__}"}


def _in_words(kept: timedelta) -> str:
    hours = kept // timedelta(hours=1)
    count, unit = divmod(hours, 24)[0], "day"
    if count == 0:
        count, unit = hours, "hour"
    return f"{count} {unit}{'' if count == 1 else 's'}"


def main(arguments: list[str]) -> None:
    """Write the document to the path in `arguments`, or to where the repository keeps it."""
    path = Path(arguments[0] if arguments else "docs/asyncapi.json")
    path.write_text(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
