"""Signed packs: whose they are, and that nobody changed them since."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from riskcockpit.controls.pack import load
from riskcockpit.controls.seal import POLICY, SIGNATURE, SUMS, signer_of
from riskcockpit.errors import ConfigError
from riskcockpit.ledger.signers import AllowedSigners, parse_signers
from riskcockpit.ledger.signing import make_key

CONTROL = """\
id: own
title: T
pillar: compliance_automation
severity: low
rationale: R
remediation: M
frameworks: {house: ["1"]}
inputs: [{table: asset}]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "controls" / "frameworks.yaml").parent.mkdir()
    (tmp_path / "controls" / "frameworks.yaml").write_text(
        "frameworks: {house: {title: House, link: 'https://bank.example', certainty: checked}}\n"
    )
    made = tmp_path / "controls" / "mine"
    made.mkdir()
    (made / "own.yaml").write_text(CONTROL)
    (made / "own.sql").write_text(
        "SELECT name AS resource, 'ok' AS status, '' AS reason FROM asset"
    )
    make_key(tmp_path / "key", "policy")
    return made


def signed(pack: Path, namespace: str = POLICY) -> None:
    """Sign as an owner would, with the stock tools."""
    files = sorted(file for file in pack.iterdir() if file.suffix in (".yaml", ".sql"))
    lines = (f"{sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)
    (pack / SUMS).write_text("".join(lines))
    key = pack.parents[1] / "key"
    (pack / SIGNATURE).unlink(missing_ok=True)
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(key), str(pack / SUMS)],
        check=True, capture_output=True,
    )  # fmt: skip


def signers(pack: Path, namespaces: str = POLICY) -> AllowedSigners:
    kind, public = (pack.parents[1] / "key.pub").read_text().split()[:2]
    return parse_signers(f'owner namespaces="{namespaces}" {kind} {public}\n')


def test_a_pack_without_a_signature_is_nobodys_and_not_trusted(pack: Path) -> None:
    assert signer_of(pack, signers(pack)) == ""
    assert [control.is_trusted for control in load(pack.parent)] == [False]


def test_a_signed_pack_is_trusted_and_its_signer_known(pack: Path) -> None:
    signed(pack)
    assert signer_of(pack, signers(pack)) == "owner"
    found = load(pack.parent, signers=signers(pack))
    assert [(control.pack, control.is_trusted) for control in found] == [("mine", True)]


def test_sha256sum_itself_agrees(pack: Path) -> None:
    signed(pack)
    subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=pack, check=True)


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("own.sql", "SELECT 1", "own.sql was changed after it was signed"),
        ("more.sql", "SELECT 1", "more.sql is not among the files that were signed"),
        ("own.yaml", None, "own.yaml was signed and is not there"),
        (SUMS, "", "signature"),
        (SIGNATURE, "nonsense", ""),
    ],
)
def test_a_pack_that_was_changed_since_is_refused(
    pack: Path, file: str, content: str | None, why: str
) -> None:
    signed(pack)
    if content is None:
        (pack / file).unlink()
    else:
        (pack / file).write_text(content)
    with pytest.raises(ConfigError) as caught:
        signer_of(pack, signers(pack))
    assert why in caught.value.message
    assert "sign anew" in str(caught.value.hint)


def test_a_key_for_something_else_does_not_sign_policy(pack: Path) -> None:
    signed(pack)
    with pytest.raises(ConfigError, match="may not sign policy"):
        signer_of(pack, signers(pack, "riskcockpit-evidence"))
    signed(pack, "riskcockpit-evidence")
    with pytest.raises(ConfigError):
        signer_of(pack, signers(pack))
