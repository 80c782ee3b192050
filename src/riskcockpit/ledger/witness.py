"""How far a writer vouches for the chain of another: up to the last entry in which all is well.

An entry behind a line that is none is not vouched for. So what somebody else has seen and
stands behind damage was there before the damage: good entries were replaced.
"""

from __future__ import annotations

from pathlib import Path

from riskcockpit.ledger.armor import EVIDENCE
from riskcockpit.ledger.chain import DamagedLineError, Entry, link_faults, parse_line, split_lines
from riskcockpit.ledger.objects import Objects, named_by
from riskcockpit.ledger.regular import read_regular
from riskcockpit.ledger.signers import EXPIRED, FILE_NAME, AllowedSigners
from riskcockpit.ledger.signing import load_signers, prove
from riskcockpit.ledger.tail import last_whole_entry
from riskcockpit.ledger.wire import BadSignatureError


def head_of(file: Path, since: str) -> str:
    """Return the hash of the last good entry of a chain; empty when there is none.

    `since` is the one that was vouched for before, empty at first; only what follows it is read.
    It stays while the chain is written to, and where it is not there any more.
    """
    last = last_whole_entry(file)
    if last is None or last.hash == since:
        return since
    try:
        content = read_regular(file)
    except OSError:
        return since
    at = content.find(f',"h":"{since}","sig":'.encode()) if since else 0
    if at < 0:
        return since
    begin = content.rfind(b"\n", 0, at) + 1 if since else 0
    signers = load_signers(file.parent.parent / FILE_NAME)
    return _followed(file.stem, content[begin:], since, signers, Objects(file.parent.parent))


def _followed(
    chain: str, content: bytes, since: str, signers: AllowedSigners, objects: Objects
) -> str:
    before: Entry | None = None
    for line in split_lines(content):
        try:
            entry = parse_line(chain, line)
        except DamagedLineError:
            break
        if before is None and since:
            before = entry
            continue
        if link_faults(entry, before.seq + 1 if before else 0, before):
            break
        if not (_is_signed(entry, signers) and all(map(objects.has, named_by(entry.data)))):
            break
        before = entry
    return before.hash if before else since


def _is_signed(entry: Entry, signers: AllowedSigners) -> bool:
    try:
        signature = prove(entry.body, entry.sig, EVIDENCE)
    except BadSignatureError:
        return False
    refusal = signers.refusal(entry.actor, signature.key, EVIDENCE, entry.ts)
    return signature.fingerprint == entry.key_fp and refusal in ("", EXPIRED)
