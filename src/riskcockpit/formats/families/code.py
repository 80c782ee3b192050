"""Scanners of source code, of infrastructure as code, and of secrets in them."""

from __future__ import annotations

from riskcockpit.formats.builtin import BuiltIn

CODE: tuple[BuiltIn, ...] = ()
"""Asked in this order: the most particular first."""
