"""By what the sources of enrichment are known from outside; their readers are imported later."""

from __future__ import annotations

import re

from riskcockpit.formats.shape import Shape
from riskcockpit.formats.signs import all_of, has, has_inner

OWNER = re.compile(r"@[\w.][\w./-]*|[^@\s]+@[^@\s]+\.[^@\s]+|@@[\w-]+")
"""A team, a person, an address or a role in a CODEOWNERS file."""
SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>(?:\s+\S+)*)\s*")
WORD = re.compile(r"(?:\\.|\S)+")
EPSS_COLUMNS = frozenset({"cve", "epss"})
_BACKSTAGE = re.compile(r"apiVersion:\s*[\"']?backstage\.io/")

is_kev = all_of(has("vulnerabilities", kind="object"), has_inner("vulnerabilities", "cveID"))


def is_epss(shape: Shape) -> bool:
    """Whether the text starts with EPSS's comment, or with its columns alone."""
    is_marked = shape.start.startswith("#model_version:") and "score_date" in shape.start
    return shape.kind == "text" and (is_marked or shape.columns >= EPSS_COLUMNS)


def is_backstage(shape: Shape) -> bool:
    """Whether the text is YAML of Backstage's API."""
    return shape.kind == "text" and bool(_BACKSTAGE.search(shape.start))


def is_codeowners(shape: Shape) -> bool:
    """Whether every whole line at the start is a comment, a section, or a pattern with owners."""
    if shape.kind != "text":
        return False
    lines = shape.start.splitlines()
    whole = lines[:-1] if len(lines) > 1 and not shape.start.endswith("\n") else lines
    found = [line for line in map(str.strip, whole) if line and not line.startswith("#")]
    rules = [line for line in found if not SECTION.fullmatch(line)]
    return any(map(_owners, rules)) and all(map(_is_rule, rules))


def _owners(line: str) -> list[str]:
    return [word for word in WORD.findall(line)[1:] if OWNER.fullmatch(word)]


def _is_rule(line: str) -> bool:
    words = WORD.findall(line.partition(" #")[0])
    return bool(words) and all(OWNER.fullmatch(word) for word in words[1:])
