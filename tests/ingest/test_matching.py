"""The passes: each one-to-one, weak evidence only where nothing stronger speaks against it."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.domain.finding import FindingClass
from riskcockpit.ingest.matching import MAX_PAIRS, How, Trace, match
from riskcockpit.ingest.prefixes import PrefixChange, find


def trace(rule: str = "r", path: str = "a.py", line: int = 1, **more: object) -> Trace:
    claim = str(more.pop("f", ""))
    given: dict[str, object] = {"fingerprint": ("ctx", claim) if claim else ("", "")}
    return replace(Trace(FindingClass.CODE, "bank", rule, path, line), **(given | more))  # type: ignore[arg-type] # a helper of tests


TRACES = st.lists(
    st.builds(
        trace,
        rule=st.sampled_from(["r", "s"]),
        path=st.sampled_from(["a.py", "b.py", "lib/c.py"]),
        line=st.integers(1, 30),
        f=st.sampled_from(["", "", "f1", "f2", "f3"]),
        snippet=st.sampled_from(["", "x=1", "a long enough snippet of code"]),
    ),
    max_size=12,
)


@given(TRACES, TRACES)
def test_every_match_is_one_to_one(seen: list[Trace], known: list[Trace]) -> None:
    matches, hints = match(seen, known)
    assert len({one.seen for one in matches}) == len(matches) == len({m.known for m in matches})
    assert not {one.seen for one in matches} & hints.keys()


@given(TRACES, TRACES, st.randoms(use_true_random=False))
def test_the_order_of_both_sides_never_matters(
    seen: list[Trace], known: list[Trace], rng: random.Random
) -> None:
    def pairs(ours: list[Trace], theirs: list[Trace]) -> list[tuple[object, ...]]:
        found, _ = match(ours, theirs)
        return sorted((ours[m.seen].order, theirs[m.known].order, m.how.value) for m in found)

    shuffled, others = seen[:], known[:]
    rng.shuffle(shuffled)
    rng.shuffle(others)
    assert pairs(shuffled, others) == pairs(seen, known)


@given(TRACES, TRACES)
def test_nothing_is_matched_across_assets(seen: list[Trace], known: list[Trace]) -> None:
    elsewhere = [replace(one, asset="shop") for one in known]
    assert match(seen, elsewhere) == ([], {})


def test_a_renamed_file_is_recognised_by_its_fingerprint_when_there_is_one_of_each() -> None:
    matches, _ = match([trace(path="new.py", f="f1")], [trace(path="old.py", f="f1")])
    assert [one.how for one in matches] == [How.RENAMED]
    assert match([trace(path="new.py", f="f1")], [trace(path="old.py", f="f1")],
                 shared=frozenset({"f:f1"})) == ([], {0: 0})  # fmt: skip
    two = [trace(path="old.py", f="f1"), trace(path="older.py", f="f1")]
    assert match([trace(path="new.py", f="f1")], two)[0] == []


def test_a_short_snippet_never_shows_a_rename() -> None:
    assert match([trace(path="new.py", snippet="}")], [trace(path="old.py", snippet="}")])[0] == []


def test_different_fingerprints_of_one_method_are_different_findings_with_a_hint() -> None:
    assert match([trace(f="f1")], [trace(f="f2")]) == ([], {0: 0})


def test_a_tool_that_starts_to_write_fingerprints_keeps_its_findings_in_order() -> None:
    known = [trace(line=10), trace(line=15), trace(line=20)]
    seen = [trace(line=27, f="c"), trace(line=17, f="a"), trace(line=22, f="b")]
    matches, _ = match(seen, known)
    assert {(one.seen, one.known) for one in matches} == {(1, 0), (2, 1), (0, 2)}


def test_without_evidence_and_with_other_counts_the_nearest_line_wins() -> None:
    known = [trace(line=10), trace(line=50)]
    matches, hints = match([trace(line=52, f="a")], known)
    assert [(one.known, one.how) for one in matches] == [(1, How.PLACE)]
    assert hints == {}


def test_an_edited_line_is_recognised_nearby_and_only_nearby() -> None:
    known = [trace(line=10, snippet="md5(password)")]
    near, _ = match([trace(line=12, snippet="md5(secret)")], known)
    assert [one.how for one in near] == [How.EDITED]
    far, hints = match([trace(line=40, snippet="md5(secret)")], known)
    assert far == []
    assert hints == {0: 0}


def test_a_renamed_rule_is_the_same_rule() -> None:
    matches, _ = match(
        [trace("B324", f="f1")], [trace("B303", f="f1")], rule_names={"B324": "B303"}
    )
    assert len(matches) == 1
    assert match([trace("B324", f="f1")], [trace("B303", f="f1")])[0] == []


def test_a_package_that_moved_to_another_manifest_is_recognised() -> None:
    known = trace("CVE-2024-1", "a/pom.xml", finding_class=FindingClass.DEPENDENCY,
                  vulnerability="CVE-2024-1", package=("maven", "x/y"))  # fmt: skip
    matches, _ = match([replace(known, path="b/pom.xml")], [known])
    assert [one.how for one in matches] == [How.PACKAGE]
    assert match([replace(known, path="b/pom.xml", vulnerability="CVE-2")], [known])[0] == []


def test_a_bucket_with_too_many_pairs_is_left_to_exact_keys() -> None:
    side = int(MAX_PAIRS**0.5) + 1
    known = [trace(line=n) for n in range(side)]
    seen = [trace(line=n, f=f"f{n}") for n in range(side)]
    assert match(seen, known)[0] == []


def test_a_new_checkout_prefix_is_found_only_when_every_path_has_it() -> None:
    old, new = ["src/a.py", "lib/b.py"], ["work/1/src/a.py", "work/1/lib/b.py"]
    assert find(new, old, all_seen=new, all_known=old) == PrefixChange("work/1/", is_added=True)
    assert find(old, new, all_seen=old, all_known=new) == PrefixChange("work/1/", is_added=False)
    assert find(new, old, all_seen=[*new, "src/c.py"], all_known=old) is None
    assert find(["x/q.py"], ["y/q.py"], all_seen=["x/q.py"], all_known=["y/q.py"]) is None


def test_a_rename_that_nothing_proves_is_new_with_a_hint() -> None:
    short = trace(path="new/b.py", snippet="x = 1"), trace(path="old/a.py", snippet="x = 1")
    assert match([short[0]], [short[1]]) == ([], {0: 0})
    bare = trace(path="new/a.py"), trace(path="old/a.py")
    assert match([bare[0]], [trace(path="c.py"), bare[1]]) == ([], {0: 1})
    in_file = trace(path="new/b.py", snippet="a = 1", line=90)
    assert match([short[0]], [short[1], in_file]) == ([], {0: 1})
    assert match([bare[0]], [replace(bare[1], rule="other")]) == ([], {})
