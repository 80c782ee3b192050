"""The message of a SARIF result as plain text, and what of it makes a good title."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from riskcockpit.formats import wording
from riskcockpit.formats.sarif.model import Text

MAX_TITLE_LINE = 160
"""A first line of a message up to this length makes a good title."""
_LINK = re.compile(r"\[([^\[\]]{1,200})\]\([^()\s]{1,300}\)")
_LABELLED = re.compile(r"[A-Z][A-Za-z ]{0,20}: ")
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


def title_and_description(message: str, label: str, about: str, rule: str) -> tuple[str, str]:
    """Return what to call a result and how to explain it.

    A short first line of the message is the title; else, and when the message is a block of
    labelled lines (Trivy), the rule's `label`. The description is what the title leaves out.
    """
    line = wording.title(message)
    is_block = "\n" in message.strip() and _LABELLED.match(line) is not None
    if line and len(line) <= MAX_TITLE_LINE and not is_block:
        title = line
    else:
        title = label or line or rule or "a result without a message"
    if not message or title == message:
        return title, about
    return title, wording.description(message)


def _words(link: re.Match[str]) -> str:
    return link[1]


def _with_arguments(text: str, arguments: Sequence[str]) -> str:
    def argument(match: re.Match[str]) -> str:
        index = int(match[1])
        return arguments[index] if index < len(arguments) else match[0]

    return _ARGUMENT.sub(argument, text)
