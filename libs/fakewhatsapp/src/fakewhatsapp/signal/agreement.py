"""X3DH: how two devices come to a first secret although one of them is away."""

from __future__ import annotations

from fakewhatsapp.signal.keys import IdentityKeyPair, KeyPair, derive

_START = b"\xff" * 32  # keeps these inputs apart from those of any other use of the keys
_INFO = b"WhisperText"
_HALF = 32


def as_initiator(
    ours: IdentityKeyPair,
    base: KeyPair,
    their_identity: bytes,
    their_signed: bytes,
    their_one_time: bytes | None,
) -> tuple[bytes, bytes]:
    """The root key and the chain key, for whoever writes first."""
    secret = _START + ours.agree(their_signed) + base.agree(their_identity) + base.agree(their_signed)
    if their_one_time is not None:
        secret += base.agree(their_one_time)
    return _split(secret)


def as_responder(
    ours: IdentityKeyPair, signed: KeyPair, one_time: KeyPair | None, their_identity: bytes, their_base: bytes
) -> tuple[bytes, bytes]:
    """The root key and the chain key, for whoever was written to."""
    secret = _START + signed.agree(their_identity) + ours.agree(their_base) + signed.agree(their_base)
    if one_time is not None:
        secret += one_time.agree(their_base)
    return _split(secret)


def _split(secret: bytes) -> tuple[bytes, bytes]:
    both = derive(secret, _INFO, 2 * _HALF)
    return both[:_HALF], both[_HALF:]
