"""Reading GitHub over real HTTP: completely, from where it stopped, honest about what failed."""

from __future__ import annotations

import io
import json
import random
import secrets
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors import archive
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.github import client, delivery
from riskcockpit.connectors.github.connector import GithubConnector
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.session import Session
from riskcockpit.connectors.validators import Validators
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import (
    ConfigError,
    ForbiddenError,
    ProtocolError,
    RateLimitedError,
    RiskcockpitError,
    SourceError,
    UnavailableError,
)
from support import github_objects
from support.github_sim import GithubSim
from support.github_state import START, World
from support.sim_server import serving
from support.simulated import SimReply

ORG = {"organization": "bank"}


class Bench:
    """A simulated GitHub behind a socket, and a connector to it."""

    def __init__(self, sim: GithubSim, url: str) -> None:
        self.sim = sim
        self.world = sim.world
        self.url = url
        self.until = START + timedelta(days=2)
        self.token = secrets.token_hex(16)
        self.known = Validators()
        """What the last pull kept, as the engine does beside the rows."""

    def pull(self, cursor: str = "", options: Any = ORG, token: str = "") -> list[Batch]:
        """Pull everything since `cursor`."""
        read = Credential(token or self.token, "env GITHUB_TOKEN")
        session = Session(validators=self.known, key=b"k" * 32)
        spec = SourceSpec("gh", self.url, options, read=read, session=session)
        connector = GithubConnector.build(spec, FrozenClock(self.until))
        try:
            return list(connector.pull(cursor, self.until))
        finally:
            self.known = Validators(self.known.kept())
            connector.close()

    def asked(self) -> list[str]:
        """Return the requests since the last question, and forget them."""
        return self.sim.asked()


@pytest.fixture
def bench() -> Iterator[Bench]:
    sim = GithubSim()
    with serving(sim) as url:
        yield Bench(sim, url)


def documents(batches: list[Batch]) -> dict[str, Document]:
    """Return the documents by what of which repository they hold."""
    items = [item for batch in batches for item in batch.items if isinstance(item, Document)]
    return {item.name.partition("/repos/")[2].removesuffix("/alerts"): item for item in items}


def numbers(document: Document) -> dict[int, str]:
    """Return the state of each alert in a document."""
    first, last = json.loads(document.content)
    assert last == []
    return {alert["number"]: alert["state"] for alert in first}


def three_repositories(world: World, count: int = 4) -> None:
    for repository in ("bank/cards", "bank/loans", "bank/payments"):
        for kind in ("code-scanning", "dependabot", "secret-scanning"):
            for number in range(1, count + 1):
                world.alert(repository, kind, number)


def test_each_list_is_read_to_its_last_page_by_its_own_kind_of_paging(bench: Bench) -> None:
    for kind in ("code-scanning", "dependabot", "secret-scanning"):
        for number in range(1, 251):
            bench.world.alert("bank/payments", kind, number)
    found = documents(bench.pull())
    assert {name: len(numbers(document)) for name, document in found.items()} == {
        "bank/payments/code-scanning": 250,
        "bank/payments/dependabot": 250,
        "bank/payments/secret-scanning": 250,
    }
    assert all(document.is_complete for document in found.values())
    assert len(bench.asked()) == 9


def test_alerts_are_kept_without_secrets_and_people_who_have_the_list_hide_them(
    bench: Bench,
) -> None:
    for number in range(1, 151):
        bench.world.alert("bank/payments", "secret-scanning", number)
    batches = bench.pull(options={**ORG, "alerts": ["secret-scanning"]})
    assert (
        github_objects.secret().encode()
        not in documents(batches)["bank/payments/secret-scanning"].content
    )
    assert [one.query["hide_secret"] for one in bench.sim.exchanges] == ["true", "true"]


def test_an_unchanged_organisation_costs_one_unchanged_page_for_each_kind(bench: Bench) -> None:
    three_repositories(bench.world)
    first = bench.pull()
    second = bench.pull(first[-1].cursor)  # the order by change is asked for the first time
    assert documents(second) == {}
    bench.asked()
    third = bench.pull(second[-1].cursor)
    assert documents(third) == {}
    assert third[-1].is_complete
    assert [line.rsplit(" ")[-1] for line in bench.asked()] == ["304"] * 3


def test_a_new_token_asks_again_in_full_and_gives_nothing_twice(bench: Bench) -> None:
    three_repositories(bench.world)
    cursor = bench.pull(bench.pull()[-1].cursor)[-1].cursor
    bench.asked()
    again = bench.pull(cursor, token=secrets.token_hex(16))
    assert documents(again) == {}
    assert [line.rsplit(" ")[-1] for line in bench.asked()] == ["200"] * 3


def test_only_repositories_with_a_change_are_read_again_and_whole(bench: Bench) -> None:
    three_repositories(bench.world)
    cursor = bench.pull()[-1].cursor
    bench.world.set_state("bank/loans", "dependabot", 2, "fixed")
    bench.world.alert("bank/cards", "code-scanning", 9)
    bench.world.set_state(
        "bank/cards", "code-scanning", 1, "dismissed", dismissed_reason="mitigated"
    )
    found = documents(bench.pull(cursor))
    assert {name: numbers(document) for name, document in found.items()} == {
        "bank/cards/code-scanning": {1: "dismissed", 2: "open", 3: "open", 4: "open", 9: "open"},
        "bank/loans/dependabot": {1: "open", 2: "fixed", 3: "open", 4: "open"},
    }


def test_changes_in_many_repositories_are_read_from_the_one_list(bench: Bench) -> None:
    names = [f"bank/service-{number:02d}" for number in range(30)]
    for name in names:
        bench.world.alert(name, "dependabot", 1)
    options = {**ORG, "alerts": ["dependabot"]}
    cursor = bench.pull(options=options)[-1].cursor
    for name in names:
        bench.world.alert(name, "dependabot", 2)
    bench.asked()
    found = documents(bench.pull(cursor, options=options))
    assert {tuple(numbers(document)) for document in found.values()} == {(1, 2)}
    assert len(found) == 30
    assert bench.asked() == ["GET /orgs/bank/dependabot/alerts 200"] * 2


def test_a_clock_set_back_is_no_fault(bench: Bench) -> None:
    three_repositories(bench.world)
    bench.world.run("bank/cards", 1)
    options = {**ORG, "watch": ["bank/cards", "bank/cards"]}
    cursor = bench.pull(options=options)[-1].cursor
    bench.until -= timedelta(hours=12)
    assert documents(bench.pull(cursor, options=options)) == {}


def test_a_change_that_shows_late_is_found_within_the_lookback(bench: Bench) -> None:
    three_repositories(bench.world)
    cursor = bench.pull()[-1].cursor
    bench.world.alert("bank/cards", "dependabot", 9, updated_at="2026-02-27T00:30:00Z")
    assert set(documents(bench.pull(cursor))) == {"bank/cards/dependabot"}


def test_the_same_alert_reads_the_same_from_either_list(bench: Bench) -> None:
    three_repositories(bench.world)
    whole = documents(bench.pull())
    one = documents(bench.pull(options={"repositories": ["bank/cards"]}))
    assert {name: one[name].content for name in one} == {
        name: whole[name].content for name in whole if name.startswith("bank/cards/")
    }


def test_after_a_day_everything_is_read_again(bench: Bench) -> None:
    three_repositories(bench.world)
    cursor = bench.pull()[-1].cursor
    del bench.world.repos["bank/loans"].alerts["dependabot"][2]  # moves nothing
    bench.world.version += 1
    assert documents(bench.pull(cursor)) == {}
    bench.until += timedelta(hours=24)
    found = documents(bench.pull(cursor))
    assert len(found) == 9
    assert set(numbers(found["bank/loans/dependabot"])) == {1, 3, 4}


def test_other_options_start_from_the_beginning(bench: Bench) -> None:
    three_repositories(bench.world)
    cursor = bench.pull(options={**ORG, "alerts": ["dependabot"]})[-1].cursor
    assert len(documents(bench.pull(cursor))) == 9


def test_a_repository_without_a_feature_is_incomplete_with_a_hint_and_others_go_on(
    bench: Bench,
) -> None:
    three_repositories(bench.world)
    bench.world.repos["bank/loans"].off = {"code-scanning": 403, "secret-scanning": 404}
    names = ["bank/cards", "bank/loans"]
    batches = bench.pull(options={"repositories": names})
    assert set(documents(batches)) == {
        "bank/cards/code-scanning", "bank/cards/dependabot", "bank/cards/secret-scanning",
        "bank/loans/dependabot",
    }  # fmt: skip
    last = batches[-1].coverage
    assert last.is_truncated
    assert "code-scanning alerts of bank/loans: not readable (403)" in last.note
    assert 'the token lacks "Secret scanning alerts: read"' in last.note
    bench.world.repos["bank/loans"].off = {}
    again = bench.pull(batches[-1].cursor, options={"repositories": names})
    assert set(documents(again)) == {"bank/loans/code-scanning", "bank/loans/secret-scanning"}
    assert not again[-1].coverage.is_truncated


def test_a_refused_organisation_is_read_by_repository(bench: Bench) -> None:
    three_repositories(bench.world)
    bench.world.org_off = {"dependabot": 403}
    batches = bench.pull()
    assert len(documents(batches)) == 9
    assert not batches[-1].coverage.is_truncated
    assert "read by repository" in batches[-1].coverage.note
    assert documents(bench.pull(batches[-1].cursor)) == {}


def test_when_nothing_can_be_read_it_is_a_failure(bench: Bench) -> None:
    three_repositories(bench.world)
    for repo in bench.world.repos.values():
        repo.off = dict.fromkeys(repo.alerts, 403)
    with pytest.raises(ForbiddenError):
        bench.pull(options={"repositories": ["bank/cards"]})


def test_an_expired_cursor_starts_the_list_once_more_and_then_fails(bench: Bench) -> None:
    for number in range(1, 251):
        bench.world.alert("bank/payments", "dependabot", number)
    options = {**ORG, "alerts": ["dependabot"]}
    bench.sim.fail("expired-cursor", "after=")
    assert len(numbers(documents(bench.pull(options=options))["bank/payments/dependabot"])) == 250
    bench.sim.fail("expired-cursor", "after=", times=2)
    with pytest.raises(SourceError):
        bench.pull(options=options)


@pytest.mark.parametrize(
    ("fault", "family"),
    [
        ("secondary", RateLimitedError),
        ("silent-secondary", RateLimitedError),
        ("limited", RateLimitedError),
        ("500", UnavailableError),
        ("html", ProtocolError),
        ("cross-next", ProtocolError),
        ("loop", ProtocolError),
    ],
)
def test_a_fault_in_the_middle_of_a_list_fails_the_pull(
    bench: Bench, fault: str, family: type[RiskcockpitError]
) -> None:
    for number in range(1, 251):
        bench.world.alert("bank/payments", "code-scanning", number)
    bench.sim.fail(fault, "page=2", times=99)
    with pytest.raises(family):
        bench.pull()


@pytest.mark.parametrize("fault", ["429", "502", "503", "drop", "slow", "truncated"])
def test_a_passing_fault_costs_nothing_but_time(bench: Bench, fault: str) -> None:
    three_repositories(bench.world)
    bench.sim.slow_seconds = 0.1
    whole = documents(bench.pull())
    bench.sim.fail(fault, "dependabot")
    assert documents(bench.pull()) == whole


STORM = (
    "429", "500", "502", "503", "limited", "secondary", "html", "truncated", "drop", "cross-next",
)  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_storm_of_faults_ends_in_the_same_documents_and_no_half_pass_is_taken_for_whole(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE", 50)
    world = World()
    for number in range(1, 251):
        for kind in ("code-scanning", "dependabot", "secret-scanning"):
            world.alert(f"bank/service-{number % 3}", kind, number)
    calm = over(GithubSim(world))
    sim, chance = GithubSim(world), random.Random(seed)
    stormy: list[Batch] = []
    while not stormy:
        with suppress(RiskcockpitError):
            stormy = over(sim, chance)
    assert documents(stormy) == documents(calm)
    assert sim.faults


def over(sim: GithubSim, chance: random.Random | None = None) -> list[Batch]:
    """Pull without a socket, so that nobody waits; with `chance` one reply in five fails."""

    answer = sim.reply if chance is None else partial(sim.stormy, kinds=STORM, chance=chance)
    with replayed(answer):
        spec = SourceSpec("gh", "https://upstream.example", ORG)
        return list(GithubConnector.build(spec, FrozenClock(START)).pull("", START))


def test_the_secondary_limit_says_how_long_to_wait(bench: Bench) -> None:
    bench.sim.fail("silent-secondary")
    with pytest.raises(RateLimitedError) as caught:
        bench.pull()
    assert caught.value.retry_after_seconds == client.SECONDARY_WAIT_SECONDS


def test_no_credential_follows_a_link_to_another_origin(bench: Bench) -> None:
    for number in range(1, 151):
        bench.world.alert("bank/payments", "code-scanning", number)
    other = GithubSim()
    with serving(other) as elsewhere:
        bench.sim.base = elsewhere
        with pytest.raises(ProtocolError, match="another origin"):
            bench.pull()
    assert other.exchanges == []


def test_every_request_names_the_version_of_the_api(bench: Bench) -> None:
    bench.pull(options={**ORG, "api_version": "2026-03-10"})
    for one in bench.sim.exchanges:
        assert one.headers["x-github-api-version"] == "2026-03-10"
        assert one.headers["accept"] == "application/vnd.github+json"
        assert one.headers["authorization"] == f"Bearer {bench.token}"


def test_a_server_of_ones_own_has_its_path_before_all_others() -> None:
    seen: list[str] = []

    class Enterprise(GithubSim):
        def answer(
            self, method: str, target: str, headers: Mapping[str, str], content: bytes
        ) -> SimReply:
            seen.append(target)
            return super().answer(method, target.removeprefix("/api/v3"), headers, content)

    sim = Enterprise()
    with serving(sim) as url:
        Bench(sim, f"{url}/api/v3").pull()
    assert seen
    assert all(target.startswith("/api/v3/orgs/bank/") for target in seen)


@pytest.mark.parametrize(
    ("options", "url", "why"),
    [
        ({}, "https://api.github.com", "organization or repositories"),
        ({**ORG, "repositories": ["a/b"]}, "https://api.github.com", "not both"),
        ({"repositories": ["../etc"]}, "https://api.github.com", "is no repository"),
        ({**ORG, "watch": ["bank/.."]}, "https://api.github.com", "is no repository"),
        ({"organization": "bank/../x"}, "https://api.github.com", "is no login"),
        ({**ORG, "api_version": "v3"}, "https://api.github.com", "is no date"),
        ({**ORG, "reconcile_after": "soon"}, "https://api.github.com", "reconcile_after"),
        (ORG, "https://github.com", "is the web site"),
        (ORG, "https://[::1", "is not an http"),
        ({**ORG, "alerts": ["code"]}, "https://api.github.com", "options.alerts"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: Any, url: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        GithubConnector.build(SourceSpec("gh", url, options), FrozenClock(START))


# Runs and deployments ------------------------------------------------------------------------

WATCH = {"repositories": ["bank/payments"], "alerts": [], "watch": ["bank/payments"]}


def readings(batches: list[Batch]) -> list[tuple[str, str, float]]:
    items = [item for batch in batches for item in batch.items if isinstance(item, Reading)]
    return sorted((item.metric, item.segment, item.value) for item in items)


def test_runs_and_deployments_become_readings_once(bench: Bench) -> None:
    world = bench.world
    world.run("bank/payments", 1)
    world.run("bank/payments", 2, conclusion="failure", path=".github/workflows/x.yml@main")
    world.run("bank/payments", 3, conclusion="cancelled")
    world.run("bank/payments", 4, event="pull_request", conclusion="failure")
    world.deploy("bank/payments", 1, "a" * 40, "production", "success")
    world.deploy("bank/payments", 2, "b" * 40, "production", "in_progress", "failure")
    world.deploy("bank/payments", 3, "b" * 40, "staging", "queued")
    first = bench.pull(options=WATCH)
    assert readings(first) == [
        ("deployment_success", "production", 0.0),
        ("workflow_success", ".github/workflows/ci.yml", 1.0),
        ("workflow_success", ".github/workflows/x.yml", 0.0),
    ]
    assert readings(bench.pull(first[-1].cursor, options=WATCH)) == []
    bench.sim.check()


def test_what_had_not_ended_is_asked_for_again(bench: Bench) -> None:
    world = bench.world
    world.run("bank/payments", 1, status="in_progress", conclusion=None)
    world.deploy("bank/payments", 3, "b" * 40, "staging", "queued")
    first = bench.pull(options=WATCH)
    assert readings(first) == []
    bench.until += timedelta(days=2)
    world.repos["bank/payments"].runs[1].update(status="completed", conclusion="success")
    world.status("bank/payments", 3, "success")
    assert readings(bench.pull(first[-1].cursor, options=WATCH)) == [
        ("deployment_success", "staging", 1.0),
        ("workflow_success", ".github/workflows/ci.yml", 1.0),
    ]


def test_a_waiting_deployment_tells_for_how_long(bench: Bench) -> None:
    world = bench.world
    made = world.run("bank/payments", 1, status="waiting", conclusion=None)
    waiting = github_objects.pending(7, "production")
    waiting["reviewers"] = [{"type": "Team", "reviewer": {"slug": "not-as-described"}}]
    world.repo("bank/payments").pending[1] = [waiting]
    since = datetime.fromisoformat(made["updated_at"])
    assert readings(bench.pull(options=WATCH)) == [
        ("deployment_waiting", "production run 1", (bench.until - since).total_seconds())
    ]
    bench.sim.check()


def test_more_runs_than_one_question_gives_are_asked_for_in_parts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_RUNS", 20)
    for number in range(1, 101):
        bench.world.run("bank/payments", number, path=f"w{number}.yml")
    assert len(readings(bench.pull(options=WATCH))) == 100


def test_a_repository_whose_runs_cannot_be_read_is_incomplete(bench: Bench) -> None:
    bench.world.alert("bank/payments", "dependabot", 1)
    bench.world.repo("bank/payments").off = {"actions": 403}
    batches = bench.pull(options={**WATCH, "alerts": ["dependabot"]})
    assert set(documents(batches)) == {"bank/payments/dependabot"}
    assert batches[-1].coverage.is_truncated
    assert '"Actions: read"' in batches[-1].coverage.note


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


REPORTS = {**WATCH, "artifacts": ["*-reports"]}


def test_reports_of_the_newest_run_are_taken_out_of_its_artefacts(bench: Bench) -> None:
    world = bench.world
    for run in (1, 2):
        world.run("bank/payments", run)
        content = zipped(**{"out/semgrep.sarif": b"{%d}" % run, "notes.txt": b"x"})
        world.artifact("bank/payments", run, run * 10, "scan-reports", content)
        world.artifact("bank/payments", run, run * 10 + 1, "binaries", b"not asked for")
    found = [d for b in bench.pull(options=REPORTS) for d in b.items if isinstance(d, Document)]
    assert [(d.name, d.content, d.asset, d.category) for d in found] == [
        (
            "bank/payments/.github/workflows/ci.yml/scan-reports/out/semgrep.sarif",
            b"{2}",
            "bank/payments",
            ".github/workflows/ci.yml/scan-reports",
        )
    ]
    assert not any("binaries" in line for line in bench.asked())


def test_an_artefact_lies_with_another_host_that_learns_no_credential(bench: Bench) -> None:
    world = bench.world
    world.run("bank/payments", 1)
    world.artifact("bank/payments", 1, 10, "scan-reports", b"")

    class Storage(GithubSim):
        def answer(
            self, method: str, target: str, headers: Mapping[str, str], content: bytes
        ) -> SimReply:
            super().answer(method, target, headers, content)
            return SimReply(200, zipped(**{"a.sarif": b"{}"}))

    storage = Storage()
    with serving(storage) as elsewhere:
        bench.sim.blob_base = elsewhere
        batches = bench.pull(options=REPORTS)

    assert readings(batches)
    assert documents(batches)
    assert [one.query for one in storage.exchanges] == [{"signature": "x"}]
    assert "authorization" not in storage.exchanges[0].headers


@contextmanager
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(archive, "MAX_BYTES", 2_000_000)
        patched.setattr(archive, "MAX_FILES", 3)
        yield


def test_a_zip_that_grows_too_large_or_is_damaged_never_counts_as_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with small(monkeypatch):
        bomb = archive.reports(zipped(**{"a.json": b"{}", "b.json": b"0" * 40_000_000}))
        many = archive.reports(zipped(**{f"{n}.json": b"{}" for n in range(5)}))
    assert [name for name, _ in bomb.files] == ["a.json"]
    assert "more than" in bomb.notes[0]
    assert len(many.files) == 3
    assert "only 3 of its 5" in many.notes[0]
    whole = zipped(**{"a.json": b"{}"})
    packed = len(b"PK0304") + 24 + len("a.json")  # where the content begins, after its header
    flipped = whole[:packed] + bytes([whole[packed] ^ 0xFF]) + whole[packed + 1 :]
    for damaged in (b"", b"PK", whole[:-30], flipped):
        assert archive.reports(damaged).notes
