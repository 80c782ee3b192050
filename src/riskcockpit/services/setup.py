"""`init`: a working single-user home from what is found on this computer."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from riskcockpit.config.paths import Paths, make_private, shipped
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError
from riskcockpit.services.context import KEY_NAME, host_name
from riskcockpit.views.setup import InitStep

SIGNERS = "allowed_signers"
ROLES = "roles.yaml"
_NAMESPACES = "riskcockpit-evidence,riskcockpit-checkpoint,riskcockpit-policy"
_GITHUB_TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
"""The first one that is set is taken, as `gh` does."""
_GITHUB = "github.com"
_ELSEWHERE = {
    "GITLAB_TOKEN": "GitLab vulnerabilities",
}
"""Credentials of systems this version has no connector for: their reports are imported as files."""


def init(
    paths: Paths, environ: Mapping[str, str], folder: Path, shared: Path | None = None
) -> tuple[InitStep, ...]:
    """Make a home work: settings, a signing key, `allowed_signers`, roles. Keeps what is there.

    `folder` is where the user stands; reports and git remotes are looked for there. `shared` is a
    directory in which colleagues on this computer keep one ledger.

    Raises:
        ConfigError: a directory or a key cannot be made, or the settings say another ledger.
    """
    try:
        for directory in (paths.config, paths.cache, paths.state):
            make_private(directory)
        steps = [*_found(environ, folder), _write_settings(paths, environ, folder, shared)]
        ledger = settings_ledger(paths)
        if shared is not None and ledger != shared.resolve():
            raise ConfigError(
                f"the settings keep the ledger in {ledger or paths.ledger}",
                hint=f"set ledger.directory to {shared} in {paths.settings}",
            )
        paths = replace(paths, ledger=ledger or paths.ledger)
        make_ledger(paths.ledger, is_shared=shared is not None)
        return (
            *steps,
            *_make_identity(paths),
            _write_roles(paths),
        )
    except OSError as error:
        raise ConfigError(
            f"cannot set up {error.filename or paths.config}: {error.strerror}",
            hint="mend it, or set RISKCOCKPIT_HOME to another place",
        ) from error


def settings_ledger(paths: Paths) -> Path | None:
    """Return where the settings keep the ledger; None: in the home."""
    from riskcockpit.config.loading import load_settings  # noqa: PLC0415 - only here

    named = load_settings(paths).settings.ledger.directory
    return (paths.config / Path(named).expanduser()).resolve() if named else None


def make_ledger(directory: Path, *, is_shared: bool) -> None:
    """Make the directory of a ledger; a shared one belongs to the group of its maker.

    Raises:
        ConfigError: it is there and has not the modes that sharing needs.
    """
    from riskcockpit.ledger.modes import (  # noqa: PLC0415 - only here
        PRIVATE,
        SHARED,
        make_directory,
        modes_of,
    )

    if not is_shared:
        make_directory(directory, modes_of(directory).directory)
        return
    if (
        directory.is_dir()
        and not any(directory.iterdir())
        and directory.stat().st_uid == os.geteuid()
    ):
        directory.chmod(SHARED.directory)
    make_directory(directory, SHARED.directory)
    if modes_of(directory) is PRIVATE:
        raise ConfigError(
            f"{directory} is there and is not shared",
            hint=f"chgrp its group, then chmod {SHARED.directory:o} {directory}",
        )
    for name in ("chains", "checkpoints", "objects", "policy", "quarantine"):
        make_directory(directory / name, SHARED.directory)


def principal_name() -> str:
    """Return the name this user signs under: the login name, made safe for `allowed_signers`."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        login = "engineer"
    return re.sub(r"[^A-Za-z0-9._-]", "-", login) or "engineer"


def _found(environ: Mapping[str, str], folder: Path) -> tuple[InitStep, ...]:
    steps = [
        InitStep("found", f"{name}: {_url(environ[name])}") for name in _SERVERS if name in environ
    ]
    if slug := git_remote(folder)[1]:
        steps.append(InitStep("found", f"git remote {slug}: named as an asset"))
    if token := _github_token(environ):
        found = _github_source(environ, folder)
        what = f"{found['url']}" if found else "no git remote of a GitHub here to read alerts of"
        steps.append(InitStep("found", f"{token}: {what}"))
    if "KUBECONFIG" in environ:
        steps.append(InitStep("found", f"KUBECONFIG: {_kubernetes_source(environ)[1]}"))
    if aws := _aws_source(environ):
        where = ", ".join(aws["options"]["regions"])
        steps.append(InitStep("found", f"AWS_PROFILE: Security Hub in {where}"))
    steps += [
        InitStep("found", f"{name}: export {what} in CI and read them with `riskcockpit import`")
        for name, what in _ELSEWHERE.items()
        if name in environ
    ]
    return tuple(sorted(steps, key=lambda step: step.what))


_SERVERS = {"MLFLOW_TRACKING_URI": "mlflow", "PROMETHEUS_URL": "prometheus"}


def _url(text: str) -> str:
    """Return a URL without a user name or password in it, as one clean line."""
    return clean_line(re.sub(r"//[^/@]*@", "//", text))


def git_remote(folder: Path) -> tuple[str, str]:
    """Return host and `owner/name` of the git remote `origin` of `folder`; empty without one."""
    git = shutil.which("git")
    if git is None:
        return "", ""
    asked = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [git, "-C", str(folder), "config", "--get", "remote.origin.url"],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    match = _REMOTE.search(asked.stdout.strip())
    return (match["host"] or "", match["slug"]) if match else ("", "")


_REMOTE = re.compile(
    r"^(?:(?:[a-z+]+://)?(?:[^/@]*@)?(?P<host>[\w.-]+)(?::\d+)?[/:])?.*?"
    r"(?P<slug>[\w.-]+/[\w.-]+?)(?:\.git)?/?$"
)


def _github_token(environ: Mapping[str, str]) -> str:
    return next((name for name in _GITHUB_TOKENS if environ.get(name)), "")


def _github_source(environ: Mapping[str, str], folder: Path) -> dict[str, object]:
    """Return a source for the repository of the git remote; empty when that is on no GitHub.

    A server of one's own is known by `GH_HOST`, as `gh` does.
    """
    token, (host, slug) = _github_token(environ), git_remote(folder)
    own = environ.get("GH_HOST", "")
    if not token or not slug or host not in (_GITHUB, own):
        return {}
    return {
        "name": "github",
        "kind": "github",
        "url": "https://api.github.com" if host == _GITHUB else f"https://{host}/api/v3",
        "credential": {"env": token},
        "options": {"repositories": [slug], "watch": [slug]},
    }


def _kubernetes_source(environ: Mapping[str, str]) -> tuple[dict[str, object], str]:
    """Return a source for the kubeconfig of the environment, and what is to be said of it.

    The source is empty when the file cannot be used as it is.
    """
    from riskcockpit.connectors.kubernetes.kubeconfig import from_kubeconfig  # noqa: PLC0415 - TLS

    file = environ.get("KUBECONFIG", "")
    if not file:
        return {}, ""
    try:
        found = from_kubeconfig(file, "", is_known=False)
    except ConfigError as error:
        return {}, f"not taken: {error.message}"
    options = {"kubeconfig": file}
    return {"name": "cluster", "kind": "kubernetes", "options": options}, _url(found.url)


def _aws_source(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return a source for the profile and region of the AWS tools; empty without both."""
    profile = environ.get("AWS_PROFILE", "")
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION", "")
    if not profile or not region:
        return {}
    options = {"regions": [region], "services": ["securityhub"], "profile": profile}
    return {"name": "aws", "kind": "aws", "options": options}


def _write_settings(
    paths: Paths, environ: Mapping[str, str], folder: Path, shared: Path | None
) -> InitStep:
    return _once(paths.settings, lambda: _settings_text(environ, folder, shared))


def _settings_text(environ: Mapping[str, str], folder: Path, shared: Path | None) -> str:
    """Fill the shipped template with the sources and assets that were found."""
    sources: list[dict[str, object]] = []
    reports = folder / "reports"
    if reports.is_dir():
        options = {"paths": [str(reports.resolve())]}
        sources.append({"name": "ci-reports", "kind": "files", "options": options})
    sources += [
        {"name": kind, "kind": kind, "url": _url(environ[variable])}
        for variable, kind in _SERVERS.items()
        if variable in environ
    ]
    if github := _github_source(environ, folder):
        sources.append(github)
    if cluster := _kubernetes_source(environ)[0]:
        sources.append(cluster)
    if aws := _aws_source(environ):
        sources.append(aws)
    slug = git_remote(folder)[1]
    assets = [{"name": slug, "kind": "repository"}] if slug else []
    text = shipped("config", "init.yaml").read_text(encoding="utf-8")
    return (
        text.replace("@PRINCIPAL@", _quoted(principal_name()))
        .replace("@LEDGER@\n", _ledger_text(shared))
        .replace("@SOURCES@", yaml.safe_dump({"sources": sources}, sort_keys=False))
        .replace("@ASSETS@", yaml.safe_dump({"assets": assets}, sort_keys=False))
    )


def _ledger_text(shared: Path | None) -> str:
    if shared is None:
        return _LEDGER
    return f"ledger:\n  directory: {_quoted(str(shared.resolve()))}\n\n"


_LEDGER = """# The ledger lies in this home, unless colleagues share it (`init --shared DIR`):
# ledger:
#   directory: /srv/riskcockpit/ledger
#   remote: git@git.bank.example:risk/ledger.git   # for `riskcockpit ledger sync`

"""


def _quoted(name: str) -> str:
    """Return `name` as YAML that is always text, whatever the name is."""
    return json.dumps(name)


def _make_identity(paths: Paths) -> tuple[InitStep, ...]:
    from riskcockpit.ledger.signing import make_key, public_half  # noqa: PLC0415 - only here

    key = paths.config / KEY_NAME
    name = principal_name()
    if key.exists():
        step = InitStep("kept", f"signing key {key}")
    else:
        make_key(key, f"{name}@{host_name()}")
        step = InitStep("made", f"signing key {key} (Ed25519, no passphrase)")
    public_half(key)  # says what is wrong with its file, if anything is
    public = key.with_name(f"{KEY_NAME}.pub").read_text(encoding="utf-8").split()
    line = f'{name} namespaces="{_NAMESPACES}" {public[0]} {public[1]}\n'
    file = paths.ledger / SIGNERS
    made = _once(file, lambda: line, _policy_mode(paths.ledger))
    if public[1] in file.read_text(encoding="utf-8"):
        return step, made
    asked = f"riskcockpit keys add {name} '{public[0]} {public[1]}' --reason joins"
    return step, made, InitStep("next", f"a colleague lets your key sign: `{asked}`")


def _policy_mode(ledger: Path) -> int:
    from riskcockpit.ledger.modes import modes_of  # noqa: PLC0415 - only here

    return modes_of(ledger).policy


def _write_roles(paths: Paths) -> InitStep:
    from riskcockpit.ledger.modes import make_directory, modes_of  # noqa: PLC0415 - only here

    make_directory(paths.ledger / "policy", modes_of(paths.ledger).directory)
    text = shipped("config", ROLES).read_text(encoding="utf-8")
    return _once(
        paths.ledger / "policy" / ROLES,
        lambda: text.replace("@PRINCIPAL@", _quoted(principal_name())),
        _policy_mode(paths.ledger),
    )


def _once(path: Path, make: Callable[[], str], mode: int = 0o600) -> InitStep:
    """Write a new file with `mode`, whatever the umask is; an existing one is kept as it is.

    One that cannot be written whole is not left there: the next time it would be kept.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return InitStep("kept", str(path))
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(make())
            os.fchmod(file.fileno(), mode)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return InitStep("made", str(path))
