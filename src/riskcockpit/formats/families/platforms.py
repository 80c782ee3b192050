"""Platforms that collect findings: forges, code quality and application security suites."""

from __future__ import annotations

from riskcockpit.formats.builtin import BuiltIn

PLATFORMS: tuple[BuiltIn, ...] = ()
"""Asked in this order: the most particular first."""
