"""The attachments that clients and phones uploaded: encrypted, so the network knows nothing of them."""

from __future__ import annotations

import base64
import hashlib


class Attachments:
    """Encrypted attachments by the hash of their bytes, as WhatsApp's media hosts keep them."""

    def __init__(self) -> None:
        self._by_token: dict[str, bytes] = {}

    @staticmethod
    def token_of(data: bytes) -> str:
        """What an upload has to be called: the hash of its bytes."""
        return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()

    def keep(self, data: bytes) -> str:
        """Keep an encrypted attachment.

        Returns:
            Its direct path. It has a query already, because clients append further parameters to it.
        """
        token = self.token_of(data).rstrip("=")
        self._by_token[token] = data
        return f"/v/{token}.enc?ccb=1"

    def get(self, direct_path: str) -> bytes | None:
        """The encrypted attachment at a direct path, if there is one."""
        return self._by_token.get(direct_path.partition("?")[0].removeprefix("/v/").removesuffix(".enc"))

    def delete(self, token: str) -> None:
        """Forget an attachment; nothing happens if there is none."""
        self._by_token.pop(token.rstrip("="), None)
