"""What to do about a sync of the ledger that was refused, or that found something odd."""

from __future__ import annotations

_NOTHING = "nothing was taken and nothing sent"
LOST = (
    _NOTHING + "; find out who did it: `git log --stat -- chains` in a clone of the remote. Ours "
    "has all: copy the chain from {place}/chains over the one in the clone, commit, push, and sync"
)
PARTED = _NOTHING + "; `riskcockpit ledger show CHAIN:SEQ` shows ours"
BROKEN = (
    _NOTHING + ": what the remote has does not verify. `git log -p -- chains` in a clone of it "
    "says who put that there: `git revert` their commit, push, sync again"
)
STRANGE = (
    "the remote names keys that nobody here knows: compare each fingerprint with its owner. "
    "A home with a policy adds them by `riskcockpit keys add`; a new home takes all by --accept"
)
UNSIGNED_THERE = (
    _NOTHING + ": the remote has no signed policy, so nobody can tell whose keys these are. Who "
    "began it signs that and syncs: `riskcockpit policy sign`, `riskcockpit ledger sync`"
)
UNSIGNED_HERE = (
    "no policy was signed here, so nobody else can take what was sent: `riskcockpit policy sign`, "
    "and sync again"
)
TORN = (
    "{n} bytes behind {chain} there have no newline: they are no entry, and are left out; "
    "`git log -p -- chains` in a clone says who put them there"
)
