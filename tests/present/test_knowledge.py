"""A priority in words, and what is known from elsewhere with its age."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from riskcockpit.domain.finding import FindingClass, State
from riskcockpit.domain.money import Money
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.present.knowledge import (
    dated,
    epss_words,
    kev_words,
    loaded,
    owner_words,
    priority,
    taken,
)
from riskcockpit.present.text import ASCII
from riskcockpit.views.findings import FindingRow, Known
from riskcockpit.views.posture import EnrichmentView
from riskcockpit.views.reports import EnrichmentReport

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROW = FindingRow(
    id="f", title="t", severity=Severity.CRITICAL, state=State.OPEN,
    pillar=Pillar.INFRASTRUCTURE_HARDENING, finding_class=FindingClass.DEPENDENCY, asset="a",
    owner="", tool="t", rule="r", path="", line=None, package="", vulnerability="",
    first_seen=NOW - timedelta(days=3), last_seen=NOW, due_at=NOW + timedelta(days=2, hours=1),
    waived_until=None, exposure=Money(Decimal(250_000), "EUR"), is_kev=True,
    is_unconfirmed_absent=False,
)  # fmt: skip
KNOWN = Known(
    percentile=0.99912,
    scores_as_of=datetime(2026, 11, 20, tzinfo=UTC),
    kev_added=datetime(2026, 11, 1, tzinfo=UTC),
    kev_due=datetime(2026, 11, 22, tzinfo=UTC),
    is_ransomware=True,
    catalogue_as_of=datetime(2026, 11, 10, tzinfo=UTC),
)


def test_a_priority_names_its_steps_in_the_order_of_the_list() -> None:
    assert priority(ROW, 0.94, NOW) == (
        "known exploited · due in 2 d · critical · EPSS 94 % · €250 k · open 3 d"
    )


@pytest.mark.parametrize(
    ("change", "epss", "words"),
    [
        ({"is_kev": False, "due_at": None}, None, "critical · €250 k · open 3 d"),
        ({"is_kev": False, "due_at": NOW - timedelta(hours=9)}, 0.00042,
         "9 h over · critical · EPSS below 0.1 % · €250 k · open 3 d"),
        ({"is_kev": False, "state": State.WAIVED}, 0.5,
         "critical · EPSS 50 % · €250 k · waived, first seen 3 d ago"),
        ({"is_kev": False, "state": State.TRIAGE, "severity": Severity.LOW}, None,
         "due in 2 d · low · €250 k · open 3 d"),
    ],
)  # fmt: skip
def test_a_step_that_a_finding_does_not_take_is_left_out(
    change: dict[str, object], epss: float | None, words: str
) -> None:
    assert priority(replace(ROW, **change), epss, NOW) == words  # type: ignore[arg-type]  # any field


def test_a_priority_in_plain_letters() -> None:
    assert priority(replace(ROW, due_at=None), None, NOW, ASCII).isascii()


def test_a_score_says_of_when_it_is_and_never_that_anything_was_exploited() -> None:
    words = epss_words(0.94321, KNOWN, NOW)
    assert words == "EPSS 0.94, 99th percentile, scores of 2026-11-20 (5 days old)"
    assert epss_words(0.00042, KNOWN, NOW).startswith("EPSS 0.00042, 99th")
    assert epss_words(0.94, Known(), NOW) == "EPSS 0.94, as the tool says"
    assert epss_words(None, KNOWN, NOW) == ""
    assert "exploited" not in words


@pytest.mark.parametrize(
    ("percentile", "words"),
    [(0.29, "29th"), (0.01, "1st"), (0.52, "52nd"), (0.93, "93rd"), (0.11, "11th"), (1.0, "100th")],
)
def test_percentiles_are_ordinal(percentile: float, words: str) -> None:
    assert f" {words} percentile" in epss_words(0.5, replace(KNOWN, percentile=percentile), NOW)


def test_a_listing_says_since_when_and_whose_word_it_is() -> None:
    assert kev_words(is_kev=True, known=KNOWN, now=NOW) == (
        "known exploited since 2026-11-01, by ransomware, to be mended by 2026-11-22; "
        "catalogue of 2026-11-10 (15 days old, stale)"
    )
    assert kev_words(is_kev=True, known=Known(), now=NOW) == "known exploited, as the tool says"
    assert kev_words(is_kev=False, known=KNOWN, now=NOW) == ""


def test_a_week_is_not_stale_a_little_more_is() -> None:
    assert dated(NOW - timedelta(days=7), NOW) == "2026-11-18 (7 days old)"
    assert dated(NOW - timedelta(days=7, seconds=1), NOW).endswith("(7 days old, stale)")
    assert dated(NOW, NOW) == "2026-11-25 (less than a day old)"
    assert dated(NOW - timedelta(days=1), NOW).endswith("(1 day old)")


def test_all_owners_are_named_once_the_first_one_first() -> None:
    assert owner_words("@a", Known(owners=("@a", "@b"))) == "@a, @b"
    assert owner_words("", Known()) == ""


def test_what_is_loaded_and_what_was_taken() -> None:
    view = EnrichmentView("epss", "stale", 1, 274_123, "v2025", NOW - timedelta(days=9), NOW)
    assert loaded(view, NOW) == "274,123 scores, v2025 of 2026-11-16 (9 days old, STALE)"
    many = EnrichmentView("codeowners", "ok", 3, 1, "", NOW, NOW)
    assert loaded(many, NOW) == "1 rule in 3 files, of 2026-11-25 (less than a day old)"
    report = EnrichmentReport("kev", "", "2026.11", NOW, 2, "older")
    assert taken(report) == "KEV catalogue 2026.11, 2026-11-25: 2 entries, NOT TAKEN"
