"""Who we are to AWS: the one question to its token service, whose answers are XML."""

from __future__ import annotations

import re

from riskcockpit.connectors.http import HttpClient
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ProtocolError

_ARN = re.compile(rb"<Arn>\s*([^<\s]{1,2048})\s*</Arn>")


def caller(sts: HttpClient) -> str:
    """Return the ARN of whoever signs; raises as `HttpClient.get`."""
    reply = sts.get("/", {"Action": "GetCallerIdentity", "Version": "2011-06-15"})
    found = _ARN.search(reply.body)
    if found is None:
        raise ProtocolError(f'source "{reply.source}": {reply.asked} does not say who we are')
    return clean_line(found[1].decode("utf-8", "replace"))
