"""How one kind of upstream wants to be spoken to: headers, where the credential goes, how fast."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from riskcockpit.config.credentials import Credential, remember
from riskcockpit.connectors.gates import Rate
from riskcockpit.connectors.reply import Reply
from riskcockpit.errors import ConfigError

READ = "read"
WRITE = "write"
_POLITE = (Rate(),)
_WRITES = (Rate(at_once=1, burst=5, per_second=1.0),)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request exactly as it is about to be sent, for a `sign` hook."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of upstream wants to be spoken to."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with each request, as an `Accept` with a version."""
    token_header: str = "Authorization"  # noqa: S105 - a name of HTTP
    """The header a token goes in, as `PRIVATE-TOKEN` or `X-Api-Key`."""
    token_scheme: str = "Bearer"  # noqa: S105 - a word of HTTP
    """The word before the token in `Authorization`; other headers hold the bare token."""
    rates: Mapping[str, tuple[Rate, ...]] = field(default_factory=dict)
    """The published limits by endpoint class (`read`, `write`, or a word of the connector); a
    request waits for each limit of its class. A class without any gets a polite default."""
    sign: Callable[[Outgoing, Credential], Mapping[str, str]] | None = None
    """Returns headers that sign a request; called anew for each attempt, in place of a token."""
    heard: Callable[[Reply], Reply] | None = None
    """Puts what the upstream says in words of its own into statuses, as a limit told by a 400."""

    def limits_of(self, kind: str) -> tuple[Rate, ...]:
        """Return the limits of the endpoint class `kind`."""
        return self.rates.get(kind) or (_WRITES if kind == WRITE else _POLITE)

    def authorization(self, credential: Credential | None) -> dict[str, str]:
        """Return the headers that say who we are, and make the redactor know them.

        Raises:
            ConfigError: the credential cannot stand in a header.
        """
        if credential is None:
            return {}
        remember(credential.value)
        if self.sign is not None:
            return {}
        if credential.username:
            pair = f"{credential.username}:{credential.value}".encode()
            encoded = base64.b64encode(pair).decode()
            remember(encoded)
            return {"Authorization": f"Basic {encoded}"}
        if not credential.value.isascii():
            raise ConfigError(
                f"the credential from {credential.source} cannot stand in a header",
                hint="tokens are plain ASCII; for a password give a username too",
            )
        if self.token_header.lower() != "authorization":
            return {self.token_header: credential.value}
        return {"Authorization": f"{self.token_scheme} {credential.value}"}
