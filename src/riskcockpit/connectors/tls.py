"""Whom we trust and how we identify ourselves below HTTP: system CAs, a CA more, a certificate."""

from __future__ import annotations

import os
import ssl
import stat
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import truststore

from riskcockpit.config.credentials import Credential
from riskcockpit.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Tls:
    """What the settings of one source refer to."""

    ca: str = ""
    """PEM file with a CA to trust beside those of the system."""
    certificate: str = ""
    """PEM file with our client certificate and its chain."""
    key: str = ""
    """PEM file with its private key; empty: it is in the file of the certificate."""
    password: Credential | None = None
    """Opens the key, when it is encrypted."""
    ca_text: str = ""
    """PEM of such a CA, where what the settings refer to holds it itself."""
    identity: Credential | None = None
    """PEM of a certificate and its key in one, likewise."""


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
    if tls.ca_text:
        try:
            context.load_verify_locations(cadata=tls.ca_text)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{label}: its CA certificate is none") from error
    if tls.certificate:
        _identify(context, tls, label)
    elif tls.identity is not None:
        _identify_by(context, tls.identity, label)
    return context


def _identify_by(context: ssl.SSLContext, identity: Credential, label: str) -> None:
    """Hand over PEM that is held in memory: OpenSSL takes it from a file only."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:  # for us alone
            file.write(identity.value)
            file.flush()
            context.load_cert_chain(file.name, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"{label}: the certificate and key from {identity.source} do not belong together"
        ) from error


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
