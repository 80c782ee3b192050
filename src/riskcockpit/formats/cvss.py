"""The base score of a CVSS 3.0 or 3.1 vector, for reports that give only the vector.

Formulas: FIRST, Common Vulnerability Scoring System v3.1: Specification Document, section 7.1.
"""

from __future__ import annotations

import math

_WEIGHTS = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
"""By scope: unchanged or changed."""
_HIGHEST = 10.0


def score_of(vector: str) -> float | None:
    """Return the base score of `vector`; None when it is none of version 3, or scores zero."""
    if not vector.startswith("CVSS:3."):
        return None
    metrics = dict(part.split(":", 1) for part in vector.split("/")[1:] if ":" in part)
    scope = metrics.get("S", "")
    try:
        weight = {name: values[metrics[name]] for name, values in _WEIGHTS.items()}
        privileges = _PRIVILEGES[scope][metrics["PR"]]
    except KeyError:
        return None
    lost = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    ease = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    if scope == "U":
        impact, factor = 6.42 * lost, 1.0
    else:
        impact, factor = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15, 1.08
    if impact <= 0:
        return None
    return _rounded_up(min(factor * (impact + ease), _HIGHEST))


def _rounded_up(score: float) -> float:
    """Return `score` rounded up to one decimal, as appendix A has it."""
    whole = round(score * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (math.floor(whole / 10_000) + 1) / 10
