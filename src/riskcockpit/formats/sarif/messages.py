"""The message of a SARIF result as plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from riskcockpit.formats.sarif.model import Text

_LINK = re.compile(r"\[([^\[\]]{1,200})\]\([^()\s]{1,300}\)")
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


def _words(link: re.Match[str]) -> str:
    return link[1]


def _with_arguments(text: str, arguments: Sequence[str]) -> str:
    def argument(match: re.Match[str]) -> str:
        index = int(match[1])
        return arguments[index] if index < len(arguments) else match[0]

    return _ARGUMENT.sub(argument, text)
