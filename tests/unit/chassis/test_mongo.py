"""What MongoDB refused of a batch, and that its words are not repeated."""

from typing import Any

import pytest
from pymongo.errors import BulkWriteError, OperationFailure

from griot_chassis.mongo import duplicates

SAID = {"op": {"_id": "m1", "content": {"text": "meet me at nine"}}, "errmsg": "no: meet me at nine"}


def refused(*codes: int, unconfirmed: int = 0) -> BulkWriteError:
    details: dict[str, Any] = {
        "writeErrors": [{"index": index, "code": code, **SAID} for index, code in enumerate(codes)],
        "writeConcernErrors": [{"code": 100, "errmsg": "not enough"}] * unconfirmed,
    }
    return BulkWriteError(details)


def test_writes_that_met_their_document_are_named() -> None:
    assert [failed["index"] for failed in duplicates(refused(11000, 11000))] == [0, 1]


@pytest.mark.parametrize("error", [refused(11000, 14031), refused(unconfirmed=1)])
def test_another_failure_and_a_write_that_is_not_durable_are_raised_without_what_was_written(
    error: BulkWriteError,
) -> None:
    with pytest.raises(OperationFailure) as raised:
        duplicates(error)

    assert "nine" not in str(raised.value)
    assert raised.value.__suppress_context__
