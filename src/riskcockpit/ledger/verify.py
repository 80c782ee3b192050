"""Verification of a whole ledger: every byte, link, signature, checkpoint, witness and object.

It reports everything that is wrong, never only the first fault. Any doubt counts against the
record. A missing or empty ledger is fine: it has no entries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from riskcockpit.errors import LedgerError
from riskcockpit.ledger import checkpoint as checkpoints
from riskcockpit.ledger.armor import CHECKPOINT, EVIDENCE, Signature, read_signature
from riskcockpit.ledger.bodies import fault_of
from riskcockpit.ledger.chain import SUFFIX, Checked, Entry, actor_of, check_chain
from riskcockpit.ledger.coverage import Anchors, covered_lengths
from riskcockpit.ledger.examination import Doubt, Examination, Proven
from riskcockpit.ledger.memory import Known, Memory
from riskcockpit.ledger.objects import Objects
from riskcockpit.ledger.order import CLOCKS_DIFFER
from riskcockpit.ledger.regular import NotRegularError, read_regular
from riskcockpit.ledger.signers import EXPIRED, FILE_NAME, Hold
from riskcockpit.ledger.signing import load_signers, prove
from riskcockpit.ledger.wire import BadSignatureError
from riskcockpit.views.governance import LedgerProblem, VerifyReport


def verify(directory: Path, now: datetime) -> VerifyReport:
    """Verify the ledger in `directory` from the first byte to the last; `now` is aware UTC.

    Raises:
        LedgerError: a file cannot be read, or ssh-keygen is needed and cannot be run.
    """
    return examine(directory, now).report


def verify_checkpoints(directory: Path, now: datetime) -> VerifyReport:
    """Verify the checkpoints only: that nothing before the last of them was changed or cut.

    It says nothing of what was written after them. `now` is aware UTC.

    Raises:
        LedgerError: as `verify`.
    """
    return _Examiner(directory, now).run_checkpoints()


def examine(
    directory: Path,
    now: datetime,
    proven: Mapping[str, Proven] | None = None,
    ahead: Mapping[str, datetime] | None = None,
    memory: Memory | None = None,
) -> Examination:
    """Verify as `verify`, and return the entries; `proven` saves signature arithmetic.

    `ahead` are chains whose clock is known to have been ahead, and until what time of theirs.
    `memory`, of this ledger, saves reading again what this process has read.

    Raises:
        LedgerError: as `verify`.
    """
    return _Examiner(directory, now, proven, ahead, memory).run()


class _Examiner:
    def __init__(
        self,
        directory: Path,
        now: datetime,
        proven: Mapping[str, Proven] | None = None,
        ahead: Mapping[str, datetime] | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.directory = directory
        self.now, self.latest = now, now + CLOCKS_DIFFER
        self.proven, self.ahead = proven or {}, ahead or {}
        self.memory = Memory() if memory is None else memory
        self.known: dict[str, Known] = {}
        self.problems: list[LedgerProblem] = []
        self.notices: list[LedgerProblem] = []
        self.doubts: list[Doubt] = []
        self.kept: set[str] = set()
        self.signers = load_signers(directory / FILE_NAME)
        self.contents: dict[str, bytes] = {}
        self.chains: dict[str, Checked] = {}
        self.signatures: dict[str, Signature] = {}
        """By entry hash: good signatures."""
        self.odd: dict[str, dict[int, str]] = {}
        """Chain → number of an entry → why its data is not what its type holds."""
        self.holds: dict[tuple[str, bytes], Hold] = {}
        self.anchors = Anchors()
        self.checkpoints = 0

    def run(self) -> Examination:
        self._read()
        for checked in self.chains.values():
            self._check_entries(checked)
        self._check_doubles()
        self._check_witnesses()
        for name in self._checkpointed_chains():
            self._check_checkpoints(name)
        self._check_times()
        self._check_objects()
        entries = [entry for checked in self.chains.values() for entry in checked.entries]
        report = VerifyReport(
            chains=len(self.chains),
            entries=len(entries),
            checkpoints=self.checkpoints,
            problems=tuple(sorted(self.problems, key=_place)),
            notices=tuple(sorted(self.notices, key=_place)),
            heads=tuple(
                (name, checked.entries[-1].hash)
                for name, checked in sorted(self.chains.items())
                if checked.entries
            ),
        )
        entries.sort(key=lambda entry: (entry.ts, entry.chain, entry.seq))
        return Examination(
            report, tuple(entries), self._remember(), tuple(self.doubts), frozenset(self.kept)
        )

    def run_checkpoints(self) -> VerifyReport:
        """Check bytes against checkpoints, and parse no entry."""
        self._read_files()
        for name, content in self.contents.items():
            self.chains[name] = Checked(name, (), ())
            if content and not checkpoints.files(self.directory, name):
                self._problem(name, None, "no checkpoint says what it holds")
        for name in self._checkpointed_chains():
            self._check_checkpoints(name)
        return VerifyReport(
            chains=len(self.chains),
            entries=sum(content.count(b"\n") for content in self.contents.values()),
            checkpoints=self.checkpoints,
            problems=tuple(sorted(self.problems, key=_place)),
            heads=(),
        )

    def _problem(self, chain: str, entry: int | None, why: str) -> None:
        self.problems.append(LedgerProblem(chain, entry, why))

    def _future(self, entry: Entry) -> None:
        why = "its time lies in the future"
        until = self.ahead.get(entry.chain)
        if until is not None and entry.ts <= until:
            self._notice(entry, f"{why}: its clock was ahead, as somebody here said")
        else:
            self._doubt(entry, why, is_late=True, is_future=True)

    def _doubt(self, entry: Entry, why: str, *, is_late: bool, is_future: bool = False) -> None:
        problem = LedgerProblem(entry.chain, entry.seq, why)
        self.problems.append(problem)
        self.doubts.append(Doubt(entry, problem, is_late, is_future))

    def _notice(self, entry: Entry, why: str) -> None:
        self.notices.append(LedgerProblem(entry.chain, entry.seq, why))

    def _read(self) -> None:
        self._read_files()
        for name, content in self.contents.items():
            known = self.memory.of(name, content)
            if known is not None:
                self.known[name] = known
            before = known.checked if known else None
            checked = self.chains[name] = check_chain(name, content, before)
            for fault in checked.faults:
                self._problem(name, fault.seq, fault.why)

    def _read_files(self) -> None:
        for why in self.signers.faults:
            self._problem(FILE_NAME, None, why)
        folder = self.directory / "chains"
        try:
            for file in sorted(folder.iterdir()) if folder.is_dir() else ():
                if file.suffix != SUFFIX or actor_of(file.stem) is None:
                    self._problem(file.name, None, "this file is no chain of any writer")
                    continue
                try:
                    self.contents[file.stem] = read_regular(file)
                except NotRegularError:
                    self._problem(file.stem, None, "this is not a regular file")
        except OSError as error:
            raise LedgerError(f"cannot read the ledger: {error}") from error

    def _check_entries(self, checked: Checked) -> None:
        known = self.known.get(checked.name)
        odd = self.odd[checked.name] = dict(known.odd) if known else {}
        there = known.signatures if known else ()
        for entry, signature in zip(checked.entries, there, strict=False):
            self._check_signer(entry, signature)
        proven = self._proven_entries(checked.name)
        for index, entry in enumerate(checked.entries[len(there) :], len(there)):
            try:
                signature = self._signature(entry, is_proven=index < proven)
            except BadSignatureError as error:
                self._problem(entry.chain, entry.seq, str(error))
                continue
            if why := fault_of(entry.type, entry.data):
                odd[entry.seq] = why
            self._check_signer(entry, signature)

    @staticmethod
    def _signature(entry: Entry, *, is_proven: bool) -> Signature:
        found = read_signature(entry.sig) if is_proven else prove(entry.body, entry.sig, EVIDENCE)
        if found.fingerprint != entry.key_fp:
            raise BadSignatureError("it is signed by another key than it says")
        return found

    def _check_signer(self, entry: Entry, signature: Signature) -> None:
        refusal = self._hold(entry.actor, signature.key).refusal(EVIDENCE, entry.ts)
        if refusal:
            if refusal == EXPIRED:
                self._doubt(entry, refusal, is_late=True)
            else:
                self._problem(entry.chain, entry.seq, refusal)
            return
        if entry.ts > self.latest:
            self._future(entry)
        if why := self.odd[entry.chain].get(entry.seq):
            self._notice(entry, f"its data is not what {entry.type.value} holds: {why}")
        self.signatures[entry.hash] = signature

    def _proven_entries(self, name: str) -> int:
        """Return how many entries at the start have signatures that were verified before."""
        proven, content = self.proven.get(name), self.contents[name]
        if proven is None or proven.size > len(content):
            return 0
        known = self.known.get(name)
        if known is not None and known.proven == proven:
            self.kept.add(name)
            return len(known.signatures)
        prefix = content[: proven.size]
        if Proven.of(prefix) != proven:
            return 0
        self.kept.add(name)
        return prefix.count(b"\n")

    def _remember(self) -> dict[str, Proven]:
        """Keep the chains in which nothing is wrong; return how far each is proven."""
        doubtful = {problem.chain for problem in self.problems}
        found = {}
        for name, content in self.contents.items():
            known = self.known.get(name)
            if name in doubtful:
                continue
            if known is None or len(known.content) < len(content):
                checked = self.chains[name]
                signatures = tuple(self.signatures[entry.hash] for entry in checked.entries)
                known = Known(content, checked, signatures, self.odd[name], Proven.of(content))
                self.memory.keep(name, known)
            found[name] = known.proven
        return found

    def _check_doubles(self) -> None:
        first: dict[str, Entry] = {}
        for entry in (entry for checked in self.chains.values() for entry in checked.entries):
            if (other := first.setdefault(entry.hash, entry)) is not entry:
                why = f"the same entry stands in {other.chain} as entry {other.seq}"
                self._problem(entry.chain, self._last_place(entry), why)

    def _last_place(self, entry: Entry) -> int:
        """Return the number of the line where an entry, or its last copy, stands in its chain."""
        content = self.contents[entry.chain]
        return content.count(b"\n", 0, content.rindex(entry.body))

    def _check_witnesses(self) -> None:
        places = {
            (checked.name, entry.hash): entry
            for checked in self.chains.values()
            for entry in checked.entries
        }
        for checked in self.chains.values():
            latest: dict[str, int] = {}
            for entry in checked.entries:
                for name, head in entry.seen.items():
                    found = places.get((name, head))
                    if found is None:
                        self._missing_head(entry, name, head)
                        continue
                    seq = found.seq
                    if entry.ts < found.ts - CLOCKS_DIFFER:
                        behind = f"its clock was behind that of {name}"
                        self._notice(entry, f"{behind}, whose entry {seq} it had seen")
                    if seq < latest.get(name, 0):
                        self._problem(entry.chain, entry.seq, f"it saw an older {name} than before")
                    latest[name] = max(seq, latest.get(name, 0))
                    self.anchors.witness(entry, name, seq)

    def _missing_head(self, witness: Entry, name: str, head: str) -> None:
        seen_by = f"{witness.chain} saw in its entry {witness.seq}"
        if name not in self.chains:
            self._problem(name, None, f"the chain is missing, which {seen_by}")
        else:
            length = len(self.chains[name].entries)
            why = f"entries were cut or replaced: the entry {head[:12]} is gone, which {seen_by}"
            self._problem(name, length, why)

    def _checkpointed_chains(self) -> list[str]:
        folder = self.directory / "checkpoints"
        present = {place.name for place in folder.iterdir()} if folder.is_dir() else set()
        for name in sorted(present - set(self.chains)):
            if checkpoints.files(self.directory, name) or checkpoints.strays(self.directory, name):
                self._problem(name, None, "the chain is missing, its checkpoints are there")
        return sorted(present & set(self.chains))

    def _check_checkpoints(self, name: str) -> None:
        content = self.contents[name]
        for stray in checkpoints.strays(self.directory, name):
            self._problem(name, None, f"the checkpoint {stray!r} is named by no number of entries")
        hashed, lines, state = 0, 0, hashlib.sha256()
        for file in checkpoints.files(self.directory, name):
            self.checkpoints += 1
            try:
                said = checkpoints.parse_checkpoint(read_regular(file).decode("ascii"))
            except (ValueError, OSError) as error:
                self._problem(name, None, f"the checkpoint {file.name} is damaged: {error}")
                continue
            if said.chain != name or f"{said.entries}.cp" != file.name:
                self._problem(name, None, f"the checkpoint {file.name} belongs elsewhere")
                continue
            key = self._checkpoint_key(name, file, said)
            if said.size < hashed:
                self._problem(name, None, f"the checkpoint {file.name} is shorter than the last")
                continue
            state.update(content[hashed : said.size])
            lines += content.count(b"\n", hashed, said.size)
            hashed = said.size
            if (why := checkpoints.misfit(said, content, state.hexdigest(), lines)) is not None:
                there = len(self.chains[name].entries) or content.count(b"\n")
                self._problem(name, min(said.entries, there), why)
            elif key and not self._refusal_now(name, key, CHECKPOINT):
                self.anchors.cover(name, said.entries)

    def _checkpoint_key(self, name: str, file: Path, said: checkpoints.Checkpoint) -> bytes | None:
        """Return the key of a good signature by the chain's writer."""
        try:
            armored = read_regular(checkpoints.signature_of(file)).decode("ascii")
            signature = self.memory.checkpoints.get((said.text, armored))
            signature = signature or prove(said.text.encode("ascii"), armored, CHECKPOINT)
        except (OSError, UnicodeDecodeError):
            self._problem(name, None, f"the checkpoint {file.name} has no readable signature")
            return None
        except BadSignatureError as error:
            self._problem(name, None, f"the checkpoint {file.name}: {error}")
            return None
        if not self.signers.may_ever(actor_of(name) or "", signature.key, CHECKPOINT):
            self._problem(name, None, f"the checkpoint {file.name} is signed by a stranger")
            return None
        self.memory.checkpoints[said.text, armored] = signature
        return signature.key

    def _refusal_now(self, name: str, key: bytes, namespace: str) -> str:
        return self._hold(actor_of(name) or "", key).refusal(namespace, self.now)

    def _hold(self, principal: str, key: bytes) -> Hold:
        found = self.holds.get((principal, key))
        if found is None:
            found = self.holds[principal, key] = self.signers.hold(principal, key)
        return found

    def _check_times(self) -> None:
        """Refuse entries of an expired key that nobody vouches for: they may be back-dated."""
        expired: list[tuple[Entry, str]] = []
        for checked in self.chains.values():
            for entry in checked.entries:
                signature = self.signatures.get(entry.hash)
                if signature is None:
                    continue
                refusal = self._refusal_now(entry.chain, signature.key, EVIDENCE)
                if refusal:
                    expired.append((entry, refusal))
                else:
                    self.anchors.cover(entry.chain, entry.seq + 1)
        covered = covered_lengths(self.anchors)
        for entry, refusal in expired:
            if entry.seq >= covered.get(entry.chain, 0):
                why = f"{refusal} since, and nothing signed later covers the entry"
                self._doubt(entry, why, is_late=False)

    def _check_objects(self) -> None:
        good, changed = Objects(self.directory).examined()
        for name in changed:
            self._problem("objects", None, f"the evidence {name} was changed")
        for checked in self.chains.values():
            for entry in checked.entries:
                if "objects" not in entry.data:
                    continue
                named = entry.data["objects"]
                for digest in map(str, named if isinstance(named, list) else [named]):
                    if digest not in good:
                        why = f"its evidence {digest} is missing or changed"
                        self._problem(entry.chain, entry.seq, why)


def _place(problem: LedgerProblem) -> tuple[str, int]:
    return problem.chain, -1 if problem.entry is None else problem.entry
