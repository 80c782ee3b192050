"""Ids of vulnerabilities that are learnt later join the finding; what is ambiguous never merges."""

from __future__ import annotations

import tempfile
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskcockpit.domain.finding import Observation
from riskcockpit.ingest.policy import IngestPolicy
from support.ingesting import Bank, dependency, open_bank

CVE, GHSA, VENDOR = "CVE-2026-1001", "GHSA-aaaa-bbbb-cccc", "SNYK-PY-77"
OTHER = "CVE-2026-2002"


def ids(bank: Bank) -> list[str]:
    return [row[0] for row in bank.rows("SELECT id FROM finding ORDER BY id")]


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return open_bank(tmp_path)


@pytest.mark.parametrize("order", list(permutations((CVE, GHSA, VENDOR))), ids=" ".join)
def test_an_id_learnt_later_joins_in_any_order(bank: Bank, order: tuple[str, ...]) -> None:
    first, second, third = order
    bank.scan([dependency(first)])
    known = ids(bank)
    for seen in ((first, second), (second,), (second, third), (third,), (first,), order):
        counts = bank.scan([dependency(*seen)]).counts
        assert (counts.new, counts.reopened, counts.fixed) == (0, 0, 0), seen
    assert ids(bank) == known


@pytest.mark.parametrize("later", [(CVE, GHSA), (GHSA,)])
def test_what_is_decided_survives_the_new_name(bank: Bank, later: tuple[str, ...]) -> None:
    bank.scan([dependency(GHSA)])
    bank.decide("false_positive")
    bank.scan([dependency(CVE, GHSA)])
    bank.scan([dependency(*later, version="2.1")])
    assert bank.states() == {"false_positive": 1}


def test_an_id_that_two_vulnerabilities_share_makes_one_of_none(bank: Bank) -> None:
    bank.scan([dependency(CVE, GHSA), dependency(OTHER, GHSA)])
    known = ids(bank)
    assert len(known) == 2
    for seen in ([dependency(OTHER, GHSA), dependency(CVE, GHSA)], [dependency(OTHER),
                 dependency(CVE)]):  # fmt: skip
        counts = bank.scan(seen).counts
        assert (counts.new, counts.fixed) == (0, 0)
    counts = bank.scan([dependency(GHSA)]).counts  # which of the two it is, nobody can know
    assert (counts.new, counts.fixed) == (1, 2)
    assert set(known) < set(ids(bank))


def test_an_id_that_becomes_two_is_neither(bank: Bank) -> None:
    bank.scan([dependency(GHSA)])
    counts = bank.scan([dependency(CVE, GHSA), dependency(OTHER, GHSA)]).counts
    assert (counts.new, counts.fixed) == (2, 1)
    again = bank.scan([dependency(OTHER, GHSA), dependency(CVE, GHSA)]).counts
    assert (again.new, again.fixed, again.unchanged) == (0, 0, 2)


def test_one_vulnerability_under_two_names_in_one_report_stays_two(bank: Bank) -> None:
    bank.scan([dependency(CVE, GHSA), dependency(GHSA)])
    known = ids(bank)
    assert len(known) == 2
    counts = bank.scan([dependency(GHSA), dependency(CVE, GHSA)]).counts
    assert (counts.unchanged, counts.new) == (2, 0)
    assert ids(bank) == known


def test_a_learnt_id_never_leads_to_another_asset_or_package(bank: Bank) -> None:
    bank.scan([dependency(CVE, GHSA)])
    bank.scan([dependency(GHSA)], asset="web")
    bank.scan([dependency(GHSA, name="urllib3"), dependency(CVE, GHSA)])
    rows = bank.rows("SELECT asset, package_name FROM finding ORDER BY asset, package_name")
    assert rows == [("payments", "requests"), ("payments", "urllib3"), ("web", "requests")]


# any history

Step = tuple[tuple[str, ...], ...]


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """Scans of three vulnerabilities, each under ids of which one at least is known by then."""
    names = [tuple(f"{kind}{n}" for kind in ("CVE-2026-100", "GHSA-aaaa-bbbb-ccc", "SNYK-PY-"))
             for n in range(3)]  # fmt: skip
    known: list[set[str]] = [set() for _ in names]
    steps: list[Step] = []
    for _ in range(draw(st.integers(2, 5))):
        step = []
        for all_ids, learnt in zip(names, known, strict=True):
            seen = draw(st.sets(st.sampled_from(all_ids), min_size=1))
            if learnt and not seen & learnt:
                seen.add(draw(st.sampled_from(sorted(learnt))))
            learnt.update(seen)
            step.append(tuple(draw(st.permutations(sorted(seen)))))
        steps.append(tuple(step))
    return steps


@settings(max_examples=8, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_any_history_of_names_keeps_three_findings(history: list[Step], dice: object) -> None:
    with tempfile.TemporaryDirectory() as directory:
        bank = open_bank(Path(directory), IngestPolicy())
        known: list[str] = []
        for step in history:
            seen = [dependency(*names) for names in step]
            dice.shuffle(seen)  # type: ignore[attr-defined] # a random.Random of hypothesis
            bank.scan(seen)
            known = known or ids(bank)
            assert ids(bank) == known
            assert len(known) == 3
        assert bank.states() == {"open": 3}


@settings(max_examples=5, deadline=None)
@given(histories())
def test_groups_across_tools_never_merge(history: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        bank = open_bank(Path(directory), IngestPolicy())
        for step in history:
            for tool in ("one", "two"):
                bank.scan([_by(tool, names) for names in step], tool=tool)
        rows = bank.rows("SELECT tool, count(*), count(DISTINCT id) FROM finding GROUP BY tool")
        assert sorted(rows) == [("one", 3, 3), ("two", 3, 3)]
        assert bank.rows("SELECT count(DISTINCT id) FROM finding") == [(6,)]
        grouped = bank.rows("""SELECT count(*), count(DISTINCT tool) FROM finding
            WHERE correlation <> '' GROUP BY correlation""")
        assert all(row == (2, 2) for row in grouped)
        assert len(grouped) == 3  # both tools say the same names in the end


def _by(tool: str, names: tuple[str, ...]) -> Observation:
    return dependency(*names, tool=tool)
