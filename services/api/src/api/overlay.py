"""What this instance knows before MongoDB does, laid over what MongoDB says.

The projector is a little behind the log, and a client must not see it: what it was told is what its next
request finds. So every instance keeps the events of the last minutes that it heard, or that it knows to be
decided because it asked, and folds them onto the documents it reads, with the projector's own functions. An
event that the document holds already changes nothing, so it does not matter who was faster.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from api.projector.projections import API_KEYS, NOT_IN_THE_LOG_YET, Document, Ref, evolve, touched
from griot_contracts.accounts import KeyIssued
from griot_contracts.base import Contract

KEPT: Final = timedelta(minutes=10)
MOST: Final = 20_000


class Overlay:
    """Recent events by the document they touch; the oldest go first.

    Bounded in time, and in number for each collection, so that many messages push no session out.
    """

    def __init__(
        self, *, kept: timedelta = KEPT, most: int = MOST, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._kept_s = kept.total_seconds()
        self._most = most
        self._monotonic = monotonic
        self._events: dict[Ref, deque[tuple[int, Contract]]] = {}
        self._of_account: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._key_ids: dict[str, str] = {}
        self._arrivals: defaultdict[str, deque[tuple[float, Ref, Contract]]] = defaultdict(deque)

    def know(self, beginning: Contract) -> Document:
        """Know what was decided to begin, before it is seen in the log, and give its document.

        Args:
            beginning: the event as the decider writes it, made of the command that was granted.
        """
        self.learn(beginning, NOT_IN_THE_LOG_YET)
        document = evolve(None, beginning, NOT_IN_THE_LOG_YET)
        assert document is not None, "only what begins a document is known before it is in the log"
        return document

    def learn(self, event: Contract, offset: int) -> None:
        """Know an event from now on."""
        ref = touched(event)
        if ref is None:
            return
        for arrivals in self._arrivals.values():
            self._forget_old(arrivals)
        self._events.setdefault(ref, deque()).append((offset, event))
        self._of_account[ref.collection, event.account_id][ref.id] = None
        self._arrivals[ref.collection].append((self._monotonic(), ref, event))
        if isinstance(event, KeyIssued):
            self._key_ids[event.key_hash] = event.key_id

    def over(self, ref: Ref, document: Document | None) -> Document | None:
        """The document with what is known over it; None when nobody knows it."""
        for offset, event in self._events.get(ref, ()):
            document = evolve(document, event, offset)
        return document

    def over_all(self, collection: str, account_id: str, documents: Iterable[Document]) -> list[Document]:
        """An account's documents with what is known over them, and those that MongoDB does not have yet."""
        found = {document["_id"]: document for document in documents}
        merged: dict[str, Document | None] = dict(found)
        for id_ in self._of_account.get((collection, account_id), ()):
            merged[id_] = self.over(Ref(collection, id_), found.get(id_))
        return [document for document in merged.values() if document is not None]

    def known(self, collection: str, account_id: str) -> list[str]:
        """The ids of an account's documents that recent events touched."""
        return list(self._of_account.get((collection, account_id), ()))

    def key_id(self, key_hash: str) -> str | None:
        """The id of a key that was issued lately."""
        return self._key_ids.get(key_hash)

    def forget(self, collection: str, account_id: str, ids: Iterable[str]) -> None:
        """Drop what is known of documents that MongoDB has by now, and of which nothing more is heard."""
        for id_ in ids:
            self._events.pop(Ref(collection, id_), None)
            self._drop_id(collection, account_id, id_)

    def _forget_old(self, arrivals: deque[tuple[float, Ref, Contract]]) -> None:
        oldest_kept = self._monotonic() - self._kept_s
        while arrivals and (arrivals[0][0] < oldest_kept or len(arrivals) >= self._most):
            _, ref, event = arrivals.popleft()
            events = self._events.get(ref)
            if events is None or events[0][1] is not event:
                continue  # forgotten before
            events.popleft()
            if not events:
                del self._events[ref]
                self._drop_id(ref.collection, event.account_id, ref.id)
            if isinstance(event, KeyIssued) and ref.collection == API_KEYS:
                self._key_ids.pop(event.key_hash, None)

    def _drop_id(self, collection: str, account_id: str, id_: str) -> None:
        ids = self._of_account.get((collection, account_id))
        if ids is not None:
            ids.pop(id_, None)
            if not ids:
                del self._of_account[collection, account_id]
