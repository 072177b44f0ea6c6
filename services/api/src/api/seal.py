"""What follows from this installation's secret, so that every instance makes the same and nobody else can."""

import hashlib
import hmac
import string
from typing import Final

_LETTERS_AND_DIGITS: Final = string.ascii_letters + string.digits
_SECRET_LENGTH: Final = 32


class Seal:
    """Digests under the secret. A fingerprint tells nothing of a password or a text to who reads the log."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def fingerprint(self, *parts: str) -> str:
        """The same parts, the same fingerprint."""
        return self._digest("fingerprint", *parts).hex()

    def key_secret(self, *parts: str) -> str:
        """32 letters and digits for an API key, told again to who asks again; to others as good as random."""
        number, letters = int.from_bytes(self._digest("key", *parts)), []
        for _ in range(_SECRET_LENGTH):
            number, place = divmod(number, len(_LETTERS_AND_DIGITS))
            letters.append(_LETTERS_AND_DIGITS[place])
        return "".join(letters)

    def _digest(self, *parts: str) -> bytes:
        # Each part says how long it is, so that no two lists of parts read the same.
        message = b"".join(b"%d:%s" % (len(raw), raw) for raw in (part.encode() for part in parts))
        return hmac.digest(self._secret, message, hashlib.sha512)
