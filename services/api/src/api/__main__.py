"""The api: `python -m api`."""

import asyncio

from api.allowances import Allowances
from api.app import make_app
from api.ask import Ask, reply_partition_for
from api.keyring import Keyring
from api.live import Live
from api.overlay import Overlay
from api.parts import Parts
from api.reads import Reads
from api.settings import ApiSettings
from api.tickets import Tickets
from griot_chassis import clock
from griot_chassis.service import Service
from griot_contracts.topics import ACCOUNT_EVENTS, REPLIES, SESSION_EVENTS, SESSION_PAIRING


async def main(settings: ApiSettings) -> None:
    """Serve the public API until told to stop."""
    async with Service("api", settings) as service:
        partition = reply_partition_for(settings.instance_id)
        overlay = Overlay()
        reads = Reads(service.mongo[settings.api_database], overlay)
        keyring = Keyring(reads, now=clock.now)
        allowances = Allowances()
        live = Live(overlay, on_key_revoked=keyring.forget, on_plan_changed=allowances.plan_changed)
        ask = Ask(service.publisher, partition=partition)
        tickets = Tickets(settings.secret.get_secret_value(), reads)
        parts = Parts(
            settings=settings, ask=ask, reads=reads, overlay=overlay, live=live, keyring=keyring,
            allowances=allowances, tickets=tickets, now=clock.now, waiting_for=service.readiness.failing,
        )  # fmt: skip
        service.listen([REPLIES], ask.on_replies, partitions={partition})
        service.listen([SESSION_EVENTS, ACCOUNT_EVENTS], live.on_events)
        service.listen([SESSION_PAIRING], live.on_codes, from_start=True)
        service.serve(make_app(parts), host=settings.api_host, port=settings.api_port)
        await service.run()


if __name__ == "__main__":
    asyncio.run(main(ApiSettings()))
