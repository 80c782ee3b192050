"""Where the next page of an answer is. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from riskcockpit.connectors.reply import Reply
from riskcockpit.errors import ProtocolError


def next_in_body(reply: Reply, path: str) -> str:
    """Return the text or number at `path`, as `links.next`; empty when it is null or absent.

    Raises:
        ProtocolError: the body is no JSON object, or something else stands there.
    """
    value: Any = reply.decode(dict[str, Any])
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if value is None or value is False:
        return ""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    kind = type(msgspec.to_builtins(value)).__name__
    raise ProtocolError(
        f'source "{reply.source}": {reply.asked}: {path} is a {kind}, no link and no token',
        hint="mend options.next_path",
    )
