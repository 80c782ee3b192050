"""Who is the same although the key changed: moved, renamed, bumped, differently named. Pure.

Works on what the exact pass left over, on both sides. Every pass is one-to-one and earlier passes
win. Weak evidence counts only where no stronger evidence speaks against it. What stays ambiguous
is a new finding, with a hint.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from riskcockpit.domain.finding import FindingClass
from riskcockpit.ingest.fingerprints import NONE, Fingerprint
from riskcockpit.ingest.identity import evidence, squeezed

MAX_PAIRS = 40_000
"""Beyond so many pairs in one bucket nothing but exact keys is compared."""
NEAR_LINES = 3
"""How far an edited line may lie from where it was."""
TELLING_SNIPPET = 16
"""A snippet needs so many characters before it can show that a file was renamed."""


class How(StrEnum):
    """How a result was recognised; kept with the match and told by `findings why`."""

    EXACT = "exact"
    ALIAS = "alias"
    SNIPPET = "snippet"
    PLACE = "place"
    FORM = "form"
    """By its place in another form of the same report, as the tool's own JSON is to its SARIF."""
    RENAMED = "renamed"
    EDITED = "edited"
    PACKAGE = "package"


@dataclass(slots=True)
class Trace:
    """What can be recognised of a finding, seen or stored.

    Nobody changes one; it is not frozen because that triples the cost of making it.
    """

    finding_class: FindingClass
    asset: str
    rule: str
    path: str = ""
    line: int | None = None
    column: int | None = None
    title: str = ""
    snippet: str = ""
    fingerprint: Fingerprint = NONE
    vulnerability: str = ""
    package: tuple[str, str] = ("", "")
    """(type, namespace and name)."""

    @property
    def is_placed(self) -> bool:
        """Whether it is known by its place: by rule, path and evidence."""
        if self.finding_class is FindingClass.DEPENDENCY:
            return not self.package[1]
        return self.finding_class in (FindingClass.CODE, FindingClass.SECRET)

    @property
    def order(self) -> tuple[str, str, int, int, str, Fingerprint, str]:
        """A total order that does not depend on the order of a report."""
        return (
            self.rule,
            self.path,
            self.line or 0,
            self.column or 0,
            self.title,
            self.fingerprint,
            self.snippet,
        )


@dataclass(frozen=True, slots=True)
class Match:
    """A seen result and the stored finding it is, by their indices."""

    seen: int
    known: int
    how: How


@dataclass(slots=True)
class Leftovers:
    """Both sides of what is still unmatched."""

    seen: Sequence[Trace]
    known: Sequence[Trace]
    rule_names: Mapping[str, str] = field(default_factory=dict)
    """New rule → its former name."""
    own: int = 0
    """How many of `known` are of the scan's own scope; the rest is of other forms of it."""
    open_seen: set[int] = field(default_factory=set)
    open_known: set[int] = field(default_factory=set)
    open_forms: set[int] = field(default_factory=set)
    """Indices of `known` beyond `own`: compared by place only."""
    places: dict[Hashable, tuple[list[int], list[int]]] = field(default_factory=dict)
    """Rule and file → (seen, known) indices, of those that both sides have."""
    matches: list[Match] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open_seen = set(range(len(self.seen)))
        self.open_known = set(range(self.own))
        self.open_forms = set(range(self.own, len(self.known)))
        found: dict[Hashable, tuple[list[int], list[int]]] = {}
        for index, trace in enumerate(self.seen):
            if (place := self._place(trace)) is not None:
                found.setdefault(place, ([], []))[0].append(index)
        for index, trace in enumerate(self.known):
            if (pair := found.get(self._place(trace))) is not None:
                pair[1].append(index)
        self.places = {place: pair for place, pair in found.items() if pair[1]}

    def take(self, seen: int, known: int, how: How) -> None:
        """Record a match; both sides are gone from later passes."""
        self.open_seen.remove(seen)
        (self.open_known if known < self.own else self.open_forms).remove(known)
        self.matches.append(Match(seen, known, how))

    def rule(self, trace: Trace) -> str:
        """Return the oldest name of the rule, so that a renamed rule is the same rule."""
        return self.rule_names.get(trace.rule, trace.rule)

    def buckets(self, key: Callable[[Trace], Hashable | None]) -> list[tuple[list[int], list[int]]]:
        """Return (seen, known) indices with equal keys, where both sides have some, in order."""
        return self._in_order(self._alike(self.open_seen, self.open_known, key))

    def in_place(
        self, key: Callable[[Trace], Hashable | None] = lambda _: True, *, is_form: bool = False
    ) -> list[tuple[list[int], list[int]]]:
        """Return the same of one rule in one file; `key` tells apart what is there.

        With `is_form`, what is known is that of the other forms and no other.
        """
        candidates = self.open_forms if is_form else self.open_known
        found: list[tuple[list[int], list[int]]] = []
        for seen, known in self.places.values():
            ours, theirs = self.open_seen.intersection(seen), candidates.intersection(known)
            if ours and theirs:
                found += self._alike(ours, theirs, key)
        return self._in_order(found)

    def _alike(
        self, ours: Iterable[int], theirs: Iterable[int], key: Callable[[Trace], Hashable | None]
    ) -> list[tuple[list[int], list[int]]]:
        found: dict[Hashable, tuple[list[int], list[int]]] = {}
        for index in ours:
            if (value := key(self.seen[index])) is not None:
                found.setdefault(value, ([], []))[0].append(index)
        for index in theirs:
            value = key(self.known[index])
            if value is not None and (pair := found.get(value)) is not None:
                pair[1].append(index)
        return [pair for pair in found.values() if pair[1]]

    def _in_order(
        self, found: Iterable[tuple[list[int], list[int]]]
    ) -> list[tuple[list[int], list[int]]]:
        pairs = [(_ordered(self.seen, seen), _ordered(self.known, known)) for seen, known in found]
        return sorted(pairs, key=lambda pair: (self.seen[pair[0][0]].order, pair[0][0]))

    def _place(self, trace: Trace) -> Hashable | None:
        """Return where it is; not of what class, which may differ between forms of a report."""
        return (trace.asset, self.rule(trace), trace.path) if trace.is_placed else None


def _ordered(traces: Sequence[Trace], indices: Iterable[int]) -> list[int]:
    return sorted(indices, key=lambda index: (traces[index].order, index))


def match(
    seen: Sequence[Trace],
    known: Sequence[Trace],
    *,
    shared: frozenset[str] = frozenset(),
    rule_names: Mapping[str, str] | None = None,
    forms: Sequence[Trace] = (),
) -> tuple[list[Match], dict[int, int]]:
    """Return the matches, and for results without one the stored finding they may be.

    `shared` is evidence that several places of the run carry: it never shows a rename. `forms`
    is what other forms of the same report show; their indices follow those of `known`.
    """
    left = Leftovers(seen, (*known, *forms), rule_names or {}, len(known))
    _same_line_of_a_form(left)
    _same_evidence(left)
    _same_snippet(left)
    _same_place(left)
    _other_path(left, shared)
    _edited(left)
    _other_manifest(left)
    _same_place(left, is_form=True)
    return left.matches, _hints(left)


def _same_evidence(left: Leftovers) -> None:
    """Rule (under any name), path and evidence are equal: repeats pair up in their order."""

    def key(trace: Trace) -> Hashable | None:
        return evidence(trace.fingerprint, trace.snippet)

    for seen, known in left.in_place(key):
        for one, other in zip(seen, known, strict=False):
            left.take(one, other, How.ALIAS)


def _same_snippet(left: Leftovers) -> None:
    """Rule, path and code are equal; a fingerprint that differs counts only among repeats."""

    def key(trace: Trace) -> Hashable | None:
        return squeezed(trace.snippet) or None

    for seen, known in left.in_place(key):
        is_alone = len(seen) == 1 and len(known) == 1
        for one, other in zip(seen, known, strict=False):
            if is_alone or not _contradict(left.seen[one], left.known[other], snippets_too=False):
                left.take(one, other, How.SNIPPET)


def _same_line_of_a_form(left: Leftovers) -> None:
    """Another form of the report has one thing on the very line; each quotes code in its own way.

    A tool that does not know the line says so in one form and says 1 in another.
    """
    for (one, *more), (other, *others) in left.in_place(lambda at: at.line or 1, is_form=True):
        contradicts = _contradict(left.seen[one], left.known[other], snippets_too=False)
        if not (more or others or contradicts):
            left.take(one, other, How.FORM)


def _same_place(left: Leftovers, *, is_form: bool = False) -> None:
    """Rule and path are equal and neither side can contradict: order, else nearest line."""
    how = How.FORM if is_form else How.PLACE
    for seen, known in left.in_place(is_form=is_form):
        if len(seen) * len(known) > MAX_PAIRS:
            continue
        pairs = [
            (one, other)
            for one in seen
            for other in known
            if not _contradict(left.seen[one], left.known[other], snippets_too=True)
        ]
        if len(seen) == len(known) and len(pairs) == len(seen) * len(known):
            pairs = list(zip(seen, known, strict=True))
        _take_nearest(left, pairs, how)


def _other_path(left: Leftovers, shared: frozenset[str]) -> None:
    def key(trace: Trace) -> Hashable | None:
        what = evidence(trace.fingerprint, trace.snippet)
        if not trace.is_placed or not what or what in shared:
            return None
        if what.startswith("s:") and len(what) < TELLING_SNIPPET + 2:
            return None
        return trace.finding_class, trace.asset, left.rule(trace), what

    for seen, known in left.buckets(key):
        if len(seen) == 1 and len(known) == 1:
            left.take(seen[0], known[0], How.RENAMED)


def _edited(left: Leftovers) -> None:
    """A tool without fingerprints, and the flagged line itself was edited."""
    for seen, known in left.in_place():
        if len(seen) * len(known) > MAX_PAIRS:
            continue
        pairs = [
            (one, other)
            for one in seen
            for other in known
            if left.seen[one].fingerprint == left.known[other].fingerprint == NONE
            and _distance(left.seen[one], left.known[other]) <= NEAR_LINES
        ]
        _take_nearest(left, pairs, How.EDITED)


def _other_manifest(left: Leftovers) -> None:
    def key(trace: Trace) -> Hashable | None:
        if trace.finding_class is not FindingClass.DEPENDENCY or not trace.package[1]:
            return None
        return trace.asset, trace.vulnerability or trace.rule, trace.package

    for seen, known in left.buckets(key):
        if len(seen) == 1 and len(known) == 1:
            left.take(seen[0], known[0], How.PACKAGE)


def _hints(left: Leftovers) -> dict[int, int]:
    """Return, for each new result, the stored finding it is likest to, of the same rule.

    In the order of weight: in the same file; with the same evidence, too short or too common to
    show a rename; in a file of the same name.
    """

    def of_evidence(trace: Trace) -> Hashable | None:
        what = evidence(trace.fingerprint, trace.snippet)
        return (trace.asset, left.rule(trace), what) if trace.is_placed and what else None

    def of_name(trace: Trace) -> Hashable | None:
        name = trace.path.rpartition("/")[2]
        return (trace.asset, left.rule(trace), name) if trace.is_placed and name else None

    hints: dict[int, int] = {}
    for pairs in (
        left.in_place(),
        left.in_place(is_form=True),
        left.buckets(of_evidence),
        left.buckets(of_name),
    ):
        for seen, known in pairs:
            for one in seen:
                hints.setdefault(one, known[0])
    return hints


def _contradict(one: Trace, other: Trace, *, snippets_too: bool) -> bool:
    """Whether both sides have evidence of the same kind. It differs, or they would be matched."""
    if one.fingerprint[0] and one.fingerprint[0] == other.fingerprint[0]:
        return one.fingerprint[1] != other.fingerprint[1]
    if not snippets_too:
        return False
    ours, theirs = squeezed(one.snippet), squeezed(other.snippet)
    return bool(ours and theirs) and ours != theirs


def _take_nearest(left: Leftovers, pairs: Iterable[tuple[int, int]], how: How) -> None:
    """Take the pairs with the nearest lines first, each side once."""
    ranked = sorted(
        pairs,
        key=lambda pair: (
            _distance(left.seen[pair[0]], left.known[pair[1]]),
            left.known[pair[1]].order,
            left.seen[pair[0]].order,
            pair,
        ),
    )
    for one, other in ranked:
        if one in left.open_seen and (other in left.open_known or other in left.open_forms):
            left.take(one, other, how)


def _distance(one: Trace, other: Trace) -> int:
    return abs((one.line or 0) - (other.line or 0))
