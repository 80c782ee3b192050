"""Base scores of CVSS vectors, for reports that give nothing but the vector.

Formulas: FIRST, "CVSS v2 Complete Documentation" 3.2.1 and "CVSS v3.1 Specification" 7.1. The
score of a version 4 vector needs a table of 270 entries; reports with such vectors give scores.
"""

from __future__ import annotations

from math import prod

_V2 = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
    "C": {"N": 0.0, "P": 0.275, "C": 0.660},
    "I": {"N": 0.0, "P": 0.275, "C": 0.660},
    "A": {"N": 0.0, "P": 0.275, "C": 0.660},
}
_V3 = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"N": 0.0, "L": 0.22, "H": 0.56},
    "I": {"N": 0.0, "L": 0.22, "H": 0.56},
    "A": {"N": 0.0, "L": 0.22, "H": 0.56},
}
_PRIVILEGES_IN_OTHER_SCOPE = {"N": 0.85, "L": 0.68, "H": 0.5}
_IMPACTS = ("C", "I", "A")
_REACH_V2 = ("AV", "AC", "Au")
_REACH_V3 = ("AV", "AC", "PR", "UI")
HIGHEST = 10.0


def base_score(vector: str) -> float | None:
    """Return the base score of a CVSS vector of version 2 or 3; None for any other text."""
    metrics = dict(part.split(":", 1) for part in vector.strip("() \t\n").split("/") if ":" in part)
    version = metrics.pop("CVSS", "")
    try:
        if "Au" in metrics:
            return _version_2(metrics)
        if "PR" in metrics and not version.startswith("4"):
            return _version_3(metrics)
    except KeyError:  # a metric is missing or has a value of no version
        return None
    return None


def valid_score(score: float | None) -> float | None:
    """Return a score above 0 and up to 10, else None: 0 is how tools write "not known"."""
    return score if score is not None and 0 < score <= HIGHEST else None


def _version_2(metrics: dict[str, str]) -> float:
    weights = {name: values[metrics[name]] for name, values in _V2.items()}
    impact = 10.41 * (1 - prod(1 - weights[name] for name in _IMPACTS))
    reach = 20 * prod(weights[name] for name in _REACH_V2)
    score = (0.6 * impact + 0.4 * reach - 1.5) * (1.176 if impact else 0.0)
    return round(max(score, 0.0), 1)


def _version_3(metrics: dict[str, str]) -> float:
    weights = {name: values[metrics[name]] for name, values in _V3.items()}
    is_scope_changed = {"U": False, "C": True}[metrics["S"]]
    if is_scope_changed:
        weights["PR"] = _PRIVILEGES_IN_OTHER_SCOPE[metrics["PR"]]
    base = 1 - prod(1 - weights[name] for name in _IMPACTS)
    reach = 8.22 * prod(weights[name] for name in _REACH_V3)
    impact = 6.42 * base
    if is_scope_changed:
        impact = 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15
    if impact <= 0:
        return 0.0
    return _rounded_up(min(HIGHEST, (impact + reach) * (1.08 if is_scope_changed else 1.0)))


def _rounded_up(score: float) -> float:
    """Round up to one decimal as version 3.1 says, in whole numbers against binary fractions."""
    scaled = round(score * 100_000)
    return (scaled if scaled % 10_000 == 0 else (scaled // 10_000 + 1) * 10_000) / 100_000
