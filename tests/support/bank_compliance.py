"""An ordinary morning at a bank: frameworks, requirements, and the controls that evidence them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from riskcockpit.domain.control import ControlRow, RowStatus
from riskcockpit.errors import UnknownNameError
from riskcockpit.views.compliance import (
    EvidenceState,
    EvidenceView,
    FrameworkView,
    RequirementView,
)
from riskcockpit.views.governance import ControlDetail, ControlView
from support.bank_governance import controls
from support.bank_posture import NOW

_STATES = {
    "ok": EvidenceState.PRESENT,
    "alarm": EvidenceState.PRESENT,
    "stale": EvidenceState.STALE,
    "no_data": EvidenceState.ABSENT,
}


def _evidence(id_: str, title: str, verdict: str, failed: int = 0) -> EvidenceView:
    message = "readings are 3 h old" if verdict == "stale" else ""
    at = None if verdict == "no_data" else NOW - timedelta(minutes=12)
    return EvidenceView(id_, title, verdict, message, failed, at)


APPROVED = _evidence("models.champion-approved", "Champions are validated and approved", "alarm", 1)
FRESH = _evidence("models.telemetry-fresh", "Production models send readings", "stale")
KEV = _evidence("infra.kev-open", "No KEV-listed vulnerability is open", "alarm", 3)
DATA = _evidence("data.checks", "Data checks pass", "ok")
UNSEEN = _evidence("gov.backups-tested", "Backups are tested", "no_data")


def _requirement(
    framework: str, part: str, id_: str, title: str, *speaking: EvidenceView
) -> RequirementView:
    states = [_STATES[each.verdict] for each in speaking]
    order = (EvidenceState.STALE, EvidenceState.PRESENT, EvidenceState.ABSENT)
    state = next((one for one in order if one in states), EvidenceState.NOT_AUTOMATED)
    return RequirementView(
        framework, part, id_, title, "https://example.com/text",
        "automated" if speaking else "manual", "secondary", state, speaking,
    )  # fmt: skip


def frameworks() -> tuple[FrameworkView, ...]:
    risk, people = "ICT risk management", "Governance"
    dora = (
        _requirement("dora", people, "5", "The management body answers for ICT risk"),
        _requirement("dora", risk, "6", "A framework for ICT risk is kept", APPROVED, DATA),
        _requirement("dora", risk, "9(2)", "ICT systems resist attacks", KEV),
        _requirement("dora", risk, "10", "Anomalies are found at once", FRESH),
        _requirement("dora", risk, "12", "Backups are kept and tested", UNSEEN),
    )
    models = (
        _requirement("sr-26-2", "Principles", "validation and monitoring",
                     "Independent validation before use and monitoring after it", APPROVED, FRESH),
        _requirement("sr-26-2", "Principles", "development and use",
                     "Models are built on sound data and used as intended", DATA),
    )  # fmt: skip
    return (
        FrameworkView("dora", "Digital Operational Resilience Act", "https://example.com/dora",
                      "unchecked", "Applies since 2025-01-17.", dora),
        FrameworkView("sr-26-2", "SR 26-2, model risk management", "https://example.com/sr",
                      "secondary", "", models),
    )  # fmt: skip


def control_detail(control: str) -> ControlDetail:
    known = {APPROVED.id: APPROVED, FRESH.id: FRESH, KEV.id: KEV, DATA.id: DATA, UNSEEN.id: UNSEEN}
    view = known.get(control)
    if view is None:
        raise UnknownNameError(f'no control "{control}"', hint='did you mean "data.checks"?')
    listed = next((one for one in controls() if one.id == control), None)
    summary = listed or ControlView(
        view.id, view.title, "compliance_automation", "high", {"dora": ("12",)}, view.verdict,
        view.message, 0, view.failed, view.at,
    )  # fmt: skip
    return ControlDetail(
        summary,
        "A champion that nobody approved is a model nobody answers for.",
        "Have a validator approve the version, or roll back to one that is approved.",
        "SELECT name AS resource, 'alarm' AS status\nFROM champion\nWHERE NOT is_approved\n",
        (
            ControlRow("fraud-scoring", RowStatus.OK, "v7 approved by validator-2"),
            ControlRow("face-match", RowStatus.ALARM, "v9 serves without an approval"),
            ControlRow("aml", RowStatus.ALARM, "v4 waits", {"waived_by": "W-31"}),
        ),
        "model-governance",
        inputs={"champion": timedelta(hours=24), "decision": None},
        params={"max_days": 30},
        why_set={"max_days": "decided in the model board"},
    )


def hostile_frameworks(texts: Sequence[str]) -> tuple[FrameworkView, ...]:
    """Every text of a framework tries to act."""
    out = []
    for number, view in enumerate(frameworks()):
        requirements = tuple(
            replace(
                one,
                part=texts[number + 2][:2_000],
                id=f"{texts[i]}"[:2_000],
                title=texts[i + 5],
                controls=tuple(
                    replace(control, id=f"{i}-{control.id}", title=texts[i + 6], message=texts[i])
                    for control in one.controls
                ),
            )
            for i, one in enumerate(view.requirements)
        )
        out.append(replace(view, title=texts[number], note=texts[13], requirements=requirements))
    return tuple(out)


def hostile_control(texts: Sequence[str]) -> ControlDetail:
    """Every text of a control tries to act."""
    detail = control_detail(APPROVED.id)
    rows = tuple(ControlRow(text[:2_000], RowStatus.ALARM, text[:2_000]) for text in texts)
    return replace(
        detail, summary=replace(detail.summary, title=texts[0], message=texts[9]),
        rationale=texts[1], remediation=texts[10], sql=f"SELECT '{texts[0]}'\n{texts[13]}",
        rows=rows, pack=texts[2], inputs={texts[4]: timedelta(hours=1)},
        params={"x": texts[0]}, why_set={"x": texts[11]},
    )  # fmt: skip
