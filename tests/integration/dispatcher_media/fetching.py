"""Fetching as the tests of media try it: from this machine, and without patience."""

from datetime import timedelta
from ipaddress import IPv4Network
from typing import Literal

from dispatcher.adapters.fetch import Limits
from dispatcher.adapters.media import FetchedMedia
from dispatcher.domain.media import Outcome, Refused
from griot_chassis import ids
from griot_contracts.messages import MediaContent

HERE = [IPv4Network("127.0.0.0/8")]
IMPATIENT = Limits(
    connect=timedelta(seconds=1), first_byte=timedelta(seconds=0.3), whole=timedelta(seconds=1)
)


async def fetch(
    media: FetchedMedia, url: str, kind: Literal["image", "video"] = "image", message_id: str | None = None
) -> Outcome:
    return await media.fetch(message_id or ids.new_id(), MediaContent(type=kind, url=url))


async def reason(media: FetchedMedia, url: str) -> str:
    outcome = await fetch(media, url)
    assert isinstance(outcome, Refused)
    assert outcome.detail
    return outcome.reason
