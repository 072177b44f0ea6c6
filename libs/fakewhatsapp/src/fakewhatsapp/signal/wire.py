"""Messages as bytes: a version byte, a protobuf, and for ordinary ones eight bytes of authentication code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from fakewhatsapp.signal import keys
from fakewhatsapp.signal.errors import MalformedMessageError

_VERSION = 0x33  # the message's version in the high half, the newest version its sender knows in the low one
_MAC_SIZE = 8


class MessageType(StrEnum):
    """The names WhatsApp gives the two kinds, in the attribute `type` of `enc`."""

    PRE_KEY = "pkmsg"
    ORDINARY = "msg"


def _messages(**fields: dict[str, tuple[int, str]]) -> dict[str, Any]:
    """Make protobuf classes at run time: two messages are not worth a compiler and its generated file."""
    kinds = {"uint32": descriptor_pb2.FieldDescriptorProto.TYPE_UINT32}
    file = descriptor_pb2.FileDescriptorProto(
        name="signal.proto", package="fakewhatsapp.signal", syntax="proto2"
    )
    for message, columns in fields.items():
        descriptor = file.message_type.add(name=message)
        for name, (number, kind) in columns.items():
            wire_type = kinds.get(kind, descriptor_pb2.FieldDescriptorProto.TYPE_BYTES)
            descriptor.field.add(
                name=name,
                number=number,
                type=wire_type,
                label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClassesForFiles(["signal.proto"], pool)


_CLASSES = _messages(
    Ordinary={
        "ratchet_key": (1, "bytes"),
        "counter": (2, "uint32"),
        "previous_counter": (3, "uint32"),
        "ciphertext": (4, "bytes"),
    },
    PreKey={
        "registration_id": (5, "uint32"),
        "pre_key_id": (1, "uint32"),
        "signed_pre_key_id": (6, "uint32"),
        "base_key": (2, "bytes"),
        "identity_key": (3, "bytes"),
        "message": (4, "bytes"),
    },
)
_Ordinary = _CLASSES["fakewhatsapp.signal.Ordinary"]
_PreKey = _CLASSES["fakewhatsapp.signal.PreKey"]


@dataclass(frozen=True, slots=True)
class OrdinaryMessage:
    """A message inside a session."""

    ratchet_key: bytes
    counter: int
    ciphertext: bytes
    signed_part: bytes
    """What the authentication code covers, beside the two identities."""
    mac: bytes

    @staticmethod
    def serialize(ratchet_key: bytes, counter: int, previous_counter: int, ciphertext: bytes) -> bytes:
        """The bytes that the authentication code covers; it goes behind them."""
        body = _Ordinary(
            ratchet_key=keys.encode(ratchet_key),
            counter=counter,
            previous_counter=previous_counter,
            ciphertext=ciphertext,
        )
        return bytes([_VERSION]) + bytes(body.SerializeToString())

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a `msg`.

        Raises:
            MalformedMessageError: it is none.
        """
        signed_part, mac = data[:-_MAC_SIZE], data[-_MAC_SIZE:]
        body = _parsed(_Ordinary, signed_part, "ratchet_key", "counter", "ciphertext")
        return cls(keys.decode(body.ratchet_key), body.counter, body.ciphertext, signed_part, mac)


@dataclass(frozen=True, slots=True)
class PreKeyMessage:
    """A message that also says how to start the session it belongs to."""

    registration_id: int
    pre_key_id: int | None
    signed_pre_key_id: int
    base_key: bytes
    identity_key: bytes
    message: bytes
    """A whole `msg`."""

    def serialize(self) -> bytes:
        """Write a `pkmsg`."""
        body = _PreKey(
            registration_id=self.registration_id,
            pre_key_id=self.pre_key_id,
            signed_pre_key_id=self.signed_pre_key_id,
            base_key=keys.encode(self.base_key),
            identity_key=keys.encode(self.identity_key),
            message=self.message,
        )
        return bytes([_VERSION]) + bytes(body.SerializeToString())

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a `pkmsg`.

        Raises:
            MalformedMessageError: it is none.
        """
        body = _parsed(_PreKey, data, "signed_pre_key_id", "base_key", "identity_key", "message")
        return cls(
            body.registration_id,
            body.pre_key_id if body.HasField("pre_key_id") else None,
            body.signed_pre_key_id,
            keys.decode(body.base_key),
            keys.decode(body.identity_key),
            body.message,
        )


def _parsed(kind: Any, data: bytes, *required: str) -> Any:
    if not data or data[0] >> 4 != _VERSION >> 4:
        raise MalformedMessageError("a message of another version")
    body = kind()
    try:
        body.ParseFromString(data[1:])
    except DecodeError as error:
        raise MalformedMessageError("a message that is no protobuf") from error
    if not all(body.HasField(name) for name in required):
        raise MalformedMessageError("a message without all its fields")
    return body
