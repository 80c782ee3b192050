"""Signature Version 4 written down once more, to check what is received. For tests alone."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

_AUTH = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/"
    r"(?P<service>[^/]+)/aws4_request, SignedHeaders=(?P<names>[^,]+), Signature=(?P<seal>\w{64})"
)


@dataclass(frozen=True)
class Signed:
    """What a signature says of its request."""

    access_key: str
    region: str
    service: str
    names: tuple[str, ...]
    is_good: bool


def examine(
    method: str, target: str, headers: Mapping[str, str], body: bytes, secret: str
) -> Signed | None:
    """Return what the signature of a request says, and whether it is good; None without one."""
    match = _AUTH.fullmatch(headers.get("authorization", ""))
    if match is None:
        return None
    names = match["names"].split(";")
    path, _, query = target.partition("?")
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    asked = "&".join(f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}" for n, v in pairs)
    lines = [f"{name}:{' '.join(headers.get(name, '').split())}" for name in names]
    seal = hashlib.sha256(body).hexdigest()
    request = "\n".join([method, path, asked, *lines, "", match["names"], seal])
    scope = f"{match['day']}/{match['region']}/{match['service']}/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", headers.get("x-amz-date", ""), scope, digest])
    key = b"AWS4" + secret.encode()
    for part in (match["day"], match["region"], match["service"], "aws4_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    wanted = hmac.new(key, text.encode(), "sha256").hexdigest()
    return Signed(
        match["key"], match["region"], match["service"], tuple(names),
        hmac.compare_digest(wanted, match["seal"]),
    )  # fmt: skip
