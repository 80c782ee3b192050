from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from riskcockpit.demo.bank import ACCOUNTS, REPOSITORIES, assets
from riskcockpit.demo.dice import Dice
from riskcockpit.demo.registry import PLANS, STORY_MODEL, registered_models
from riskcockpit.demo.reports import template, vulnerabilities
from riskcockpit.demo.world import DatedDocument, World
from riskcockpit.domain.model import rollback_target

START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


@cache
def documents(seed: int = 7) -> tuple[DatedDocument, ...]:
    return World(Dice(seed), START).documents()


def fingerprint(of: tuple[DatedDocument, ...]) -> str:
    state = hashlib.sha256()
    for dated in of:
        state.update(f"{dated.at.isoformat()} {dated.document.name}\n".encode())
        state.update(dated.document.content)
    return state.hexdigest()


def faults(content: bytes) -> set[str]:
    """Return what tells the faults of a report apart."""
    document: dict[str, Any] = json.loads(content)
    if "runs" in document:
        return {
            json.dumps([result["ruleId"], result["locations"][0]], sort_keys=True)
            for run in document["runs"]
            for result in run["results"]
        }
    if "Results" in document:
        return {
            f"{found['VulnerabilityID']} {found['PkgName']}"
            for part in document["Results"]
            for found in part["Vulnerabilities"]
        }
    return {str(finding["unique_id_from_tool"]) for finding in document["findings"]}


def by_scope() -> dict[str, list[DatedDocument]]:
    scopes: dict[str, list[DatedDocument]] = defaultdict(list)
    for dated in documents():
        scopes[f"{dated.document.asset}/{dated.document.name.rpartition('/')[2]}"].append(dated)
    return scopes


def test_the_same_seed_and_start_give_the_same_bytes() -> None:
    assert fingerprint(documents()) == fingerprint(World(Dice(7), START).documents())


def test_another_seed_is_another_bank() -> None:
    assert fingerprint(documents()) != fingerprint(documents(8))


def test_times_move_with_the_start_and_nothing_else_does() -> None:
    later = World(Dice(7), START + timedelta(days=1)).documents()
    assert [dated.at - timedelta(days=1) for dated in later] == [d.at for d in documents()]
    found = [(d.document.asset, faults(d.document.content)) for d in documents()]
    assert [(d.document.asset, faults(d.document.content)) for d in later] == found


def test_there_are_about_three_thousand_faults_over_ninety_days() -> None:
    ever = sum(
        len(set().union(*(faults(dated.document.content) for dated in scope)))
        for scope in by_scope().values()
    )
    assert 2800 <= ever <= 3200


def test_history_lies_in_the_ninety_days_before_the_start() -> None:
    assert all(timedelta(0) < START - d.at <= timedelta(days=90) for d in documents())
    assert max(START - d.at for d in documents()) > timedelta(days=89)


def test_every_scope_was_scanned_within_a_month() -> None:
    assert all(START - scope[-1].at < timedelta(days=30) for scope in by_scope().values())


def test_faults_are_fixed_within_two_or_three_days_of_the_last_thirty() -> None:
    hours: list[float] = []
    for scope in by_scope().values():
        first: dict[str, datetime] = {}
        for before, after in pairwise(scope):
            for fault in faults(before.document.content):
                first.setdefault(fault, before.at)
            gone = faults(before.document.content) - faults(after.document.content)
            if START - after.at < timedelta(days=30):
                hours += [(after.at - first[fault]).total_seconds() / 3600 for fault in gone]
    assert len(hours) > 100
    assert 50 < sum(hours) / len(hours) < 65


def test_no_scan_drops_more_than_the_closure_gate_lets_through() -> None:
    for name, scope in by_scope().items():
        for before, after in pairwise(scope):
            known, seen = faults(before.document.content), faults(after.document.content)
            assert len(known - seen) <= max(20, 0.3 * len(known)), name


def test_every_document_is_about_an_asset_of_the_bank() -> None:
    names = {asset.name for asset in assets()}
    assert {dated.document.asset for dated in documents()} <= names
    assert len(names) == len(assets())


def test_every_repository_is_scanned_by_real_scanners() -> None:
    assert len(REPOSITORIES) + len(ACCOUNTS) + sum(bool(r.packages) for r in REPOSITORIES) >= 14
    for repository in REPOSITORIES:
        found = template(repository.scanner)
        assert len(found.results) == len(found.severities) > 0


def test_projected_paths_are_relative_and_below_a_part_of_the_repository() -> None:
    parts = {repository.name: repository.parts for repository in REPOSITORIES}
    for dated in documents():
        if not dated.document.name.endswith(".sarif"):
            continue
        text = dated.document.content.decode()
        assert "/workspace/" not in text.replace("/workspace/semgrep-rules.yaml", "")
        (run,) = json.loads(text)["runs"]
        for result in run["results"]:
            uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert uri.partition("/")[0] in parts[dated.document.asset]


def test_vulnerabilities_are_named_once_for_each_package() -> None:
    named = [(v.id, v.package) for v in vulnerabilities()]
    assert len(named) == len(set(named))


def test_the_six_models_have_a_champion_and_all_but_one_newer_candidate_is_approved() -> None:
    models = registered_models(Dice(7), START)
    assert [model.name for model in models] == [plan.name for plan in PLANS]
    assert len(models) == 6
    for model in models:
        champion = next(v for v in model.versions if v.version == model.champion)
        assert champion.is_approved
        assert START - champion.created_at > timedelta(days=90)
        assert champion.datasets
        assert champion.datasets[0].digest


def test_the_story_model_has_a_version_to_go_back_to() -> None:
    models = {model.name: model for model in registered_models(Dice(7), START)}
    target = rollback_target(models[STORY_MODEL])
    assert target is not None
    assert target.version == 6


@pytest.mark.parametrize("seed", [0, 1, 123456789])
def test_any_seed_gives_a_whole_bank(seed: int) -> None:
    assert len(documents(seed)) > 25
