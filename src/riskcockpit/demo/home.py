"""The demo's home: settings that point to the simulators, keys, signers, roles. Like anybody's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from riskcockpit.config.paths import Paths, make_private, shipped
from riskcockpit.config.settings import AssetSettings
from riskcockpit.demo.bank import assets
from riskcockpit.demo.delivery_sim import REPOSITORY
from riskcockpit.demo.reports import SEVERITY_OVERRIDES
from riskcockpit.demo.servers import Addresses
from riskcockpit.ledger.armor import CHECKPOINT, EVIDENCE
from riskcockpit.ledger.signing import make_key
from riskcockpit.services.context import KEY_NAME

ENGINEER = "engineer"
"""Who sits at the demo's cockpit."""
COLLEAGUE = "risk-approver"
"""Whose approvals the history holds."""
CONTEXT = "demo-bank"
REPORTS = "ci-reports"
"""The source that reads the pipelines' reports."""
REGISTRY = "mlflow"
MONITORING = "prometheus"
PIPELINES = "github"
DELIVERY = "argocd"
_STEP, _FIRST_RANGE = "5s", "12m"
_WINDOW = "15s"
"""How long a simulated model needs until its readings are of the version that serves alone."""


def make_home(home: Path, at: Addresses) -> Paths:
    """Lay out a whole home under `home` and return its places.

    Raises:
        LedgerError: `ssh-keygen` is not there or makes no key.
    """
    paths = Paths.under(home)
    for directory in (home, paths.config, paths.cache, paths.state, paths.ledger,
                      paths.ledger / "policy", reports_directory(paths)):  # fmt: skip
        make_private(directory)
    _write(write_credential(paths), "none-needed\n")
    _write(paths.settings, _settings(paths, at))
    signers = [_signer(ENGINEER, paths.config / KEY_NAME), _signer(COLLEAGUE, colleague_key(paths))]
    _write(paths.ledger / "allowed_signers", "".join(signers))
    _write(paths.ledger / "policy" / "roles.yaml", _roles())
    return paths


def reports_directory(paths: Paths) -> Path:
    """Return where the pipelines leave their reports: one directory for each asset."""
    return paths.state / "reports"


def colleague_key(paths: Paths) -> Path:
    """Return the key of the colleague who approved in the past."""
    return paths.state / "colleague_key"


def write_credential(paths: Paths) -> Path:
    """Return the file that stands for the right to move aliases."""
    return paths.config / "mlflow_write"


def _signer(principal: str, key: Path) -> str:
    make_key(key, f"{principal}@{CONTEXT}")
    kind, public = key.with_name(f"{key.name}.pub").read_text(encoding="utf-8").split()[:2]
    return f'{principal} namespaces="{EVIDENCE},{CHECKPOINT}" {kind} {public}\n'


def _settings(paths: Paths, at: Addresses) -> str:
    document = {
        "context": {"name": CONTEXT, "production": False},
        "identity": {"principal": ENGINEER, "key": KEY_NAME},
        "sources": [
            {
                "name": REPORTS,
                "kind": "files",
                "url": str(reports_directory(paths)),
                "options": {"paths": ["."], "asset_from": "directory"},
            },
            {
                "name": REGISTRY,
                "kind": "mlflow",
                "url": at.mlflow,
                "write_credential": {"file": str(write_credential(paths))},
                "stale_after": "15m",
            },
            {
                "name": MONITORING,
                "kind": "prometheus",
                "url": at.prometheus,
                "options": {"queries": [dict(query) for query in _QUERIES]},
                "stale_after": "15m",
            },
            {
                "name": PIPELINES,
                "kind": "github",
                "url": at.github,
                "options": {"repositories": [REPOSITORY], "alerts": [], "watch": [REPOSITORY]},
            },
            {"name": DELIVERY, "kind": "argocd", "url": at.argocd},
        ],
        "sla": {"critical_days": 7, "high_days": 30, "medium_days": 120, "low_days": 180},
        "imports": {
            "checkout_prefixes": ["/workspace"],
            "severity_overrides": {tool: dict(words) for tool, words in SEVERITY_OVERRIDES.items()},
        },
        "assets": [_asset(asset) for asset in assets()],
    }
    head = (
        "# Written by `riskcockpit demo`. Every system named here is simulated on this computer.\n"
    )
    return head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _asset(asset: AssetSettings) -> dict[str, object]:
    names = ("name", "kind", "domain", "owner", "environment", "tier")
    return {name: _plain(getattr(asset, name)) for name in names}


def _plain(value: object) -> object:
    return str(value) if isinstance(value, str) else value


def _query(series: str, metric: str, metric_class: str, **options: str) -> Mapping[str, str]:
    return {
        "query": series,
        "metric": metric,
        "metric_class": metric_class,
        "threshold_query": f"{series}_threshold",
        "range_step": _STEP,
        "first_range": _FIRST_RANGE,
        **options,
    }


_QUERIES = (
    _query("model_accuracy", "accuracy", "accuracy", window=_WINDOW),
    _query("model_demographic_parity_difference", "demographic_parity_difference", "bias",
           direction="at_most", segment_label="attribute"),
    _query("model_feature_psi", "population_stability_index", "drift", direction="at_most",
           unit="psi", segment_label="feature", window=_WINDOW),
    _query("data_checks_pass_ratio", "checks_passed", "quality", subject_kind="dataset"),
    _query("data_age_seconds", "age", "freshness", subject_kind="dataset", direction="at_most",
           unit="seconds"),
)  # fmt: skip


def _roles() -> str:
    """Return the shipped rules with the demo's two persons; the engineer may approve as well."""
    text = shipped("config", "roles.yaml").read_text(encoding="utf-8")
    line = f"  {COLLEAGUE}: [engineer, risk_owner, approver]\n"
    mark = "\nprincipals:\n"
    return text.replace("@PRINCIPAL@", ENGINEER).replace(mark, mark + line, 1)


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
