"""Which of the ratings of a CycloneDX vulnerability decides its severity, and its CVSS score."""

from __future__ import annotations

from riskcockpit.domain.severity import Severity
from riskcockpit.formats.cvss import base_score, valid_score
from riskcockpit.formats.members import Members

_METHODS = ("CVSSv4", "CVSSv31", "CVSSv3", "CVSSv2")
"""Best first."""
_UNSAID = len(_METHODS)
"""Rank of a rating that does not say how it was made: the method is optional."""
_VECTORS = {"CVSS:4": "CVSSv4", "CVSS:3.1": "CVSSv31", "CVSS:3": "CVSSv3"}


def severity_of(vulnerability: Members) -> tuple[str | float | None, str]:
    """Return the word or score that decides, and the field it stands in.

    The vulnerability's own source decides, else the newest CVSS version, else the first rating.
    """
    own = vulnerability.text("source", "name").lower()
    ratings = vulnerability.members("ratings")
    ranked = sorted(ratings, key=lambda rating: (not _is_by(rating, own), _age(rating)))
    for rating in ranked:
        word = rating.word("severity")
        if Severity.from_word(word) is not None:
            return word, _field(rating, "severity")
    for rating in ranked:
        if _age(rating) <= _UNSAID and (score := _score(rating)) is not None:
            return score, _field(rating, "score")
    word = next((rating.word("severity") for rating in ranked), "")
    return word or None, "ratings.severity"


def score_of(vulnerability: Members) -> float | None:
    """Return the score of the newest CVSS version, by NVD if it gives one."""
    ratings = vulnerability.members("ratings")
    for rating in sorted(ratings, key=lambda one: (_age(one), not _is_by(one, "nvd"))):
        if _age(rating) <= _UNSAID and (score := valid_score(_score(rating))) is not None:
            return score
    return None


def _score(rating: Members) -> float | None:
    given = rating.number("score")
    return given if given is not None else base_score(rating.text("vector"))


def _age(rating: Members) -> int:
    vector = rating.text("vector")
    told = next((name for start, name in _VECTORS.items() if vector.startswith(start)), "")
    method = rating.text("method") or told
    return _METHODS.index(method) if method in _METHODS else _UNSAID + bool(method)


def _is_by(rating: Members, source: str) -> bool:
    return bool(source) and rating.text("source", "name").lower() == source


def _field(rating: Members, member: str) -> str:
    source = rating.text("source", "name") or rating.text("method")
    return f"ratings.{member} by {source}" if source else f"ratings.{member}"
