"""CODEOWNERS, as GitHub, GitLab and Bitbucket take it: a pattern and its owners in a line."""

from __future__ import annotations

from collections.abc import Iterator

from riskcockpit.domain.enrichment import OwnerRule, Ownership
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.enrichment.outside import OWNER, SECTION, WORD


def read(content: bytes, options: ReadOptions) -> Report:  # noqa: ARG001 - patterns are no paths
    """Read all rules, in their order. Lines that are none are passed over, as the forges do."""
    ownership = Ownership(tuple(_rules(content.decode("utf-8", "replace"))))
    return Report("codeowners", (), enrichments=(ownership,))


def _rules(text: str) -> Iterator[OwnerRule]:
    defaults: tuple[str, ...] = ()
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if section := SECTION.fullmatch(line):
            defaults = tuple(map(wording.name, OWNER.findall(section["owners"])))
            continue
        words = WORD.findall(line.partition(" #")[0])
        owners = tuple(wording.name(word) for word in words[1:] if OWNER.fullmatch(word))
        yield OwnerRule(wording.name(words[0].replace("\\ ", " ")), owners or defaults)
