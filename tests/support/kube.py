"""A real Kubernetes API server with etcd and the controllers of deployments, without nodes.

Its programs are looked for in the directory RISKCOCKPIT_KUBE names, else in `.tools/kube`, where
`scripts/build-kubernetes` puts them. Nobody runs pods here: `serve` says that they are ready.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from support.processes import free_port, running
from support.servers import TOOLS

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager")
APPS = "/apis/apps/v1/namespaces"


def need_kubernetes() -> Path:
    """Return the directory of the programs, or skip."""
    directory = Path(os.environ.get("RISKCOCKPIT_KUBE") or TOOLS / "kube")
    if not all(os.access(directory / program, os.X_OK) for program in PROGRAMS):
        pytest.skip("no Kubernetes API server on this computer: run scripts/build-kubernetes")
    return directory


@dataclass(frozen=True)
class Kube:
    """A running cluster without nodes."""

    url: str
    ca: Path
    admin: str
    """Token that may do everything."""
    viewer: str
    """Token that may read."""
    identity: tuple[bytes, bytes]
    """Certificate and key that may do everything, as PEM."""
    directory: Path

    def call(self, path: str, body: Any = None, method: str = "GET", kind: str = "json") -> Any:
        """Make a request as the administrator; for setting up and looking, not testing."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Authorization", f"Bearer {self.admin}")
        request.add_header("Content-Type", f"application/{kind}")
        context = ssl.create_default_context(cafile=self.ca)
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read()[:300]!r}") from error

    def namespace(self, name: str) -> None:
        """Make a namespace."""
        self.call("/api/v1/namespaces", {"metadata": {"name": name}}, "POST")

    def allow(self, user: str, verbs: list[str]) -> None:
        """Let a user do something with deployments and replica sets."""
        group = "rbac.authorization.k8s.io"
        metadata = {"metadata": {"name": user}}
        rule = {"apiGroups": ["apps"], "resources": ["deployments", "replicasets"], "verbs": verbs}
        role = {"apiGroup": group, "kind": "ClusterRole", "name": user}
        bound = {"roleRef": role, "subjects": [{"kind": "User", "name": user}]}
        self.call(f"/apis/{group}/v1/clusterroles", {**metadata, "rules": [rule]}, "POST")
        self.call(f"/apis/{group}/v1/clusterrolebindings", {**metadata, **bound}, "POST")

    def kubeconfig(self, **user: Any) -> Path:
        """Write a kubeconfig with one context; we are `user` there, else the administrator."""
        held = {"certificate-authority-data": base64.b64encode(self.ca.read_bytes()).decode()}
        content = {
            "current-context": "main",
            "clusters": [{"name": "c", "cluster": {"server": self.url, **held}}],
            "users": [{"name": "u", "user": user or {"token": self.admin}}],
            "contexts": [{"name": "main", "context": {"cluster": "c", "user": "u"}}],
        }
        path = self.directory / f"{secrets.token_hex(4)}.conf"
        path.touch(mode=0o600)
        path.write_text(json.dumps(content))  # YAML knows JSON
        return path

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl as the administrator; skips without one."""
        if (program := shutil.which("kubectl")) is None:
            pytest.skip("no kubectl on this computer")
        argv = [program, "--kubeconfig", str(self.kubeconfig()), *arguments]
        made = subprocess.run(argv, check=False, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        return made.stdout

    def deployment(self, namespace: str, name: str) -> dict[str, Any]:
        """Return a deployment."""
        found: dict[str, Any] = self.call(f"{APPS}/{namespace}/deployments/{name}")
        return found

    def settle(self, namespace: str, name: str, *, serve: bool = True) -> dict[str, Any]:
        """Wait until the controller saw a deployment; with `serve` until its rollout ended."""
        deadline, found = time.monotonic() + 30, {}
        while time.monotonic() < deadline:
            if serve:
                self._serve(namespace)
            found = self.deployment(namespace, name)
            status = found.get("status", {})
            is_seen = status.get("observedGeneration", 0) >= found["metadata"]["generation"]
            reasons = {one["reason"] for one in status.get("conditions", ())}
            counts = {status.get(f"{kind}eplicas") for kind in ("r", "updatedR", "availableR")}
            is_over = counts == {found["spec"]["replicas"]}
            if is_seen and (not serve or ("NewReplicaSetAvailable" in reasons and is_over)):
                return found
            time.sleep(0.1)
        raise AssertionError(f"{namespace}/{name} did not settle: {found}")

    def _serve(self, namespace: str) -> None:
        """Say of all pods that they are ready, as nodes would."""
        path = f"/api/v1/namespaces/{namespace}/pods"
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        for pod in self.call(path)["items"]:
            if (
                pod["status"].get("phase") != "Running"
                and "deletionTimestamp" not in pod["metadata"]
            ):
                body = {"status": {"phase": "Running", "conditions": [ready]}}
                place = f"{path}/{pod['metadata']['name']}/status"
                self.call(place, body, "PATCH", "merge-patch+json")


@contextmanager
def running_kubernetes(directory: Path) -> Iterator[Kube]:
    """Run a cluster without nodes, with an administrator and a viewer."""
    programs = need_kubernetes()
    admin, viewer = secrets.token_hex(16), secrets.token_hex(16)
    tokens = directory / "tokens.csv"
    tokens.write_text(f'{admin},admin,1,"system:masters"\n{viewer},viewer,2\n')
    tokens.chmod(0o600)
    account = directory / "account.pem"
    account.write_bytes(_pem(rsa.generate_private_key(65537, 2048)))
    clients, identity = _authority()
    (directory / "clients.pem").write_bytes(clients)
    store, peer, port = free_port(), free_port(), free_port()
    url, ca = f"https://127.0.0.1:{port}", directory / "apiserver.crt"
    etcd = [
        *(str(programs / "etcd"), "--data-dir", str(directory / "etcd"), "--unsafe-no-fsync"),
        *("--listen-client-urls", f"http://127.0.0.1:{store}"),
        *("--advertise-client-urls", f"http://127.0.0.1:{store}"),
        *("--listen-peer-urls", f"http://127.0.0.1:{peer}"),
    ]
    server = [
        *(str(programs / "kube-apiserver"), "--etcd-servers", f"http://127.0.0.1:{store}"),
        *("--bind-address", "127.0.0.1", "--secure-port", str(port), "--cert-dir", str(directory)),
        *("--service-account-key-file", str(account)),
        *("--service-account-signing-key-file", str(account)),
        *("--service-account-issuer", "https://kubernetes.default.svc"),
        *("--service-cluster-ip-range", "10.0.0.0/24", "--authorization-mode", "RBAC"),
        *("--token-auth-file", str(tokens), "--client-ca-file", str(directory / "clients.pem")),
        *("--disable-admission-plugins", "ServiceAccount"),
    ]
    kube = Kube(url, ca, admin, viewer, identity, directory)
    with ExitStack() as stack:
        stack.enter_context(running(etcd, f"http://127.0.0.1:{store}/health", directory))
        stack.enter_context(running(server, f"{url}/readyz", directory, ca=ca))
        controllers = [
            *(str(programs / "kube-controller-manager"), "--kubeconfig", str(kube.kubeconfig())),
            *("--controllers", "deployment,replicaset", "--leader-elect=false"),
            *("--bind-address", "127.0.0.1", "--secure-port", str(free_port())),
            *("--cert-dir", str(directory / "controllers"), "--port", "0"),
        ]
        stack.enter_context(running(controllers, f"{url}/readyz", directory, ca=ca))
        kube.allow("viewer", ["get", "list"])
        yield kube


def _authority() -> tuple[bytes, tuple[bytes, bytes]]:
    """Return the certificate of a CA, and a certificate of it with its key."""
    now = datetime.now(UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "clients")])
    name = x509.Name([
        x509.NameAttribute(x509.oid.NameOID.ORGANIZATION_NAME, "system:masters"),
        x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "operator"),
    ])  # fmt: skip

    def builder(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return x509.CertificateBuilder(
            ca_name, subject, public, x509.random_serial_number(), now - timedelta(hours=1),
            now + timedelta(days=1),
        )  # fmt: skip

    usage = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH])
    authority = (
        builder(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    client = (
        builder(name, key.public_key())
        .add_extension(usage, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return authority.public_bytes(pem), (client.public_bytes(pem), _pem(key))


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
