"""Argo CD, Kubernetes and Jenkins behind the commands: listed, previewed, signed, read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.settings import SourceSettings
from riskcockpit.connectors import registry
from riskcockpit.connectors.api import Connector
from riskcockpit.connectors.argocd.connector import ArgocdConnector
from riskcockpit.connectors.jenkins.connector import JenkinsConnector
from riskcockpit.connectors.kubernetes.connector import KubernetesConnector
from riskcockpit.domain.action import ActionKind
from riskcockpit.errors import RefusedError
from riskcockpit.services.connecting import why_read_only
from riskcockpit.services.context import Context
from riskcockpit.services.deployments import decide_deployment, plan_deployment
from riskcockpit.services.outbox import dispatch
from riskcockpit.services.verify import verify_ledger
from support.argocd_sim import ArgoSim
from support.cli import invoke
from support.deciding import entry_types
from support.jenkins_sim import JenkinsSim
from support.kube_sim import KubeSim
from support.office import Office, office_of
from support.simulated import Simulator

pytestmark = pytest.mark.usefixtures("without_policy")

BACK = ActionKind.DEPLOYMENT_ROLLBACK


@contextmanager
def opened(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Connector],
    sim: Simulator,
    **options: Any,
) -> Iterator[Office]:
    """Open an office with one source that may write, of a kind that is known in any case."""
    monkeypatch.setattr(registry, "load", lambda _kind: kind)
    with office_of(home, monkeypatch, kind, sim, {"write": True, **options}) as office:
        yield office


@pytest.fixture
def argo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Office, ArgoSim]]:
    sim = ArgoSim()
    sim.app("payments", *(letter * 40 for letter in "abcdefghijkl"))
    with opened(tmp_path / "home", monkeypatch, ArgocdConnector, sim) as office:
        yield office, sim


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Office, KubeSim]]:
    sim = KubeSim()
    for number in range(1, 13):
        sim.deploy("payments", "api", f"registry.example/api:{number}")
    home = tmp_path / "home"
    with opened(home, monkeypatch, KubernetesConnector, sim, cluster="prod") as office:
        yield office, sim


@pytest.fixture
def jenkins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Office, JenkinsSim]]:
    sim = JenkinsSim()
    options = {"jobs": ["bank"], "artifacts": ["*.json"]}
    with opened(tmp_path / "home", monkeypatch, JenkinsConnector, sim, **options) as office:
        yield office, sim


@contextmanager
def commands(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the commands open this home."""
    with monkeypatch.context() as patched:
        patched.setattr(Context, "open", office.at)
        yield


def outcome(*words: str) -> Any:
    """Run a command and return the outcome of its action."""
    said = invoke(*words, "--yes", "--json")
    return json.loads(said.out)["actions"][0]["outcome"]


def test_an_application_is_rolled_back_by_command_to_the_number_that_was_named(
    argo: tuple[Office, ArgoSim], monkeypatch: pytest.MonkeyPatch
) -> None:
    office, sim = argo
    target = "payments@in-cluster/payments"
    with commands(office, monkeypatch):
        listed = json.loads(invoke("deployments", "list", "--json").out)["deployments"]
        assert [row["version"] for row in listed] == [str(number) for number in range(10, 1, -1)]
        assert "commit kkkk" in invoke("rollback", target, "--dry-run").out
        assert sim.writes == []
        assert outcome("rollback", target, "--to", "2") == "done"
    assert sim.apps["payments"]["status"]["history"][-1]["revision"] == "c" * 40
    assert entry_types(office.bank)[:2] == ["deployment.requested", "action.sent"]
    assert verify_ledger(office.at()).is_ok


def test_an_application_that_syncs_by_itself_is_refused_before_anything_is_signed(
    argo: tuple[Office, ArgoSim],
) -> None:
    office, sim = argo
    sim.apps["payments"]["spec"]["syncPolicy"] = {"automated": {}}
    target = "payments@in-cluster/payments"
    assert "revert in git" in plan_deployment(office.at(), BACK, target).blockers[0]
    with pytest.raises(RefusedError, match="syncs by itself"):
        decide_deployment(office.at(), BACK, target)
    assert entry_types(office.bank) == []


def test_a_deployment_is_rolled_back_by_command_and_followed_until_it_serves(
    cluster: tuple[Office, KubeSim], monkeypatch: pytest.MonkeyPatch
) -> None:
    office, sim = cluster
    sim.serves = False
    with commands(office, monkeypatch):
        assert outcome("rollback", "payments/api@prod", "--to", "1") == "pending_upstream"
    made = sim.deployments["payments/api"]
    container = made["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "registry.example/api:1"
    sim.serves = True
    sim.reconcile(made)
    assert [row.state for row in dispatch(office.at())] == ["done"]
    assert len(sim.writes) == 1


def test_what_admission_refuses_is_told_before_anything_is_signed(
    cluster: tuple[Office, KubeSim],
) -> None:
    office, sim = cluster
    sim.denial = "change freeze"
    with pytest.raises(RefusedError, match="change freeze"):
        decide_deployment(office.at(), BACK, "payments/api@prod")
    assert entry_types(office.bank) == []


def test_an_input_is_answered_by_command_and_the_comment_stays_in_the_ledger(
    jenkins: tuple[Office, JenkinsSim], monkeypatch: pytest.MonkeyPatch
) -> None:
    office, sim = jenkins
    for _ in range(11):
        sim.wait("bank/payments", "Deploy")
    with commands(office, monkeypatch):
        target = "bank/payments@Deploy"
        assert outcome("approve", f"{target}#1", "-m", "change 4711") == "done"
        assert outcome("reject", f"{target}#11") == "done"
        listed = json.loads(invoke("deployments", "list", "--json").out)["deployments"]
    assert len(listed) == 2 * 9
    assert [path.rpartition("/")[2] for _, path, _ in sim.writes] == ["proceedEmpty", "abort"]


def test_a_sync_brings_readings_and_the_reports_that_builds_keep(
    jenkins: tuple[Office, JenkinsSim],
) -> None:
    office, sim = jenkins
    sim.at = office.bank.clock.now() - timedelta(hours=1)
    finding = {"title": "SQL injection", "severity": "High", "file_path": "a.py", "line": 3}

    def report(*findings: Any) -> bytes:
        return json.dumps({"tool": "scanner", "complete": True, "findings": findings}).encode()

    sim.build("bank/payments", files={"out/scan.json": report(finding)})
    sim.wait("bank/payments")
    assert [source.state for source in office.sync().sources] == ["ok"]
    assert list(office.findings().values()) == ["open"]
    rows = office.bank.rows("SELECT metric, subject FROM reading WHERE source_id = 'up'")
    assert sorted(rows) == [
        ("deployment_waiting", "bank/payments"), ("workflow_success", "bank/payments"),
    ]  # fmt: skip
    sim.build("bank/payments", files={"out/scan.json": report()})
    office.sync()
    assert list(office.findings().values()) == ["fixed"]


@pytest.mark.parametrize("source", ["argo", "cluster"])
def test_a_sync_brings_how_deployments_went(source: str, request: pytest.FixtureRequest) -> None:
    office, _ = request.getfixturevalue(source)
    for _ in range(2):
        assert [source.state for source in office.sync().sources] == ["ok"]
    metrics = {row[0] for row in office.bank.rows("SELECT metric FROM reading WHERE version = 11")}
    assert metrics >= ({"deployment_success"} if source == "argo" else set())
    count = office.bank.rows("SELECT count(*) FROM reading WHERE metric = 'deployment_success'")
    assert count[0][0] >= 1


def test_whether_a_source_may_act_is_what_its_connector_says(
    cluster: tuple[Office, KubeSim],
) -> None:
    office, _ = cluster
    settings = SourceSettings(name="up", kind="kubernetes")  # its kubeconfig says who writes
    said = []
    for office.may_write in (True, False):
        connector = office.connector()
        said.append(why_read_only(connector, settings))
        connector.close()
    assert said == ["", 'the source "up" has no write credential']
