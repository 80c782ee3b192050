"""A message in the words of each target: no text in it can mention, link, format or run there.

Foreign text is made harmless for the markup of the target, not left out: what was meant can still
be read. A link is shown as `https[:]//host`, so that nobody follows one that an attacker wrote.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from riskcockpit.domain.alert import Line, Notice, Why
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.untrusted import clean_line, clean_text

SCHEMA = "riskcockpit.notice/1"
MOST_LINES = 20
"""How many facts a chat message shows; the others are counted."""
_LONGEST = 300
_PREFIX = "whsec_"


def payload(notice: Notice) -> dict[str, Any]:
    """Return a message as JSON, for webhooks and programs."""
    return {
        "schema": SCHEMA,
        "id": notice.id,
        "created_at": rfc3339(notice.created_at),
        "context": notice.context,
        "severity": notice.severity.word,
        "owner": notice.owner,
        "headline": clean_line(notice.headline),
        "alerts": [_alert(line) for line in notice.lines],
        "text": clean_text(notice.text),
    }


def _alert(line: Line) -> dict[str, str]:
    return {
        "key": clean_line(line.key),
        "why": line.why.value,
        "severity": line.severity.word,
        "title": clean_line(line.title),
        "detail": clean_line(line.detail),
        "since": rfc3339(line.since),
        "owner": clean_line(line.owner),
        "subject": clean_line(line.subject),
    }


def signature(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: `v1,` and base64 of HMAC-SHA256 over id, time, body.

    `timestamp` is in seconds since 1970. A secret that begins with `whsec_` is base64 of the key.

    Raises:
        ValueError: it begins so, and the rest is not base64.
    """
    key = secret.encode()
    if secret.startswith(_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            message = f"the secret begins with {_PREFIX} and is not base64"
            raise ValueError(message) from None
    signed = b".".join((id_.encode(), str(timestamp).encode(), body))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def chat(notice: Notice, style: str) -> dict[str, Any]:
    """Return what a chat room's webhook of that style takes: `slack`, `teams` or `mattermost`."""
    escape, form = _STYLES[style]
    return form([escape(text) for text in _lines(notice)])


def _lines(notice: Notice) -> list[str]:
    if not notice.lines:
        return [clean_line(notice.headline), *clean_text(notice.text).splitlines()]
    shown = notice.lines[:MOST_LINES]
    more = len(notice.lines) - len(shown)
    owner = [f"owner: {clean_line(notice.owner)}"] if notice.owner else []
    rest = [f"{more} more: `riskcockpit alerts list`"] if more else []
    return [clean_line(notice.headline), *owner, *map(_sentence, shown), *rest]


def _sentence(line: Line) -> str:
    why = "" if line.why is Why.NEW else f" ({line.why.value})"
    since = rfc3339(line.since)[:16]
    text = f"- {line.severity.word}{why} {line.title}: {line.detail}, since {since}Z"
    clean = clean_line(text)
    return clean if len(clean) <= _LONGEST else f"{clean[: _LONGEST - 1]}…"


def _unlinked(text: str) -> str:
    return text.replace("://", "[:]//")


def _for_slack(text: str) -> str:
    """Escape the three characters that every tag of Slack begins, ends or is written with."""
    harmless = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _unlinked(harmless)


_MARKED = str.maketrans(
    {
        **{mark: f"\\{mark}" for mark in "\\`*_~[]()#|!"},
        "@": "\uff20", "<": "\u2039", ">": "\u203a",
    }  # what cannot be escaped there becomes a letter that looks alike
)  # fmt: skip


def _for_mattermost(text: str) -> str:
    """Escape Markdown; mentions and Slack's tags, which it takes too, lose their first letter."""
    return _unlinked(text).translate(_MARKED)


def _for_teams(text: str) -> str:
    """Break what a card would compute; runs of text know no markup, and no tag without entities."""
    harmless = _unlinked(text).replace("{{", "{ {").replace("}}", "} }")
    return harmless.replace("<", "\u2039").replace(">", "\u203a")


def _plain(lines: list[str]) -> dict[str, Any]:
    return {"text": "\n".join(lines)}


def _for_slack_room(lines: list[str]) -> dict[str, Any]:
    quiet = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
    return {"text": "\n".join(lines), **quiet}


def _card(lines: list[str]) -> dict[str, Any]:
    body = [
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line}]} for line in lines
    ]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": content}]}


_STYLES: Mapping[str, tuple[Callable[[str], str], Callable[[list[str]], dict[str, Any]]]] = {
    "slack": (_for_slack, _for_slack_room),
    "mattermost": (_for_mattermost, _plain),
    "teams": (_for_teams, _card),
}
