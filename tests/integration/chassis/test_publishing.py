"""What the log does not take is told apart from a log that is away."""

import pytest

from griot_chassis import ids
from griot_chassis.errors import RecordTooLargeError
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from tests.integration.chassis.conftest import Running, deliver, publish

TOO_LONG = "a" * 2**20


async def test_a_record_that_is_too_large_is_refused_for_good_and_by_its_id(
    settings: ServiceSettings, running: Running
) -> None:
    service, id_ = Service("test", settings), ids.new_id()
    async with running(service):
        too_large = service.publisher.envelope(deliver(ids.new_id(), TOO_LONG), id=id_)
        with pytest.raises(RecordTooLargeError, match=id_):
            await service.publisher.publish([too_large])

        await publish(service, deliver(ids.new_id(), "short"))
