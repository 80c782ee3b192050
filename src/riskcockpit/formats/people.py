"""Names of people in records: who found a fault says nothing of it, and is not kept."""

from __future__ import annotations

FIELDS = frozenset(
    {
        "credits", "acknowledgments", "acknowledgements", "found_by", "reported_by", "foundBy",
        "reportedBy",
    }
)  # fmt: skip
"""Members of advisories that name people."""
