"""The JSON documents of what is at risk: findings and models, as views → plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from riskcockpit.cli.documents import Json, document, plain

if TYPE_CHECKING:  # a command imports only the views it shows
    from riskcockpit.services.findings import CompiledQuery
    from riskcockpit.views.findings import (
        FacetView,
        FindingDetail,
        FindingRow,
        WaiverView,
        WhyView,
    )
    from riskcockpit.views.governance import DecisionPreview
    from riskcockpit.views.models import MetricView, ModelDetail, ModelRow, VersionView


_FINDING: Mapping[str, Callable[[FindingRow], Any]] = {
    "id": lambda row: row.id,
    "title": lambda row: row.title,
    "severity": lambda row: row.severity.word,
    "state": lambda row: row.state.value,
    "pillar": lambda row: row.pillar.value,
    "class": lambda row: row.finding_class.value,
    "asset": lambda row: row.asset,
    "owner": lambda row: row.owner,
    "tool": lambda row: row.tool,
    "rule": lambda row: row.rule,
    "location": lambda row: row.location,
    "path": lambda row: row.path,
    "line": lambda row: row.line,
    "package": lambda row: row.package,
    "vulnerability": lambda row: row.vulnerability,
    "first_seen": lambda row: plain(row.first_seen),
    "last_seen": lambda row: plain(row.last_seen),
    "due_at": lambda row: plain(row.due_at),
    "waived_until": lambda row: plain(row.waived_until),
    "exposure": lambda row: plain(row.exposure),
    "currency": lambda row: row.exposure.currency,
    "kev": lambda row: row.is_kev,
    "unconfirmed_absent": lambda row: row.is_unconfirmed_absent,
}
FINDING_KEYS = tuple(_FINDING)
"""The keys of a finding in JSON, the columns of a list of them in CSV."""


def finding(row: FindingRow) -> Json:
    """One finding in `findings list`."""
    return {key: value(row) for key, value in _FINDING.items()}


def finding_detail(view: FindingDetail) -> Json:
    """`findings show --json`."""
    return document(
        "finding",
        **finding(view.row),
        description=view.description,
        help_url=view.help_url,
        severity_raw=view.severity_raw,
        severity_source=view.severity_source,
        vulnerability_ids=list(view.vulnerability_ids),
        fixed_version=view.fixed_version,
        cwes=list(view.cwes),
        cvss=view.cvss,
        epss=view.epss,
        epss_percentile=view.known.percentile,
        epss_as_of=plain(view.known.scores_as_of),
        kev_added=plain(view.known.kev_added),
        kev_due=plain(view.known.kev_due),
        kev_as_of=plain(view.known.catalogue_as_of),
        ransomware=view.known.is_ransomware,
        owners=list(view.known.owners) or ([view.row.owner] if view.row.owner else []),
        metric=view.metric,
        segment=view.segment,
        resource=view.resource,
        detected_at=plain(view.detected_at),
        onset_at=plain(view.onset_at),
        fixed_at=plain(view.fixed_at),
        reopened=view.reopened_count,
        past_deadlines=[
            {
                "due_at": plain(one.due_at),
                "severity": one.severity.word,
                "ended_at": plain(one.ended_at),
                "missed": one.is_missed,
            }
            for one in view.past_deadlines
        ],
        locations=[
            {"path": at.path, "line": at.line, "column": at.column, "snippet": at.snippet}
            for at in view.locations
        ],
        history=[{"at": plain(e.at), "kind": e.kind, "detail": e.detail} for e in view.history],
        controls=list(view.controls),
        waivers=[waiver(item) for item in view.waivers],
        correlated=[finding(row) for row in view.correlated],
        evidence=view.raw,
    )


def waiver(view: WaiverView) -> Json:
    """One waiver."""
    return {
        "id": view.id,
        "state": view.state,
        "reason": view.reason,
        "justification": view.justification,
        "requester": view.requester,
        "approver": view.approver,
        "requested_at": plain(view.requested_at),
        "expires_at": plain(view.expires_at),
        "findings": view.finding_count,
        "query": view.query,
    }


def why(view: WhyView) -> Json:
    """`findings why --json`."""
    return document(
        "why",
        id=view.id,
        keys=[{"kind": kind, "key": key} for kind, key in view.keys],
        events=[{"at": plain(e.at), "kind": e.kind, "detail": e.detail} for e in view.events],
        explanation=list(view.sentences),
    )


def facets(views: tuple[FacetView, ...], query: str) -> Json:
    """`findings facets --json`."""
    return document(
        "facets",
        query=query,
        facets=[
            {"field": v.field, "counts": [{"value": k, "count": n} for k, n in v.counts]}
            for v in views
        ],
    )


def compiled(query: CompiledQuery) -> Json:
    """`findings list --explain --json`."""
    return document(
        "compiled_query",
        query=query.canonical,
        where=query.where,
        order=query.order,
        params={name: plain(value) for name, value in query.params},
    )


def model(row: ModelRow) -> Json:
    """One model in `models list`."""
    return {
        "name": row.name,
        "tier": row.tier,
        "owner": row.owner,
        "domain": row.domain,
        "state": row.state.value,
        "reason": row.reason,
        "champion": None
        if row.champion is None
        else {"version": row.champion, "since": plain(row.champion_since)},
        "readings": [_metric(metric) for metric in row.metrics],
        "rollback_target": row.rollback_target,
        "exposure": plain(row.exposure),
        "currency": row.exposure.currency,
    }


def _metric(view: MetricView) -> Json:
    return {
        "metric": view.metric,
        "class": view.metric_class.value,
        "segment": view.segment,
        "version": view.version,
        "value": view.value,
        "unit": view.unit,
        "threshold": view.threshold,
        "direction": view.direction.value,
        "state": view.state.value,
        "as_of": plain(view.as_of),
    }


def model_detail(view: ModelDetail) -> Json:
    """`models show --json`."""
    return document(
        "model",
        **model(view.row),
        purpose=view.purpose,
        versions=[_version(version) for version in view.versions],
        timeline=[{"at": plain(e.at), "kind": e.kind, "text": e.text} for e in view.timeline],
    )


def _version(view: VersionView) -> Json:
    return {
        "version": view.version,
        "status": view.status,
        "aliases": list(view.aliases),
        "created_at": plain(view.created_at),
        "approved": view.is_approved,
        "rolled_back": view.is_rolled_back,
        "validated_by": view.validated_by,
        "run_id": view.run_id,
        "run_user": view.run_user,
        "datasets": [{"name": name, "digest": digest} for name, digest in view.datasets],
        "params": dict(view.params),
        "metrics": dict(view.metrics),
        "explanation": view.explanation,
    }


def preview(view: DecisionPreview) -> Json:
    """A decision with `--dry-run --json`."""
    return document(
        "preview",
        title=view.title,
        consequence=view.consequence,
        target=view.target,
        context={"name": view.context, "production": view.is_production},
        calls=list(view.calls),
        calls_known=view.are_calls_known,
        rule=view.rule,
        needs=list(view.needs),
        blockers=list(view.blockers),
        warnings=list(view.warnings),
        findings=[finding(row) for row in view.findings],
        finding_count=view.finding_count,
        exposure=plain(view.exposure),
        facts=dict(view.facts),
    )
