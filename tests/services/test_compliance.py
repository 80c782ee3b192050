"""Compliance: evidence is present, stale or absent, and never better than its oldest control."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings
from riskcockpit.controls.cases import fill
from riskcockpit.controls.frameworks import Assessment
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import UnknownNameError
from riskcockpit.services.compliance import compliance, state_of
from riskcockpit.services.context import Context
from riskcockpit.services.judging import judge
from riskcockpit.store.snapshots import Store
from riskcockpit.views.compliance import EvidenceState, EvidenceView, RequirementView

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AUTOMATED, MANUAL = Assessment.AUTOMATED, Assessment.MANUAL


def evidence(*verdicts: str) -> Sequence[EvidenceView]:
    return [EvidenceView(f"c{n}", "", verdict, "", 0, NOW) for n, verdict in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("assessment", "verdicts", "state"),
    [
        (AUTOMATED, ("ok", "no_data"), EvidenceState.PRESENT),
        (AUTOMATED, ("alarm",), EvidenceState.PRESENT),
        (AUTOMATED, ("ok", "stale"), EvidenceState.STALE),
        (AUTOMATED, ("no_data", "error", "config_invalid"), EvidenceState.ABSENT),
        (AUTOMATED, (), EvidenceState.ABSENT),
        (MANUAL, (), EvidenceState.NOT_AUTOMATED),
        (Assessment.NOT_COVERED, (), EvidenceState.NOT_AUTOMATED),
        (MANUAL, ("ok",), EvidenceState.PRESENT),
    ],
)
def test_the_state_of_a_requirement(
    assessment: Assessment, verdicts: tuple[str, ...], state: EvidenceState
) -> None:
    assert state_of(assessment, evidence(*verdicts)) is state


def context(tmp_path: Path, now: datetime = NOW) -> Context:
    paths = Paths.under(tmp_path)
    clock = FrozenClock(now)
    return Context(Settings(), paths, clock, Store(paths.cache, clock), "")


def requirement(ctx: Context, framework: str, id_: str) -> RequirementView:
    (view,) = compliance(ctx, framework)
    return next(one for one in view.requirements if one.id == id_)


def test_before_anything_was_judged_all_is_absent_or_not_automated(tmp_path: Path) -> None:
    for view in compliance(context(tmp_path)):
        assert view.counts[EvidenceState.PRESENT] == view.counts[EvidenceState.STALE] == 0
        assert sum(view.counts.values()) == len(view.requirements) > 0


def test_a_failing_control_is_evidence_and_grows_stale_while_nobody_judges(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    with ctx.store.writer() as tx:
        fill(
            tx,
            {
                "scan": [{"id": "s1", "asset": "payments", "scanned_at": "-1h",
                          "outcome": "applied"}],
                "finding": [{"id": "f1", "asset": "payments", "class": "secret", "state": "open",
                             "first_seen": "-9h"}],
            },
            NOW,
        )  # fmt: skip
        judge(ctx, tx, NOW)
    found = requirement(ctx, "pci-dss-4", "8.3.2")
    assert (found.state, found.failing, found.with_data) == (EvidenceState.PRESENT, 1, 1)
    later = context(tmp_path, NOW + timedelta(hours=49))
    found = requirement(later, "pci-dss-4", "8.3.2")
    assert (found.state, found.failing) == (EvidenceState.STALE, 0)


def test_an_unknown_framework_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        compliance(context(tmp_path), "doora")
    assert 'did you mean "dora"?' in str(caught.value.hint)


def test_a_framework_of_a_home_without_parts_shows_what_controls_refer_to(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    pack = ctx.paths.config / "controls" / "mine"
    pack.mkdir(parents=True)
    (pack.parent / "frameworks.yaml").write_text(
        "frameworks: {house: {title: House rules, link: 'https://bank.example', "
        "certainty: checked}}\n"
    )
    (pack / "own.yaml").write_text(
        "id: own\ntitle: T\npillar: compliance_automation\nseverity: low\nrationale: R\n"
        "remediation: M\nframeworks: {house: ['12']}\ninputs: [{table: asset}]\n"
    )
    (pack / "own.sql").write_text(
        "SELECT name AS resource, 'ok' AS status, '' AS reason FROM asset"
    )
    assert requirement(ctx, "house", "12").state is EvidenceState.ABSENT
