"""The certificate chain that a client checks against the root key it pins: root, intermediate, leaf."""

from __future__ import annotations

import time

from fakewhatsapp import protobuf
from fakewhatsapp.signal import IdentityKeyPair
from fakewhatsapp.wire.noise import ServerKeys

_DAY = 24 * 3600
_VALID_DAYS = 365


def server_keys(root: IdentityKeyPair) -> ServerKeys:
    """A new static key for a server, with a chain signed by the root key."""
    intermediate, static = IdentityKeyPair.generate(), IdentityKeyPair.generate()
    chain = protobuf.cert.CertChain()
    details = _details(intermediate, serial=1, issuer=0)  # 0 is the root's serial: clients insist on it
    chain.intermediate.details = details
    chain.intermediate.signature = root.sign(details)
    details = _details(static, serial=2, issuer=1)
    chain.leaf.details = details
    chain.leaf.signature = intermediate.sign(details)
    return ServerKeys(static, bytes(chain.SerializeToString()))


def _details(key: IdentityKeyPair, *, serial: int, issuer: int) -> bytes:
    now = int(time.time())
    details = protobuf.cert.CertChain.NoiseCertificate.Details(
        serial=serial,
        issuerSerial=issuer,
        key=key.public,
        notBefore=now - _DAY,  # a clock that is a little slow must not make the network untrusted
        notAfter=now + _VALID_DAYS * _DAY,
    )
    return bytes(details.SerializeToString())
