"""Certificates for TLS tests, made by openssl on the spot: valid for an hour, never kept."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def certificate(folder: Path, *, good: bool = True) -> tuple[ssl.SSLContext, Path]:
    """Return a server's TLS context and the file that a client trusts it by.

    A good one names 127.0.0.1 and localhost; the other another machine, as behind a wrong DNS entry or an attacker.
    """
    name = "good" if good else "bad"
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    names = "IP:127.0.0.1,DNS:localhost" if good else "DNS:elsewhere.invalid"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "1", "-subj", "/CN=renkei test", "-addext", f"subjectAltName={names}"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context, cert
