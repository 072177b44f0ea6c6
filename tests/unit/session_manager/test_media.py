"""Media are uploaded before the attempt begins; what cannot be sent was never begun."""

from griot_contracts.deliveries import DeliveryFailed
from griot_contracts.messages import DeliverMessage, MediaContent, MediaReference
from tests.unit.session_manager.conftest import Worker
from tests.unit.session_manager.samples import BOB, deliver
from tests.unit.session_manager.test_deliver import deliveries

PICTURE = MediaReference(id="m1", kind="image", mime_type="image/png", size=3, sha256="00")


def picture(media: MediaReference | None = PICTURE) -> DeliverMessage:
    content = MediaContent(type="image", url="https://example.com/goat.png")
    return deliver().model_copy(update={"content": content, "media": media})


def why(worker: Worker) -> tuple[str, bool]:
    [end] = [body for body in worker.publisher.bodies if isinstance(body, DeliveryFailed)]
    return end.reason, end.retryable


async def test_a_picture_is_uploaded_and_then_handed_over(worker: Worker) -> None:
    worker.attachments.kept["m1"] = b"png"
    connection = await worker.connect()
    await worker.do(picture())

    assert connection.sent == [(BOB, b"png")]
    assert deliveries(worker) == ["Started", "Sent"]


async def test_media_that_are_gone_are_worth_another_try(worker: Worker) -> None:
    connection = await worker.connect()
    await worker.do(picture())

    assert not connection.sent
    assert deliveries(worker) == ["Failed"]
    assert why(worker) == ("media_gone", True)


async def test_an_upload_that_fails_is_worth_another_try_and_nothing_was_begun(worker: Worker) -> None:
    worker.attachments.kept["m1"] = b"png"
    connection = await worker.connect()
    connection.uploads = False
    await worker.do(picture())

    assert not connection.sent
    assert deliveries(worker) == ["Failed"]
    assert why(worker) == ("media_upload_failed", True)


async def test_a_command_without_its_media_is_not_sent(worker: Worker) -> None:
    worker.attachments.kept["m1"] = b"png"
    await worker.connect()
    await worker.do(picture(None))

    assert why(worker) == ("media_gone", True)
