"""Argo CD's words into ours. Pure: all foreign text is cleaned here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from riskcockpit.connectors.argocd.wire import (
    Application,
    Deployed,
    Destination,
    Initiator,
    SyncOperation,
)
from riskcockpit.connectors.deliveries import DEPLOYMENT_HEALTHY, DEPLOYMENT_SUCCESS, outcome
from riskcockpit.domain.action import Action, ActionKind, Offer
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.configuration import Setting, SettingKind
from riskcockpit.domain.deployment import Deployment, DeploymentStatus
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line

IN_SYNC = "Synced"
GOOD = "Succeeded"
BAD = frozenset({"Failed", "Error"})
"""Phases of an operation that has ended."""
_OWN_CLUSTER = "kubernetes.default.svc"
_VERDICTS = {
    "Healthy": True, "Degraded": False, "Missing": False, "Synced": True, "OutOfSync": False,
}  # fmt: skip
"""Words for health and sync that say yes or no; the others say neither."""


def called(application: Application, home: str) -> str:
    """Return the name of an application; with its namespace when that is not Argo CD's, `home`."""
    metadata = application.metadata
    is_home = metadata.namespace in ("", home)
    return clean_line(metadata.name if is_home else f"{metadata.namespace}/{metadata.name}")


def place_of(destination: Destination) -> str:
    """Return where an application goes: cluster and namespace, as `in-cluster/payments`."""
    host = urlsplit(destination.server).hostname or destination.server
    cluster = destination.name or ("in-cluster" if host == _OWN_CLUSTER else host)
    return clean_line(f"{cluster}/{destination.namespace}")


def is_automated(application: Application) -> bool:
    """Whether Argo CD brings the application in line with git by itself."""
    policy = application.spec.sync_policy
    automated = policy.automated if policy else None
    return automated is not None and automated.get("enabled") is not False


def history_of(application: Application) -> tuple[Deployed, ...]:
    """Return what was deployed, the newest first."""
    return tuple(sorted(application.status.history or (), key=lambda one: one.id, reverse=True))


def revision_of(deployed: Deployed | SyncOperation) -> str:
    """Return the commit of a deployment; of several sources all, with commas between."""
    return clean_line(",".join(deployed.revisions) if deployed.revisions else deployed.revision)


def images_of(deployed: Deployed) -> tuple[str, ...]:
    """Return the images that a deployment set itself; Argo CD remembers no others."""
    found: list[str] = []
    for source in (deployed.source, *(deployed.sources or ())):
        kustomize = source.get("kustomize") if isinstance(source, dict) else None
        images = kustomize.get("images") if isinstance(kustomize, dict) else None
        found += [str(image).rpartition("=")[2] for image in images or ()]
    return tuple(clean_line(image) for image in dict.fromkeys(found))


def is_same(one: Deployed, other: Deployed) -> bool:
    """Whether two deployments brought in the same, with the same set over it."""
    here, there = ((revision_of(each), each.source, each.sources or None) for each in (one, other))
    return here == there


def offers(
    application: Application, home: str, source: str, switching: Mapping[str, str]
) -> Iterator[Offer]:
    """Yield a return to each earlier deployment, the newest first.

    `switching` are the params that allow automated sync to be switched off. ValueError: a time is
    none.
    """
    present, *earlier = history_of(application) or (None,)
    if present is None:
        return
    target = f"{called(application, home)}@{place_of(application.spec.destination)}"
    for one in earlier:
        params = {"from": str(present.id), "to": str(one.id), "revision": revision_of(one)}
        images = ", ".join(images_of(one))
        by = who(one.initiated_by)
        yield Offer(
            Action("", ActionKind.DEPLOYMENT_ROLLBACK, source, target, {**params, **switching}),
            version=str(one.id),
            what=f"commit {revision_of(one)[:40]}"
            + (f" ({images})" if images else "")
            + (f" by {by}" if by else ""),
            since=parse_utc(one.deployed_at) if one.deployed_at else None,
        )


def who(by: Initiator) -> str:
    """Return who began an operation; empty: it is not told."""
    return "automated sync" if by.automated else clean_line(by.username)


def deployments(application: Application, home: str) -> Iterator[Deployment]:
    """Yield what was deployed, as the history has it, and the newest that failed.

    What runs now belongs to the newest while it is as git says. ValueError: a time is none.
    """
    name, status = called(application, home), application.status
    place = place_of(application.spec.destination)
    running = status.summary.images or () if status.sync.status == IN_SYNC else ()
    for number, one in enumerate(history_of(application)):
        if not one.deployed_at:
            continue
        at = parse_utc(one.deployed_at)
        more = tuple(clean_line(image) for image in sorted(running)) if number == 0 else ()
        source = one.source if isinstance(one.source, dict) else {}
        yield Deployment(
            upstream_id=f"{name}#{one.id} {at:%Y%m%dT%H%M%SZ}",
            asset=name,
            environment=place,
            status=DeploymentStatus.SUCCEEDED,
            observed_at=at,
            commit=revision_of(one),
            ref=clean_line(str(source.get("targetRevision") or "")),
            artifacts=tuple(dict.fromkeys((*images_of(one), *more))),
            actor=who(one.initiated_by),
            started_at=parse_utc(one.deploy_started_at) if one.deploy_started_at else None,
            finished_at=at,
        )
    state = status.operation_state
    if state is None or state.phase not in BAD or not state.finished_at:
        return
    if (asked := state.operation.sync) is not None and not asked.dry_run:
        at = parse_utc(state.finished_at)
        yield Deployment(
            upstream_id=f"{name}#failed {at:%Y%m%dT%H%M%SZ}",
            asset=name,
            environment=place,
            status=DeploymentStatus.FAILED,
            observed_at=at,
            commit=revision_of(asked),
            actor=who(state.operation.initiated_by),
            started_at=parse_utc(state.started_at) if state.started_at else None,
            finished_at=at,
        )


def settings(application: Application, home: str) -> Iterator[Setting]:
    """Yield what runs, whether it is what git declares, and whether Argo CD brings it there."""
    name, status = called(application, home), application.status
    place = place_of(application.spec.destination)
    images = ", ".join(sorted(clean_line(image) for image in status.summary.images or ()))
    yield Setting(SettingKind.WORKLOAD, name, "running images", images or None, place)
    is_known = status.sync.status in _VERDICTS
    yield Setting(
        SettingKind.AGREEMENT,
        name,
        "agreement with git",
        status.sync.status if is_known else None,
        place,
        declared=IN_SYNC,
    )
    automated = "on" if is_automated(application) else "off"
    yield Setting(SettingKind.PROTECTION, name, "automated sync", automated, place)


def is_busy(application: Application) -> bool:
    """Whether an operation waits or runs."""
    state = application.status.operation_state
    is_running = state is not None and state.phase not in (GOOD, *BAD)
    return application.operation is not None or is_running


def readings(application: Application, home: str, until: datetime) -> Iterator[Reading]:
    """Yield whether the newest deployment succeeded, is healthy, and is as git says."""
    status = application.status
    newest = next(iter(history_of(application)), None)

    def reading(metric: str, *, is_good: bool | None, at: str | None) -> Iterator[Reading]:
        if is_good is not None:
            yield outcome(
                called(application, home),
                metric,
                place_of(application.spec.destination),
                parse_utc(at) if at else until,
                is_good=is_good,
                is_alarm=True,
                version=newest.id if newest else None,
            )

    state = status.operation_state
    if state is not None and not (state.operation.sync and state.operation.sync.dry_run):
        verdict = {GOOD: True, **dict.fromkeys(BAD, False)}.get(state.phase)
        yield from reading(DEPLOYMENT_SUCCESS, is_good=verdict, at=state.finished_at)
    health, seen_at = status.health, status.reconciled_at
    since = health.last_transition_time or seen_at
    yield from reading(DEPLOYMENT_HEALTHY, is_good=_VERDICTS.get(health.status), at=since)
    yield from reading("deployment_in_sync", is_good=_VERDICTS.get(status.sync.status), at=seen_at)
