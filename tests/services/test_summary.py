"""The summary beside a generation: it says what the generation says, at any later moment."""

from __future__ import annotations

import dataclasses
import random
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskcockpit.config.settings import SourceSettings, WaiverSettings
from riskcockpit.controls.cases import fill
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.pillar import Pillar
from riskcockpit.services.context import Context
from riskcockpit.services.gathering import gather
from riskcockpit.services.judging import judge
from riskcockpit.services.posture import posture
from riskcockpit.services.queue import _deadline
from riskcockpit.services.summary import LIFETIME, DeadlineFact, Summary, decoded
from riskcockpit.store.snapshots import Store
from riskcockpit.views.posture import PostureView, QueueItem, QueueKind
from support.caches import NOW, context

STEPS = ("-30d", "-9d", "-5h", "-1m", "+2m", "+7h", "+23h", "+24h", "+25h", "+31h", "+47h", "+3d")


def busy_rows() -> dict[str, list[dict[str, Any]]]:
    """Return rows of everything whose place in the overview depends on the time."""
    chance = random.Random(7)  # noqa: TID251 - the seed is part of the test
    findings = [
        {
            "id": f"f{n:03}", "class": chance.choice(("dependency", "code")),
            "asset": f"asset-{chance.randrange(9)}", "owner": chance.choice(("", "a", "b", "c")),
            "vulnerability": chance.choice(("", f"CVE-2026-{chance.randrange(40):04}")),
            "severity": chance.choice((1, 3, 4)), "is_kev": chance.random() < 0.1,
            "state": chance.choice(("open", "open", "triage", "fixed")), "title": f"fault {n}",
            "pillar": "infrastructure_hardening", "due_at": chance.choice(STEPS),
            "first_seen": f"-{chance.randrange(1, 60)}d",
            "exposure": Decimal(chance.randrange(50)),
        }
        for n in range(400)
    ]  # fmt: skip
    exposure = [
        {"pillar": pillar.value, "at": f"-{hours}h", "expected": Decimal(hours // 5), "driver": "x"}
        for pillar in Pillar
        for hours in (70, 30, 26, 24, 20, 20, 9, 8, 4, 1)
    ]
    check = {"subject_kind": "dataset", "subject": "cards", "metric": "checks", "value": 1.0,
             "metric_class": "quality", "unit": "ratio", "at": "-1m"}  # fmt: skip
    waivers = [
        {"id": f"w{n}", "state": state, "expires_at": ends, "finding_count": n}
        for n, (state, ends) in enumerate(
            (("granted", "+3h"), ("granted", "+7d"), ("granted", "+8d"), ("granted", "+190h"),
             ("requested", "+2h"), ("granted", "-1h"), ("revoked", "+1d"))
        )
    ]  # fmt: skip
    alarm = {"id": "drop", "class": "model", "asset": "fraud", "model": "fraud", "severity": 4,
             "state": "open", "onset_at": "-9m", "title": "fraud: low"}  # fmt: skip
    return {
        "finding": [*findings, alarm], "exposure_reading": exposure, "reading": [check],
        "model": [{"name": "fraud", "tier": 1}, {"name": "lost", "tier": 2}],
        "model_alias": [{"model": "fraud", "alias": "champion", "version": 7}],
        "source": [{"name": "m", "kind": "mlflow", "state": "ok", "last_success": "-1h"}],
        "kpi_reading": [
            {"kpi_id": "data-checks-passing", "at": f"-{days}d", "value": float(days)}
            for days in (40, 30, 29, 28, 2)
        ],
        "waiver": waivers,
    }  # fmt: skip


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """Return a context over a judged cache with its summary; money is as the rows say."""
    ctx = context(tmp_path_factory.mktemp("busy"))
    sources = (SourceSettings(name="m", kind="mlflow", stale_after="12h"),)
    settings = msgspec.structs.replace(ctx.settings, sources=sources)
    with ctx.store.writer() as tx:
        judge(ctx, tx, NOW)
        rows = busy_rows()
        fill(tx, {name: rows[name] for name in rows if name != "waiver"}, NOW)
        fill(tx, {"waiver": rows["waiver"]}, NOW)
    return dataclasses.replace(ctx, settings=settings)


def at(ctx: Context, moment: datetime) -> Context:
    return dataclasses.replace(ctx, clock=FrozenClock(moment))


def from_scratch(ctx: Context) -> PostureView:
    """Return the overview as a store that keeps no summary sees it."""

    class Forgetful(Store):
        def summary(self) -> None:
            return None

    return posture(dataclasses.replace(ctx, store=Forgetful(ctx.store.directory, FrozenClock(NOW))))


@settings(max_examples=40, deadline=None)
@given(minutes=st.integers(0, 24 * 60))
def test_the_overview_from_the_summary_is_that_of_the_generation_at_any_later_moment(
    busy: Context, minutes: int
) -> None:
    later = at(busy, NOW + timedelta(minutes=minutes))
    assert summary_of(later).covers(later.clock.now(), timedelta(days=7))
    assert posture(later) == from_scratch(later)


def test_time_passes_in_an_overview_whose_cache_does_not_change(busy: Context) -> None:
    views = [posture(at(busy, NOW + timedelta(hours=hours))) for hours in (0, 3.5, 13, 24)]
    expiring = [names(view.queue, QueueKind.WAIVER_EXPIRING) for view in views]
    assert expiring == [
        {"waiver:w0"}, {"waiver:w1"}, {"waiver:w1"}, {"waiver:w1", "waiver:w3"}
    ]  # fmt: skip
    assert [view.sources[0].state for view in views] == ["ok", "ok", "partial", "partial"]
    money = [view.exposure.change for view in views]
    assert len({change.amount for change in money if change is not None}) > 1
    details = [[item.detail for item in view.queue if item.kind is QueueKind.SLA] for view in views]
    assert details[0] != details[1] != details[2] != details[3]


def names(queue: tuple[QueueItem, ...], kind: QueueKind) -> set[str]:
    return {item.id for item in queue if item.kind is kind}


def summary_of(ctx: Context) -> Summary:
    found = ctx.store.summary()
    assert found is not None
    summary = decoded(found[1])
    assert summary is not None
    return summary


@pytest.mark.parametrize(
    ("late", "notice"),
    [(LIFETIME + timedelta(seconds=1), 7), (-timedelta(seconds=1), 7), (timedelta(0), 9)],
)
def test_a_summary_is_not_asked_about_what_it_does_not_know(
    busy: Context, late: timedelta, notice: int
) -> None:
    waivers = WaiverSettings(notice_days=notice)
    settings = msgspec.structs.replace(busy.settings, waivers=waivers)
    later = at(dataclasses.replace(busy, settings=settings), NOW + late)
    assert not summary_of(later).covers(later.clock.now(), timedelta(days=notice))
    assert posture(later) == from_scratch(later)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"type": "summary/0"}', b"\xff"])
def test_a_summary_of_another_version_is_passed_over(
    busy: Context, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    expected = posture(busy)
    monkeypatch.setattr(Store, "summary", lambda _: (1, content))
    assert posture(busy) == expected


def test_every_publish_has_a_summary_and_a_discarded_one_has_none(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    with ctx.store.writer():
        pass
    with ctx.store.writer() as tx:
        tx.discard()
    found = ctx.store.summary()
    assert found is not None
    assert found[0] == 1
    with ctx.store.reader() as reader:
        assert decoded(found[1]) == gather(reader, NOW, timedelta(days=7))


def test_numbers_of_findings_in_the_queue_are_grouped_alike() -> None:
    step = DeadlineFact(
        kind="asset", name="core", step_at=NOW - timedelta(days=1), findings=72_731, assets=1,
        asset="core", owners=(), severity=4, is_kev=False, due_at=NOW, since=NOW, top="f1",
        top_exposure=Decimal(1), title="", exposure=Decimal(1),
    )  # fmt: skip
    assert "72,731 findings, 72,731 overdue" in _deadline([step], "EUR", NOW).detail
