"""SARIF, and riskcockpit's own generic formats."""

from __future__ import annotations

from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.generic.sign import is_generic_csv, is_generic_json
from riskcockpit.formats.sarif.sign import is_sarif

SARIF = BuiltIn("sarif", "SARIF 2.1.0", "sarif.reader", is_sarif)
GENERIC = (
    BuiltIn(
        "generic-json",
        "riskcockpit's generic JSON (DefectDojo's field names)",
        "generic.from_json",
        is_generic_json,
    ),
    BuiltIn(
        "generic-csv",
        "riskcockpit's generic CSV (DefectDojo's column names; comma, semicolon or tab)",
        "generic.from_csv",
        is_generic_csv,
    ),
)
"""Asked last: their signs are the weakest."""
