"""Where a cluster is and who we are there: kubeconfigs and pods, and what of them is not obeyed."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential, redact
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.kubernetes.connector import KubernetesConnector
from riskcockpit.connectors.kubernetes.kubeconfig import from_kubeconfig, from_pod
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.connectors.tls import Tls, trust
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import ConfigError
from support.acting_contract import NOW
from support.kube_sim import KubeSim

SERVER = "https://cluster.example:6443"
TOKEN = secrets.token_hex(16)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def written(
    directory: Path, user: Any = None, *, mode: int = 0o600, cluster: dict[str, Any] | None = None
) -> str:
    """Write a kubeconfig with the contexts `main` and `writing`."""
    document = {
        "current-context": "main",
        "clusters": [{"name": "c", "cluster": {"server": SERVER, **(cluster or {})}}],
        "users": [
            {"name": "u", "user": user or {"token": TOKEN}},
            {"name": "w", "user": {"token": TOKEN[::-1]}},
        ],
        "contexts": [
            {"name": "main", "context": {"cluster": "c", "user": "u", "namespace": "x"}},
            {"name": "writing", "context": {"cluster": "c", "user": "w"}},
            {"name": "lost", "context": {"cluster": "gone", "user": "u"}},
        ],
    }
    path = directory / "config"
    path.touch()
    path.chmod(mode)
    path.write_text(json.dumps(document))
    return str(path)


def test_a_context_says_where_the_cluster_is_and_who_we_are(tmp_path: Path) -> None:
    file = written(tmp_path, cluster={"certificate-authority-data": encoded("PEM")})
    found = from_kubeconfig(file, "", is_known=False)
    assert (found.url, found.tls) == (SERVER, Tls(ca_text="PEM"))
    assert found.credential is not None
    assert found.credential.value == TOKEN
    assert TOKEN not in repr(found)
    assert redact(f"it is {TOKEN}") == "it is ***"
    writing = from_kubeconfig(file, "writing", is_known=False).credential
    assert writing is not None
    assert writing.value == TOKEN[::-1]


def test_a_credential_of_the_settings_comes_first(tmp_path: Path) -> None:
    user = {"exec": {"command": "aws", "args": ["eks", "get-token"]}}
    assert from_kubeconfig(written(tmp_path, user), "", is_known=True).credential is None


def test_a_program_of_the_kubeconfig_is_never_run(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    user = {"exec": {"command": "touch", "args": [str(witness)], "apiVersion": "v1"}}
    with pytest.raises(ConfigError) as caught:
        from_kubeconfig(written(tmp_path, user), "", is_known=False)
    assert not witness.exists()
    assert f"credential: {{exec: [touch, {witness}]" in str(caught.value.hint)


@pytest.mark.parametrize("member", ["insecure-skip-tls-verify", "tls-server-name", "proxy-url"])
def test_what_would_weaken_the_connection_is_refused(tmp_path: Path, member: str) -> None:
    value = True if member.startswith("insecure") else "elsewhere.example"
    with pytest.raises(ConfigError, match=member):
        from_kubeconfig(written(tmp_path, cluster={member: value}), "", is_known=False)


def test_paths_are_those_beside_the_file(tmp_path: Path) -> None:
    user = {"client-certificate": "me.pem", "client-key": "/keys/me.key"}
    file = written(tmp_path, user, cluster={"certificate-authority": "ca.pem"})
    assert from_kubeconfig(file, "", is_known=False).tls == Tls(
        ca=str(tmp_path / "ca.pem"), certificate=str(tmp_path / "me.pem"), key="/keys/me.key"
    )


def test_a_certificate_held_there_is_never_shown(tmp_path: Path) -> None:
    user = {"client-certificate-data": encoded("CERT"), "client-key-data": encoded("KEY-" + TOKEN)}
    tls = from_kubeconfig(written(tmp_path, user), "", is_known=False).tls
    assert tls.identity is not None
    assert tls.identity.value == f"CERT\nKEY-{TOKEN}"
    assert TOKEN not in repr(tls)
    with pytest.raises(ConfigError, match="do not belong together"):
        trust(tls, "k8s")


def test_a_user_with_a_password_is_told_from_one_with_a_token(tmp_path: Path) -> None:
    user = {"username": "ops", "password": TOKEN}
    found = from_kubeconfig(written(tmp_path, user), "", is_known=False).credential
    assert found is not None
    assert (found.username, found.value) == ("ops", TOKEN)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a: [", "is not YAML"),
        ("[]", "Expected `object`"),
        ("current-context: x", 'context "x" is not there'),
        ("", "Expected `object`"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_told(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "config"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(ConfigError, match="kubeconfig") as caught:
        from_kubeconfig(str(path), "", is_known=False)
    assert why in caught.value.message


def test_an_unknown_context_or_cluster_names_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        from_kubeconfig(written(tmp_path), "prod", is_known=False)
    assert caught.value.hint == "there: lost, main, writing"
    with pytest.raises(ConfigError, match='cluster "gone"'):
        from_kubeconfig(written(tmp_path), "lost", is_known=False)


def test_data_that_is_no_base64_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, cluster={"certificate-authority-data": "%%%"})
    with pytest.raises(ConfigError, match="base64"):
        from_kubeconfig(file, "", is_known=False)


def test_a_kubeconfig_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="open to others"):
        from_kubeconfig(written(tmp_path, mode=0o644), "", is_known=False)


# Pods --------------------------------------------------------------------------------------------

POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


def test_a_pod_knows_its_cluster_and_reads_its_token_again(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    found = from_pod(POD, tmp_path)
    assert (found.url, found.tls) == ("https://10.0.0.1:443", Tls(ca=str(tmp_path / "ca.crt")))
    assert found.credential is not None
    assert found.credential.renew is not None
    (tmp_path / "token").write_text("renewed-token\n")
    assert found.credential.renew().value == "renewed-token"


def test_a_pod_with_an_address_of_six_parts(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    pod = {**POD, "KUBERNETES_SERVICE_HOST": "fd00::1"}
    assert from_pod(pod, tmp_path).url == "https://[fd00::1]:443"


def test_outside_of_a_pod_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="this is no pod"):
        from_pod({}, tmp_path)
    with pytest.raises(ConfigError, match="token"):
        from_pod(POD, tmp_path)


# The source --------------------------------------------------------------------------------------


def tokens_seen(spec: SourceSpec) -> set[str]:
    """Return the tokens that a pull of `spec` sends."""
    sim, seen = KubeSim(), set()

    def answer(asked: Asked) -> Reply:
        seen.add(asked.headers.get("authorization", ""))
        assert asked.host == "cluster.example"
        return sim.reply(asked)

    with replayed(answer):
        made = KubernetesConnector.build(spec, FrozenClock(NOW))
        list(made.pull("", NOW))
        made.close()
    return seen


def test_the_kubeconfig_or_the_settings_say_who_reads(tmp_path: Path) -> None:
    options = {"kubeconfig": written(tmp_path)}
    assert tokens_seen(SourceSpec("k8s", "", options)) == {f"Bearer {TOKEN}"}
    own = Credential("of-the-settings", "env T")
    assert tokens_seen(SourceSpec("k8s", "", options, read=own)) == {"Bearer of-the-settings"}
    assert tokens_seen(SourceSpec("k8s", SERVER, read=own)) == {"Bearer of-the-settings"}


def test_the_writer_never_shows_the_certificate_of_the_reader(tmp_path: Path) -> None:
    user = {"client-certificate-data": encoded("CERT"), "client-key-data": encoded("KEY")}
    options = {"kubeconfig": written(tmp_path, user), "write": True}
    spec = SourceSpec("k8s", "", options, write=Credential("writer", "env W"))
    made = KubernetesConnector.build(spec, FrozenClock(NOW))
    transports = [one.http._asker._transport for one in (made.reader, made.writer) if one]
    assert [one._tls.identity is None for one in transports] == [False, True]


@pytest.mark.parametrize(
    ("url", "options", "why"),
    [
        ("", {}, "exactly one of"),
        (SERVER, {"kubeconfig": "/x"}, "exactly one of"),
        (SERVER, {"in_cluster": True}, "exactly one of"),
        (SERVER, {"context": "main"}, "need a kubeconfig"),
        ("", {"kubeconfig": "relative"}, "not an absolute path"),
        ("", {"kubeconfig": "/no/such/file"}, "cannot read"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    url: str, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(ConfigError, match='source "k8s"') as caught:
        KubernetesConnector.build(SourceSpec("k8s", url, options), FrozenClock(NOW))
    assert why in caught.value.message
