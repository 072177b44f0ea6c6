"""What the control server answers: phones, the ledger, faults."""

# ruff: noqa: FAST003 - the number in a path is taken by a dependency, which the rule does not look into

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from fakewhatsapp import exchange
from fakewhatsapp.errors import UnknownMessageError
from fakewhatsapp.exchange import Announcement
from fakewhatsapp.inbox import Inbox
from fakewhatsapp.ledger import Entry
from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone

_LONGEST_WAIT_S = 600

router = APIRouter()


class Controlled:
    """A network, and what the control server keeps beside it."""

    def __init__(self, network: Network, url: str) -> None:
        self.network = network
        self.url = url
        self._inboxes: dict[str, Inbox] = {}

    def announcement(self) -> Announcement:
        """Where everything is."""
        return Announcement(
            control=self.url, library=str(self.network.library), environment=self.network.environment
        )

    def inbox(self, phone: Phone) -> Inbox:
        """The inbox of a phone, made when it is first asked for."""
        if phone.number not in self._inboxes:
            self._inboxes[phone.number] = Inbox(phone)
        return self._inboxes[phone.number]

    async def close(self) -> None:
        """Stop following the phones."""
        for inbox in self._inboxes.values():
            await inbox.close()


# The dependencies are coroutines because FastAPI runs other functions in threads, and two of them that make
# the same phone at the same moment make two.
async def _controlled(request: Request) -> Controlled:
    controlled: Controlled = request.app.state.controlled
    return controlled


async def _network(controlled: Annotated[Controlled, Depends(_controlled)]) -> Network:
    return controlled.network


async def _phone(network: Annotated[Network, Depends(_network)], number: Annotated[str, Path()]) -> Phone:
    return network.phone(number)


OfControlled = Annotated[Controlled, Depends(_controlled)]
OfNetwork = Annotated[Network, Depends(_network)]
OfPhone = Annotated[Phone, Depends(_phone)]
OfQuery = Annotated[exchange.LedgerQuery, Query()]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/network")
async def announcement(controlled: OfControlled) -> Announcement:
    return controlled.announcement()


@router.put("/unknown-numbers/{number}", status_code=204)
async def make_unknown(network: OfNetwork, number: str) -> None:
    network.unknown_numbers.add(number)


@router.delete("/unknown-numbers/{number}", status_code=204)
async def make_known(network: OfNetwork, number: str) -> None:
    network.unknown_numbers.discard(number)


@router.get("/phones")
async def all_phones(network: OfNetwork) -> list[exchange.PhoneState]:
    return [exchange.PhoneState.of(phone) for phone in network.phones()]


@router.get("/phones/{number}")
async def phone_state(phone: OfPhone) -> exchange.PhoneState:
    return exchange.PhoneState.of(phone)


@router.patch("/phones/{number}")
async def switch(phone: OfPhone, switches: exchange.Switches) -> exchange.PhoneState:
    for name, value in switches.model_dump(exclude_none=True).items():
        setattr(phone, name, value)
    return exchange.PhoneState.of(phone)


@router.post("/phones/{number}/scan")
async def scan(phone: OfPhone, body: exchange.Scan) -> exchange.DeviceState:
    return exchange.DeviceState.of(await phone.scan(body.qr, within=timedelta(seconds=body.within_s)))


@router.post("/phones/{number}/enter")
async def enter(phone: OfPhone, body: exchange.Code) -> exchange.DeviceState:
    return exchange.DeviceState.of(await phone.enter(body.code, within=timedelta(seconds=body.within_s)))


@router.delete("/phones/{number}/devices/{index}", status_code=204)
async def unlink(phone: OfPhone, index: int) -> None:
    await phone.unlink(index)


@router.get("/phones/{number}/messages")
async def messages(
    controlled: OfControlled,
    phone: OfPhone,
    after: Annotated[int, Query(ge=0)] = 0,
    within_s: Annotated[float, Query(ge=0, le=_LONGEST_WAIT_S)] = 0,
) -> list[exchange.Shown]:
    shown = await controlled.inbox(phone).after(after, timedelta(seconds=within_s))
    return [exchange.Shown.of(message) for message in shown]


@router.get("/phones/{number}/messages/{message_id}/media")
async def media(phone: OfPhone, message_id: str) -> Response:
    for message in phone.messages:
        if message.id == message_id and message.media is not None:
            return Response(message.media, media_type=message.mimetype or "application/octet-stream")
    raise UnknownMessageError("the phone shows no message with this id and an attachment")


@router.post("/phones/{number}/messages", status_code=201)
async def send(phone: OfPhone, draft: exchange.Draft) -> exchange.Sent:
    return exchange.Sent(id=await phone.send(draft.to, draft.text))


@router.post("/phones/{number}/images", status_code=201)
async def send_image(
    phone: OfPhone, request: Request, to: str, caption: str = "", mimetype: str = "image/jpeg"
) -> exchange.Sent:
    image = await request.body()
    return exchange.Sent(id=await phone.send_image(to, image, caption=caption, mimetype=mimetype))


@router.post("/phones/{number}/messages/{message_id}/read", status_code=204)
async def read(phone: OfPhone, message_id: str) -> None:
    await phone.read(message_id)


@router.post("/phones/{number}/messages/{message_id}/deliver", status_code=204)
async def deliver(phone: OfPhone, message_id: str) -> None:
    await phone.deliver(message_id)


@router.get("/ledger", response_model=list[Entry])
async def ledger_entries(network: OfNetwork, query: OfQuery) -> Response:
    """The entries that fit, in the order of their revisions: the last one's is the next `since`."""
    return _json(exchange.ENTRIES.dump_json(network.ledger.entries(query.filter())[: query.limit]))


@router.get("/ledger/count")
async def ledger_count(network: OfNetwork, query: OfQuery) -> int:
    return network.ledger.count(query.filter())


@router.get("/ledger/summary")
async def ledger_summary(network: OfNetwork) -> exchange.Summary:
    return exchange.Summary.of(network.ledger)


@router.get("/ledger/repeated", response_model=list[list[Entry]])
async def ledger_repeated(network: OfNetwork) -> Response:
    return _json(exchange.GROUPS.dump_json(network.ledger.repeated()))


@router.get("/ledger/texts/{number}")
async def ledger_texts(network: OfNetwork, number: str) -> list[str]:
    return network.ledger.texts_to(number)


@router.get("/ledger/entries/{message_id}", response_model=Entry | None)
async def ledger_entry(network: OfNetwork, message_id: str) -> Entry | None:
    return network.ledger.by_id(message_id)


@router.get("/faults")
async def faults_due(network: OfNetwork) -> list[exchange.FaultState]:
    due = network.faults.due().items()
    return [exchange.FaultState.of(fault, id=fault_id, times=left) for fault_id, (fault, left) in due]


@router.post("/faults", status_code=201)
async def add_fault(network: OfNetwork, body: exchange.FaultState) -> exchange.FaultState:
    fault = body.fault()
    return exchange.FaultState.of(fault, id=network.faults.add(fault))


@router.delete("/faults", status_code=204)
async def clear_faults(network: OfNetwork) -> None:
    network.faults.clear()


@router.delete("/faults/{fault_id}", status_code=204)
async def clear_fault(network: OfNetwork, fault_id: int) -> None:
    network.faults.clear(fault_id)


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")
