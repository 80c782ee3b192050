"""One number says whether a report says the same again: it hides no change, and needs no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

import riskcockpit
from riskcockpit.domain.finding import Location, Observation, Package
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from support.ingesting import Bank, code, dependency, open_bank

Change = Callable[[Observation], Observation]


def told(**changes: Any) -> Change:
    return lambda seen: replace(seen, **changes)


def packaged(**changes: Any) -> Change:
    def change(seen: Observation) -> Observation:
        assert seen.package is not None
        return replace(seen, package=replace(seen.package, **changes))

    return change


def placed(*more: Location, **changes: Any) -> Change:
    return lambda seen: replace(seen, locations=(replace(seen.locations[0], **changes), *more))


OF_ALL: dict[str, Change] = {
    "title": told(title="another"), "description": told(description="another"),
    "severity": told(severity=Severity.LOW), "severity_raw": told(severity_raw="low"),
    "severity_source": told(severity_source="vendor"), "cwes": told(cwes=(79, 89)),
    "cvss": told(cvss=7.5), "cvss nought": told(cvss=0.0), "epss": told(epss=0.25),
    "is_kev": told(is_kev=True), "help_url": told(help_url="https://rules.example/1"),
    "pillar": told(pillar=Pillar.DATA_INTEGRITY), "resource": told(resource="arn:1"),
    "locations: one more": placed(Location("src/more.py", 3)),
    "locations: column": placed(column=7), "locations: end_line": placed(end_line=12),
}  # fmt: skip
OF_CODE: dict[str, Change] = {
    **OF_ALL,
    "locations: line": placed(line=11), "locations: path": placed(path="src/moved.py"),
    "locations: no line": placed(line=None), "locations: snippet": placed(snippet="pay(all)"),
}  # fmt: skip
OF_DEPENDENCY: dict[str, Change] = {
    **OF_ALL,
    "rule": told(rule="GHSA-1"), "package: version": packaged(version="2.1"),
    "package: fixed_version": packaged(fixed_version="3.0"),
    "package: layer": packaged(layer="lang"),
    "vulnerability_ids": lambda seen: replace(
        seen, vulnerability_ids=(*seen.vulnerability_ids, "GHSA-aaaa-bbbb-cccc")
    ),
}  # fmt: skip
OTHERWISE = {
    # who a finding is, or what is told of it once
    "finding_class", "tool", "record", "former_rule", "fingerprints", "signal", "secret_digest",
    "asset", "onset_at", "first_seen", "claimed_id", "raw",
    # its state, which is compared by itself
    "needs_triage", "is_suppressed",
}  # fmt: skip
FINDINGS = """SELECT f.* EXCLUDE (said, wording_id, place_id, rev, scan_id, raw_hash)
    FROM finding AS f ORDER BY id"""


def before() -> list[tuple[Observation, Change]]:
    """Return a finding for each change that a later report may bring."""
    found = [
        (code(f"rule-{n}", f"src/{n}.py", fingerprint=f"f{n}"), change)
        for n, change in enumerate(OF_CODE.values())
    ]
    return found + [
        (dependency(f"CVE-2026-{n:04}", name=f"package-{n}"), change)
        for n, change in enumerate(OF_DEPENDENCY.values(), 1000)
    ]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bank, Bank]:
    """Return two banks with the same findings; one does not know what was said of them."""
    folder = tmp_path_factory.mktemp("banks")
    knowing, comparing = open_bank(folder / "one"), open_bank(folder / "other")
    for bank in (knowing, comparing):
        bank.scan(seen for seen, _ in before())
        assert bank.rows("SELECT count(*) FROM finding WHERE said IS NULL") == [(0,)]
    with comparing.writing() as tx:
        tx.cursor().execute("UPDATE finding SET said = NULL")
    return knowing, comparing


def test_each_change_alone_is_seen_as_without_the_number(pair: tuple[Bank, Bank]) -> None:
    later = [change(seen) for seen, change in before()]
    knowing, comparing = (bank.scan(later).counts for bank in pair)
    assert knowing.updated + knowing.moved == len(later)
    assert (knowing.updated, knowing.moved) == (comparing.updated, comparing.moved)
    assert pair[0].rows(FINDINGS) == pair[1].rows(FINDINGS)
    assert pair[0].events() == pair[1].events()
    numbers = "SELECT id, said FROM finding ORDER BY id"
    assert pair[0].rows(numbers) == pair[1].rows(numbers)
    for bank in pair:
        assert bank.scan(later).counts.unchanged == len(later)


def test_every_field_of_a_result_is_among_the_changes() -> None:
    changed = {name.partition(":")[0].partition(" ")[0] for name in OF_CODE | OF_DEPENDENCY}
    assert changed | OTHERWISE == {field.name for field in fields(Observation)}
    of_package = {name.partition(": ")[2] for name in OF_DEPENDENCY if name[:7] == "package"}
    assert of_package | {"type", "name", "namespace"} == {field.name for field in fields(Package)}


def test_a_change_of_a_column_behind_the_number_takes_the_number_away() -> None:
    """What a human, a merge or a catalogue changes is compared with the next report."""
    folder = Path(riskcockpit.__file__).parent
    compared = set(re.findall(r"finding\.(\w+) (?:<>|IS DISTINCT)", statement("change_fill")))
    compared -= {"path", "line", "state", "said"}
    assert len(compared) > 20
    word = re.compile(rf"(?<![\w.])({'|'.join(compared)}) = ")
    taken_over = {"finding_update.sql", "finding_update_lists.sql"}  # finding_told follows them
    seen = set()
    for file in folder.glob("*/sql/*.sql"):
        text = file.read_text("utf-8")
        if "UPDATE finding\n" not in text:
            continue
        sets = text.partition("UPDATE finding\n")[2].partition("\nFROM")[0].partition("\nWHERE")[0]
        if word.search(sets):
            seen.add(file.name)
            assert file.name in taken_over or "said = NULL" in sets, file.name
    assert taken_over < seen


def test_what_is_compared_is_in_the_number() -> None:
    compared = set(re.findall(r"(?:profile|incoming)\.(\w+)", statement("change_fill")))
    not_compared = {
        "n", "profile", "raw", "scan", "class",
        "path", "line", "needs_triage", "is_suppressed",
    }  # fmt: skip
    named = " ".join(map(statement, ("told", "told_profile")))
    hashed = {word for call in re.findall(r"hash\(([^()]*)\)", named) for word in words(call)}
    assert compared - not_compared <= hashed


def statement(name: str) -> str:
    file = Path(riskcockpit.__file__).parent / "ingest" / "sql" / f"{name}.sql"
    return re.sub(r"--[^\n]*", "", file.read_text("utf-8"))


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def test_a_finding_that_nobody_told_a_number_of_is_compared_once(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    seen = [code(f"r{n}", fingerprint=f"f{n}") for n in range(3)]
    bank.scan(seen)
    with bank.writing() as tx:
        tx.cursor().execute("UPDATE finding SET said = said + 1 WHERE rule = 'r0'")
        tx.cursor().execute("UPDATE finding SET said = NULL WHERE rule = 'r1'")
    assert bank.scan(seen).counts.unchanged == 3
    assert bank.rows("SELECT count(DISTINCT said), count(said) FROM finding") == [(3, 3)]
    assert bank.events("moved") == []
