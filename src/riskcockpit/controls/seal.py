"""Signed packs: who answers for the files of a pack.

`SHA256SUMS` lists the files as `sha256sum` writes it, and `SHA256SUMS.sig` is an SSH signature over
it in the namespace riskcockpit-policy. A pack without a signature runs confined; one whose
signature or files do not fit is refused: somebody changed it after it was signed.
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from riskcockpit.errors import ConfigError
from riskcockpit.ledger.signers import AllowedSigners
from riskcockpit.ledger.signing import prove
from riskcockpit.ledger.wire import BadSignatureError

POLICY = "riskcockpit-policy"
"""The namespace of signatures over packs."""
SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
_LINE = re.compile(r"([0-9a-f]{64}) [ *]([A-Za-z0-9._-]+)")
_HINT = (
    "read what changed, then sign anew: `sha256sum *.yaml *.sql > SHA256SUMS` and "
    "`ssh-keygen -Y sign -n riskcockpit-policy -f KEY SHA256SUMS`"
)


def signer_of(pack: Path, signers: AllowedSigners) -> str:
    """Return who has signed the pack in the directory `pack`; empty when nobody has.

    Raises:
        ConfigError: the signature does not hold, nobody allowed made it, or a file is not as it was
            when it was signed.
        LedgerError: ssh-keygen is needed and cannot be run.
    """
    signature = pack / SIGNATURE
    if not signature.exists():
        return ""
    start = f"cannot read controls from {pack}: "
    try:
        sums = (pack / SUMS).read_bytes()
        made = prove(sums, signature.read_text(encoding="ascii"), POLICY)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{start}its signature cannot be read: {error}", hint=_HINT) from error
    except BadSignatureError as error:
        raise ConfigError(f"{start}{error}", hint=_HINT) from error
    allowed = sorted(
        name
        for name in signers.principals(made.key)
        if signers.may_ever(name, made.key, POLICY)
    )  # fmt: skip
    if not allowed:
        raise ConfigError(
            f"{start}its key {made.fingerprint} may not sign policy",
            hint=f'give it namespaces="{POLICY}" in allowed_signers, signed by two who are there',
        )
    if fault := _difference(pack, sums):
        raise ConfigError(f"{start}{fault}", hint=_HINT)
    return allowed[0]


def controls_signed(pack: Path) -> tuple[Path, ...]:
    """Return the controls that the list of a pack names, there or not; none when it is no list."""
    try:
        sums = (pack / SUMS).read_bytes()
    except OSError:
        return ()
    matches = (_LINE.fullmatch(line) for line in sums.decode("utf-8", "replace").splitlines())
    names = {match[2] for match in matches if match and match[2].endswith(".yaml")}
    return tuple(pack / name for name in sorted(names))


def _difference(pack: Path, sums: bytes) -> str:
    """Say how the files differ from those that were signed; empty when they do not."""
    listed: dict[str, str] = {}
    for line in sums.decode("utf-8", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            return f"{SUMS} has a line that is no checksum"
        listed[match[2]] = match[1]
    present = {file.name for file in pack.iterdir() if file.suffix in (".yaml", ".sql")}
    if unsigned := min(present - listed.keys(), default=None):
        return f"{unsigned} is not among the files that were signed"
    for name, known in sorted(listed.items()):
        file = pack / name
        if not file.is_file():
            return f"{name} was signed and is not there"
        if sha256(file.read_bytes()).hexdigest() != known:
            return f"{name} was changed after it was signed"
    return ""
