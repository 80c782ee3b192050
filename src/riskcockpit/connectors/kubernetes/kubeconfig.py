"""Where a cluster is, whom it trusts and who we are there: from a kubeconfig, or from the pod.

Programs that a kubeconfig names are never run: the settings say which programs may be.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from riskcockpit.config.credentials import Credential, read_private, remember
from riskcockpit.connectors.tls import Tls
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its account."""
MAX_BYTES = 4 * 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """How a cluster is reached."""

    url: str
    tls: Tls
    credential: Credential | None = None
    """None: the certificate, or the settings, say who we are."""


class _Part(msgspec.Struct, frozen=True, rename="kebab"):
    """Members are written with hyphens there."""


class _Cluster(_Part, frozen=True):
    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""


class _Exec(msgspec.Struct, frozen=True):
    command: str = ""
    args: tuple[str, ...] | None = None


class _User(_Part, frozen=True):
    token: str = ""
    token_file: str = msgspec.field(default="", name="tokenFile")
    username: str = ""
    password: str = ""
    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    exec: _Exec | None = None
    auth_provider: Any = None


class _Context(_Part, frozen=True):
    cluster: str = ""
    user: str = ""


class _NamedCluster(_Part, frozen=True):
    name: str
    cluster: _Cluster


class _NamedUser(_Part, frozen=True):
    name: str
    user: _User | None = None


class _NamedContext(_Part, frozen=True):
    name: str
    context: _Context


class _Kubeconfig(_Part, frozen=True):
    clusters: tuple[_NamedCluster, ...] = ()
    users: tuple[_NamedUser, ...] = ()
    contexts: tuple[_NamedContext, ...] = ()
    current_context: str = ""


def from_kubeconfig(name: str, context: str, *, is_known: bool) -> Access:
    """Return the access of a context of the file `name`; empty: its current one.

    `is_known` says that the settings have a credential: that of the file is passed over then.

    Raises:
        ConfigError: the file cannot be used, or wants what we do not do.
    """
    path, content = read_private(name, MAX_BYTES)
    label = f"kubeconfig {path}"
    file = _read(content, label)
    wanted = context or file.current_context
    chosen = _one({one.name: one.context for one in file.contexts}, wanted, f"{label}: context")
    clusters = {one.name: one.cluster for one in file.clusters}
    cluster = _one(clusters, chosen.cluster, f"{label}: cluster")
    label = f'{label}, context "{clean_line(wanted)}"'
    tls = _trusted(cluster, path.parent, label)
    if is_known or not chosen.user:
        return Access(cluster.server, tls)
    users = {one.name: one.user or _User() for one in file.users}
    user = _one(users, chosen.user, f"{label}: user")
    return _identified(Access(cluster.server, tls), user, path.parent, label)


def from_pod(environ: Mapping[str, str], directory: Path = SERVICE_ACCOUNT) -> Access:
    """Return the access of the service account of the pod we run in.

    Raises:
        ConfigError: we run in none.
    """
    host, port = (environ.get(f"KUBERNETES_SERVICE_{what}", "") for what in ("HOST", "PORT"))
    if not host or not port:
        raise ConfigError(
            "in_cluster: this is no pod: KUBERNETES_SERVICE_HOST is not set",
            hint="give a kubeconfig, or url and credential",
        )
    host = f"[{host}]" if ":" in host else host
    token = _token(directory / "token")
    return Access(f"https://{host}:{port}", Tls(ca=str(directory / "ca.crt")), token)


def _read(content: bytes, label: str) -> _Kubeconfig:
    try:
        return msgspec.convert(yaml.safe_load(content), _Kubeconfig)
    except yaml.YAMLError as error:
        raise ConfigError(f"{label} is not YAML") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{label}: {clean_line(str(error))}") from error


def _one(known: Mapping[str, T], name: str, label: str) -> T:
    if name not in known:
        names = ", ".join(sorted(map(clean_line, known))) or "none"
        raise ConfigError(f'{label} "{clean_line(name)}" is not there', hint=f"there: {names}")
    return known[name]


def _trusted(cluster: _Cluster, directory: Path, label: str) -> Tls:
    refused = {
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "tls-server-name": cluster.tls_server_name,
        "proxy-url": cluster.proxy_url,
    }
    for member, value in refused.items():
        if value:
            raise ConfigError(
                f"{label}: {member} is not obeyed",
                hint="HTTPS_PROXY names a proxy; certificates are always checked",
            )
    if cluster.certificate_authority_data:
        return Tls(ca_text=_decoded(cluster.certificate_authority_data, label))
    return Tls(ca=_path(cluster.certificate_authority, directory))


def _identified(access: Access, user: _User, directory: Path, label: str) -> Access:
    """Add who we are, as a user of the file says it.

    Raises:
        ConfigError: a program would have to say it, or what is there does not decode.
    """
    if user.exec is not None or user.auth_provider is not None:
        argv = [user.exec.command, *(user.exec.args or ())] if user.exec else ["PROGRAM"]
        told = ", ".join(clean_line(part) for part in argv)
        raise ConfigError(
            f"{label}: its user logs in with a program, which a kubeconfig may not choose here",
            hint=f"name it in the settings: credential: {{exec: [{told}], ttl: 10m}}",
        )
    tls, held = access.tls, bool(user.client_certificate_data or user.client_key_data)
    if held:
        parts = [
            _text_of(user.client_certificate_data, user.client_certificate, directory, label),
            _text_of(user.client_key_data, user.client_key, directory, label),
        ]
        identity = Credential("\n".join(parts), label)
        tls = Tls(ca=tls.ca, ca_text=tls.ca_text, identity=identity)
    elif user.client_certificate:
        tls = Tls(
            ca=tls.ca,
            ca_text=tls.ca_text,
            certificate=_path(user.client_certificate, directory),
            key=_path(user.client_key, directory),
        )
    credential = None
    if user.token:
        credential = Credential(user.token, label)
    elif user.token_file:
        credential = _token(Path(_path(user.token_file, directory)))
    elif user.username:
        credential = Credential(user.password, label, username=user.username)
    if credential is not None:
        remember(credential.value)
    return Access(access.url, tls, credential)


def _text_of(data: str, name: str, directory: Path, label: str) -> str:
    if data:
        return _decoded(data, label)
    return read_private(_path(name, directory), MAX_BYTES)[1].decode("utf-8", "replace")


def _token(path: Path) -> Credential:
    """Return the token in a file that the cluster renews; it is read again after a 401."""
    try:
        value = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the token of the account: {path}") from error
    if not value.isprintable() or not value:
        raise ConfigError(f"the token of the account in {path} is not one line")
    remember(value)
    return Credential(value, f"file {path}", renew=lambda: _token(path))


def _decoded(data: str, label: str) -> str:
    try:
        return base64.b64decode(data, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ConfigError(f"{label}: what it holds as base64 is no PEM") from error


def _path(name: str, directory: Path) -> str:
    return str(directory / Path(name).expanduser()) if name else ""
