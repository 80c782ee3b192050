"""The message of a SARIF result as plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from riskcockpit.formats.sarif.model import Text

_LINK = re.compile(r"\[([^\[\]]{1,200})\]\([^()\s]{1,300}\)")
_BORDER = "]\n\0"
"""No link reaches over it: the words of one hold no `]`, its target no white space."""
_ARGUMENT = re.compile(r"\{(\d{1,3})\}")


def first_text(*texts: Text | None) -> str:
    """Return the first of `texts` that says something, plain text before Markdown."""
    for text in texts:
        if text is not None and (found := text.text or text.markdown or ""):
            return found
    return ""


def message_text(message: Text, strings: Mapping[str, str]) -> str:
    """Return the text of `message`, looked up in `strings` when it is given by id.

    Arguments are put in; links to other places of the report keep their words only.
    """
    text = message.text or message.markdown or strings.get(message.id or "", "")
    if message.arguments and "{" in text:
        text = _with_arguments(text, message.arguments)
    return _LINK.sub(_words, text) if "](" in text else text


def without_links(texts: Sequence[str]) -> list[str]:
    """Return plain `texts` as `message_text` does: of links only their words are kept."""
    joined = _BORDER.join(texts)
    if "](" not in joined:
        return list(texts)
    found = "".join(_LINK.split(joined)).split(_BORDER)  # its words are what a link is split into
    return found if len(found) == len(texts) else [_LINK.sub(_words, text) for text in texts]


def _words(link: re.Match[str]) -> str:
    return link[1]


def _with_arguments(text: str, arguments: Sequence[str]) -> str:
    def argument(match: re.Match[str]) -> str:
        index = int(match[1])
        return arguments[index] if index < len(arguments) else match[0]

    return _ARGUMENT.sub(argument, text)
