"""The session manager's composition root.

Session commands are carried out on the WhatsApp connections owned here.
"""

import asyncio
import logging
import os
from typing import Final

from griot_chassis import clock, ids
from griot_chassis.claim_check import ClaimCheck
from griot_chassis.service import Service
from griot_chassis.standstill import Standstill
from griot_contracts import topics
from session_manager.adapters.attachments import StoredAttachments
from session_manager.adapters.devices import DeviceDatabase, DeviceFiles, Devices
from session_manager.adapters.leases import MongoLeases
from session_manager.adapters.leftovers import Leftovers
from session_manager.adapters.library import (
    begin_anew,
    open_files_as_allowed,
    restart_with,
    silence_standard_output,
    use_library,
)
from session_manager.adapters.sessions import MongoSessions
from session_manager.adapters.watch import Care
from session_manager.handlers.commands import HandleSessionCommands
from session_manager.handlers.deliver import DeliverMessages, Patience
from session_manager.handlers.fleet import Fleet
from session_manager.handlers.journals import Journals
from session_manager.handlers.lease import Lease
from session_manager.handlers.outbox import Outbox
from session_manager.handlers.ownership import Ownership
from session_manager.settings import SessionManagerSettings

_LEFT_OPEN_A_SESSION: Final = 4
"""A start leaves two of a session that lies in a file, and each new connection three."""


def devices_of(settings: SessionManagerSettings) -> Devices:
    """The keys of one worker, or those that many share."""
    url = settings.device_store_url
    return DeviceFiles(settings.devices) if url is None else DeviceDatabase(url)


async def main(settings: SessionManagerSettings) -> bool:
    """Run until SIGTERM, then finish what was taken and end the connections; True if it is to begin anew."""
    from session_manager.adapters.whatsapp import NeonizeWhatsApp  # noqa: PLC0415  # loads the library chosen below

    async with Service("session-manager", settings) as service:
        publisher, now = service.publisher, clock.now
        database = service.mongo[settings.sessions_database]
        sessions = MongoSessions(database, settings.instance_id, now)
        lease = Lease(MongoLeases(database, settings.instance_id, ids.new_id(), now), clock.elapsed)
        care = Care(settings.probe_every_s, settings.probe_within_s)
        most, at_once = settings.whatsapp_max_sessions, settings.whatsapp_handshakes_at_once
        leftovers = Leftovers(settings.whatsapp_left_open or _LEFT_OPEN_A_SESSION * most)
        whatsapp = NeonizeWhatsApp(devices_of(settings), leftovers, most, at_once, care=care)
        outbox = Outbox(publisher)
        patience = Patience(
            settings.send_within_s,
            settings.lookup_within_s,
            settings.wait_for_start_s,
            settings.upload_within_s,
        )
        attachments = StoredAttachments(ClaimCheck(service.mongo[settings.media_database]))
        fleet = Fleet(whatsapp, sessions, lease, outbox=outbox, now=now)
        journals = Journals(fleet, service.log_reader)
        deliver = DeliverMessages(
            fleet, lease, publisher, attachments, journals=journals, now=now, patience=patience
        )
        handle = HandleSessionCommands(
            fleet,
            deliver,
            lease,
            sessions=sessions,
            whatsapp=whatsapp,
            outbox=outbox,
            publisher=publisher,
            now=now,
        )
        ownership = Ownership(fleet, sessions, lease, service.log_reader)
        service.consume_keyed(topics.SESSION_COMMANDS, handle, group="session-manager", listener=ownership)
        service.background(ownership.keep, name="lease")
        # The library, woken with the rest, would connect those sessions anew by itself whose connection had
        # broken meanwhile, and so take them from their new owner; nothing in it can be told not to.
        Standstill().watch()
        service.background(outbox.run, name="outbox")
        service.on_stop(outbox.flush)
        service.again_when(leftovers.too_many, name="left open")
        await service.run()
    return service.again


if __name__ == "__main__":
    chosen = SessionManagerSettings()
    restart_with(*chosen.for_the_library())
    open_files_as_allowed()
    silence_standard_output()
    use_library(chosen.whatsapp_library)
    try:
        if asyncio.run(main(chosen)):
            begin_anew()
    except Exception:
        logging.getLogger("session_manager").critical("ended", exc_info=True)
        os._exit(1)
    os._exit(0)  # the library keeps threads that no interpreter could join
