"""Where a source lives: its origin and path prefix, and what may not leave it. No I/O."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError, ProtocolError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The base URL of a source, taken apart. Everything we ask for lies under it."""

    scheme: str
    host: str
    """Lower case, without brackets."""
    port: int
    prefix: str = ""
    """Path of a reverse proxy, as `/mlflow`; empty or without a slash at its end."""

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this computer: requests to it never leave the machine."""
        return _is_loopback(self.host)

    @property
    def origin(self) -> str:
        """Scheme, host and port as one text, the port only when it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    def url(self, path: str) -> str:
        """Return the full URL of `path`, which starts with a slash."""
        return f"{self.origin}{self.prefix}{path}"

    def follow(self, asked: str, location: str) -> str:
        """Return the URL that `location`, received as the answer to the URL `asked`, points to.

        Raises:
            ProtocolError: it leaves the origin, or is no URL; credentials must not follow it.
        """
        target = urljoin(asked, location)
        parts, there = _parse(target)
        if there is None or "@" in parts.netloc:
            raise ProtocolError(f'{self.origin} points to "{clean_line(location)[:80]}", no URL')
        if (there.scheme, there.host, there.port) != (self.scheme, self.host, self.port):
            raise ProtocolError(
                f"{self.origin} points to another origin, {clean_line(there.origin)[:80]}",
                hint="set the source's url to the address that answers itself",
            )
        return target

    def elsewhere(self, asked: str, location: str) -> tuple[str, Endpoint]:
        """Return the URL of a file that the answer to `asked` points to, on whatever host.

        No credential may go there.

        Raises:
            ProtocolError: it is no URL, is not encrypted, or leads into this computer from outside.
        """
        target = urljoin(asked, location)
        parts, there = _parse(target)
        if there is None or "@" in parts.netloc or not location:
            raise ProtocolError(f'{self.origin} points to "{clean_line(location)[:80]}", no URL')
        is_ours = (there.scheme, there.host, there.port) == (self.scheme, self.host, self.port)
        is_outside = there.scheme == "https" and not there.is_loopback
        if not (is_ours or is_outside or (self.is_loopback and there.is_loopback)):
            raise ProtocolError(
                f"{self.origin} points to {clean_line(there.origin)[:80]}, where no file is fetched"
            )
        return target, there


def parse_endpoint(url: str, source: str) -> Endpoint:
    """Read the `url` of the source called `source`.

    Raises:
        ConfigError: it is no http(s) URL, carries a credential, a query or a fragment, or sends
            credentials unencrypted to another computer.
    """
    label = f'url of source "{source}"'
    parts, endpoint = _parse(url)
    if endpoint is None or not url.isprintable() or " " in url:
        raise ConfigError(f"{label} is not an http(s) URL", hint="as https://mlflow.example.com")
    if "@" in parts.netloc:
        raise ConfigError(
            f"{label} carries a user name or password",
            hint="take it out and give it by reference, under credential",
        )
    if parts.query or parts.fragment:
        raise ConfigError(f"{label} has a query or a fragment", hint="give the base address only")
    if endpoint.scheme == "http" and not endpoint.is_loopback:
        raise ConfigError(
            f"{label} is not encrypted: {endpoint.origin}",
            hint="use https; http is only for servers on this computer",
        )
    return endpoint


def _parse(url: str) -> tuple[SplitResult, Endpoint | None]:
    """Split a URL; the endpoint is None when it is not an http(s) one with a valid port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname:
        return parts, None
    prefix = parts.path.rstrip("/")
    return parts, Endpoint(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], prefix)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
