"""What the chain of a deployment to production must have, and what of it is missing. Pure.

This is the one definition of a gap: `trace`, the controls, the KPI and the evidence read what
`gaps_of` says at every publish.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SCAN_DAYS = 7
"""A scan speaks for what is deployed within so many days after it."""


class Link(StrEnum):
    """A link of the chain, in its order."""

    COMMIT = "commit"
    PIPELINE = "pipeline"
    SCANS = "scans"
    APPROVAL = "approval"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Gap:
    """One link that is missing."""

    link: Link
    reason: str
    mend: str
    """What ends it: for the next deployment, or for this one where that can be."""


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """What is known of one deployment, over all records that are about the same delivery."""

    id: str
    asset: str
    environment: str
    actors: tuple[str, ...]
    """Who deployed it."""
    commit: str
    pipelines: tuple[str, ...]
    approvers: tuple[str, ...]
    rejecters: tuple[str, ...]
    complete_scans: int
    """Within `SCAN_DAYS` before it."""
    partial_scans: int
    newest_scan: datetime | None
    """Before it, however long."""
    at: datetime
    model: str
    """Empty: it serves none that is known."""
    model_version: int | None
    model_is_known: bool
    """The registry that is read has it."""
    version_is_known: bool
    run_id: str
    run_user: str
    has_data: bool
    """A data set with its digest is recorded."""
    validated_by: str
    is_approved: bool
    is_rolled_back: bool = False
    """It was taken back after it served; its approval ended with that."""


def gaps_of(facts: ChainFacts) -> tuple[Gap, ...]:
    """Return what is missing, in the order of the links; nothing: it is traceable."""
    found = (
        _commit(facts), _pipeline(facts), _scans(facts), _approval(facts), *_model(facts),
    )  # fmt: skip
    return tuple(gap for gap in found if gap is not None)


def _commit(facts: ChainFacts) -> Gap | None:
    if facts.commit:
        return None
    return Gap(
        Link.COMMIT,
        "no commit recorded",
        "let the pipeline record what it deploys, or write the commit into the image's tag or the"
        " annotation org.opencontainers.image.revision",
    )


def _pipeline(facts: ChainFacts) -> Gap | None:
    if facts.pipelines:
        return None
    return Gap(
        Link.PIPELINE,
        "no pipeline run recorded",
        "deploy by a pipeline of a source that is watched: github, gitlab or jenkins",
    )


def _scans(facts: ChainFacts) -> Gap | None:
    if facts.complete_scans:
        return None
    if facts.partial_scans:
        reason = f"no complete scan within {SCAN_DAYS} days before, {facts.partial_scans} partial"
    elif facts.newest_scan is not None:
        days = (facts.at - facts.newest_scan).days
        reason = f"the last scan was {days} days before, {SCAN_DAYS} at most"
    else:
        reason = "it was never scanned before"
    return Gap(
        Link.SCANS,
        reason,
        "let the pipeline scan before it deploys, and import its report for this asset",
    )


def _approval(facts: ChainFacts) -> Gap | None:
    if set(facts.approvers) - set(facts.actors):
        return None
    if facts.approvers:
        who = ", ".join(facts.approvers)
        return Gap(
            Link.APPROVAL,
            f"approved by nobody but who deployed it: {who}",
            "let somebody else approve: forbid self-review of the environment",
        )
    reason = "no approval recorded"
    if facts.rejecters:
        reason = f"no approval recorded, though {', '.join(facts.rejecters)} rejected it"
    return Gap(
        Link.APPROVAL,
        reason,
        "require reviewers for the environment, or answer with `riskcockpit approve`",
    )


def _model(facts: ChainFacts) -> Iterator[Gap]:
    if not facts.model:
        return
    named = facts.model + (f" v{facts.model_version}" if facts.model_version is not None else "")
    if not facts.model_is_known:
        reason = f"no registry that is read has {named}"
        yield Gap(Link.MODEL, reason, "let a source read its registry")
        return
    if not facts.version_is_known:
        is_unsaid = facts.model_version is None
        reason = f"nobody says which version of {facts.model} it serves" if is_unsaid else (
            f"the registry does not know {named}"
        )  # fmt: skip
        yield Gap(Link.MODEL, reason, "serve a version by its number, as models:/NAME/7")
        return
    yield from _lineage(facts, named)


def _lineage(facts: ChainFacts, named: str) -> Iterator[Gap]:
    """Yield what the version of a model itself lacks."""
    if not facts.run_id:
        yield Gap(Link.MODEL, f"{named} has no training run", "register it from its run")
    if not facts.has_data:
        yield Gap(
            Link.MODEL, f"{named} has no training data with a digest", "log its data sets with it"
        )
    if facts.validated_by and facts.is_rolled_back:
        yield Gap(
            Link.MODEL,
            f"{named} was rolled back since: its approval ended",
            "deploy with the version that serves now",
        )
    elif not facts.validated_by or not facts.is_approved:
        yield Gap(Link.MODEL, f"{named} is not validated", "validate it, and tag who did")
    elif facts.validated_by == facts.run_user:
        yield Gap(
            Link.MODEL,
            f"{named} was validated by who trained it: {facts.run_user}",
            "let somebody else validate it",
        )
