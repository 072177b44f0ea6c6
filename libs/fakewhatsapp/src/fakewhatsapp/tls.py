"""This network's certificate authority, and the certificate of the hosts it answers for."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

MEDIA_HOST = "mmg.whatsapp.net"
"""The host that clients are told to upload to and download from."""
HOSTS = ("web.whatsapp.com", "*.whatsapp.com", "*.whatsapp.net", "*.cdn.whatsapp.net")
"""All that this network answers for."""


def make_tls(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server context for the hosts, and the file of the authority that a client has to trust."""
    authority = trustme.CA(organization_name="fakewhatsapp")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return context, path
