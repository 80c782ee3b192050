"""What of a tool's message makes a good title, and what is left for the description."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from riskcockpit.formats import wording

MAX_TITLE_LINE = 160
"""A first line of a message up to this length makes a good title."""
_NO_MESSAGE = "a result without a message"
_LABELLED = re.compile(r"[A-Z][A-Za-z ]{0,20}: ")
_PARAGRAPH = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_SENTENCE_END = re.compile(r"(?<=[^\s.]{3}[.!?]) +(?=[A-Z`'\"(])")


def title_and_description(message: str, label: str, about: str, rule: str) -> tuple[str, str]:
    """Return what to call a result and how to explain it.

    A short first line of the message is the title; else, and when the message is a block of
    labelled lines (Trivy), the rule's `label`. The description is what the title leaves out.
    """
    if 0 < len(message) <= MAX_TITLE_LINE and message.isascii() and message.isprintable():
        title = message.strip() or label or rule or _NO_MESSAGE  # nearly always
        return title, about if title == message else wording.description(message)
    line = wording.title(message)
    is_block = "\n" in message.strip() and _LABELLED.match(line) is not None
    if line and len(line) <= MAX_TITLE_LINE and not is_block:
        title = line
    else:
        title = label or line or rule or _NO_MESSAGE
    if not message or title == message:
        return title, about
    return title, wording.description(message)


class Words(NamedTuple):
    """What a rule says of itself."""

    label: str
    about: str
    rule: str
    """Its id."""


def titles_and_descriptions(
    messages: Sequence[str], words: Sequence[Words]
) -> tuple[list[str], list[str]]:
    """Return what `title_and_description` does for many; quick when all messages are short lines.

    `words` are those of each message's rule.
    """
    joined = "".join(messages)
    titles = list(map(str.strip, messages))
    if (
        joined.isascii()
        and joined.isprintable()
        and titles == messages
        and all(titles)
        and max(map(len, titles), default=0) <= MAX_TITLE_LINE
    ):
        return titles, [of_rule.about for of_rule in words]
    pairs = [
        title_and_description(message, *of_rule)
        for message, of_rule in zip(messages, words, strict=True)
    ]
    return [title for title, _ in pairs], [description for _, description in pairs]


def first_sentence(text: str) -> str:
    """Return the first sentence of `text`, or all of it when it does not end within a title."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    sentence = _SENTENCE_END.split(line, maxsplit=1)[0]
    return wording.title(sentence if len(sentence) <= MAX_TITLE_LINE else line)


def unwrapped(text: str) -> str:
    """Return `text` with the line breaks inside its paragraphs taken out: many tools wrap lines."""
    return "\n\n".join(" ".join(part.split()) for part in _PARAGRAPH.split(text.strip()))
