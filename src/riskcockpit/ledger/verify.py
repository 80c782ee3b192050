"""Verification of a whole ledger: every byte, link, signature, checkpoint, witness and object.

It reports everything that is wrong, never only the first fault. Any doubt counts against the
record. A missing or empty ledger is fine: it has no entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from riskcockpit.ledger.armor import CHECKPOINT, EVIDENCE, Signature, read_signature
from riskcockpit.ledger.attesting import Attesting, by_place, read_chains
from riskcockpit.ledger.bodies import fault_of
from riskcockpit.ledger.chain import Checked, Entry, actor_of, check_chain
from riskcockpit.ledger.coverage import Anchors, covered_lengths
from riskcockpit.ledger.damage import Damage, damage_of, taking_away
from riskcockpit.ledger.examination import Doubt, Examination, Proven
from riskcockpit.ledger.memory import Known, Memory
from riskcockpit.ledger.objects import Objects, named_by
from riskcockpit.ledger.order import CLOCKS_DIFFER
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
        self.bad: dict[str, list[Entry]] = {}
        """Chain → entries that parse and are not signed by whom they say."""
        self.strange_keys: dict[str, set[str]] = {}
        self.sound: dict[str, tuple[Entry, ...]] = {}
        """Chain → its entries up to the first that is not good."""
        self.still: list[Entry] = []
        """Entries behind damage that still count, for they take something away."""
        self.damage: dict[str, Damage] = {}
        self.odd: dict[str, dict[int, str]] = {}
        """Chain → number of an entry → why its data is not what its type holds."""
        self.holds: dict[tuple[str, bytes], Hold] = {}
        self.anchors = Anchors()
        self.attesting = Attesting(directory, self.signers, self.memory, self._problem)

    def run(self) -> Examination:
        self._read()
        for checked in self.chains.values():
            self._check_entries(checked)
        self._check_objects()
        self._confine()
        self._check_doubles()
        self._check_witnesses()
        self._check_checkpoints()
        self._check_times()
        entries = [entry for sound in self.sound.values() for entry in sound]
        report = VerifyReport(
            chains=len(self.chains),
            entries=sum(len(checked.entries) for checked in self.chains.values()),
            checkpoints=self.attesting.count,
            problems=tuple(sorted(self.problems, key=by_place)),
            notices=tuple(sorted(self.notices, key=by_place)),
            heads=tuple(
                (name, sound[-1].hash) for name, sound in sorted(self.sound.items()) if sound
            ),
        )
        entries += self.still
        entries.sort(key=lambda entry: (entry.ts, entry.chain, entry.seq))
        return Examination(
            report,
            tuple(entries),
            self._remember(),
            tuple(self.doubts),
            frozenset(self.kept),
            damage=tuple(self.damage.values()),
            behind=tuple(e for name in self.damage for e in self._behind(name)),
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
        for why in self.signers.faults:
            self._problem(FILE_NAME, None, why)
        self.contents = read_chains(self.directory, self._problem)
        for name, content in self.contents.items():
            known = self.memory.of(name, content)
            if known is not None:
                self.known[name] = known
            before = known.checked if known else None
            checked = self.chains[name] = check_chain(name, content, before)
            for fault in checked.faults:
                self._problem(name, fault.seq, fault.why)

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
                self._bad(entry, str(error))
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
                self._bad(entry, refusal)
                self.strange_keys.setdefault(entry.chain, set()).add(entry.key_fp)
            return
        if entry.ts > self.latest:
            self._future(entry)
        if why := self.odd[entry.chain].get(entry.seq):
            self._notice(entry, f"its data is not what {entry.type.value} holds: {why}")
        self.signatures[entry.hash] = signature

    def _bad(self, entry: Entry, why: str) -> None:
        self._problem(entry.chain, entry.seq, why)
        self.bad.setdefault(entry.chain, []).append(entry)

    def _confine(self) -> None:
        """Part each chain into what is good and what stands behind its first fault."""
        for name, checked in self.chains.items():
            bad = self.bad.get(name, [])
            found = damage_of(checked, self.contents[name], bad)
            self.sound[name] = (
                checked.entries if found is None else checked.entries[: found.entries]
            )
            if found is None:
                continue
            good = set(map(id, self.sound[name]))
            apart = [each for each in self.doubts if each.entry.chain == name]
            ours = {id(each.problem) for each in apart if id(each.entry) in good}
            self.doubts = [d for d in self.doubts if d not in apart or id(d.problem) in ours]
            self.damage[name] = replace(
                found,
                strange_keys=frozenset(self.strange_keys.get(name, ())),
                problems=tuple(p for p in self.problems if p.chain == name and id(p) not in ours),
            )
            doubtful = set(map(id, (*bad, *(each.entry for each in apart))))
            signed = (e for e in self._behind(name) if id(e) not in doubtful)
            self.still += taking_away(signed, self.sound[name], self.now)

    def _behind(self, name: str) -> tuple[Entry, ...]:
        return self.chains[name].entries[len(self.sound[name]) :]

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
        found: dict[str, Proven] = {}
        for name, content in self.contents.items():
            known = self.known.get(name)
            if name in doubtful:
                found |= self._remember_good(name)
                continue
            if known is None or len(known.content) < len(content):
                checked = self.chains[name]
                signatures = tuple(self.signatures[entry.hash] for entry in checked.entries)
                known = Known(content, checked, signatures, self.odd[name], Proven.of(content))
                self.memory.keep(name, known)
            found[name] = known.proven
        return found

    def _remember_good(self, name: str) -> dict[str, Proven]:
        """Return how far a damaged chain is proven, unless it was so further than that before."""
        damage, before = self.damage.get(name), self.proven.get(name)
        if damage is None or not damage.size or (before and before.size >= damage.size):
            return {}
        return {name: Proven.of(self.contents[name][: damage.size])}

    def _check_doubles(self) -> None:
        first = {entry.hash: entry for sound in self.sound.values() for entry in sound}
        for name in self.damage:
            for entry in self._behind(name):
                other = first.setdefault(entry.hash, entry)
                if other is not entry:
                    why = f"the same entry stands in {other.chain} as entry {other.seq}"
                    self._spoil(LedgerProblem(name, entry.seq, why))

    def _spoil(self, problem: LedgerProblem) -> None:
        damage = self.damage[problem.chain]
        self.problems.append(problem)
        self.damage[damage.chain] = replace(damage, problems=(*damage.problems, problem))

    def _check_witnesses(self) -> None:
        places = {
            (name, e.hash): (e, n < len(self.sound[name]))
            for name, checked in self.chains.items()
            for n, e in reversed(tuple(enumerate(checked.entries)))
        }
        for sound in self.sound.values():
            latest: dict[str, int] = {}
            for entry in sound:
                for name, head in entry.seen.items():
                    found, is_good = places.get((name, head), (None, False))
                    if found is None:
                        self._missing_head(entry, name, head)
                    elif not is_good:
                        self._seen_behind(entry, name)
                    else:
                        self._witness(entry, found, latest)

    def _witness(self, entry: Entry, found: Entry, latest: dict[str, int]) -> None:
        name, seq = found.chain, found.seq
        if entry.ts < found.ts - CLOCKS_DIFFER:
            behind = f"its clock was behind that of {name}"
            self._notice(entry, f"{behind}, whose entry {seq} it had seen")
        if seq < latest.get(name, 0):
            self._problem(entry.chain, entry.seq, f"it saw an older {name} than before")
        latest[name] = max(seq, latest.get(name, 0))
        self.anchors.witness(entry, name, seq)

    def _seen_behind(self, witness: Entry, name: str) -> None:
        """Note that somebody else saw an entry behind the damage: nobody does while it is there."""
        if witness.actor != actor_of(name):
            place = f"{witness.chain}:{witness.seq}"
            damage = self.damage[name]
            self.damage[name] = replace(damage, seen_by=(*damage.seen_by, place))

    def _missing_head(self, witness: Entry, name: str, head: str) -> None:
        seen_by = f"{witness.chain} saw in its entry {witness.seq}"
        if name not in self.chains:
            problem = LedgerProblem(name, None, f"the chain is missing, which {seen_by}")
        else:
            why = f"entries were cut or replaced: the entry {head[:12]} is gone, which {seen_by}"
            problem = LedgerProblem(name, len(self.chains[name].entries), why)
        self.problems.append(problem)
        self.doubts.append(Doubt(witness, problem, is_late=False, accused=name))

    def _check_checkpoints(self) -> None:
        for name in self.attesting.chains(set(self.chains)):
            entries = len(self.chains[name].entries)
            for key, covered in self.attesting.check(name, self.contents[name], entries):
                if not self._refusal_now(name, key, CHECKPOINT):
                    self.anchors.cover(name, covered)

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
        for sound in self.sound.values():
            for entry in sound:
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
                for digest in named_by(entry.data):
                    if digest not in good:
                        self._bad(entry, f"its evidence {digest} is missing or changed")
