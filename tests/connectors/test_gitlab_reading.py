"""Reading GitLab over real HTTP: completely, only what changed, honest about what is hidden."""

from __future__ import annotations

import io
import json
import random
import secrets
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import Reconciles, SourceSpec
from riskcockpit.connectors.gates import Gates
from riskcockpit.connectors.gitlab import client
from riskcockpit.connectors.gitlab.connector import GitlabConnector
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.session import Session
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import (
    ConfigError,
    ProtocolError,
    RateLimitedError,
    RiskcockpitError,
    SourceError,
    UnavailableError,
)
from riskcockpit.formats.registry import read_report
from support.gitlab_sim import GitlabSim
from support.gitlab_state import START, World, code, package, secret
from support.sarif_logs import OPTIONS
from support.sim_server import serving
from support.simulated import SimReply

GROUP = {"group": "bank"}
WATCH = {"watch": ["bank/payments"]}


class Bench:
    """A simulated GitLab behind a socket, and a connector to it."""

    def __init__(self, sim: GitlabSim, url: str) -> None:
        self.sim = sim
        self.world = sim.world
        self.url = url
        self.until = START + timedelta(days=2)

    def pull(self, cursor: str = "", options: Any = GROUP) -> list[Batch]:
        """Pull everything since `cursor`."""
        read = Credential(secrets.token_hex(16), "env GITLAB_TOKEN")
        spec = SourceSpec("gl", self.url, options, read=read)
        connector = GitlabConnector.build(spec, FrozenClock(self.until))
        try:
            return list(connector.pull(cursor, self.until))
        finally:
            connector.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    sim = GitlabSim()
    with serving(sim) as url:
        yield Bench(sim, url)


def documents(batches: list[Batch]) -> dict[str, Document]:
    """Return the documents by their asset."""
    items = [item for batch in batches for item in batch.items if isinstance(item, Document)]
    return {item.asset: item for item in items}


def states(document: Document) -> dict[str, str]:
    """Return the state of each vulnerability in a document, by its number."""
    nodes = json.loads(document.content)["data"]["project"]["vulnerabilities"]["nodes"]
    return {node["id"].rpartition("/")[2]: node["state"] for node in nodes}


def readings(batches: list[Batch]) -> list[tuple[str, str, float]]:
    items = [item for batch in batches for item in batch.items if isinstance(item, Reading)]
    return sorted((item.metric, item.segment, item.value) for item in items)


def three_projects(world: World) -> None:
    for place, path in enumerate(("bank/cards", "bank/loans/web", "bank/payments")):
        for number in range(1, 5):
            world.found(path, place * 10 + number, (code, package, secret)[number % 3](number))


def test_a_group_is_read_to_its_last_page_and_given_by_project(bench: Bench) -> None:
    for number in range(1, 251):
        bench.world.found(f"bank/service-{number % 3}", number, code(number))
    found = documents(bench.pull())
    assert {path: len(states(document)) for path, document in found.items()} == {
        "bank/service-0": 83, "bank/service-1": 84, "bank/service-2": 83,
    }  # fmt: skip
    assert all(document.is_complete for document in found.values())
    assert bench.sim.asked() == ["POST /api/graphql 200"] * 3


def test_every_state_comes_so_that_a_list_proves_that_we_may_see_it(bench: Bench) -> None:
    three_projects(bench.world)
    bench.world.set_state("bank/cards", 1, "RESOLVED")
    bench.world.set_state("bank/cards", 2, "DISMISSED", dismissalReason="ACCEPTABLE_RISK")
    bench.world.set_state("bank/cards", 3, "CONFIRMED")
    (scans,) = (
        read_report(d.content, OPTIONS).scans
        for d in documents(bench.pull()).values()
        if d.asset == "bank/cards"
    )
    assert sum(scan.absent for scan in scans) == 1
    assert sorted(seen.is_suppressed for scan in scans for seen in scan.observations) == [
        False, False, True,
    ]  # fmt: skip


def test_only_projects_with_a_change_are_given_again(bench: Bench) -> None:
    three_projects(bench.world)
    cursor = bench.pull()[-1].cursor
    assert documents(bench.pull(cursor)) == {}
    bench.world.set_state("bank/loans/web", 12, "DISMISSED", stateComment="we know")
    again = bench.pull(cursor)
    assert set(documents(again)) == {"bank/loans/web"}
    assert documents(bench.pull(again[-1].cursor)) == {}


def test_a_daily_pass_from_the_start_gives_everything() -> None:
    connector = GitlabConnector.build(
        SourceSpec("gl", "https://x.example", GROUP), FrozenClock(START)
    )
    assert isinstance(connector, Reconciles)
    assert connector.full_every == timedelta(hours=24)


def test_the_same_vulnerabilities_read_the_same_from_group_and_project(bench: Bench) -> None:
    three_projects(bench.world)
    whole = documents(bench.pull())
    one = documents(bench.pull(options={"projects": ["bank/cards"]}))
    assert one["bank/cards"].content == whole["bank/cards"].content


def test_other_options_start_from_the_beginning(bench: Bench) -> None:
    three_projects(bench.world)
    cursor = bench.pull(options={"projects": ["bank/cards"]})[-1].cursor
    assert len(documents(bench.pull(cursor))) == 3


@pytest.mark.parametrize("how", ["is_silent", "is_hidden"])
def test_a_project_that_shows_nothing_any_more_closes_nothing_and_is_told(
    bench: Bench, how: str
) -> None:
    three_projects(bench.world)
    cursor = bench.pull()[-1].cursor
    setattr(bench.world.projects["bank/loans/web"], how, True)
    last = bench.pull(cursor)[-1]
    assert last.coverage.is_truncated
    assert "bank/loans/web shows no vulnerabilities any more" in last.coverage.note
    assert not documents(bench.pull(last.cursor))


def test_an_empty_list_is_no_proof(bench: Bench) -> None:
    bench.world.project("bank/empty")
    batches = bench.pull(options={"projects": ["bank/empty"]})
    assert documents(batches) == {}
    assert not batches[-1].coverage.is_truncated


def test_a_query_that_is_too_complex_is_asked_for_fewer_rows(bench: Bench) -> None:
    for number in range(1, 121):
        bench.world.found("bank/payments", number, code(number))
    bench.sim.most_rows = 30
    assert len(states(documents(bench.pull())["bank/payments"])) == 120
    sizes = [one.body["variables"]["first"] for one in bench.sim.exchanges]
    assert sizes == [100, 50, 25, 25, 25, 25, 25]


def test_a_query_that_is_always_too_complex_fails(bench: Bench) -> None:
    three_projects(bench.world)
    bench.sim.most_rows = 1
    with pytest.raises(SourceError, match="max complexity"):
        bench.pull()


def test_a_query_that_times_out_is_asked_for_fewer_rows(bench: Bench) -> None:
    three_projects(bench.world)
    bench.sim.fail("graphql-timeout")
    assert len(documents(bench.pull())) == 3


def test_an_expired_cursor_starts_the_list_once_more_and_then_fails(bench: Bench) -> None:
    for number in range(1, 251):
        bench.world.found("bank/payments", number, code(number))
    bench.sim.fail("expired-cursor", after=1)
    assert len(states(documents(bench.pull())["bank/payments"])) == 250
    bench.sim.fail("expired-cursor", after=1)
    bench.sim.fail("expired-cursor", after=2)
    with pytest.raises(SourceError, match="cursor is invalid"):
        bench.pull()


def test_a_list_that_is_refused_is_told_and_others_go_on(bench: Bench) -> None:
    three_projects(bench.world)
    options = {"projects": ["bank/cards", "bank/unknown"]}
    batches = bench.pull(options=options)
    assert set(documents(batches)) == {"bank/cards"}
    assert batches[-1].coverage.is_truncated
    assert "vulnerabilities of the project bank/unknown: not readable" in batches[-1].coverage.note
    assert "GitLab Ultimate" in batches[-1].coverage.note
    with pytest.raises(SourceError):
        bench.pull(options={"projects": ["bank/unknown"]})


@pytest.mark.parametrize(
    ("fault", "family"),
    [("429", RateLimitedError), ("500", UnavailableError), ("html", ProtocolError)],
)
def test_a_fault_in_the_middle_of_a_list_fails_the_pull(
    bench: Bench, fault: str, family: type[RiskcockpitError]
) -> None:
    for number in range(1, 251):
        bench.world.found("bank/payments", number, code(number))
    bench.sim.fail(fault, after=1, times=99)
    with pytest.raises(family):
        bench.pull()


@pytest.mark.parametrize("fault", ["429", "502", "503", "drop", "slow", "truncated"])
def test_a_passing_fault_costs_nothing_but_time(bench: Bench, fault: str) -> None:
    three_projects(bench.world)
    bench.sim.slow_seconds = 0.1
    whole = documents(bench.pull())
    bench.sim.fail(fault)
    assert documents(bench.pull()) == whole


def test_the_next_minute_is_waited_for_before_the_server_refuses(bench: Bench) -> None:
    for number in range(1, 151):
        bench.world.found("bank/payments", number, code(number))
    bench.sim.now = lambda: bench.until
    bench.sim.remaining = 1
    waits: list[tuple[int, int]] = []

    def waiting(seconds: float, _why: str) -> None:
        waits.append((round(seconds), len(bench.sim.exchanges)))
        bench.sim.remaining = 100  # a minute later

    spec = SourceSpec("gl", bench.url, GROUP, session=Session(gates=Gates(), waiting=waiting))
    connector = GitlabConnector.build(spec, FrozenClock(bench.until))
    found = documents(list(connector.pull("", bench.until)))
    connector.close()
    assert len(states(found["bank/payments"])) == 150
    assert waits == [(30, 1)]
    assert {one.status for one in bench.sim.exchanges} == {200}


def test_a_used_up_minute_is_waited_for(bench: Bench) -> None:
    three_projects(bench.world)
    bench.sim.remaining = 0
    with pytest.raises(RateLimitedError) as caught:
        bench.pull()
    assert 0 < caught.value.retry_after_seconds <= 30


STORM = ("429", "500", "503", "html", "truncated", "drop", "expired-cursor", "graphql-timeout")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_storm_of_faults_ends_in_the_same_documents_and_no_half_pass_is_taken_for_whole(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riskcockpit.connectors.gitlab.listing.PAGE", 20)
    world = World()
    for number in range(1, 251):
        world.found(f"bank/service-{number % 3}", number, code(number))
    calm = over(GitlabSim(world))
    sim, chance = GitlabSim(world), random.Random(seed)
    stormy: list[Batch] = []
    while not stormy:
        with suppress(RiskcockpitError):
            stormy = over(sim, chance)
    assert documents(stormy) == documents(calm)
    assert sim.faults


def over(sim: GitlabSim, chance: random.Random | None = None) -> list[Batch]:
    """Pull without a socket, so that nobody waits; with `chance` one reply in five fails."""

    answer = sim.reply if chance is None else partial(sim.stormy, kinds=STORM, chance=chance)
    with replayed(answer):
        spec = SourceSpec("gl", "https://upstream.example", GROUP)
        return list(GitlabConnector.build(spec, FrozenClock(START)).pull("", START))


def test_a_server_below_a_path_has_it_before_all_others() -> None:
    seen: list[str] = []

    class Relative(GitlabSim):
        def answer(
            self, method: str, target: str, headers: Mapping[str, str], content: bytes
        ) -> SimReply:
            seen.append(target)
            return super().answer(method, target.removeprefix("/gitlab"), headers, content)

    sim = Relative()
    sim.world.found("bank/payments", 1, code(1))
    with serving(sim) as url:
        Bench(sim, f"{url}/gitlab").pull(options={**GROUP, **WATCH})
    assert len(seen) > 3
    assert all(target.startswith("/gitlab/api/") for target in seen)


@pytest.mark.parametrize(
    ("options", "url", "why"),
    [
        ({}, "https://git.bank.example", "group, projects or watch"),
        ({**GROUP, "projects": ["a/b"]}, "https://git.bank.example", "one of both"),
        ({"group": "../etc"}, "https://git.bank.example", "no path of a group"),
        ({"projects": ["alone"]}, "https://git.bank.example", "no path of a project"),
        ({"watch": ["bank/.."]}, "https://git.bank.example", "no path of a project"),
        (GROUP, "https://git.bank.example/api/v4", "the path of the API"),
        (GROUP, "http://git.bank.example", "not encrypted"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: Any, url: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        GitlabConnector.build(SourceSpec("gl", url, options), FrozenClock(START))


# Pipelines, deployments and what jobs leave behind -----------------------------------------------


def test_pipelines_of_the_default_branch_and_deployments_become_readings_once(
    bench: Bench,
) -> None:
    world = bench.world
    world.pipeline("bank/payments", 1)
    world.pipeline("bank/payments", 2, "failed")
    world.pipeline("bank/payments", 3, "canceled")
    world.pipeline("bank/payments", 4, "failed", ref="feature")
    world.pipeline("bank/payments", 5, "failed", source="merge_request_event")
    world.deploy("bank/payments", 1, "production", "success")
    world.deploy("bank/payments", 2, "production", "failed")
    world.deploy("bank/payments", 3, "staging", "running")
    first = bench.pull(options=WATCH)
    assert readings(first) == [
        ("deployment_success", "production", 0.0),
        ("pipeline_success", "main", 0.0),
        ("pipeline_success", "main", 1.0),
    ]
    assert readings(bench.pull(first[-1].cursor, options=WATCH)) == []


def test_what_had_not_ended_comes_when_it_ends(bench: Bench) -> None:
    world = bench.world
    world.pipeline("bank/payments", 1, "running")
    world.deploy("bank/payments", 3, "staging", "running")
    first = bench.pull(options=WATCH)
    assert readings(first) == []
    project = world.projects["bank/payments"]
    project.pipelines[1].update(status="success", updated_at=world.tick())
    project.deployments[3].update(status="success", updated_at=world.tick())
    assert readings(bench.pull(first[-1].cursor, options=WATCH)) == [
        ("deployment_success", "staging", 1.0),
        ("pipeline_success", "main", 1.0),
    ]


def test_a_deployment_waits_however_long_ago_it_began_to(bench: Bench) -> None:
    bench.world.deploy("bank/payments", 7, "production", "blocked")
    since = bench.world.at
    bench.until = since + timedelta(days=30)
    first = bench.pull(options=WATCH)
    assert readings(first) == [("deployment_waiting", "production run 7", 30 * 86_400.0)]
    again = bench.pull(first[-1].cursor, options=WATCH)
    assert [name for name, _, _ in readings(again)] == ["deployment_waiting"]


def test_more_pipelines_than_a_page_holds_are_all_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE", 10)
    for number in range(1, 36):
        bench.world.pipeline("bank/payments", number)
    assert len(readings(bench.pull(options=WATCH))) == 35


def test_a_project_that_cannot_be_watched_is_incomplete(bench: Bench) -> None:
    bench.world.pipeline("bank/cards", 1)
    batches = bench.pull(options={"watch": ["bank/cards", "bank/unknown"]})
    assert readings(batches) == [("pipeline_success", "main", 1.0)]
    assert "deployments of bank/unknown: not readable" in batches[-1].coverage.note


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in files.items():
            made.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


REPORTS = {**WATCH, "artifacts": ["*sast*"]}


def reports(batches: list[Batch]) -> list[tuple[str, bytes, str]]:
    items = [item for batch in batches for item in batch.items if isinstance(item, Document)]
    return [(item.name, item.content, item.category) for item in items]


def test_the_reports_of_the_newest_pipeline_are_taken_archive_first(bench: Bench) -> None:
    world = bench.world
    for number in (1, 2):
        world.pipeline("bank/payments", number)
        archive = zipped(**{"out/gl-sast-report.json": b"{%d}" % number, "notes.txt": b"x"})
        world.job("bank/payments", number, number * 10, "semgrep-sast", {
            "archive": ("artifacts.zip", archive),
            "sast": ("gl-sast-report.json", b"the same again"),
            "cyclonedx": ("gl-sbom.cdx.json.gz", b'{"bomFormat": "CycloneDX"}'),
        })  # fmt: skip
        world.job("bank/payments", number, number * 10 + 1, "build", {"archive": ("a.zip", b"")})
    assert reports(bench.pull(options=REPORTS)) == [
        ("bank/payments/semgrep-sast/out/gl-sast-report.json", b"{2}", "semgrep-sast"),
        (
            "bank/payments/semgrep-sast/gl-sbom.cdx.json",
            b'{"bomFormat": "CycloneDX"}',
            "semgrep-sast",
        ),
    ]
    assert not any("/jobs/11/" in line or "/jobs/21/" in line for line in bench.sim.asked())


def test_reports_that_became_vulnerabilities_we_read_are_not_read_again(bench: Bench) -> None:
    bench.world.pipeline("bank/payments", 1)
    archive = zipped(**{"gl-sast-report.json": b"{}", "trivy.json": b"{}"})
    bench.world.job("bank/payments", 1, 10, "sast", {
        "archive": ("artifacts.zip", archive),
        "sast": ("gl-sast-report.json", b"{}"),
        "secret_detection": ("gl-secret-detection-report.json", b"{}"),
        "cyclonedx": ("gl-sbom.cdx.json", b"{}"),
    })  # fmt: skip
    names = [name for name, _, _ in reports(bench.pull(options={**REPORTS, **GROUP}))]
    assert names == ["bank/payments/sast/trivy.json", "bank/payments/sast/gl-sbom.cdx.json"]


def test_a_server_that_gives_the_archive_alone_says_what_to_change(bench: Bench) -> None:
    world = bench.world
    world.gives_reports = False
    world.pipeline("bank/payments", 1)
    world.job("bank/payments", 1, 10, "semgrep-sast", {"sast": ("gl-sast-report.json", b"{}")})
    batches = bench.pull(options=REPORTS)
    assert reports(batches) == []
    assert "does not give out gl-sast-report.json; name it under artifacts:paths" in (
        batches[-1].coverage.note
    )


def test_what_has_expired_is_not_asked_for(bench: Bench) -> None:
    world = bench.world
    world.pipeline("bank/payments", 1)
    files = {"sast": ("gl-sast-report.json", b"{}")}
    world.job("bank/payments", 1, 10, "sast", files, artifacts_expire_at="2026-02-28T00:00:00Z")
    assert reports(bench.pull(options=REPORTS)) == []
    assert not any("/jobs/10/" in line for line in bench.sim.asked())


def test_an_artefact_lies_with_another_host_that_learns_no_credential(bench: Bench) -> None:
    class Storage(GitlabSim):
        def answer(
            self, method: str, target: str, headers: Mapping[str, str], content: bytes
        ) -> SimReply:
            super().answer(method, target, headers, content)
            return SimReply(200, zipped(**{"gl-sast-report.json": b"{}"}))

    bench.world.pipeline("bank/payments", 1)
    files = {"archive": ("artifacts.zip", b"elsewhere")}
    bench.world.job("bank/payments", 1, 10, "sast", files)
    storage = Storage()
    with serving(storage) as elsewhere:
        bench.sim.blob_base = elsewhere
        assert len(reports(bench.pull(options=REPORTS))) == 1
    assert [one.query for one in storage.exchanges] == [{"signature": "x"}]
    assert "authorization" not in storage.exchanges[0].headers
