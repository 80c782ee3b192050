"""The tampering table: every change of a single entry, chain or key is caught and named twice.

Once by `ledger verify`, for every entry of a chain; once by the script for auditors, which knows
nothing of ours, for one entry of each kind.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import LedgerError
from riskcockpit.ledger.canonical import canonical, parse
from riskcockpit.ledger.chain import LONGEST_LINE, build_body, build_line, parse_line
from riskcockpit.ledger.memory import Memory
from riskcockpit.ledger.objects import Objects
from riskcockpit.ledger.verify import examine, verify
from support.ledgers import NAMESPACES, Ledger, TickingClock, key_for, said, signer_line
from support.quick_signer import QuickSigner
from support.stock_tools import said_by_the_script, stock_tools

BEGIN = datetime(2024, 3, 1, 9, tzinfo=UTC)
ROTATED = datetime(2024, 3, 8, tzinfo=UTC)
ENGINEER, APPROVER = "engineer@bastion", "approver@vault"
COVERED = 6
"""Entries of the engineer that the checkpoint or the approver covers; one more follows."""
BEFORE = Memory()
"""What a process knows that verified the ledger before anybody tampered with it."""


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Two writers who see each other; the engineer's key was rotated after three entries."""
    folder = tmp_path_factory.mktemp("pristine")
    made = Ledger(folder / "ledger", TickingClock(BEGIN), kind=QuickSigner)
    ends, begins = f"{ROTATED:%Y%m%dZ}", f"{ROTATED - timedelta(days=1):%Y%m%dZ}"
    for name, option in (
        ("first", f'valid-before="{ends}"'),
        ("second", f'valid-after="{begins}"'),
    ):
        made.allow("engineer", key_name=name, options=f'namespaces="{NAMESPACES}",{option}')
    evidence = Objects(made.directory).put(b"evidence")
    early = made.journal("engineer", key_name="first")
    for number in range(2):
        early.append(EntryType.NOTE, said(f"early {number}", objects=[evidence]))
    made.clock.at = ROTATED
    late = made.journal("engineer", key_name="second")
    late.append(EntryType.NOTE, said("late 3"))
    late.append(EntryType.NOTE, said("late 4"))
    late.checkpoint()
    late.append(EntryType.NOTE, said("late 5"))
    made.journal("approver", "vault").append(EntryType.NOTE, said("saw it"))
    late.append(EntryType.NOTE, said("late 6"))
    examine(made.directory, made.clock.at + timedelta(hours=1), memory=BEFORE)
    return made


@pytest.fixture
def ledger(pristine: Ledger, tmp_path: Path) -> Ledger:
    shutil.copytree(pristine.directory.parent, tmp_path / "copy")
    return Ledger(tmp_path / "copy" / "ledger", pristine.clock, QuickSigner)


def lines(ledger: Ledger) -> list[bytes]:
    return ledger.chain().read_bytes().splitlines(keepends=True)


def write(ledger: Ledger, changed: list[bytes]) -> None:
    ledger.chain().write_bytes(b"".join(changed))


def found_by_us(ledger: Ledger) -> set[tuple[str, int | None]]:
    now = ledger.clock.at + timedelta(hours=1)
    report = verify(ledger.directory, now)
    assert examine(ledger.directory, now, memory=BEFORE).report == report
    return {(problem.chain, problem.entry) for problem in report.problems}


def found_by_the_script(ledger: Ledger, tools: Path) -> str:
    return said_by_the_script(ledger.directory, tools)


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock_tools(tmp_path_factory.mktemp("tools"))


# --- the ways to tamper; each takes the entry it is done to ------------------------------------


def edited(ledger: Ledger, at: int) -> None:
    found = lines(ledger)
    found[at] = found[at].replace(b'"ts":"2024-03-0', b'"ts":"2024-03-1', 1)
    write(ledger, found)


def edited_and_hashed(ledger: Ledger, at: int) -> None:
    found = lines(ledger)
    entry = parse_line(ENGINEER, found[at])
    body = parse(entry.body)
    body["data"]["text"] = "what never was"
    found[at] = build_line(canonical(body), entry.sig)
    write(ledger, found)


def deleted(ledger: Ledger, at: int) -> None:
    found = lines(ledger)
    del found[at]
    write(ledger, found)


def inserted(ledger: Ledger, at: int) -> None:
    """Put an entry in that a thief of nothing made: an own key, the right place."""
    found = lines(ledger)
    found.insert(at, forged(ledger, found[:at], "stranger"))
    write(ledger, found)


def said_twice(ledger: Ledger, at: int) -> None:
    found = lines(ledger)
    found.insert(at, found[at])
    write(ledger, found)


def reordered(ledger: Ledger, at: int) -> None:
    found = lines(ledger)
    other = at - 1 if at else 1
    found[at], found[other] = found[other], found[at]
    write(ledger, found)


def truncated(ledger: Ledger, at: int) -> None:
    write(ledger, lines(ledger)[:at])


def torn(ledger: Ledger, at: int) -> None:
    found = lines(ledger)[: at + 1]
    write(ledger, [*found[:-1], found[-1][:-9]])


def signed_elsewhere(ledger: Ledger, at: int) -> None:
    """Put a good signature of a checkpoint, over the same bytes, in place of the entry's."""
    found = lines(ledger)
    entry = parse_line(ENGINEER, found[at])
    name = "first" if at < 3 else "second"
    signer = ledger.journal("engineer", key_name=name)._writer()
    found[at] = build_line(entry.body, signer.sign(entry.body, "riskcockpit-checkpoint"))
    write(ledger, found)


def signed_by_another(ledger: Ledger, at: int) -> None:
    found = lines(ledger)
    entry = parse_line(ENGINEER, found[at])
    signer = ledger.journal("approver", "vault")._writer()
    found[at] = build_line(entry.body, signer.sign(entry.body))
    write(ledger, found)


def forged(ledger: Ledger, before: list[bytes], key_name: str, at: datetime | None = None) -> bytes:
    """Return an entry of the engineer that follows `before`, signed with another key."""
    key = key_for(key_name, ledger.directory.parent / "keys")
    signers = ledger.directory.parent / "forger"
    signers.write_text(signer_line("engineer", key, ""))
    signer = QuickSigner.open(key, signers, "engineer")
    last = parse_line(ENGINEER, before[-1]) if before else None
    body = build_body(
        last=last, now=at or ledger.clock.at, actor="engineer", key_fp=signer.fingerprint,
        type_=EntryType.NOTE if before else EntryType.GENESIS,
        data=said("forged") if before else {"chain": ENGINEER}, seen={},
    )  # fmt: skip
    return build_line(body, signer.sign(body))


SINGLE: list[Callable[[Ledger, int], None]] = [
    edited, edited_and_hashed, deleted, inserted, said_twice, reordered, truncated, torn,
    signed_elsewhere, signed_by_another,
]  # fmt: skip


@pytest.mark.parametrize("how", SINGLE, ids=lambda how: how.__name__)
def test_what_is_done_to_any_entry_is_named(
    ledger: Ledger, how: Callable[[Ledger, int], None]
) -> None:
    good = ledger.chain().read_bytes()
    last = COVERED if how in (deleted, truncated) else COVERED + 1
    for at in range(last):
        ledger.chain().write_bytes(good)
        how(ledger, at)
        place = at + 1 if how is said_twice else at  # the second is the copy
        assert (ENGINEER, place) in found_by_us(ledger), at
        assert how is not said_twice or (ENGINEER, at) not in found_by_us(ledger), at


@pytest.mark.parametrize("how", SINGLE, ids=lambda how: how.__name__)
def test_what_is_done_to_an_entry_is_named_by_stock_tools(
    ledger: Ledger, tools: Path, how: Callable[[Ledger, int], None]
) -> None:
    how(ledger, 4)
    place = 5 if how is said_twice else 4
    assert f"{ENGINEER} entry {place} " in found_by_the_script(ledger, tools)


# --- chains and keys -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Deed:
    """Something done to more than one entry, where we see it, and what the script says."""

    do: Callable[[Ledger], object]
    place: tuple[str, int | None]
    words: str


def swap_chains(ledger: Ledger) -> None:
    mine, theirs = ledger.chain(), ledger.chain("approver", "vault")
    ours = mine.read_bytes()
    mine.write_bytes(theirs.read_bytes())
    theirs.write_bytes(ours)


def copy_chain(ledger: Ledger) -> None:
    shutil.copy(ledger.chain(), ledger.chain(host="other"))


def remove_chain(ledger: Ledger) -> None:
    ledger.chain().unlink()


def swap_key(ledger: Ledger) -> None:
    """Put another key in the place of the approver's, and sign their whole chain anew."""
    key = key_for("thief", ledger.directory.parent / "keys")
    kept = [
        line for line in ledger.signers_file.read_text().splitlines(True) if line[:8] != "approver"
    ]
    ledger.signers_file.write_text("".join(kept) + signer_line("approver", key))
    ledger.chain("approver", "vault").unlink()
    ledger.journal("approver", "vault", "thief").append(EntryType.NOTE, said("saw nothing"))


def end_a_key_that_nobody_vouches_for(ledger: Ledger) -> None:
    """The last entry is covered by nothing: whoever has the key since could have written it."""
    end = f'valid-before="{ROTATED + timedelta(days=1):%Y%m%dZ}",valid-after='
    text = ledger.signers_file.read_text()
    ledger.signers_file.write_text(text.replace("valid-after=", end))
    ledger.clock.at += timedelta(days=60)


def use_before_its_time(ledger: Ledger) -> None:
    text = ledger.signers_file.read_text()
    ledger.signers_file.write_text(
        text.replace('valid-after="20240307Z"', 'valid-after="20240901Z"')
    )


def use_after_its_end(ledger: Ledger) -> None:
    text = ledger.signers_file.read_text()
    ledger.signers_file.write_text(
        text.replace('valid-before="20240308Z"', 'valid-before="20240201Z"')
    )


def limit_namespace(ledger: Ledger) -> None:
    text = ledger.signers_file.read_text()
    ledger.signers_file.write_text(text.replace("riskcockpit-evidence,", "", 1))


def widen_signers(ledger: Ledger) -> None:
    with ledger.signers_file.open("a") as file:
        file.write(signer_line("*", key_for("thief", ledger.directory.parent / "keys"), ""))


def change_evidence(ledger: Ledger) -> None:
    next(ledger.directory.glob("objects/sha256/*/*")).write_bytes(b"other evidence")


def drop_evidence(ledger: Ledger) -> None:
    next(ledger.directory.glob("objects/sha256/*/*")).unlink()


def forge_checkpoint(ledger: Ledger) -> None:
    """Cut the chain, and say that it always was so."""
    write(ledger, lines(ledger)[:3])
    content = ledger.chain().read_bytes()
    (file,) = ledger.directory.glob("checkpoints/*/*.cp")
    digest = hashlib.sha256(content).hexdigest()
    file.write_text(f"riskcockpit.ledger/1 {ENGINEER}\n5\n{len(content)}\n{digest}\n")


def future(ledger: Ledger) -> None:
    at = datetime(2199, 1, 1, tzinfo=UTC)
    key = ledger.journal("engineer", key_name="second")
    ledger.clock.at, before = at, ledger.clock.at
    key.append(EntryType.NOTE, said("from the future"))
    ledger.clock.at = before


def see_an_older_head(ledger: Ledger) -> None:
    """Say to have seen less of the approver's chain than before."""
    theirs = [
        parse_line(APPROVER, line)
        for line in ledger.chain("approver", "vault").read_bytes().splitlines(True)
    ]
    journal = ledger.journal("engineer", key_name="second")
    older = {APPROVER: theirs[0].hash}
    journal._heads_of_others = lambda: older  # type: ignore[method-assign]  # as a forger says
    journal.append(EntryType.NOTE, said("I forgot"))


def go_back_within_a_second(ledger: Ledger) -> None:
    """Sign an entry whose time is a fraction of a second before the one before it."""
    last = parse_line(ENGINEER, lines(ledger)[-1])
    half = f'"ts":"{last.ts:%Y-%m-%dT%H:%M:%S}.500000Z"'.encode()
    write_past_the_rules(ledger, (b'"ts":"[^"]*"', half))
    before = parse_line(ENGINEER, lines(ledger)[-1])
    signer = ledger.journal("engineer", key_name="second")._writer()
    body = build_body(
        last=before, now=before.ts, actor="engineer", key_fp=signer.fingerprint,
        type_=EntryType.NOTE, data=said("earlier"), seen={},
    )  # fmt: skip
    body = body.replace(b".500000Z", b".400000Z")
    write(ledger, [*lines(ledger), build_line(body, signer.sign(body))])


def name_what_moves_the_cursor(ledger: Ledger) -> None:
    (ledger.directory / "chains" / "e\x1b[31m\rvil.jsonl").write_bytes(ledger.chain().read_bytes())


def put_a_pipe_beside_the_chains(ledger: Ledger) -> None:
    os.mkfifo(ledger.chain("thief", "vault"))


def put_a_pipe_for_evidence(ledger: Ledger) -> None:
    (file,) = ledger.directory.glob("objects/sha256/*/*")
    file.unlink()
    os.mkfifo(file)


def put_a_pipe_for_a_signature(ledger: Ledger) -> None:
    (file,) = ledger.directory.glob("checkpoints/*/5.cp.sig")
    file.unlink()
    os.mkfifo(file)


def link_a_chain(ledger: Ledger) -> None:
    elsewhere = ledger.directory / "elsewhere"
    ledger.chain("approver", "vault").rename(elsewhere)
    ledger.chain("approver", "vault").symlink_to(elsewhere)


def copied_checkpoint(name: str) -> Callable[[Ledger], None]:
    def call_a_checkpoint(ledger: Ledger) -> None:
        (file,) = ledger.directory.glob("checkpoints/*/5.cp")
        for suffix in ("", ".sig"):
            shutil.copy(f"{file}{suffix}", file.with_name(f"{name}.cp{suffix}"))

    return call_a_checkpoint


def write_past_the_rules(ledger: Ledger, *changes: tuple[bytes, bytes]) -> None:
    """Sign entries that our own writer would not write, with a key that counts.

    Each change is a pattern in the body of a note, and what stands in its place.
    """
    found = lines(ledger)
    last = parse_line(ENGINEER, found[-1])
    signer = ledger.journal("engineer", key_name="second")._writer()
    body = build_body(
        last=last, now=ledger.clock.at, actor="engineer", key_fp=signer.fingerprint,
        type_=EntryType.NOTE, data=said("NEW"), seen={},
    )  # fmt: skip
    bodies = [re.sub(old, new.replace(b"\\", rb"\\"), body) for old, new in changes]
    write(ledger, [*found, *(build_line(each, signer.sign(each)) for each in bodies)])


LAST = COVERED + 1
"""The place of an entry that is added."""


DEEDS = [
    Deed(swap_chains, (ENGINEER, 0), f"{ENGINEER} entry 0 begins another chain"),
    Deed(copy_chain, ("engineer@other", 0), "engineer@other entry 0 begins another chain"),
    Deed(remove_chain, (ENGINEER, None), f"{ENGINEER} is missing, its checkpoints are there"),
    Deed(swap_key, (APPROVER, 2), f"{APPROVER} entry 2 is gone or replaced"),
    Deed(
        end_a_key_that_nobody_vouches_for,
        (ENGINEER, COVERED),
        f"{ENGINEER} entry {COVERED}: its key",
    ),
    Deed(see_an_older_head, (ENGINEER, LAST), f"{ENGINEER} entry {LAST} saw an older {APPROVER}"),
    Deed(
        go_back_within_a_second,
        (ENGINEER, LAST + 1),
        f"{ENGINEER} entry {LAST + 1} is earlier than the entry before it",
    ),
    Deed(use_before_its_time, (ENGINEER, 3), f"{ENGINEER} entry 3 is not signed by engineer"),
    Deed(use_after_its_end, (ENGINEER, 2), f"{ENGINEER} entry 2 is not signed by engineer"),
    Deed(limit_namespace, (ENGINEER, 1), f"{ENGINEER} entry 1 is not signed by engineer"),
    Deed(widen_signers, ("allowed_signers", None), "allowed_signers line 4 could let any name"),
    Deed(change_evidence, (ENGINEER, 1), "was changed"),
    Deed(drop_evidence, (ENGINEER, 1), "the evidence"),
    Deed(forge_checkpoint, (ENGINEER, None), "5.cp is not signed by engineer"),
    Deed(future, (ENGINEER, COVERED + 1), f"{ENGINEER} entry {COVERED + 1} lies in the future"),
]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.do.__name__)
def test_what_is_done_to_chains_and_keys_is_named_twice(
    ledger: Ledger, tools: Path, deed: Deed
) -> None:
    deed.do(ledger)
    assert deed.place in found_by_us(ledger)
    assert deed.words in found_by_the_script(ledger, tools)


FILES = [
    Deed(
        name_what_moves_the_cursor,
        ("e\x1b[31m\rvil.jsonl", None),
        "/chains/e?[31m?vil.jsonl is no chain",
    ),
    Deed(put_a_pipe_beside_the_chains, ("thief@vault", None), "thief@vault is no regular file"),
    Deed(link_a_chain, (APPROVER, None), f"{APPROVER} is no regular file"),
    Deed(put_a_pipe_for_evidence, (ENGINEER, 1), "is no regular file"),
    *(
        Deed(copied_checkpoint(name), (ENGINEER, None), f"/{shown}.cp is named by no number")
        for name, shown in (("9" * 40, "9" * 40), ("-1", "-1"), ("e\x1b[31m", "e?[31m"))
    ),
    Deed(put_a_pipe_for_a_signature, (ENGINEER, None), "5.cp or its signature is no regular file"),
]


def test_only_files_with_plain_names_are_read_and_the_rest_is_named_twice(
    ledger: Ledger, tools: Path
) -> None:
    for deed in FILES:
        deed.do(ledger)
    ours, told = found_by_us(ledger), found_by_the_script(ledger, tools)
    for deed in FILES:
        assert deed.place in ours
        assert deed.words in told
    assert told.replace("\n", "").isprintable()
    problems = verify(ledger.directory, ledger.clock.at).problems
    named = [p.why for p in problems if "is named by no number" in p.why]
    assert len(named) == 3
    assert all(map(str.isprintable, named))


SPELLED, FORMED = (
    "is not in canonical form",
    "has other keys than an entry, or values of another form",
)
ODD = [
    (b'"type":"note"', b'"type":"nota"', "is of a type that is not known"),
    (b'"NEW"', b"1e999999", "is not in canonical form"),
    (b'"NEW"', b"1.0", "is not in canonical form"),
    (b'"NEW"', b"-0", "is not in canonical form"),
    (b'"NEW"', b'["a", "b"]', "is not in canonical form"),
    (b'"NEW"', b"9007199254740992", "holds a number beyond 2^53 - 1"),
    (b'"NEW"', b"-12345678901234567", "is not in canonical form"),
    (b'"subject":"ledger","text":"NEW"', b'"text":"NEW","subject":"ledger"', SPELLED),
    (b'"text":"NEW"', b'"text":"NEW","text":"NEW"', SPELLED),
    (b"NEW", rb"N\u0065W", SPELLED),
    (b"NEW", rb"N\/W", SPELLED),
    (b"NEW", rb"N\u001FW", SPELLED),
    (b"NEW", rb"N\u0009W", SPELLED),
    (b"NEW", rb"N\u007fW", SPELLED),
    (b"NEW", rb"N\\\u007fW", SPELLED),
    (b"NEW", rb"N\ud800W", "cannot be read"),
    (b"NEW", b"N\xffW", SPELLED),
    (b"NEW", b"N\xc0\xafW", SPELLED),
    (b"NEW", b"N\xed\xa0\x80W", SPELLED),
    (b"NEW", b"N\x01W", "cannot be read"),
    (b'"text":', '"té":'.encode(), FORMED),
    (b'"v":1', b'"v":1,"w":1', FORMED),
    (b'"v":1', b'"v":"1"', FORMED),
    (b'"seen":{},', b"", FORMED),
    (b'"seen":{}', b'"seen":[]', FORMED),
    (b'"seen":{}', b'"seen":{"approver@vault":"0"}', FORMED),
    (rb'"seq":(\d+)', b'"seq":"7"', FORMED),
    (b'"data":{[^}]*}', b'"data":["NEW"]', "cannot be read"),
    (b'"prev":"[^"]*"', b'"prev":"%b"' % (b"A" * 64), FORMED),
    (rb'"ts":"([^".]*)(\.\d+)?Z"', b'"ts":"2024-03-09T00:00:00.500Z"', FORMED),
    (rb'"ts":"([^".]*)(\.\d+)?Z"', b'"ts":"2024-03-09T00:00:00.000000Z"', FORMED),
    (rb'"ts":"([^".]*)(\.\d+)?Z"', b'"ts":"2024-03-09T23:59:60Z"', FORMED),
    (rb'"ts":"([^".]*)(\.\d+)?Z"', b'"ts":"2024-02-30T00:00:00Z"', FORMED),
]


def test_what_not_every_reader_reads_alike_is_named_twice(ledger: Ledger, tools: Path) -> None:
    write_past_the_rules(ledger, *((old, new) for old, new, _ in ODD))
    ours, told = found_by_us(ledger), found_by_the_script(ledger, tools)
    for place, (_, _, words) in enumerate(ODD, LAST):
        assert (ENGINEER, place) in ours
        assert f"{ENGINEER} entry {place} {words}" in told


def test_a_line_that_is_too_long_is_named_twice(ledger: Ledger, tools: Path) -> None:
    write_past_the_rules(ledger, (b"NEW", b"a" * LONGEST_LINE))
    assert (ENGINEER, LAST) in found_by_us(ledger)
    words = f"{ENGINEER} entry {LAST} is longer than {LONGEST_LINE} bytes"
    assert words in found_by_the_script(ledger, tools)


def test_a_byte_that_shells_skip_is_named_twice(ledger: Ledger, tools: Path) -> None:
    found = lines(ledger)
    found[2] = found[2].replace(b'"text":"', b'"text":"\0', 1)
    write(ledger, found)
    assert (ENGINEER, 2) in found_by_us(ledger)
    assert f"{ENGINEER} entry 2 holds a NUL byte" in found_by_the_script(ledger, tools)


def test_what_a_key_holder_may_say_is_well_for_both(ledger: Ledger, tools: Path) -> None:
    """What only looks like a number or an escape is none, and the largest numbers are well."""
    text = (
        rb'["1e9 -0 \" 007 NaN",9007199254740991,-1,0,[true,null],{},"\\u0065 \\\\/ \u001f\b\n\\",'
    )
    text += '"/\x7f\ufffd\u2028\U0001f4a3"'.encode() + b',"%b"]' % ("é" * 50_001).encode()
    write_past_the_rules(ledger, (b'"NEW"', text))
    assert found_by_us(ledger) == set()
    assert "the ledger holds" in found_by_the_script(ledger, tools)


def test_the_script_knows_the_types_that_we_know() -> None:
    script = files("riskcockpit.services").joinpath("guides", "verify-ledger.sh").read_text()
    known = script.partition("types='")[2].partition("'")[0].split()
    assert known == [type_.value for type_ in EntryType]


def test_a_pipe_in_the_place_of_the_signers_holds_nobody(ledger: Ledger, tools: Path) -> None:
    ledger.signers_file.unlink()
    os.mkfifo(ledger.signers_file)
    with pytest.raises(LedgerError, match="not a regular file"):
        verify(ledger.directory, ledger.clock.at)
    assert "allowed_signers is no regular file" in found_by_the_script(ledger, tools)


def test_nobody_writes_a_line_that_nobody_reads(ledger: Ledger) -> None:
    before = ledger.chain().read_bytes()
    with pytest.raises(LedgerError, match="longer than"):
        ledger.journal("engineer", key_name="second").append(
            EntryType.NOTE, said("a" * LONGEST_LINE)
        )
    assert ledger.chain().read_bytes() == before


def test_what_nobody_touched_holds_for_both(ledger: Ledger, tools: Path) -> None:
    assert found_by_us(ledger) == set()
    assert "the ledger holds" in found_by_the_script(ledger, tools)
