"""Asking a server whether it answers: one request of its own protocol, one reply.

Written on the bare wire on purpose: clients of Kafka and MongoDB belong to the chassis, and they retry and
log for a long while against a server that is only just starting.
"""

import asyncio
import struct

from griot_local.ports import LOOPBACK

_ASK_WITHIN = 2.0
_API_VERSIONS = struct.pack(
    ">ihhih", 10, 18, 0, 1, -1
)  # size, api key, version, correlation id, no client id
_HELLO = b"\x10hello\x00\x01\x00\x00\x00" + b"\x02$db\x00\x06\x00\x00\x00admin\x00"
_DOCUMENT = struct.pack("<i", 5 + len(_HELLO)) + _HELLO + b"\x00"
_OP_MSG = (
    struct.pack("<iiiiiB", 21 + len(_DOCUMENT), 1, 0, 2013, 0, 0) + _DOCUMENT
)  # header, flags, section kind

_SSL_REQUEST = struct.pack(">ii", 8, 80877103)


async def kafka_answers(port: int) -> bool:
    """True once the broker serves requests: it opens its listener to them after it has registered."""
    reply = await _ask(port, _API_VERSIONS, reply_size=10)
    return reply is not None and reply[8:10] == b"\x00\x00"


async def mongo_answers(port: int) -> bool:
    """True once the server answers `hello`."""
    return await _ask(port, _OP_MSG, reply_size=21) is not None


async def postgres_answers(port: int) -> bool:
    """True once the server, or a pool before it, takes connections: it says whether it speaks TLS."""
    return await _ask(port, _SSL_REQUEST, reply_size=1) is not None


async def _ask(port: int, request: bytes, *, reply_size: int) -> bytes | None:
    try:
        async with asyncio.timeout(_ASK_WITHIN):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(request)
                return await reader.readexactly(reply_size)
            finally:
                writer.close()
                await writer.wait_closed()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return None
