"""Scanners of packages and images, SBOMs with vulnerabilities, and VEX."""

from __future__ import annotations

from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.trivy.sign import is_trivy

DEPENDENCIES: tuple[BuiltIn, ...] = (
    BuiltIn(
        "trivy",
        "Trivy JSON (image, fs, repo, config, k8s; schema 2 and the older list)",
        "trivy.reader",
        is_trivy,
    ),
)
"""Asked in this order: the most particular first."""
