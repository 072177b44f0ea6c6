"""Asking again for a message that could not be read, with the keys to encrypt it anew."""

from __future__ import annotations

import time

from fakewhatsapp.model import Registration
from fakewhatsapp.prekeys import key_nodes
from fakewhatsapp.receipts import RETRY
from fakewhatsapp.wire.nodes import Attributes, Jid, Node

MAX_RETRIES = 3


def retry_of(enc: Node) -> int:
    """The how-many-eth repetition an encrypted copy is; 0: none."""
    count = enc.text("count")
    return int(count) if count.isdigit() else 0


def ask_again(
    reader: Jid,
    chat: Jid | None,
    message_id: str,
    *,
    count: int,
    keys: Registration,
    one_time: tuple[int, bytes],
) -> Node:
    """The receipt by which a phone asks a device for a message once more.

    Args:
        reader: the phone.
        chat: whom the message was for, where the phone belongs to the sender itself.
        message_id: the message.
        count: the how-many-eth time this is.
        keys: the phone's keys.
        one_time: a one-time key of the phone's.
    """
    now = str(int(time.time()))
    attrs: Attributes = {"from": reader, "id": message_id, "t": now, "type": RETRY}
    if chat is not None:
        attrs["recipient"] = chat
    retry: Attributes = {"count": str(count), "id": message_id, "t": now, "v": "1"}
    registration, *rest = key_nodes(keys, one_time)
    return Node("receipt", attrs, [Node("retry", retry), registration, Node("keys", {}, rest)])
