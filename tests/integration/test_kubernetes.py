"""The Kubernetes connector against a real API server and the real controllers of deployments."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.kubernetes import client as calls
from riskcockpit.connectors.kubernetes.connector import KubernetesConnector
from riskcockpit.connectors.kubernetes.undo import Undo, Wish, rollout_of
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.action import Action, ActionKind, Outcome, Receipt
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import Reading
from support.acting_contract import ID, NOW
from support.kube import APPS, Kube, running_kubernetes
from support.kube_sim import KubeSim

pytestmark = [pytest.mark.server, pytest.mark.slow]
IMAGES = ("registry.example/api:1", "registry.example/api:2", "registry.example/api:3")


@pytest.fixture(scope="module")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    with running_kubernetes(tmp_path_factory.mktemp("kube")) as made:
        yield made


_numbers = itertools.count(1)


@pytest.fixture
def namespace(kube: Kube) -> str:
    name = f"team-{next(_numbers)}"
    kube.namespace(name)
    return name


def roll_out(kube: Kube, namespace: str, name: str, *images: str) -> None:
    """Roll images out one after the other, with a cause and a variable each."""
    labels = {"app": name}
    for number, image in enumerate(images, 1):
        container = {"name": "api", "image": image, "env": [{"name": "N", "value": str(number)}]}
        body = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": name,
                "labels": labels,
                "annotations": {"kubernetes.io/change-cause": f"release {number}"},
            },
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        }  # fmt: skip
        path = f"{APPS}/{namespace}/deployments"
        if number == 1:
            kube.call(path, body, "POST")
        else:
            kube.call(f"{path}/{name}", body, "PATCH", "strategic-merge-patch+json")
        kube.settle(namespace, name)


class Desk:
    """A cluster, and the connectors that were opened to it."""

    def __init__(self, kube: Kube) -> None:
        self.kube = kube
        self.open: list[KubernetesConnector] = []

    def connector(
        self, *, read: Credential | None = None, write: Credential | None = None, **options: Any
    ) -> KubernetesConnector:
        """Build a connector; without credentials the kubeconfig says who we are."""
        given = {"kubeconfig": str(self.kube.kubeconfig()), "write": True, **options}
        if write is None:
            given["write_context"] = "main"
        made = KubernetesConnector.build(
            SourceSpec("k8s", "", given, read, write), FrozenClock(NOW)
        )
        self.open.append(made)
        return made


@pytest.fixture
def desk(kube: Kube) -> Iterator[Desk]:
    made = Desk(kube)
    yield made
    for connector in made.open:
        connector.close()


def undo(namespace: str, before: int, after: int, name: str = "api") -> Action:
    params = {"from": str(before), "to": str(after)}
    return Action(ID, ActionKind.DEPLOYMENT_ROLLBACK, "k8s", f"{namespace}/{name}@k8s", params)


def carried_out(desk: Desk, namespace: str, action: Action) -> Receipt:
    """Apply an action and follow it to its end."""
    made = desk.connector()
    assert made.preview(action).blockers == ()
    receipt = made.apply(action)
    assert receipt.outcome in (Outcome.PENDING_UPSTREAM, Outcome.DONE)
    desk.kube.settle(namespace, action.target.partition("/")[2].partition("@")[0])
    return made.observe(action)


def shape(deployment: dict[str, Any]) -> Any:
    """Return what a rollback sets, without what differs between two deployments."""
    metadata, template = deployment["metadata"], deployment["spec"]["template"]
    return metadata["annotations"], template["spec"], sorted(template["metadata"])


def test_an_earlier_revision_serves_again_and_is_read_back(
    desk: Desk, kube: Kube, namespace: str
) -> None:
    roll_out(kube, namespace, "api", *IMAGES)
    receipt = carried_out(desk, namespace, undo(namespace, 3, 1))
    assert receipt.outcome is Outcome.DONE
    assert (receipt.evidence["revision"], receipt.evidence["images"]) == ("4", IMAGES[0])
    again = desk.connector().apply(undo(namespace, 3, 1))
    assert (again.outcome, again.message) == (Outcome.DONE, "it was so already")


def test_it_leaves_a_deployment_exactly_as_kubectl_does(
    desk: Desk, kube: Kube, namespace: str
) -> None:
    for name in ("ours", "theirs"):
        roll_out(kube, namespace, name, *IMAGES)
    carried_out(desk, namespace, undo(namespace, 3, 2, "ours"))
    kube.kubectl("-n", namespace, "rollout", "undo", "deployment/theirs", "--to-revision=2")
    kube.settle(namespace, "theirs")
    ours, theirs = (kube.deployment(namespace, name) for name in ("ours", "theirs"))
    assert shape(ours) == shape(theirs)
    history = [
        kube.kubectl("-n", namespace, "rollout", "history", f"deployment/{name}").splitlines()[1:]
        for name in ("ours", "theirs")
    ]
    assert history[0] == history[1]
    assert [line.split()[0] for line in history[0][1:4]] == ["1", "3", "4"]


def test_a_preview_changes_nothing(desk: Desk, kube: Kube, namespace: str) -> None:
    roll_out(kube, namespace, "api", *IMAGES[:2])
    before = kube.deployment(namespace, "api")
    preview = desk.connector().preview(undo(namespace, 2, 1))
    assert preview.blockers == ()
    assert "dryRun=All" in preview.calls[1]
    assert kube.deployment(namespace, "api") == before


def test_a_deployment_that_changed_after_it_was_read_is_a_conflict(
    desk: Desk, kube: Kube, namespace: str
) -> None:
    roll_out(kube, namespace, "api", *IMAGES[:2])
    made = desk.connector()
    assert made.writer is not None
    change = Undo(Wish.of(undo(namespace, 2, 1)), "k8s", made.reader, made.writer)
    state = change.read()
    kube.kubectl("-n", namespace, "scale", "deployment/api", "--replicas=3")
    with pytest.raises(StatusError) as caught:
        change.send(state)
    assert caught.value.status == 409
    assert kube.settle(namespace, "api")["spec"]["replicas"] == 3


def test_a_paused_deployment_is_left_alone(desk: Desk, kube: Kube, namespace: str) -> None:
    roll_out(kube, namespace, "api", *IMAGES[:2])
    kube.kubectl("-n", namespace, "rollout", "pause", "deployment/api")
    receipt = desk.connector().apply(undo(namespace, 2, 1))
    assert receipt.outcome is Outcome.REFUSED
    assert "is paused" in receipt.message


def test_an_account_that_may_only_read_is_told_so_before(
    desk: Desk, kube: Kube, namespace: str
) -> None:
    roll_out(kube, namespace, "api", *IMAGES[:2])
    viewer = Credential(kube.viewer, "env VIEWER")
    made = desk.connector(read=viewer, write=viewer)
    (blocker,) = made.preview(undo(namespace, 2, 1)).blockers
    assert "forbidden" in blocker
    assert kube.viewer not in blocker
    receipt = made.apply(undo(namespace, 2, 1))
    assert receipt.outcome is Outcome.REFUSED


def test_a_certificate_held_by_the_kubeconfig_says_who_we_are(
    desk: Desk, kube: Kube, namespace: str
) -> None:
    roll_out(kube, namespace, "api", IMAGES[0])
    certificate, key = (base64.b64encode(part).decode() for part in kube.identity)
    user = {"client-certificate-data": certificate, "client-key-data": key}
    file = kube.kubeconfig(**user)
    made = desk.connector(kubeconfig=str(file), namespaces=[namespace])
    assert made.check().startswith("Kubernetes v1.")
    found = [item for batch in made.pull("", NOW) for item in batch.items]
    assert {one.metric: one.value for one in found if isinstance(one, Reading)} == {
        "deployment_success": 1.0, "deployment_healthy": 1.0,
    }  # fmt: skip


def test_lists_are_read_page_by_page(
    desk: Desk, kube: Kube, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PAGE", 1)
    for name in ("a", "b", "c"):
        roll_out(kube, namespace, name, IMAGES[0])
    made = desk.connector(namespaces=[namespace])
    batches = list(made.pull("", NOW))
    assert batches[-1].coverage.pages == 2 * 3
    assert len(batches[0].items) == 3 * (2 + 1 + 1)  # readings, a rollout and its images


def test_the_simulated_cluster_shows_what_the_real_one_shows(
    desk: Desk, kube: Kube, namespace: str
) -> None:
    sim = KubeSim()
    for number, image in enumerate(IMAGES, 1):
        sim.deploy(namespace, "api", image, f"release {number}")
    roll_out(kube, namespace, "api", *IMAGES)
    with replayed(sim.reply):
        everyone = Credential("anybody", "env ANY")
        spec = SourceSpec("k8s", "https://sim.example", {"write": True}, everyone, everyone)
        simulated = KubernetesConnector.build(spec, FrozenClock(NOW))
        simulated.apply(undo(namespace, 3, 1))
        there = rollout_of(simulated.reader, namespace, "api")
        simulated.close()
    carried_out(desk, namespace, undo(namespace, 3, 1))
    real = kube.deployment(namespace, "api")
    _is_part_of(sim.deployments[f"{namespace}/api"], real, "deployment")
    here = rollout_of(desk.connector().reader, namespace, "api")
    numbers = [
        [sorted(one.metadata.annotations.items()) for one in state.sets] for state in (there, here)
    ]
    assert numbers[0] == numbers[1]


def _is_part_of(simulated: Any, real: Any, place: str) -> None:
    """Hold what is simulated to the real: every member is there, and of the same type."""
    assert type(simulated) is type(real) or simulated is None, place
    if isinstance(simulated, dict):
        for key in simulated:
            assert key in real or simulated[key] in (None, {}), f"{place}.{key}"
            if key in real:
                _is_part_of(simulated[key], real[key], f"{place}.{key}")
    elif isinstance(simulated, list) and simulated and real:
        _is_part_of(simulated[0], real[0], f"{place}[0]")
