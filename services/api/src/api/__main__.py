"""The api: `python -m api`."""

import asyncio

from api.allowances import Allowances
from api.app import make_app
from api.ask import Ask, reply_partition_for
from api.freshness import Freshness
from api.keyring import Keyring
from api.live import Live
from api.overlay import Overlay
from api.pace import Pace
from api.parts import Parts
from api.projector.adapters import GROUP
from api.projector.generations import Generations, Marks
from api.reads import Reads
from api.seal import Seal
from api.settings import ApiSettings
from api.tickets import Tickets
from api.uses import KeyUses
from api.whole import Whole
from griot_chassis import clock
from griot_chassis.service import Service
from griot_contracts.topics import ACCOUNT_EVENTS, REPLIES, SESSION_EVENTS, SESSION_PAIRING


async def main(settings: ApiSettings) -> None:
    """Serve the public API until told to stop."""
    async with Service("api", settings) as service:
        partition = reply_partition_for(settings.instance_id)
        overlay = Overlay()
        allowances = Allowances()
        live: Live
        # They need each other: what is heard ends keys, which are looked up in what was heard.
        ears = service.listen([SESSION_EVENTS, ACCOUNT_EVENTS], lambda heard: live.on_events(heard))  # noqa: PLW0108
        where = Generations(service.mongo, settings.api_database)
        marks = Marks(where, GROUP)
        fresh = Freshness(service.log_ends, ears, marks)
        whole = Whole(where, marks, service.log_ends)
        reads = Reads(whole, overlay, fresh)
        keyring = Keyring(reads, now=clock.now)
        live = Live(
            overlay, on_key_revoked=keyring.forget, on_plan_changed=allowances.plan_changed,
            on_suspension=keyring.forget_account,
        )  # fmt: skip
        uses = KeyUses(service.publisher, now=clock.now)
        ask = Ask(service.publisher, partition=partition)
        tickets = Tickets(settings.secret.get_secret_value(), reads, now=clock.now)
        parts = Parts(
            settings=settings, ask=ask, reads=reads, overlay=overlay, live=live, keyring=keyring,
            allowances=allowances, tickets=tickets, seal=Seal(settings.secret.get_secret_value()),
            pace=Pace(settings.requests_per_second, now=clock.now), uses=uses, fresh=fresh, now=clock.now,
            waiting_for=service.readiness.failing,
        )  # fmt: skip
        service.listen([REPLIES], ask.on_replies, partitions={partition})
        service.listen([SESSION_PAIRING], live.on_codes, from_start=True)
        service.background(uses.keep_telling, name="uses of keys")
        service.background(whole.keep, name="whole")
        service.on_stopping(live.end)
        service.on_stop(uses.tell)
        service.serve(make_app(parts), host=settings.api_host, port=settings.api_port)
        await service.run()


if __name__ == "__main__":
    asyncio.run(main(ApiSettings()))
