"""Cloud, Kubernetes, network and running applications."""

from __future__ import annotations

from riskcockpit.formats.builtin import BuiltIn

CLOUD: tuple[BuiltIn, ...] = ()
"""Asked in this order: the most particular first."""
