"""Deployments and settings in the cache: the same whatever the order, and changes that are told."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.configuration import Setting, SettingKind
from riskcockpit.domain.deployment import Answer, Approval, Deployment, DeploymentStatus
from riskcockpit.ingest.changes import judge_changes
from riskcockpit.ingest.deployments import record_deployments, settle_deployments
from riskcockpit.ingest.settings import record_settings
from riskcockpit.store.database import Writer
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import Sql

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
FINDINGS = Sql(
    "test",
    "SELECT title, state, severity FROM finding WHERE tool = 'riskcockpit.configuration'"
    " ORDER BY title",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("cache"), FrozenClock(START))


@contextmanager
def empty(store: Store) -> Iterator[Writer]:
    """Give a writer over an empty cache, and throw away what it wrote."""
    with store.writer() as tx:
        yield tx
        tx.discard()


def made(number: int, minute: int, status: DeploymentStatus, **more: Any) -> Deployment:
    at = START + timedelta(minutes=minute)
    given_: dict[str, Any] = {
        "upstream_id": f"bank/payments#{number}",
        "asset": "bank/payments",
        "environment": "production",
        "status": status,
        "observed_at": at,
        "started_at": START + timedelta(minutes=number),
        "commit": f"{number:040x}",
    }
    return Deployment(**(given_ | more))


def content(tx: Writer) -> list[Any]:
    columns = (
        "id, asset, environment, is_production, status, commit_id, artifacts, observed_at, content,"
        " previous_id, finished_at"
    )
    deployments = tx.rows(Sql("test", f"SELECT {columns} FROM deployment ORDER BY id"))
    approvals = tx.rows(
        Sql("test", "SELECT deployment_id, actor, answer FROM deployment_approval ORDER BY ALL")
    )
    return [deployments, approvals]


STORY = (
    made(1, 1, DeploymentStatus.WAITING),
    made(1, 2, DeploymentStatus.RUNNING, approvals=(Approval("1", "risk", Answer.APPROVED),)),
    made(1, 2, DeploymentStatus.SUCCEEDED, finished_at=START + timedelta(minutes=3)),
    made(2, 5, DeploymentStatus.SUCCEEDED, artifacts=("a:1",), started_at=None),
    made(2, 5, DeploymentStatus.SUCCEEDED, artifacts=("a:2",), started_at=None),
    made(3, 7, DeploymentStatus.FAILED, environment="staging"),
    made(4, 9, DeploymentStatus.SUCCEEDED, environment="live", is_production=False),
)
_EXPECTED: list[Any] = []


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(STORY),
    cuts=st.lists(st.integers(0, len(STORY)), max_size=3).map(sorted),
)  # fmt: skip
def test_the_order_in_which_observations_come_changes_nothing(
    store: Store, order: Sequence[Deployment], cuts: list[int]
) -> None:
    with empty(store) as tx:
        for start, end in itertools.pairwise([0, *cuts, len(order)]):
            record_deployments(tx, order[start:end], "gh", START)
            settle_deployments(tx)
        found = content(tx)
    if not _EXPECTED:
        _EXPECTED.extend(found)
    assert found == _EXPECTED
    assert len(found[0]) == 4


def test_the_newest_observation_counts_and_the_same_again_is_no_news(store: Store) -> None:
    with empty(store) as tx:
        assert record_deployments(tx, STORY, "gh", START) == 4
        settle_deployments(tx)
        assert record_deployments(tx, STORY, "gh", START) == 0
        assert record_deployments(tx, STORY[:1], "other", START) == 1, "another source, another one"
        rows = tx.records(
            Sql("test", "SELECT * FROM deployment WHERE source_id = 'gh' ORDER BY upstream_id")
        )
    assert [row["status"] for row in rows] == ["succeeded", "succeeded", "failed", "succeeded"]
    assert [row["is_production"] for row in rows] == [True, True, False, False]
    assert rows[1]["previous_id"] == rows[0]["id"]
    assert rows[0]["previous_id"] == ""


@pytest.mark.parametrize(
    ("environment", "is_production"),
    [
        ("production", True), ("Production EU", True), ("prod", True), ("live", True),
        ("in-cluster/payments-prod", True), ("eu-prod-1", True), ("preprod", False),
        ("pre-prod", False), ("non-production", False), ("staging", False), ("delivery", False),
        ("product-catalogue", False),
    ],
)  # fmt: skip
def test_names_say_what_is_production(store: Store, environment: str, is_production: bool) -> None:
    with empty(store) as tx:
        one = made(1, 1, DeploymentStatus.SUCCEEDED, environment=environment)
        record_deployments(tx, [one], "gh", START)
        settle_deployments(tx)
        rows = tx.rows(Sql("test", "SELECT is_production FROM deployment"))
    assert rows == [(is_production,)]


# Settings ----------------------------------------------------------------------------------------

IMAGES = Setting(SettingKind.WORKLOAD, "pay/api", "running images", "reg/api:1", "prod")
BRANCH = Setting(SettingKind.PROTECTION, "bank/payments", "protection of main", "reviews=2")
AGREED = Setting(
    SettingKind.AGREEMENT, "payments", "agreement with git", "Synced", "prod", declared="Synced"
)


class Watch:
    """A cache that sees settings, an hour apart."""

    def __init__(self, tx: Writer) -> None:
        self.tx = tx
        self.now = START

    def see(self, *seen: Setting, is_whole: bool = True) -> list[tuple[str, str]]:
        """Take settings over and return (title, state) of the findings."""
        self.now += timedelta(hours=1)
        record_settings(self.tx, seen, "up", self.now, is_whole=is_whole)
        return self.judge()

    def judge(self) -> list[tuple[str, str]]:
        settle_deployments(self.tx)
        judge_changes(self.tx, self.now)
        return [(title, state) for title, state, _ in self.tx.rows(FINDINGS)]

    def deploy(self, source: str = "up", **more: Any) -> None:
        given_: dict[str, Any] = {
            "observed_at": self.now + timedelta(minutes=50), "asset": "pay/api",
            "environment": "prod", "started_at": None,
        }  # fmt: skip
        status = more.pop("status", DeploymentStatus.SUCCEEDED)
        one = made(9, 0, status, **(given_ | more))
        record_deployments(self.tx, [one], source, self.now)


@pytest.fixture
def watch(store: Store) -> Iterator[Watch]:
    with empty(store) as tx:
        yield Watch(tx)


CHANGED = "pay/api: running images in prod was changed by nothing known here"


def test_a_change_that_nothing_explains_is_told_until_it_is_changed_back(watch: Watch) -> None:
    assert watch.see(IMAGES) == []
    assert watch.see(IMAGES) == []
    changed = replace(IMAGES, value="reg/api:2")
    assert watch.see(changed) == [(CHANGED, "open")]
    assert watch.see(replace(IMAGES, value="reg/api:3")) == [(CHANGED, "open")]
    assert watch.see(IMAGES) == [(CHANGED, "fixed")]
    assert watch.see(changed) == [(CHANGED, "open")]


@pytest.mark.parametrize(
    ("deployed", "is_explained"),
    [
        ({}, True),
        ({"source": "gh", "asset": "bank/pay", "artifacts": ("reg/api:2",)}, True),
        ({"source": "gh", "asset": "bank/pay", "ref": "v2.0"}, False),
        ({"commit": ""}, False),
        ({"commit": "", "pipeline": "77"}, True),
        ({"environment": "staging"}, False),
        ({"status": DeploymentStatus.STOPPED}, False),
        ({"source": "gh", "asset": "bank/pay"}, False),
    ],
)
def test_only_a_deployment_with_an_origin_that_brought_it_there_explains_it(
    watch: Watch, deployed: dict[str, Any], is_explained: bool
) -> None:
    watch.see(IMAGES)
    watch.deploy(**deployed)
    found = watch.see(replace(IMAGES, value="reg/api:2"))
    assert (found == []) is is_explained


@pytest.mark.parametrize(
    ("image", "known"),
    [("reg/api:0000009", {"commit": "0000009" + "a" * 33}), ("reg/api:2.1", {"ref": "v2.1"})],
)
def test_a_tag_that_names_the_commit_or_the_version_explains_it(
    watch: Watch, image: str, known: dict[str, Any]
) -> None:
    watch.see(IMAGES)
    watch.deploy(source="gh", asset="bank/pay", **known)
    assert watch.see(replace(IMAGES, value=image)) == []


def test_an_explanation_that_comes_later_ends_the_finding(watch: Watch) -> None:
    watch.see(IMAGES)
    assert watch.see(replace(IMAGES, value="reg/api:2")) == [(CHANGED, "open")]
    watch.deploy(source="gh", asset="bank/pay", artifacts=("reg/api:2",),
                 observed_at=watch.now - timedelta(minutes=5))  # fmt: skip
    assert watch.judge() == [(CHANGED, "fixed")]


def test_outside_of_production_workloads_may_change(watch: Watch) -> None:
    staging = replace(IMAGES, environment="staging")
    watch.see(staging)
    assert watch.see(replace(staging, value="reg/api:2")) == []


def test_a_protection_that_was_taken_away_is_told_and_no_deployment_explains_it(
    watch: Watch,
) -> None:
    watch.see(BRANCH)
    watch.deploy(asset="bank/payments", environment="")
    told = "bank/payments: protection of main was changed by nothing known here"
    assert watch.see(replace(BRANCH, value="none")) == [(told, "open")]
    assert watch.see(replace(BRANCH, value=None)) == [(told, "open")], "unreadable: it stands"
    assert watch.see(BRANCH) == [(told, "fixed")]


def test_what_differs_from_what_was_declared_is_told_at_once_and_while_it_does(
    watch: Watch,
) -> None:
    differs = replace(AGREED, value="OutOfSync")
    told = "payments: agreement with git in prod is not as declared"
    assert watch.see(differs) == [(told, "open")]
    assert watch.see(replace(AGREED, value=None)) == [(told, "open")]
    assert watch.see(AGREED) == [(told, "fixed")]


def test_what_a_whole_pass_does_not_show_is_not_there_any_more(watch: Watch) -> None:
    differs = replace(AGREED, value="OutOfSync")
    watch.see(differs, BRANCH)
    assert [state for _, state in watch.see(BRANCH, is_whole=False)] == ["open"]
    assert [state for _, state in watch.see(BRANCH)] == ["fixed"]


def test_after_ninety_days_nobody_asks_any_more(watch: Watch) -> None:
    watch.see(IMAGES)
    watch.see(replace(IMAGES, value="reg/api:2"))
    watch.now += timedelta(days=91)
    assert watch.judge() == [(CHANGED, "fixed")]


def test_a_hostile_setting_is_harmless(watch: Watch, tmp_path: Path) -> None:
    name = "x'; DROP TABLE setting; --"
    hostile = replace(BRANCH, name=name, asset="a' OR '1'='1")
    watch.see(hostile)
    ((title, state),) = watch.see(replace(hostile, value="'); DELETE FROM finding; --"))
    assert name in title
    assert state == "open"
