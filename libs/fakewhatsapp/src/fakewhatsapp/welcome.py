"""What a phone sends a device that was just linked: the key of the account's settings, an empty history."""

from __future__ import annotations

import secrets
import time
import zlib
from typing import Any

from fakewhatsapp import protobuf


def welcome_messages() -> list[Any]:
    """The messages in the order a phone sends them."""
    sync = protobuf.history.HistorySync
    return [
        _settings_key(),
        _history(sync(syncType=sync.INITIAL_BOOTSTRAP, progress=100, chunkOrder=1)),
        _history(sync(syncType=sync.PUSH_NAME)),
    ]


def _settings_key() -> Any:
    e2e = protobuf.e2e
    fingerprint = e2e.AppStateSyncKeyFingerprint(
        rawID=secrets.randbits(31), currentIndex=0, deviceIndexes=[0]
    )
    data = e2e.AppStateSyncKeyData(
        keyData=secrets.token_bytes(32), fingerprint=fingerprint, timestamp=int(time.time() * 1000)
    )
    key = e2e.AppStateSyncKey(keyID=e2e.AppStateSyncKeyId(keyID=secrets.token_bytes(6)), keyData=data)
    share = e2e.AppStateSyncKeyShare(keys=[key])
    kind = e2e.ProtocolMessage.APP_STATE_SYNC_KEY_SHARE
    return e2e.Message(protocolMessage=e2e.ProtocolMessage(type=kind, appStateSyncKeyShare=share))


def _history(sync: Any) -> Any:
    e2e = protobuf.e2e
    notification = e2e.HistorySyncNotification(
        syncType=sync.syncType,
        chunkOrder=sync.chunkOrder,
        progress=sync.progress,
        initialHistBootstrapInlinePayload=zlib.compress(sync.SerializeToString()),
    )
    kind = e2e.ProtocolMessage.HISTORY_SYNC_NOTIFICATION
    return e2e.Message(protocolMessage=e2e.ProtocolMessage(type=kind, historySyncNotification=notification))
