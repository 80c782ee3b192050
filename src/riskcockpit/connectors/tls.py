"""Whom we trust and how we identify ourselves below HTTP: system CAs, a CA more, a certificate."""

from __future__ import annotations

import os
import ssl
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import truststore

from riskcockpit.config.credentials import Credential
from riskcockpit.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Tls:
    """References of one source: paths, never contents."""

    ca: str = ""
    """PEM file with a CA to trust beside those of the system."""
    certificate: str = ""
    """PEM file with our client certificate and its chain."""
    key: str = ""
    """PEM file with its private key; empty: it is in the file of the certificate."""
    password: Credential | None = None
    """Opens the key, when it is encrypted."""


def trust(tls: Tls, source: str) -> ssl.SSLContext:
    """Return the context for the connections of `source`; the plain one is shared.

    Raises:
        ConfigError: a file cannot be read or used, or the key is open to others.
    """
    if tls == Tls():
        return _system()
    context = _fresh()
    label = f'source "{source}"'
    if tls.ca:
        path = _path(tls.ca, f"{label}: tls.ca")
        try:
            context.load_verify_locations(path)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{label}: tls.ca: {path} holds no CA certificate") from error
    if tls.certificate:
        _identify(context, tls, label)
    return context


def _identify(context: ssl.SSLContext, tls: Tls, label: str) -> None:
    certificate = _path(tls.certificate, f"{label}: tls.certificate")
    key = _path(tls.key, f"{label}: tls.key") if tls.key else certificate
    if key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"{label}: the private key {key} is open to others", hint=f"chmod 600 {key}"
        )
    password = tls.password.value if tls.password else ""
    try:
        # A function, also when there is none: OpenSSL would else ask on the terminal.
        context.load_cert_chain(certificate, key, lambda: password)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"{label}: {certificate} and {key} are no certificate and key that belong together",
            hint="both are PEM; an encrypted key needs tls.password",
        ) from error


def _path(name: str, label: str) -> Path:
    path = Path(name).expanduser()
    if not path.is_absolute():
        raise ConfigError(f'{label}: "{name}" is not an absolute path', hint="write it from / or ~")
    if not os.access(path, os.R_OK) or not path.is_file():
        raise ConfigError(f"{label}: cannot read {path}")
    return path


@cache
def _system() -> ssl.SSLContext:
    return _fresh()


def _fresh() -> ssl.SSLContext:
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
