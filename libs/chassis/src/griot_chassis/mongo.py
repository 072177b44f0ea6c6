"""The MongoDB client.

Motor's upstream successor is PyMongo's own asyncio client; it would take Motor's place here.
"""

from typing import Any, Final

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern
from pymongo.errors import BulkWriteError, OperationFailure

_UNREACHABLE_AFTER_MS = 3_000
_SILENT_AFTER_MS = 20_000

NEVER_FORGOTTEN: Final = WriteConcern(w="majority", j=True)
"""For an effect that a position speaks for: it is in the journal when acknowledged, and all before it.

A database that dies may forget what it only acknowledged. If that is an effect, and its position is written
after the database is back, nobody does again what is missing.
"""

_DUPLICATE_KEY: Final = 11000


def duplicates(error: BulkWriteError) -> list[dict[str, Any]]:
    """The writes of a batch that met a document of their id, where nothing else went wrong.

    Raises:
        OperationFailure: something else did, or what was written was not confirmed to be durable. It names
            the codes alone: the driver's own error has the documents in it, and so what people wrote.
    """
    failures: list[dict[str, Any]] = error.details["writeErrors"]
    codes = [failed["code"] for failed in failures if failed["code"] != _DUPLICATE_KEY]
    codes += [failed["code"] for failed in error.details["writeConcernErrors"]]
    if codes:
        raise OperationFailure(f"{len(codes)} writes failed: codes {sorted(set(codes))}", codes[0]) from None
    return failures


def connect(url: str, service: str) -> AsyncIOMotorClient[dict[str, Any]]:
    """A client for `url`.

    Nothing is sent until it is used; a server that is away is looked for again each time.
    """
    return AsyncIOMotorClient(
        url,
        appname=f"griot-{service}",
        tz_aware=True,
        serverSelectionTimeoutMS=_UNREACHABLE_AFTER_MS,
        connectTimeoutMS=_UNREACHABLE_AFTER_MS,
        socketTimeoutMS=_SILENT_AFTER_MS,
    )
