"""Test reports and data checks, and red teams of models."""

from __future__ import annotations

from riskcockpit.formats.builtin import BuiltIn

CHECKS: tuple[BuiltIn, ...] = ()
"""Asked in this order: the most particular first."""
