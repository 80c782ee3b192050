"""Signing our own requests with botocore's Signature Version 4. Imports botocore late."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.amazon.faults import heard
from riskcockpit.connectors.amazon.keys import keys_of, quieten
from riskcockpit.connectors.dialect import Dialect, Outgoing
from riskcockpit.connectors.gates import Rate

S3 = "s3"
_SIGNED = frozenset({"content-type", "x-amz-target"})
"""Headers of ours that are part of the signature, beside the host and what botocore adds."""
_ADDED = frozenset({"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"})


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests to one service in one region; a new signature for each attempt."""

    service: str
    region: str

    def __call__(self, outgoing: Outgoing, credential: Credential) -> Mapping[str, str]:
        """Return the headers that sign `outgoing` exactly as it is about to be sent.

        Raises:
            AuthenticationError, ConfigError: there are no keys to sign with.
        """
        quieten()
        keys = keys_of(credential)
        auth = importlib.import_module("botocore.auth")
        made = importlib.import_module("botocore.awsrequest").AWSRequest(
            method=outgoing.method,
            url=outgoing.url,
            data=outgoing.body,
            headers={n: v for n, v in outgoing.headers.items() if n.lower() in _SIGNED},
        )
        frozen = importlib.import_module("botocore.credentials").ReadOnlyCredentials(
            keys.access_key, keys.secret_key, keys.token or None
        )
        # An object's path is signed as it is sent, any other in its shortest form.
        kind = auth.S3SigV4Auth if self.service == S3 else auth.SigV4Auth
        kind(frozen, self.service, self.region).add_auth(made)
        return {name: value for name, value in made.headers.items() if name.lower() in _ADDED}


def dialect(service: str, region: str, rates: Mapping[str, tuple[Rate, ...]]) -> Dialect:
    """Return how `service` is spoken to in `region`."""
    return Dialect(rates=rates, sign=Signer(service, region), heard=heard)
