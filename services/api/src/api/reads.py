"""What the api reads: MongoDB's documents, with what this instance knows already laid over them."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from api.freshness import Freshness
from api.overlay import Overlay
from api.projector.projections import ACCOUNTS, API_KEYS, KEY_USES, MESSAGES, SESSIONS, USAGE, Document, Ref
from api.projector.usage import midnight
from api.whole import DocumentsIncompleteError, Whole
from griot_contracts import topics
from griot_contracts.messages import MessageStatus
from griot_contracts.sessions import SessionStatus

_SESSIONS_CACHED_S: Final = 5.0
_ACCOUNTS_CACHED: Final = 10_000

_TOLD_BY: Final = {
    ACCOUNTS: topics.ACCOUNT_EVENTS,
    API_KEYS: topics.ACCOUNT_EVENTS,
    KEY_USES: topics.KEY_USES,
    SESSIONS: topics.SESSION_EVENTS,
    MESSAGES: topics.MESSAGE_EVENTS,
    USAGE: topics.MESSAGE_EVENTS,
}

Place = tuple[datetime, str]
"""Where a list goes on: after the document of this time and id."""


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages of an account; None is all."""

    status: str | None = None
    session_id: str | None = None
    type: str | None = None
    to: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def query(self) -> dict[str, Any]:
        """For MongoDB."""
        names = ("status", "session_id", "type", "to")
        wanted: dict[str, Any] = {name: value for name in names if (value := getattr(self, name)) is not None}
        within = {"$gte": self.since, "$lt": self.until}
        if given := {operator: at for operator, at in within.items() if at is not None}:
            wanted["created_at"] = given
        return wanted

    def admits(self, message: Document) -> bool:
        """The same, for a message that MongoDB does not have yet."""
        names = ("status", "session_id", "type", "to")
        same = all(getattr(self, name) in (None, message[name]) for name in names)
        begun = self.since is None or message["created_at"] >= self.since
        return same and begun and (self.until is None or message["created_at"] < self.until)


class Reads:
    """The questions that routes ask. All but the key's name the account, and nothing of another's is found.

    What another instance told a client is found too: before anything is denied or listed, what stands in the
    log is waited for. All raise a PyMongoError when the database is away, or has lost what is not
    told again yet.
    """

    def __init__(
        self,
        where: Whole,
        overlay: Overlay,
        fresh: Freshness,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._where = where
        self._overlay = overlay
        self._fresh = fresh
        self._monotonic = monotonic
        self._sessions: dict[str, tuple[float, list[Document]]] = {}

    async def key(self, key_hash: str) -> Document | None:
        """The key with this hash, revoked or not."""
        key = await self._key(key_hash)
        if key is None:
            await self._fresh.heard()
            await self._where.look()
            key = await self._key(key_hash)
        return key

    async def _key(self, key_hash: str) -> Document | None:
        stored = await (await self._stored(API_KEYS)).find_one({"hash": key_hash})
        key_id = self._overlay.key_id(key_hash) if stored is None else stored["_id"]
        return None if key_id is None else self._overlay.over(Ref(API_KEYS, key_id), stored)

    async def account(self, account_id: str) -> Document | None:
        """The account itself."""
        account = await self._account(account_id)
        if account is None:
            await self._where.look()
            account = await self._account(account_id)
        return account

    async def _account(self, account_id: str) -> Document | None:
        stored = await (await self._stored(ACCOUNTS)).find_one({"_id": account_id})
        return self._overlay.over(Ref(ACCOUNTS, account_id), stored)

    async def is_suspended(self, account_id: str) -> bool:
        """Whether the operator has stopped the account, as far as is known here."""
        account = await self.account(account_id)
        return account is not None and account.get("suspended_at") is not None

    async def sent_on(self, account_id: str, day: date) -> int:
        """Messages of the account accepted on a day of UTC."""
        wanted = {"account_id": account_id, "day": midnight(day)}
        stored = await (await self._stored(USAGE)).find(wanted).to_list()
        if not stored:
            await self._be_sure(USAGE)
        return sum(usage["sent"] for usage in stored)

    async def keys(self, account_id: str) -> list[Document]:
        """The account's keys that are not revoked."""
        await self._fresh.heard()
        stored = await (await self._stored(API_KEYS)).find({"account_id": account_id}).to_list()
        if not stored:
            await self._be_sure(API_KEYS)
        merged = self._overlay.over_all(API_KEYS, account_id, stored)
        return [key for key in merged if key["revoked_at"] is None]

    async def key_uses(self, account_id: str) -> dict[str, datetime]:
        """When the account's keys were used last, as far as the log was told."""
        found = (await self._stored(KEY_USES)).find({"account_id": account_id})
        return {use["_id"]: use["at"] async for use in found}

    async def sessions(self, account_id: str, *, cached: bool = False) -> list[Document]:
        """The account's sessions, without the deleted.

        `cached` reads MongoDB once in five seconds: what happens meanwhile is heard, and lies over it anyway.
        """
        if not cached:
            await self._fresh.heard()
        now = self._monotonic()
        valid_until, stored = self._sessions.get(account_id, (now, []))
        if not cached or valid_until <= now:
            stored = await (await self._stored(SESSIONS)).find({"account_id": account_id}).to_list()
            if not cached or not stored:
                await self._be_sure(SESSIONS)
            self._remember_sessions(account_id, stored)
        merged = self._overlay.over_all(SESSIONS, account_id, stored)
        return [session for session in merged if session["status"] != SessionStatus.DELETED.value]

    async def session(self, account_id: str, session_id: str) -> Document | None:
        """One session of the account; None when it has none of this id."""
        await self._fresh.heard()
        session = await self._session(session_id)
        if session is None:
            await self._where.look()
            session = await self._session(session_id)
        return (
            None
            if session is None or session["status"] == SessionStatus.DELETED.value
            else _of(session, account_id)
        )

    async def _session(self, session_id: str) -> Document | None:
        stored = await (await self._stored(SESSIONS)).find_one({"_id": session_id})
        return self._overlay.over(Ref(SESSIONS, session_id), stored)

    async def message(self, account_id: str, message_id: str) -> Document | None:
        """One message of the account; None when it has none of this id.

        Raises:
            DocumentsIncompleteError: it may have one, which is not stored yet.
        """
        message = await self._message(message_id)
        # A refused one may have been asked for again, and accepted.
        if message is None or message["status"] == MessageStatus.REJECTED.value:
            stored = await self._fresh.projected()
            await self._where.look()
            message = await self._message(message_id)
            if message is None and not stored:
                raise DocumentsIncompleteError("not all that stands in the log is stored")
        return None if message is None else _of(message, account_id)

    async def _message(self, message_id: str) -> Document | None:
        stored = await (await self._stored(MESSAGES)).find_one({"_id": message_id})
        return self._overlay.over(Ref(MESSAGES, message_id), stored)

    async def messages(
        self, account_id: str, wanted: MessageFilter, *, limit: int, after: Place | None
    ) -> list[Document]:
        """At most `limit` messages, newest first, after a place in that order."""
        await self._fresh.projected()
        query = {"account_id": account_id, **wanted.query()}
        if after is not None:
            at, id_ = after
            query["$or"] = [{"created_at": {"$lt": at}}, {"created_at": at, "_id": {"$lt": id_}}]
        order = [("created_at", -1), ("_id", -1)]
        # What is not stored yet comes first: one that is stored in between is then found twice, not never.
        unstored = await self._not_stored_yet(account_id)
        stored = await (await self._stored(MESSAGES)).find(query).sort(order).limit(limit).to_list()
        if not stored:
            await self._be_sure(MESSAGES)
        more = [message for message in unstored if wanted.admits(message) and _is_after(message, after)]
        found = {message["_id"]: message for message in [*more, *stored]}
        return newest_first(found.values())[:limit]

    async def _stored(self, collection: str) -> Any:
        return (await self._where.read(_TOLD_BY[collection]))[collection]

    async def _be_sure(self, collection: str) -> None:
        """Look whether what was found may be all.

        Raises:
            PyMongoError: it may lack what is not told again yet.
        """
        await self._where.look()
        await self._stored(collection)

    async def _not_stored_yet(self, account_id: str) -> list[Document]:
        known = self._overlay.known(MESSAGES, account_id)
        if not known:
            return []
        stored = (await self._stored(MESSAGES)).find({"_id": {"$in": known}}, {"_id": 1})
        self._overlay.forget(MESSAGES, account_id, [message["_id"] async for message in stored])
        return self._overlay.over_all(MESSAGES, account_id, [])

    def _remember_sessions(self, account_id: str, stored: list[Document]) -> None:
        if len(self._sessions) >= _ACCOUNTS_CACHED:
            self._sessions.clear()
        self._sessions[account_id] = (self._monotonic() + _SESSIONS_CACHED_S, stored)


def newest_first(documents: Iterable[Document]) -> list[Document]:
    """The order of every list; the id decides between two of the same time."""
    return sorted(documents, key=lambda document: (document["created_at"], document["_id"]), reverse=True)


def page(documents: Iterable[Document], *, limit: int, after: Place | None) -> list[Document]:
    """The part of a short list that follows a place in it, newest first."""
    return newest_first(document for document in documents if _is_after(document, after))[:limit]


def _is_after(document: Document, place: Place | None) -> bool:
    return place is None or (document["created_at"], document["_id"]) < place


def _of(document: Document, account_id: str) -> Document | None:
    return document if document["account_id"] == account_id else None
