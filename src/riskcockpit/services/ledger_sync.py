"""`ledger sync`: chains travel through git, both ways, without anything being rewritten.

What comes is put to ours in a place apart and verified there as a whole, with the keys that are
known here. Only then is it taken, only then is anything sent. Who may sign is never taken from a
remote: a change of it counts when entries sign it that verify by what is known here already.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from riskcockpit.config.paths import make_private
from riskcockpit.decisions.policy import FILES, SIGNERS, PolicyBook
from riskcockpit.errors import BusyError, InputError, LedgerError
from riskcockpit.ledger.armor import fingerprint
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.examination import Examination
from riskcockpit.ledger.gitremote import Blob, GitRemote
from riskcockpit.ledger.lock import held
from riskcockpit.ledger.objects import Objects, write_durably
from riskcockpit.ledger.signers import parse_signers
from riskcockpit.ledger.union import Kind, Known, Union, chain_of, kind_of, known_of, lost, unite
from riskcockpit.ledger.verify import examine
from riskcockpit.services import sync_advice as advice
from riskcockpit.services.context import Context
from riskcockpit.services.following import catch_up
from riskcockpit.services.ledger_files import staged, take, travelling
from riskcockpit.services.ledger_pulse import REMOTES
from riskcockpit.services.policy_state import put_back, write_policy
from riskcockpit.services.record import examined, policy_book, weighed
from riskcockpit.services.remembered import SEEN, clocks_ahead
from riskcockpit.views.governance import LedgerProblem
from riskcockpit.views.ledgersync import ChainMove, LedgerSync

ATTEMPTS = 100
_PAUSE_SECONDS = 0.01
_MIN_DIGEST = 12


@dataclass(frozen=True, slots=True)
class _Judged:
    """Ours and theirs together, verified."""

    problems: tuple[LedgerProblem, ...]
    contents: Mapping[str, bytes]
    """File of the policy → the content in force, where that is not what lies here."""


class _Session:
    """One remote, and what this home knows of it."""

    def __init__(self, ctx: Context, url: str, branch: str, accept: str) -> None:
        self.ctx = ctx
        self.directory = ctx.paths.ledger
        self.accept = accept
        key = hashlib.sha256(f"{url}\n{branch}".encode()).hexdigest()[:16]
        self.place = ctx.paths.state / REMOTES / key
        self.remote = GitRemote(self.place / "git", url, branch)
        self.notes: list[str] = []
        self.policy: list[str] = []
        self.moves: dict[str, ChainMove] = {}

    def run(self) -> LedgerSync:
        """Pull, verify, take, push; again when somebody else pushed meanwhile."""
        make_private(self.place)
        self.proven = examined(self.ctx).proven
        with held(self.place / "lock", f"the sync with {self.remote.url}"):
            for attempt in range(1, ATTEMPTS + 1):
                refusal = self._pull()
                if refusal is not None:
                    return replace(refusal, attempts=attempt)
                if self._push():
                    return self._report(attempt)
                time.sleep(_PAUSE_SECONDS * secrets.randbelow(8))  # who waits longer loses again
        raise BusyError(
            f"others pushed to {self.remote.url} {ATTEMPTS} times meanwhile", hint="try again"
        )

    def _pull(self) -> LedgerSync | None:
        """Take what the remote has; return why not, or None."""
        self.there = self.remote.files() if self.remote.fetch() else {}
        ours = travelling(self.directory)
        theirs = self._read(ours)
        if gone := lost(self._known(), theirs):
            return self._refused(gone, advice.LOST.format(place=self.directory))
        union = unite(ours, {k: v for k, v in theirs.items() if k not in FILES})
        if union.problems:
            return self._refused(union.problems, advice.PARTED)
        self.torn = union.torn
        self.notes = [
            advice.TORN.format(n=n, chain=chain_of(path)) for path, n in union.torn.items()
        ]
        if union.strange:
            self.notes.append(f"{len(union.strange)} files there are none of a ledger")
        merged = {**ours, **union.files}
        for path, tail in union.chains.items():
            merged[path] = ours.get(path, b"") + tail
        return self._take(ours, theirs, union, merged)

    def _take(
        self,
        ours: Mapping[str, bytes],
        theirs: Mapping[str, bytes],
        union: Union,
        merged: Mapping[str, bytes],
    ) -> LedgerSync | None:
        accepted = self._accepted(theirs)
        if union.chains or union.files or accepted:
            judged = self._judge(ours, merged, accepted)
            if judged.problems:
                return self._strangers(judged.problems, ours, theirs)
            for name, content in accepted.items():  # before what rests on it: a retry begins anew
                self._write_policy(name, content, is_accepted=True)
            tails = {path: (len(ours.get(path, b"")), t) for path, t in union.chains.items()}
            take(self.directory, union.files, tails)
            for path, tail in union.chains.items():
                self._moved(chain_of(path), pulled=tail.count(b"\n"))
            for name, content in judged.contents.items():
                self._write_policy(name, content, is_accepted=False)
        book = policy_book(self.directory, examined(self.ctx).entries)
        self.policy += put_back(self.directory, book)
        if not book.digests:
            self.notes.append(advice.UNSIGNED_HERE)
        self.merged = travelling(self.directory)
        return None

    def _write_policy(self, name: str, content: bytes, *, is_accepted: bool) -> None:
        write_policy(self.directory, name, content)
        self.policy.append(_came(name, content, is_accepted=is_accepted))

    def _read(self, ours: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return the remote's files; what is the same here is not read again."""
        wanted: dict[str, Blob] = {}
        found: dict[str, bytes] = {}
        for path, blob in self.there.items():
            if kind_of(path) is None and path not in FILES:
                found[path] = b""
            elif (mine := ours.get(path)) is not None and blob.is_of(mine):
                found[path] = mine
            else:
                wanted[path] = blob
        return found | self.remote.read(wanted)

    def _judge(
        self, ours: Mapping[str, bytes], merged: Mapping[str, bytes], accepted: Mapping[str, bytes]
    ) -> _Judged:
        """Verify everything together; changes of the policy count as far as known keys sign."""
        policy = {**self._policy_here(), **accepted}
        with staged(self.ctx.paths.state, merged, policy) as place:
            found = self._examine(place)
            book = policy_book(place, _sound(found))
            contents = self._in_force(place, book, policy)
        if contents:
            found = self._examined(merged, {**policy, **contents})
        problems = found.report.problems
        if problems and not accepted:  # what is wrong here already stops nothing
            known = self._examined(ours, policy).report.problems
            problems = tuple(problem for problem in problems if problem not in known)
        return _Judged(problems, contents)

    def _examined(self, files: Mapping[str, bytes], policy: Mapping[str, bytes]) -> Examination:
        with staged(self.ctx.paths.state, files, policy) as place:
            return self._examine(place)

    def _examine(self, place: Path) -> Examination:
        ahead = clocks_ahead(self.ctx)
        return weighed(place, examine(place, self.ctx.clock.now(), self.proven, ahead))

    def _policy_here(self) -> dict[str, bytes]:
        found = {}
        for name in FILES:
            file = self.directory / name
            if file.is_file():
                found[name] = file.read_bytes()
        return found

    def _in_force(
        self, place: Path, book: PolicyBook, here: Mapping[str, bytes]
    ) -> dict[str, bytes]:
        """Return the versions that came into force, in place of files that nobody edited."""
        before = policy_book(self.directory, examined(self.ctx).entries)
        found = {}
        for name, digest in book.digests.items():
            mine = hashlib.sha256(here.get(name, b"")).hexdigest()
            was = before.digests.get(name, "")
            if digest in (mine, was) or (was and mine != was):
                continue
            found[name] = Objects(place).get(digest)
        return found

    def _accepted(self, theirs: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return the remote's policy when this home has none and somebody compared it.

        Raises:
            InputError: the digest is another, or this home has a policy of its own.
        """
        if not self.accept:
            return {}
        offered = {name: theirs[name] for name in FILES if name in theirs}
        if len(self.accept) < _MIN_DIGEST or not _digest(offered).startswith(self.accept):
            raise InputError(
                f"the remote's policy is {_digest(offered)[:_MIN_DIGEST]}, not {self.accept}",
                hint="compare the keys again: `riskcockpit ledger sync` lists them",
            )
        signed = policy_book(self.directory, examined(self.ctx).entries).digests
        here = self._policy_here()
        is_half = all(name in here or name in offered for name in signed) and all(
            _sha256(content) == signed.get(name, "") for name, content in offered.items()
        )  # what an earlier attempt took, and could not finish
        if signed and not (is_half and set(offered) - set(here)):
            raise InputError(
                "this home has a signed policy: it is changed by signed entries only",
                hint="`riskcockpit keys add`, approved by a second person",
            )
        return offered

    def _push(self) -> bool:
        """Send what the remote lacks; False when somebody else was quicker."""
        outgoing = {
            path: content
            for path, content in {**self.merged, **self._policy_out()}.items()
            if path not in self.there or not self._is_there(path, content)
        }
        if not outgoing:
            self._remember()
            return True
        who = self.ctx.settings.identity.principal or "riskcockpit"
        self.remote.commit(outgoing, "ledger", who, on=bool(self.there))
        if not self.remote.push():
            return False
        for path, content in outgoing.items():
            if kind_of(path) is Kind.CHAIN:
                size = self.there[path].size if path in self.there else 0
                size -= self.torn.get(path, 0)
                if pushed := content[size:].count(b"\n"):
                    self._moved(chain_of(path), pushed=pushed)
        self._remember()
        return True

    def _is_there(self, path: str, content: bytes) -> bool:
        """Whether the remote has a file; of those that are no chains any version will do."""
        is_fixed = kind_of(path) in (Kind.CHECKPOINT, Kind.OBJECT)
        return is_fixed or self.there[path].is_of(content)

    def _policy_out(self) -> dict[str, bytes]:
        """Return the versions in force: for whoever joins, to compare before they accept them."""
        found = {}
        objects = Objects(self.directory)
        book = policy_book(self.directory, examined(self.ctx).entries)
        for name, digest in book.digests.items():
            found[name] = objects.get(digest)
        return found

    def _known(self) -> dict[str, Known]:
        try:
            raw = (self.place / SEEN).read_bytes()
            return msgspec.json.decode(raw, type=dict[str, Known])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            raise LedgerError(
                f"what was seen of {self.remote.url} cannot be read: {error}",
                hint=f"move {self.place} away if you know why",
            ) from error

    def _remember(self) -> None:
        part = self.place / f".seen.{secrets.token_hex(4)}"
        write_durably(part, msgspec.json.encode(known_of(self.merged)))
        part.replace(self.place / SEEN)

    def _moved(self, chain: str, *, pulled: int = 0, pushed: int = 0) -> None:
        before = self.moves.get(chain, ChainMove(chain, 0, 0))
        self.moves[chain] = ChainMove(chain, before.pulled + pulled, before.pushed + pushed)

    def _report(self, attempts: int) -> LedgerSync:
        moves = tuple(self.moves[name] for name in sorted(self.moves))
        return LedgerSync(
            self.remote.url, self.remote.branch, moves, attempts, tuple(self.policy),
            tuple(self.notes),
        )  # fmt: skip

    def _refused(self, problems: Iterable[LedgerProblem], hint: str) -> LedgerSync:
        return LedgerSync(
            self.remote.url, self.remote.branch, (), 0, (), (), tuple(problems), hint=hint
        )

    def _strangers(
        self,
        problems: tuple[LedgerProblem, ...],
        ours: Mapping[str, bytes],
        theirs: Mapping[str, bytes],
    ) -> LedgerSync:
        """Refuse what does not verify, and say which keys the remote claims for whom."""
        refused = self._refused(problems, "")
        here = set(_keys(self._policy_here().get(SIGNERS, b"")))
        offered = [key for key in _keys(theirs.get(SIGNERS, b"")) if key not in here]
        if not offered:
            are_new = not {p.chain for p in problems} & set(map(chain_of, ours))
            is_unsigned = are_new and not any(name in theirs for name in FILES)
            return replace(refused, hint=advice.UNSIGNED_THERE if is_unsigned else advice.BROKEN)
        digest = _digest({name: theirs[name] for name in FILES if name in theirs})
        return replace(refused, offered=tuple(offered), accept=digest[:16], hint=advice.STRANGE)


def sync_ledger(ctx: Context, remote: str = "", *, accept: str = "") -> LedgerSync:
    """Pull and push the ledger through a git remote, that of the settings by default.

    What came is published.

    `accept` is the digest of a remote's policy, for a home that has none of its own.

    Raises:
        InputError: there is no remote, or its name could run a program.
        UnavailableError: it does not answer. BusyError: others pushed all the time.
        AuthenticationError: it refuses our key, or its own is another. SourceError: no repository.
        LedgerError: something cannot be read or written.
    """
    settings = ctx.settings.ledger
    url = remote or settings.remote
    if not url:
        raise InputError("no remote is set", hint="give one, or set ledger.remote in the settings")
    place = (_expanded(url), settings.branch)
    done = _Session(ctx, *place, accept.strip().lower()).run()
    if not done.is_ok:
        return done
    said = catch_up(ctx, ctx.store.generation())
    if said:  # what was published is signed, and travels with what it came of
        done = _with(done, _Session(ctx, *place, "").run())
    return replace(done, notes=(*done.notes, *said))


def _with(done: LedgerSync, more: LedgerSync) -> LedgerSync:
    """Return what two syncs with one remote came to."""
    moved = {each.chain: each for each in done.chains}
    for each in more.chains:
        before = moved.get(each.chain, ChainMove(each.chain, 0, 0))
        moved[each.chain] = ChainMove(
            each.chain, before.pulled + each.pulled, before.pushed + each.pushed
        )
    return replace(
        more,
        attempts=done.attempts + more.attempts,
        chains=tuple(moved[name] for name in sorted(moved)),
        policy=(*done.policy, *more.policy),
        notes=(*done.notes, *more.notes),
    )


def _expanded(url: str) -> str:
    return str(Path(url).expanduser()) if url.startswith("~") else url


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest(files: Mapping[str, bytes]) -> str:
    parts = (f"{name} {hashlib.sha256(files[name]).hexdigest()}\n" for name in sorted(files))
    return hashlib.sha256("".join(parts).encode("ascii")).hexdigest()


def _keys(content: bytes) -> list[str]:
    found = parse_signers(content.decode("utf-8", "replace"))
    return sorted(
        f"{principal} {fingerprint(line.key)}"
        for line in found.keys
        for principal in line.principals
    )


def _came(name: str, content: bytes, *, is_accepted: bool) -> str:
    digest = hashlib.sha256(content).hexdigest()[:12]
    how = "accepted by you" if is_accepted else "signed by who may"
    return f"{name} is version {digest} now, {how}"


def _sound(found: Examination) -> list[Entry]:
    """Return the entries of chains in which nothing is wrong."""
    doubtful = {problem.chain for problem in found.report.problems}
    return [entry for entry in found.entries if entry.chain not in doubtful]
