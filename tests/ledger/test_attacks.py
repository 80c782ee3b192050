"""What somebody could do to a ledger, and how verification names it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import LedgerError
from riskcockpit.ledger.armor import EVIDENCE, verify_signature
from riskcockpit.ledger.canonical import _QUICK, canonical, parse
from riskcockpit.ledger.chain import NO_ENTRY, Entry, build_body, build_line, parse_line
from riskcockpit.ledger.journal import Journal
from riskcockpit.ledger.objects import Objects
from riskcockpit.ledger.publickeys import UnsupportedKeyError
from riskcockpit.ledger.signing import Signer
from riskcockpit.ledger.verify import examine, verify
from riskcockpit.views.governance import LedgerProblem
from support.ledgers import NAMESPACES, START, Ledger, key_for, said, signer_line

ENTRIES = 8


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """A good ledger: two writers who see each other, a checkpoint in the middle, an object."""
    made = Ledger(tmp_path_factory.mktemp("pristine") / "ledger")
    engineer, approver = made.journal(), made.journal("approver", "bastion-2")
    evidence = Objects(made.directory).put(b"evidence")
    for number in range(4):
        engineer.append(EntryType.NOTE, said(f"note {number} é", objects=[evidence]))
    engineer.checkpoint()
    approver.append(EntryType.NOTE, said("seen"))
    for number in range(3):
        engineer.append(EntryType.NOTE, said(f"later {number}"))
    return made


@pytest.fixture
def ledger(pristine: Ledger, tmp_path: Path) -> Ledger:
    shutil.copytree(pristine.directory.parent, tmp_path / "copy")
    return Ledger(tmp_path / "copy" / "ledger", pristine.clock)


def problems(ledger: Ledger) -> tuple[LedgerProblem, ...]:
    return verify(ledger.directory, ledger.clock.at).problems


def named(ledger: Ledger, chain: str = "engineer@bastion") -> dict[int | None, str]:
    """Return the first problem of each entry of a chain."""
    found: dict[int | None, str] = {}
    for problem in problems(ledger):
        if problem.chain == chain:
            found.setdefault(problem.entry, problem.why)
    return found


def lines(ledger: Ledger) -> list[bytes]:
    return ledger.chain().read_bytes().splitlines(keepends=True)


def rewrite(ledger: Ledger, changed: list[bytes]) -> None:
    ledger.chain().write_bytes(b"".join(changed))


def test_a_good_ledger_has_no_problems(ledger: Ledger) -> None:
    report = verify(ledger.directory, ledger.clock.at)
    assert report.problems == ()
    assert (report.chains, report.entries, report.checkpoints) == (2, ENTRIES + 2, 1)


def test_no_ledger_and_an_empty_one_are_fine(tmp_path: Path) -> None:
    assert verify(tmp_path / "nowhere", START).is_ok
    assert verify(tmp_path, START).entries == 0


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_flipped_bit_of_any_chain_is_found_and_its_entry_named(
    ledger: Ledger, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(["engineer@bastion", "approver@bastion-2"]))
    file = ledger.directory / "chains" / f"{name}.jsonl"
    good = file.read_bytes()
    at = data.draw(st.integers(0, len(good) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(good)
    changed[at] ^= 1 << bit
    try:
        file.write_bytes(changed)
        assert good[:at].count(b"\n") in named(ledger, name)
    finally:
        file.write_bytes(good)


def prove_line(line: bytes) -> None:
    entry = parse_line("engineer@bastion", line)
    verify_signature(entry.body, entry.sig, EVIDENCE)


def test_every_byte_of_a_signature_counts(ledger: Ledger) -> None:
    """Base64 has spare bits and armour has spare blanks: none of them may be changed unseen."""
    good = lines(ledger)[3]
    start = good.index(b'"sig":')
    assert named(ledger) == {}
    for at in range(start, len(good)):
        for replacement in {b"\n", b" ", b"A", b"=", bytes([good[at] ^ 1])} - {good[at : at + 1]}:
            changed = good[:at] + replacement + good[at + 1 :]
            with pytest.raises((ValueError, UnsupportedKeyError)):
                prove_line(changed)


def test_a_tail_cut_behind_a_checkpoint_is_found(ledger: Ledger) -> None:
    rewrite(ledger, lines(ledger)[:3])
    whys = [problem.why for problem in problems(ledger) if problem.entry == 3]
    assert "its tail was cut: 3 entries, a checkpoint says 5" in whys


def test_a_tail_cut_behind_what_another_writer_saw_is_found(ledger: Ledger) -> None:
    shutil.rmtree(ledger.directory / "checkpoints")
    rewrite(ledger, lines(ledger)[:4])
    assert "which approver@bastion-2 saw in its entry" in named(ledger)[4]


def test_a_chain_that_was_removed_is_missed(ledger: Ledger) -> None:
    ledger.chain().unlink()
    whys = [p.why for p in problems(ledger) if p.chain == "engineer@bastion"]
    assert any("its checkpoints are there" in why for why in whys)
    assert any("which approver@bastion-2 saw" in why for why in whys)


def test_swapped_entries_are_named(ledger: Ledger) -> None:
    found = lines(ledger)
    found[2], found[3] = found[3], found[2]
    rewrite(ledger, found)
    assert {2, 3} <= set(named(ledger))


def test_a_removed_entry_is_named(ledger: Ledger) -> None:
    found = lines(ledger)
    del found[5]
    rewrite(ledger, found)
    assert "entries were moved, added or removed" in named(ledger)[5]


def test_an_entry_said_twice_is_named(ledger: Ledger) -> None:
    found = lines(ledger)
    found.insert(3, found[2])
    rewrite(ledger, found)
    assert 3 in named(ledger)


def test_a_copied_chain_is_found(ledger: Ledger) -> None:
    shutil.copy(ledger.chain(), ledger.chain(host="other"))
    copied = named(ledger, "engineer@other")
    assert "belongs to the chain 'engineer@bastion'" in copied[0]
    assert len(copied) == ENTRIES


def forge(
    ledger: Ledger, key_name: str, *, actor: str = "engineer", namespace: str = EVIDENCE
) -> Entry:
    """Put an entry of `actor`, signed with another key, at the end of the engineer's chain."""
    last = parse_line("engineer@bastion", lines(ledger)[-1])
    key = key_for(key_name, ledger.directory.parent / "keys")
    signers = ledger.directory.parent / "forger"
    signers.write_text(signer_line(actor, key, ""))
    signer = Signer.open(key, signers, actor)
    body = build_body(
        last=last, now=ledger.clock.at, actor=actor, key_fp=signer.fingerprint,
        type_=EntryType.NOTE, data={"text": "forged"}, seen={},
    )  # fmt: skip
    line = build_line(body, signer.sign(body, namespace))
    rewrite(ledger, [*lines(ledger), line])
    return parse_line("engineer@bastion", line)


def test_an_entry_by_a_stranger_is_named(ledger: Ledger) -> None:
    forge(ledger, "stranger")
    assert "is not a key of 'engineer'" in named(ledger)[ENTRIES]


def test_another_writers_key_does_not_sign_for_me(ledger: Ledger) -> None:
    forge(ledger, "approver")
    assert "is not a key of 'engineer'" in named(ledger)[ENTRIES]


def test_another_actor_in_my_chain_is_named(ledger: Ledger) -> None:
    forge(ledger, "approver", actor="approver")
    assert "signed as 'approver' in the chain engineer@bastion" in named(ledger)[ENTRIES]


def test_a_signature_for_another_purpose_is_named(ledger: Ledger) -> None:
    forge(ledger, "engineer", namespace="riskcockpit-checkpoint")
    assert "it is signed for 'riskcockpit-checkpoint'" in named(ledger)[ENTRIES]


def test_a_whole_chain_rewritten_without_the_key_is_named_from_its_first_entry(
    ledger: Ledger,
) -> None:
    key = key_for("stranger", ledger.directory.parent / "keys")
    signers = ledger.directory.parent / "forger"
    signers.write_text(signer_line("engineer", key, ""))
    other = Ledger(ledger.directory.parent / "forged", ledger.clock)
    other.directory.mkdir()
    forged = Journal(other.directory, other.clock, Signer.open(key, signers), "bastion")
    for number in range(ENTRIES - 1):
        forged.append(EntryType.NOTE, said(f"{number}"))
    shutil.copy(other.chain(), ledger.chain())
    assert set(range(ENTRIES)) <= set(named(ledger))


def as_crlf(line: bytes) -> bytes:
    return line.replace(b"\n", b"\r\n")


def with_blank(line: bytes) -> bytes:
    return line.replace(b'"seq":', b'"seq": ')


def with_other_order(line: bytes) -> bytes:
    value = json.loads(line)
    value["body"] = dict(sorted(value["body"].items(), reverse=True))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def with_float(line: bytes) -> bytes:
    return line.replace(b'"v":1', b'"v":1.0')


def with_key_twice(line: bytes) -> bytes:
    return line.replace(b'"v":1', b'"v":1,"v":1')


def with_escape(line: bytes) -> bytes:
    return line.replace("é".encode(), b"\\u00e9")


def with_new_key(line: bytes) -> bytes:
    return line.replace(b'"v":1', b'"v":1,"w":1')


def with_new_version(line: bytes) -> bytes:
    return line.replace(b'"v":1', b'"v":2')


def with_bom(line: bytes) -> bytes:
    return b"\xef\xbb\xbf" + line


def deeply_nested(line: bytes) -> bytes:
    return line.replace(b'"data":{', b'"data":{"a":' + b"[" * 9000 + b"]" * 9000 + b",", 1)


CHANGES: list[Callable[[bytes], bytes]] = [
    as_crlf, with_blank, with_other_order, with_float, with_key_twice, with_escape, with_new_key,
    with_new_version, with_bom, deeply_nested,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_another_spelling_of_an_entry_is_no_entry(
    ledger: Ledger, change: Callable[[bytes], bytes]
) -> None:
    found = lines(ledger)
    changed = change(found[2])
    assert changed != found[2]
    found[2] = changed
    rewrite(ledger, found)
    assert 2 in named(ledger)


def test_a_changed_checkpoint_or_its_signature_is_found(ledger: Ledger) -> None:
    folder = ledger.directory / "checkpoints" / "engineer@bastion"
    file = folder / "5.cp"
    good = file.read_text()
    for changed, why in (
        (good.replace("\n5\n", "\n4\n"), "belongs elsewhere"),
        (good.replace("bastion", "bastian"), "belongs elsewhere"),
        (good + "\n", "is damaged"),
        (good[:-2] + ("0" if good[-2] != "0" else "1") + "\n", "does not fit its content"),
    ):
        file.write_text(changed)
        assert any(why in problem.why for problem in problems(ledger)), why
    file.write_text(good)
    (folder / "5.cp.sig").unlink()
    assert "no readable signature" in named(ledger)[None]


def test_evidence_that_changed_or_is_gone_is_found_with_its_entry(ledger: Ledger) -> None:
    file = next(ledger.directory.glob("objects/sha256/*/*"))
    file.write_bytes(b"other evidence")
    assert any(problem.chain == "objects" for problem in problems(ledger))
    assert "missing or changed" in named(ledger)[1]
    file.unlink()
    assert "missing or changed" in named(ledger)[4]


def test_evidence_named_in_no_list_is_a_problem_and_no_crash(ledger: Ledger) -> None:
    ledger.journal("odd", "host").append(EntryType.NOTE, said(objects=7))
    assert "its evidence 7 is missing" in named(ledger, "odd@host")[1]


def test_a_file_that_is_no_chain_is_pointed_at(ledger: Ledger) -> None:
    (ledger.directory / "chains" / "notes.txt").write_text("hello")
    (ledger.directory / "chains" / "engineer.jsonl").write_text("")
    assert {p.chain for p in problems(ledger)} == {"notes.txt", "engineer.jsonl"}


def test_an_entry_from_the_future_is_named(ledger: Ledger) -> None:
    early = verify(ledger.directory, ledger.clock.at - timedelta(hours=1))
    assert any("in the future" in problem.why for problem in early.problems)


def test_without_allowed_signers_nothing_verifies(ledger: Ledger) -> None:
    ledger.signers_file.unlink()
    assert set(range(ENTRIES)) <= set(named(ledger))


def test_a_verified_prefix_saves_time_and_hides_nothing(ledger: Ledger) -> None:
    first = examine(ledger.directory, ledger.clock.at)
    assert set(first.proven) == {"engineer@bastion", "approver@bastion-2"}
    good = ledger.chain().read_bytes()
    for at in range(0, len(good), 97):
        changed = bytearray(good)
        changed[at] ^= 2
        ledger.chain().write_bytes(changed)
        report = examine(ledger.directory, ledger.clock.at, first.proven).report
        entry = good[:at].count(b"\n")
        assert entry in {p.entry for p in report.problems if p.chain == "engineer@bastion"}
    ledger.chain().write_bytes(good)
    ledger.signers_file.write_text(ledger.signers_file.read_text().replace("engineer", "x", 1))
    assert not examine(ledger.directory, ledger.clock.at, first.proven).report.is_ok


# --- time: expired keys, rotation, and what may vouch for the past ------------------------


def expiring(tmp_path: Path) -> tuple[Ledger, Callable[[str], None]]:
    """Return a ledger whose writer's first key ends on 3 November, and a way to rotate it."""
    made = Ledger(tmp_path / "ledger")
    options = f'namespaces="{NAMESPACES}",valid-before="20261103Z"'
    made.allow("engineer", options=options)

    def rotate(name: str) -> None:
        made.allow("engineer", key_name=name)

    return made, rotate


def test_entries_of_a_key_that_expired_since_need_somebody_to_vouch(tmp_path: Path) -> None:
    ledger, rotate = expiring(tmp_path)
    journal = ledger.journal()
    journal.append(EntryType.NOTE, said("in time"))
    journal.checkpoint()
    assert problems(ledger) == ()

    ledger.clock.at += timedelta(days=7)
    assert "nothing signed later covers" in named(ledger)[1]  # its own checkpoint is no witness

    rotate("second")
    newer = Journal(
        ledger.directory, ledger.clock,
        Signer.open(ledger.directory.parent / "keys" / "second", ledger.signers_file, "engineer"),
        "bastion",
    )  # fmt: skip
    newer.checkpoint()
    assert "nothing signed later covers" in named(ledger)[1]  # nothing was new: none was signed
    newer.append(EntryType.NOTE, said("goes on with another key"))
    assert problems(ledger) == ()


def test_another_writers_witness_vouches_for_an_expired_key(tmp_path: Path) -> None:
    ledger, _ = expiring(tmp_path)
    ledger.journal().append(EntryType.NOTE, said("in time"))
    ledger.journal("approver", "bastion-2").append(EntryType.NOTE, said("saw it"))
    ledger.clock.at += timedelta(days=7)
    assert problems(ledger) == ()


def test_an_expired_key_cannot_write_into_the_past(tmp_path: Path) -> None:
    ledger, _ = expiring(tmp_path)
    ledger.journal().append(EntryType.NOTE, said("in time"))
    ledger.journal("approver", "bastion-2").append(EntryType.NOTE, said("saw it"))
    stolen = ledger.journal()
    stolen.append(EntryType.NOTE, said("back-dated with the stolen key"))
    stolen.checkpoint()
    ledger.clock.at += timedelta(days=7)
    assert set(named(ledger)) == {2}


def test_an_expired_key_signs_nothing_new(tmp_path: Path) -> None:
    ledger, _ = expiring(tmp_path)
    ledger.clock.at += timedelta(days=7)
    with pytest.raises(Exception, match="had expired"):
        ledger.journal().append(EntryType.NOTE, said("too late"))
    assert not ledger.chain().exists() or ledger.chain().read_bytes() == b""


def test_the_first_entry_names_no_entry_before_it() -> None:
    body = build_body(
        last=None, now=START, actor="a", key_fp="SHA256:" + "A" * 43,
        type_=EntryType.GENESIS, data={"chain": "a@b"}, seen={},
    )  # fmt: skip
    assert f'"prev":"{NO_ENTRY}"'.encode() in body


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=5), inner, max_size=4),
        max_leaves=12,
    )
)  # fmt: skip
def test_canonical_json_reads_back_and_has_one_spelling(value: object) -> None:
    raw = canonical(value)  # type: ignore[arg-type] # the strategy yields JSON only
    assert parse(raw) == json.loads(raw)
    assert canonical(parse(raw)) == raw
    if len(raw) > 2:
        with pytest.raises(ValueError, match=r"."):
            parse(raw + b" ")


def test_both_writers_spell_every_character_alike() -> None:
    every = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
    assert _QUICK.encode({"b": every, "a": [-1, True, None, {}]}) == canonical(
        {"b": every, "a": [-1, True, None, {}]}
    )
    with pytest.raises(UnicodeEncodeError):
        _QUICK.encode("\ud800")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1,"a":1}', b'"\\u0041"', b'"\\ud800"', b"1.0", b"1e2",
        b"-0", b"NaN", b"9007199254740992", b"-9007199254740992", b"1" * 5000, b'{"\xc3\xa9":1}',
        b'{"\\u00e9":1}', b'"\xff"', b"\xef\xbb\xbf1", b"[" * 5000 + b"]" * 5000,
        b'{"a":' * 1200 + b"1" + b"}" * 1200,
    ],
)  # fmt: skip
def test_another_spelling_is_not_read(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(raw)


@pytest.mark.parametrize(
    "value", [1.5, {"a": 2**53}, {"é": 1}, {1: 1}, "\ud800", b"x", float("nan"), {"a": [{1, 2}]}]
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(value)  # type: ignore[arg-type] # that is the point


def pipe(place: Path) -> None:
    os.mkfifo(place)


def link_to_a_device(place: Path) -> None:
    place.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [pipe, link_to_a_device, Path.mkdir])
def test_what_is_no_file_holds_nobody_up_and_is_named(
    ledger: Ledger, make: Callable[[Path], None]
) -> None:
    evil = ledger.directory / "chains" / "stranger@x.jsonl"
    make(evil)
    (ledger.directory / "objects" / "sha256" / "ab").mkdir()
    make(ledger.directory / "objects" / "sha256" / "ab" / "abcd")
    assert problems(ledger) == (
        LedgerProblem("objects", None, "the evidence abcd was changed"),
        LedgerProblem("stranger@x", None, "this is not a regular file"),
    )
    entry = ledger.journal().append(EntryType.NOTE, said("still here"))
    assert "stranger@x" not in entry.seen
    assert len(ledger.journal().entries()) == ENTRIES + 3


def test_a_pipe_in_the_place_of_a_checkpoint_is_named(ledger: Ledger) -> None:
    (file,) = (ledger.directory / "checkpoints" / "engineer@bastion").glob("*.cp")
    file.unlink()
    os.mkfifo(file)
    assert "is damaged" in named(ledger)[None]
    with pytest.raises(LedgerError, match="is damaged"):
        ledger.journal().append(EntryType.NOTE, said("x"))


def test_ones_own_chain_is_never_written_through_a_link(ledger: Ledger, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    ledger.chain().replace(elsewhere)
    ledger.chain().symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    with pytest.raises(LedgerError, match="not a regular file"):
        ledger.journal().append(EntryType.NOTE, said("x"))
    assert elsewhere.read_bytes() == before
