"""Addresses of running systems, as resources of findings: URLs, hosts, ports."""

from __future__ import annotations

from urllib.parse import urlsplit

from riskcockpit.formats import wording

_USUAL = frozenset({None, 80, 443})
_NO_PORT = frozenset({"", "0", "-"})


def request(method: str, url: str) -> str:
    """Return the resource `METHOD url`, or the bare URL when the method is not known.

    A URL that cannot be taken apart loses the brackets that make it so.
    """
    url = sound(url.strip())
    method = method.strip().upper()
    if method.isascii() and method.isalpha() and url:
        return wording.name(f"{method} {url}")
    return wording.name(url)


def service(host: str, port: str, protocol: str) -> str:
    """Return the resource for a port of a host, as `tcp://host:443`; the host without a port."""
    host = bracketed(sound(host.strip()))
    if not host or port.strip() in _NO_PORT:
        return wording.name(host)
    return wording.name(sound(f"{protocol.strip().lower() or 'tcp'}://{host}:{port.strip()}"))


def host_of(url: str) -> str:
    """Return host and port of a URL, `host:port`, or bare host, lower-case and without a user."""
    url = sound(url.strip())
    place = urlsplit(url if "://" in url else f"//{url}").netloc
    return wording.name(place.rpartition("@")[2].lower())


def site_category(url: str) -> str:
    """Return what tells apart the scans of two sites on one host: the port, where it is unusual.

    The asset is the host whatever the port, as an image is one whatever its tag.
    """
    try:
        port = urlsplit(sound(url.strip())).port
    except ValueError:  # no number, or too large a one
        return ""
    return "" if port in _USUAL else f"port {port}"


def bracketed(host: str) -> str:
    """Return an IPv6 address in brackets; any other host as it is."""
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def sound(url: str) -> str:
    """Return a URL that can be taken apart: one that cannot loses the brackets that make it so."""
    try:
        urlsplit(url if "://" in url else f"//{url}")
    except ValueError:
        return url.replace("[", "").replace("]", "")
    return url
