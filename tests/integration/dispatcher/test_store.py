"""The store in a real database holds to the suite of every store."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dispatcher.adapters.store import MongoStore
from griot_chassis import ids
from griot_chassis.mongo import connect
from tests.unit.dispatcher.store_suite import StoreSuite

FOR_EVER = timedelta(days=20_000)
"""The samples are of some day in the past; the database would drop them in the middle of a test."""


@pytest.fixture
def store(mongo: str) -> Iterator[MongoStore]:
    client = connect(mongo, "test")
    database = client[f"dispatcher_{ids.new_id()}"]
    yield MongoStore(database, ended_kept=FOR_EVER, receipts_kept=FOR_EVER)
    client.close()


class TestMongoStore(StoreSuite):
    pass
