"""The chain of a deployment: what belongs together, what is missing, and how both are told."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.controls.cases import fill
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.deployment import Answer, Approval, Deployment, DeploymentStatus
from riskcockpit.domain.traceability import ChainFacts, Link, gaps_of
from riskcockpit.errors import UnknownNameError
from riskcockpit.formats.writing.attestation import statement
from riskcockpit.ingest.deployments import record_deployments, settle_deployments
from riskcockpit.present.tracing import Branch, tree
from riskcockpit.services.chains import settle_chains
from riskcockpit.services.context import Context
from riskcockpit.services.tracing import chain_of, rows_of, trace, traces
from riskcockpit.store.database import Writer
from riskcockpit.store.snapshots import Store
from riskcockpit.views.trace import TraceView
from support.caches import NOW, context
from support.caches import statement as statement_of

pytestmark = pytest.mark.usefixtures("without_policy")

COMMIT = "3f2a91c0" + "a" * 32
OTHER = "b" * 40
AT = NOW - timedelta(hours=2)
GITHUB = Deployment(
    upstream_id="bank/payments#5",
    asset="bank/payments",
    environment="production",
    status=DeploymentStatus.SUCCEEDED,
    observed_at=AT,
    commit=COMMIT,
    ref="v1.4.2",
    pipeline="77",
    url="https://github.example/runs/77",
    actor="octo",
    approvals=(Approval("approved by risk", "risk", Answer.APPROVED),),
    started_at=AT - timedelta(minutes=5),
    finished_at=AT,
)
BARE = replace(
    GITHUB, upstream_id="bank/cards#1", asset="bank/cards", commit="", ref="", pipeline="", url="",
    approvals=(), actor="",
)  # fmt: skip
CLUSTER = replace(
    BARE, upstream_id="pay/api#2", asset="pay/api", environment="prod",
    artifacts=("reg.example/payments:3f2a91c0", "reg.example/proxy:1"),
)  # fmt: skip
Tables = dict[str, list[dict[str, Any]]]
SCANS: Tables = {
    "scan": [
        {"id": "s1", "asset": "bank/payments", "tool": "semgrep", "tool_version": "1.2",
         "scanned_at": "-3h", "outcome": "applied", "is_complete": True, "read_count": 12},
        {"id": "s2", "asset": "reg.example/payments", "tool": "trivy", "scanned_at": "-4h",
         "outcome": "applied", "incomplete_because": "it broke off", "read_count": 1},
        {"id": "s3", "asset": "bank/payments", "tool": "late", "scanned_at": "-1h",
         "outcome": "applied", "is_complete": True},
    ]
}  # fmt: skip
LEDGER: Tables = {
    "finding": [{"id": "f1", "asset": "bank/payments", "state": "waived"}],
    "waiver": [{"id": "w1", "state": "granted", "decided_at": "-9h", "expires_at": "+9h"},
               {"id": "w2", "state": "granted", "decided_at": "-1h", "expires_at": "+9h"}],
    "waiver_finding": [{"waiver_id": "w1", "finding_id": "f1"},
                       {"waiver_id": "w2", "finding_id": "f1"}],
    "action": [{"id": "a1", "kind": "deployment.rollback", "source": "gh", "state": "done",
                "target": "bank/payments@production", "params": '{"from": "x", "to": "y"}',
                "decided_by": "engineer", "decided_at": "-1h"}],
    "ledger_entry": [
        {"hash": "w1", "ts": "-9h", "actor": "engineer", "type": "waiver.granted",
         "summary": "1 finding waived"},
        {"hash": "w2", "ts": "-1h", "actor": "engineer", "type": "waiver.granted",
         "summary": "too late"},
        {"hash": "a1", "ts": "-1h", "actor": "engineer", "type": "deployment.requested",
         "summary": "rolls it back"},
        {"hash": "r1", "ts": "-50m", "actor": "engineer", "type": "action.confirmed",
         "subject": "a1", "summary": "done"},
        {"hash": "x1", "ts": "-50m", "actor": "engineer", "type": "note.added", "subject": "zz"},
    ],
}  # fmt: skip
VERSION = {
    "model": "fraud", "version": 7, "status": "READY", "run_id": "run7", "run_user": "ann",
    "validated_by": "ben", "is_approved": True,
    "datasets": [{"name": "cards", "digest": "d1g", "context": "training", "source": ""}],
}  # fmt: skip
MODEL: Tables = {"model": [{"name": "fraud"}], "model_version": [VERSION]}


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return context(tmp_path)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("cache"), FrozenClock(NOW))


@pytest.fixture
def tx(store: Store) -> Iterator[Writer]:
    """A writer over an empty cache; what it writes is thrown away."""
    with store.writer() as made:
        yield made
        made.discard()


WENT = "succeeded at 2026-11-24 10:00 UTC by octo: traceable"
GAPS = statement_of("SELECT link, rev FROM deployment_gap")


def known(
    tx: Writer, *deployments: Deployment, **tables: list[dict[str, Any]]
) -> dict[str, TraceView]:
    """Take in what is known, and return the chain of each deployment to production by its asset."""
    fill(tx, tables, NOW)
    take_in(tx, deployments)
    return {row.asset: chain_of(tx, row) for row in rows_of(tx)}


def take_in(tx: Writer, deployments: tuple[Deployment, ...]) -> None:
    for one in deployments:
        record_deployments(tx, [one], "k8s" if one.asset == "pay/api" else "gh", NOW)
    settle_deployments(tx)
    settle_chains(tx, NOW)


def missing(view: TraceView) -> dict[str, str]:
    return {gap.link.value: gap.reason for gap in view.row.gaps}


def drawn(branch: Branch, depth: int = 0) -> list[str]:
    own = f"{'  ' * depth}{branch.label} {branch.text}".rstrip()
    return [own, *itertools.chain.from_iterable(drawn(one, depth + 1) for one in branch.children)]


def test_a_whole_chain_is_traceable_and_drawn_link_by_link(tx: Writer) -> None:
    served = replace(GITHUB, model="fraud", model_version=7,
                     artifacts=(f"reg.example/p@sha256:{'0' * 64}",))  # fmt: skip
    view = known(tx, served, **SCANS, **LEDGER, **MODEL)["bank/payments"]
    assert view.row.is_traceable
    assert drawn(tree(view)) == [
        f"deployment {view.row.id[:10]} bank/payments to production, {WENT}",
        "  commit",
        "    3f2a91c0aaaa of bank/payments (v1.4.2), as gh says",
        "  pipeline",
        "    77 of bank/payments, as gh says https://github.example/runs/77",
        "  scans",
        "    semgrep 1.2 over bank/payments at 2026-11-24 09:00 UTC, complete, 12 records",
        "  approval",
        "    risk approved at an unknown time, as gh says",
        "  model",
        "    fraud v7 READY",
        "    run run7 by ann",
        "    data cards d1g",
        "    validation by ben, approved",
        "  ledger",
        "    w1 2026-11-24 03:00 UTC waiver.granted by engineer: 1 finding waived",
        "    a1 2026-11-24 11:00 UTC deployment.requested by engineer: rolls it back",
        "    r1 2026-11-24 11:10 UTC action.confirmed by engineer: done",
        "  artifacts",
        f"    reg.example/p@sha256:{'0' * 64}",
        "  previous none is known",
    ]


def test_every_gap_is_named_with_what_ends_it(tx: Writer) -> None:
    view = known(tx, BARE)["bank/cards"]
    assert missing(view) == {
        "commit": "no commit recorded", "pipeline": "no pipeline run recorded",
        "scans": "it was never scanned before", "approval": "no approval recorded",
    }  # fmt: skip
    text = "\n".join(drawn(tree(view)))
    assert "GAP no approval recorded: require reviewers for the environment, or answer with" in text
    assert all(gap.mend for gap in view.row.gaps)


def test_a_rollout_is_traced_by_the_commit_in_its_tag_to_the_run_that_brought_it(
    tx: Writer,
) -> None:
    found = known(tx, CLUSTER, GITHUB, **SCANS)
    cluster = found["pay/api"]
    assert cluster.row.is_traceable
    assert cluster.row.commit == COMMIT
    assert {one.source for one in cluster.records} == {"gh", "k8s"}
    assert [(one.tool, one.counts) for one in cluster.scans] == [
        ("semgrep", True),
        ("trivy", False),
    ]
    assert [one.actor for one in cluster.answers] == ["risk"]
    assert found["bank/payments"].row.is_traceable


@pytest.mark.parametrize(
    ("other", "is_related"),
    [
        (replace(GITHUB, commit=OTHER), False),
        (
            replace(GITHUB, commit=OTHER, artifacts=("reg.example/proxy:1", "reg.example/x:2")),
            False,
        ),
        (replace(GITHUB, commit=OTHER, artifacts=CLUSTER.artifacts), True),
        (replace(GITHUB, commit=OTHER, artifacts=(*CLUSTER.artifacts, "reg.example/x:2")), True),
        (replace(GITHUB, started_at=AT + timedelta(hours=2), finished_at=None), False),
        (replace(GITHUB, status=DeploymentStatus.STOPPED), False),
    ],
    ids=["another commit", "a shared sidecar", "same images", "more images", "later", "stopped"],
)
def test_only_the_same_delivery_is_related(tx: Writer, other: Deployment, is_related: bool) -> None:
    view = known(tx, CLUSTER, other)["pay/api"]
    assert (len(view.records) == 2) is is_related
    assert ("commit" in missing(view)) is not is_related


def test_an_image_that_many_assets_carry_relates_nothing(tx: Writer) -> None:
    alone = [
        replace(BARE, upstream_id=f"a{n}#1", asset=f"a{n}", artifacts=("reg.example/proxy:1",))
        for n in range(6)
    ]
    found = known(tx, *alone[:5])
    assert {len(view.records) for view in found.values()} == {5}
    found = known(tx, *alone)
    assert {len(view.records) for view in found.values()} == {1}


def test_an_approval_of_another_environment_or_of_oneself_is_none(tx: Writer) -> None:
    staging = replace(GITHUB, upstream_id="bank/payments#4", environment="staging")
    alone = replace(GITHUB, approvals=())
    view = known(tx, staging, alone)["bank/payments"]
    assert missing(view)["approval"] == "no approval recorded"
    itself = replace(alone, approvals=(Approval("1", "octo", Answer.APPROVED),), observed_at=NOW)
    view = known(tx, itself)["bank/payments"]
    assert missing(view)["approval"] == "approved by nobody but who deployed it: octo"


def test_an_approval_that_was_decided_here_and_carried_out_counts(tx: Writer) -> None:
    action = {"id": "e1", "kind": "deployment.approve", "source": "gh", "state": "done",
              "target": "bank/payments@production", "params": '{"run": "77"}',
              "decided_by": "chief", "decided_at": "-2h"}  # fmt: skip
    alone = replace(GITHUB, approvals=())
    refused = {**action, "state": "refused"}
    assert "approval" in missing(known(tx, alone, action=[refused])["bank/payments"])
    other = {**action, "id": "e2", "params": '{"run": "78"}'}
    assert "approval" in missing(known(tx, alone, action=[other])["bank/payments"])
    view = known(tx, alone, action=[{**action, "id": "e3"}])["bank/payments"]
    assert "approval" not in missing(view)
    assert [(one.actor, one.source, one.reference) for one in view.answers] == [
        ("chief", "ledger", "e3")
    ]


def test_a_model_is_known_by_the_commit_that_trained_it(tx: Writer) -> None:
    version = {**VERSION, "tags": {"git_commit": COMMIT}}
    view = known(tx, GITHUB, model=[{"name": "fraud"}], model_version=[version])["bank/payments"]
    assert view.model is not None
    assert (view.model.name, view.model.version) == ("fraud", 7)
    assert "model" not in missing(view)


def test_gaps_close_when_what_was_missing_comes_later_and_others_stay_unwritten(
    ctx: Context,
) -> None:
    publish(ctx, replace(GITHUB, approvals=()))
    before = gaps(ctx)
    assert set(before) == {"scans", "approval"}
    publish(ctx, **SCANS)
    assert gaps(ctx) == {link: rev for link, rev in before.items() if link == "approval"}
    publish(ctx, replace(GITHUB, observed_at=NOW))
    assert gaps(ctx) == {}


def publish(ctx: Context, *deployments: Deployment, **tables: list[dict[str, Any]]) -> None:
    with ctx.store.writer() as tx:
        fill(tx, tables, NOW)
        take_in(tx, deployments)


def gaps(ctx: Context) -> dict[str, int]:
    with ctx.store.reader() as reader:
        return dict(reader.rows(GAPS))


def test_the_order_in_which_sources_are_read_changes_nothing(store: Store) -> None:
    said: set[bytes] = set()
    for order in itertools.permutations((CLUSTER, GITHUB, BARE)):
        with store.writer() as tx:
            found = known(tx, *order, **SCANS)
            said.add(b"".join(statement(found[asset], (), {}) for asset in sorted(found)))
            tx.discard()
    assert len(said) == 1


def test_what_serves_now_is_traced_however_old_and_what_is_past_is_not(tx: Writer) -> None:
    old = NOW - timedelta(days=200)
    first = replace(GITHUB, upstream_id="bank/payments#1", observed_at=old,
                    started_at=old, finished_at=old)  # fmt: skip
    second = replace(first, upstream_id="bank/payments#2", finished_at=old + timedelta(days=1))
    found = known(tx, first, second)
    assert len(found) == 1
    assert found["bank/payments"].previous == first.id_within("gh")


def test_a_deployment_is_named_by_the_beginning_of_its_id_or_by_its_place(ctx: Context) -> None:
    later = replace(GITHUB, upstream_id="bank/payments#6", finished_at=NOW, observed_at=NOW)
    publish(ctx, GITHUB, later)
    id_ = later.id_within("gh")
    assert trace(ctx, id_[:6]).row.id == trace(ctx, "bank/payments@production").row.id == id_
    assert trace(ctx, "bank/payments").row.id == id_, "it has one place"
    for name in ("", id_[:3], "zzzz", "bank/payments@staging", "bank/payment"):
        with pytest.raises(UnknownNameError):
            trace(ctx, name)
    elsewhere = replace(GITHUB, upstream_id="bank/payments#7", environment="prod-eu")
    publish(ctx, GITHUB, later, elsewhere)
    with pytest.raises(UnknownNameError, match="has several places") as caught:
        trace(ctx, "bank/payments")
    assert "bank/payments@prod-eu, bank/payments@production" in str(caught.value.hint)


def test_an_empty_cache_has_no_deployments(ctx: Context) -> None:
    assert traces(ctx) == ()
    with pytest.raises(UnknownNameError, match="no deployment"):
        trace(ctx, "abcd")


# The one definition of a gap --------------------------------------------------------------------

WHOLE = ChainFacts(
    id="d", asset="a", environment="production", actors=("octo",), commit=COMMIT,
    pipelines=("77",), approvers=("risk",), rejecters=(), complete_scans=1, partial_scans=0,
    newest_scan=AT, at=AT, model="fraud", model_version=7, model_is_known=True,
    version_is_known=True, run_id="r", run_user="ann", has_data=True, validated_by="ben",
    is_approved=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "link", "reason"),
    [
        ({"complete_scans": 0, "newest_scan": AT - timedelta(days=9)}, Link.SCANS,
         "the last scan was 9 days before, 7 at most"),
        ({"complete_scans": 0, "partial_scans": 2}, Link.SCANS,
         "no complete scan within 7 days before, 2 partial"),
        ({"approvers": (), "rejecters": ("risk",)}, Link.APPROVAL,
         "no approval recorded, though risk rejected it"),
        ({"model_is_known": False}, Link.MODEL, "no registry that is read has fraud v7"),
        ({"version_is_known": False}, Link.MODEL, "the registry does not know fraud v7"),
        ({"version_is_known": False, "model_version": None}, Link.MODEL,
         "nobody says which version of fraud it serves"),
        ({"run_id": ""}, Link.MODEL, "fraud v7 has no training run"),
        ({"has_data": False}, Link.MODEL, "fraud v7 has no training data with a digest"),
        ({"is_approved": False}, Link.MODEL, "fraud v7 is not validated"),
        (
            {"is_approved": False, "is_rolled_back": True},
            Link.MODEL, "fraud v7 was rolled back since: its approval ended",
        ),
        ({"validated_by": "ann"}, Link.MODEL, "fraud v7 was validated by who trained it: ann"),
    ],
)  # fmt: skip
def test_each_missing_fact_is_one_gap(changes: Mapping[str, Any], link: Link, reason: str) -> None:
    assert gaps_of(WHOLE) == ()
    (gap,) = gaps_of(replace(WHOLE, **changes))
    assert (gap.link, gap.reason) == (link, reason)


def test_what_serves_no_model_lacks_none() -> None:
    bare = replace(WHOLE, model="", model_version=None, model_is_known=False, run_id="")
    assert gaps_of(bare) == ()


# The statement -----------------------------------------------------------------------------------


def test_a_statement_names_what_was_deployed_by_digest(tx: Writer) -> None:
    image = f"reg.example/p@sha256:{'0' * 64}"
    found = known(tx, replace(GITHUB, artifacts=(image,)), BARE)
    document = json.loads(statement(found["bank/payments"], (), {"generation": 3}))
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["subject"] == [
        {"name": "reg.example/p", "digest": {"sha256": "0" * 64}},
        {"name": "bank/payments", "digest": {"gitCommit": COMMIT}},
    ]
    assert document["predicate"]["deployment"]["traceable"] is False
    (subject,) = json.loads(statement(found["bank/cards"], (), {}))["subject"]
    assert subject["name"] == f"deployment/{found['bank/cards'].row.id}"
    assert len(subject["digest"]["sha256"]) == 64
