"""The temporary tables that statements of this package read: name → column → DuckDB type."""

from __future__ import annotations

TABLES: dict[str, dict[str, str]] = {
    "projected_cover": {
        "waiver_id": "VARCHAR",
        "finding_id": "VARCHAR",
        "state": "VARCHAR",
        "severity": "TINYINT",
        "is_kev": "BOOLEAN",
        "since": "TIMESTAMP",
        "until": "TIMESTAMP",
    },
    "projected_event": {
        "finding_id": "VARCHAR",
        "moment": "TIMESTAMP",
        "kind": "VARCHAR",
        "detail": "VARCHAR",
    },
    "undone_change": {"finding_id": "VARCHAR", "kinds": "VARCHAR"},
    "projected_release": {
        "decision": "VARCHAR",
        "actor": "VARCHAR",
        "scan_id": "VARCHAR",
        "finding_id": "VARCHAR",
    },
    "projected_acknowledgement": {"subject": "VARCHAR", "moment": "TIMESTAMP"},
    "projected_containment": {"model": "VARCHAR", "moment": "TIMESTAMP"},
    "projected_move": {
        "action_id": "VARCHAR",
        "model": "VARCHAR",
        "alias": "VARCHAR",
        "from_version": "INTEGER",
        "to_version": "INTEGER",
        "is_rollback": "BOOLEAN",
        "sent": "TIMESTAMP",
        "confirmed": "TIMESTAMP",
    },
    "described_asset": {
        "name": "VARCHAR",
        "kind": "VARCHAR",
        "domain": "VARCHAR",
        "owner": "VARCHAR",
        "environment": "VARCHAR",
        "tier": "TINYINT",
    },
    "price_list": {
        "class": "VARCHAR",
        "severity": "TINYINT",
        "tier": "TINYINT",
        "is_kev": "BOOLEAN",
        "amount": "DECIMAL(18, 2)",
    },
    "model_baseline": {"tier": "TINYINT", "amount": "DECIMAL(18, 2)"},
}
