"""An evidence export as an auditor and a forger see it: stock tools, a second judging, OSCAL."""

from __future__ import annotations

import base64
import copy
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet
import pytest
from trestle.oscal.assessment_results import AssessmentResults

from riskcockpit.domain.deployment import Answer, Approval, Deployment, DeploymentStatus
from riskcockpit.formats.writing.oscal import oscal_faults
from riskcockpit.ingest.deployments import record_deployments
from riskcockpit.services.context import KEY_NAME, Context
from support.cli import Ran, invoke
from support.stock_tools import stock_tools

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "docs/schemas"
HOSTILE = "$(touch owned) `touch owned` \"; touch owned; ' \x1b[31m \\n %s"


def found(name: str, title: str) -> str:
    """Write a generic report of one old critical finding and return its path."""
    finding = {
        "title": title, "severity": "Critical", "description": title, "file_path": "src/a.py",
        "line": 3, "date": "2026-01-01",
    }  # fmt: skip
    Path(name).write_text(json.dumps({"findings": [finding]}), encoding="utf-8")
    return name


COMMIT = "3f2a91c0" + "a" * 32


def deployed() -> None:
    """Put two deployments to production into the cache; one of them with a hostile reference."""
    ctx = Context.open()
    at = ctx.clock.now() - timedelta(hours=1)
    one = Deployment(
        "pay#1", "payments", "production", DeploymentStatus.SUCCEEDED, at, commit=COMMIT,
        ref=HOSTILE, pipeline="77", actor="octo", finished_at=at,
        approvals=(Approval("1", "risk", Answer.APPROVED),),
    )  # fmt: skip
    bare = Deployment("cards#1", "cards", "production", DeploymentStatus.SUCCEEDED, at)
    with ctx.store.writer() as tx:
        record_deployments(tx, [one, bare], "gh", ctx.clock.now())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set-up home with a hostile finding, and its evidence in `out`; made once."""
    place = tmp_path_factory.mktemp("evidence")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKCOCKPIT_HOME", str(place / "rc-home"))
        patch.chdir(place)
        assert invoke("init").code == 0
        deployed()
        assert invoke("import", found("one.json", HOSTILE), "--asset", "payments").code == 0
        assert invoke("evidence", "export", "out").code == 0
    return place


@pytest.fixture
def bank(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that home; the present directory holds the export."""
    place = tmp_path / "copy"
    shutil.copytree(made, place, symlinks=True)
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(place / "rc-home"))
    monkeypatch.chdir(place)
    return place / "rc-home"


def stock(directory: str = "out") -> subprocess.CompletedProcess[str]:
    """Run verify.sh with nothing on the PATH but the stock tools."""
    tools = Path("tools")
    if not tools.exists():
        tools.mkdir()
        stock_tools(tools)
    return subprocess.run(
        ["/bin/sh", f"{directory}/verify.sh"],
        env={"PATH": str(tools.resolve()), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )


def read_elsewhere(monkeypatch: pytest.MonkeyPatch, directory: str = "out", home: str = "e") -> Ran:
    """Import the export into an empty home."""
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(Path(home).resolve()))
    return invoke("evidence", "import", directory, "--json")


def test_stock_tools_verify_it_and_nothing_in_it_acts(bank: Path) -> None:
    done = stock()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "everything holds" in done.stdout
    for what in ("files", "list of files", "results", "policy", "2 statements about deployments"):
        assert re.search(f"^ok +{what}", done.stdout, re.MULTILINE), what
    assert not list(Path().rglob("owned"))


def rewrite(path: str, change: Callable[[bytes], bytes]) -> None:
    """Change a file and mend the list of files, as a forger without the key would."""
    file = Path("out") / path
    before = file.read_bytes()
    after = change(before)
    assert after != before, path
    file.write_bytes(after)
    lines = []
    for line in Path("out/MANIFEST.sha256").read_text().splitlines():
        digest, _, name = line.partition("  ")
        if name == path:
            done = subprocess.run(["sha256sum", str(file)], capture_output=True, check=True)
            digest = done.stdout.decode().split()[0]
        lines.append(f"{digest}  {name}\n")
    Path("out/MANIFEST.sha256").write_text("".join(lines))


def signed_again(bank: Path) -> None:
    """Sign the list of files as the one who exported it."""
    Path("out/MANIFEST.sha256.sig").unlink()
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "riskcockpit-evidence", "-f"]
    key = bank / "config" / KEY_NAME
    subprocess.run([*command, str(key), "out/MANIFEST.sha256"], check=True, capture_output=True)


def statement_about(asset: str) -> str:
    """The path of the statement about a deployment of an asset."""
    for file in sorted(Path("out/attestations").iterdir()):
        if f'"asset":"{asset}"'.encode() in payload_of(file.read_bytes()):
            return f"attestations/{file.name}"
    raise AssertionError(asset)


def payload_of(envelope: bytes) -> bytes:
    return base64.b64decode(json.loads(envelope)["payload"])


def _with_payload(envelope: bytes, before: str, after: str) -> bytes:
    document = json.loads(envelope)
    payload = base64.b64decode(document["payload"]).replace(before.encode(), after.encode())
    return json.dumps({**document, "payload": base64.b64encode(payload).decode()}).encode()


def chain() -> str:
    """The path of the one chain in the export."""
    (file,) = Path("out/ledger/chains").iterdir()
    return f"ledger/chains/{file.name}"


@pytest.mark.parametrize(
    ("path", "change", "named"),
    [
        ("STATEMENT", lambda b: _with_payload(b, "cards", "loans"), "is not signed by"),
        ("STATEMENT", lambda b: b.replace(b"in-toto+json", b"in-toto.json"), "is not signed by"),
        ("results/results.txt", lambda b: b.replace(b" alarm\n", b" ok\n"), "results"),
        ("policy/kpis.txt", lambda b: b[::-1], "policy"),
        ("CHAIN", lambda b: b.replace(b'"failed":', b'"failed" :', 1), "was changed"),
        ("CHAIN", lambda b: b"".join(b.splitlines(keepends=True)[:-1]), "cut or changed before it"),
        ("CHAIN", lambda b: b"".join(b.splitlines(keepends=True)[1:]), "out of place"),
        ("ledger/allowed_signers", lambda b: b.replace(b"ssh-ed25519 AAAA", b"ssh-ed25519 BBBB"),
         "not signed"),
    ],
)  # fmt: skip
def test_every_forgery_is_caught_and_named_by_stock_tools(
    bank: Path, path: str, change: Callable[[bytes], bytes], named: str
) -> None:
    places = {"CHAIN": chain(), "STATEMENT": statement_about("cards")}
    rewrite(places.get(path, path), change)
    done = stock()
    assert done.returncode == 1
    assert named in done.stdout
    assert "the list of files is not signed" in done.stdout


def test_a_changed_file_is_named_even_when_the_list_is_left_alone(bank: Path) -> None:
    statement = next(Path("out/policy/shipped").rglob("*.sql"))
    statement.write_text(f"{statement.read_text()}\n-- changed\n")
    done = stock()
    assert done.returncode == 1
    assert statement.name in done.stdout


def test_an_empty_home_comes_to_the_same_verdicts(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = json.loads(invoke("controls", "list", "--json").out)["controls"]
    ran = read_elsewhere(monkeypatch)
    assert ran.code == 0, ran.out + ran.err
    document = json.loads(ran.out)
    jsonschema.validate(document, json.loads((SCHEMAS / "evidence_import.json").read_text()))
    assert document["reproduced"]
    assert len(document["controls"]) == len(before)
    assert sorted(one["found"] for one in document["deployments"]) == [
        "lacks approval, commit, pipeline, scans", "lacks scans",
    ]  # fmt: skip
    assert {row["asset"] for row in json.loads(invoke("trace", "--json").out)["deployments"]} == {
        "cards", "payments",
    }  # fmt: skip
    after = json.loads(invoke("controls", "list", "--json").out)["controls"]
    assert [(c["id"], c["state"], c["failed"]) for c in after] == [
        (c["id"], c["state"], c["failed"]) for c in before
    ]
    assert any(c["state"] == "alarm" for c in after)
    assert invoke("ledger", "verify").code == 0
    assert read_elsewhere(monkeypatch).code == 2, "it is not empty any more"


def test_a_chain_that_says_otherwise_than_its_rows_does_not_come_to_the_same(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(statement_about("cards"), lambda b: _with_payload(b, '"commit"', '"pipeline"'))
    signed_again(bank)
    ran = read_elsewhere(monkeypatch)
    assert ran.code == 1, ran.out + ran.err
    assert [one["same"] for one in json.loads(ran.out)["deployments"]].count(False) == 1


def test_a_statement_names_its_subject_and_the_controls_about_it(bank: Path) -> None:
    document = json.loads(payload_of((Path("out") / statement_about("payments")).read_bytes()))
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["subject"] == [{"name": "payments", "digest": {"gitCommit": COMMIT}}]
    predicate = document["predicate"]
    index = json.loads(Path("out/evidence.json").read_text())
    assert predicate["context"]["results_digest"] == index["results_digest"]
    controls = {one["control"]: one["status"] for one in predicate["controls"]}
    assert controls["deployments-traceable"] == "alarm"
    assert controls["deployments-scanned"] == "alarm"


def test_without_a_key_the_statements_are_bare(bank: Path) -> None:
    (bank / "config" / KEY_NAME).unlink()
    ran = invoke("evidence", "export", "bare")
    assert ran.code == 0, ran.err
    assert {"".join(file.suffixes) for file in Path("bare/attestations").iterdir()} == {
        ".intoto.json"
    }
    assert stock("bare").returncode == 0


def test_rows_that_were_changed_do_not_come_to_the_same(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_findings(content: bytes) -> bytes:
        file = Path("t.parquet")
        file.write_bytes(content)
        pyarrow.parquet.write_table(pyarrow.parquet.read_table(file).slice(0, 0), file)
        return file.read_bytes()

    rewrite("inputs/finding.parquet", without_findings)
    assert read_elsewhere(monkeypatch).code == 2, "the index says how many there are"
    index = json.loads(Path("out/evidence.json").read_text())
    index["inputs"]["finding"] = 0
    rewrite("evidence.json", lambda _: json.dumps(index).encode())
    signed_again(bank)
    ran = read_elsewhere(monkeypatch, home="f")
    assert ran.code == 1
    assert not json.loads(ran.out)["reproduced"]


def _forged(**values: str) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps({**json.loads(content), **values}).encode()


def test_an_import_believes_no_list_that_nobody_allowed_has_signed(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = Path("out/MANIFEST.sha256.sig")
    whole = signature.read_text()
    signature.write_text(whole.replace("A", "B", 1))
    assert "is not signed by" in read_elsewhere(monkeypatch, home="a").err
    signature.write_text(whole)
    rewrite("README.md", lambda content: content + b"more")
    ran = read_elsewhere(monkeypatch, home="b")
    assert (ran.code, "is not signed by" in ran.err) == (2, True)
    rewrite("evidence.json", _forged(signed_by=""))
    assert read_elsewhere(monkeypatch, home="c").code == 2, "whose signature is it?"
    signature.unlink()
    ran = read_elsewhere(monkeypatch, home="d")
    assert ran.code == 0
    assert "nobody signed its list of files" in ran.err
    assert (json.loads(ran.out)["signed_by"], json.loads(ran.out)["evaluation_signed"]) == (
        "",
        True,
    )


def test_results_that_the_ledger_did_not_sign_are_refused(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = b"nothing was found\n"
    digest = subprocess.run(["sha256sum"], input=forged, capture_output=True, check=True).stdout
    rewrite("results/results.txt", lambda _: forged)
    rewrite("evidence.json", _forged(results_digest=digest.decode().split()[0]))
    signed_again(bank)
    ran = read_elsewhere(monkeypatch)
    assert (ran.code, "not what the ledger signed" in ran.err) == (2, True)


@pytest.mark.parametrize("name", ["policy/roles.yaml", "ledger/.hidden", "results/a b"])
def test_a_file_that_nobody_listed_is_found(
    bank: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (Path("out") / name).write_text("added")
    done = stock()
    assert (done.returncode, f"{name} is not in the list of files" in done.stdout) == (1, True)
    ran = read_elsewhere(monkeypatch)
    assert (ran.code, f"{name} is not in the list" in ran.err) == (2, True)


@pytest.mark.parametrize("path", ["../escape", "/etc/hostname", ""])
def test_a_list_of_files_that_leads_out_is_refused(
    bank: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    manifest = Path("out/MANIFEST.sha256")
    manifest.write_text(f"{manifest.read_text()}{'0' * 64}  {path}\n")
    assert read_elsewhere(monkeypatch).code == 2


def test_what_is_no_export_is_refused(home: Path, tmp_path: Path) -> None:
    assert invoke("evidence", "import", str(tmp_path / "nothing")).code == 2
    assert invoke("evidence", "export", str(tmp_path / "out")).code == 2, "there is no cache"


def test_the_ledger_names_the_export_and_reports_do_not_begin_there(bank: Path) -> None:
    entries = json.loads(invoke("ledger", "log", "--json").out)["entries"]
    assert entries[0]["type"] == "report.issued"
    assert "evidence" in entries[0]["summary"]
    assert invoke("report", "--json", "r.json").code == 0
    found_since = json.loads(Path("r.json").read_text())["since"]
    assert found_since != json.loads(Path("out/evidence.json").read_text())["until"]


def test_a_directory_that_is_there_is_left_alone(bank: Path) -> None:
    before = sorted(Path("out").rglob("*"))
    assert invoke("evidence", "export", "out").code == 2
    assert sorted(Path("out").rglob("*")) == before
    assert invoke("evidence", "export", "again", "--since", "2100-01-01").code == 2
    assert not Path("again").exists()
    assert not list(Path().glob(".again*"))


def test_a_framework_and_an_asset_narrow_it(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert invoke("evidence", "export", "x", "--framework", "dorra").code == 2
    stranger = invoke("evidence", "export", "x", "--asset", "paiments")
    assert stranger.code == 2
    assert 'did you mean "payments"?' in stranger.err
    assert not Path("x").exists()
    assert invoke("evidence", "export", "x", "--since", "0d").code == 2
    narrow = ("--framework", "dora", "--asset", "payments")
    ran = invoke("evidence", "export", "dora", *narrow, "--json")
    assert ran.code == 0
    written = json.loads(ran.out)
    jsonschema.validate(written, json.loads((SCHEMAS / "evidence_export.json").read_text()))
    index = json.loads(Path("dora/evidence.json").read_text())
    assert (
        0
        < len(index["controls"])
        < len(json.loads(Path("out/evidence.json").read_text())["controls"])
    )
    assert all("dora" in control["frameworks"] for control in index["controls"])
    rows = Path("dora/results/rows.csv").read_text().splitlines()[1:]
    assert rows
    assert all("payments" in row for row in rows)
    assert stock("dora").returncode == 0
    assert read_elsewhere(monkeypatch, "dora").code == 0


def test_the_policy_must_be_the_one_that_was_judged_by(bank: Path) -> None:
    pack = bank / "config/controls/own"
    pack.mkdir(parents=True)
    for file in (ROOT / "config/controls/starter").glob("waivers-valid.*"):
        text = file.read_text().replace("id: waivers-valid", "id: waivers-mine")
        (pack / file.name.replace("waivers-valid", "waivers-mine")).write_text(text)
    ran = invoke("evidence", "export", "later")
    assert (ran.code, "changed since" in ran.err) == (2, True)


def oscal() -> dict[str, Any]:
    """The OSCAL document of the export."""
    found_: dict[str, Any] = json.loads(Path("out/oscal/assessment-results.json").read_text())
    return found_


def test_the_oscal_document_is_valid_and_sound(bank: Path) -> None:
    read = AssessmentResults.oscal_read(Path("out/oscal/assessment-results.json"))
    assert read is not None
    document = oscal()
    assert oscal_faults(document) == ()
    (result,) = document["assessment-results"]["results"]
    assert result["findings"]
    states = {finding["target"]["status"]["state"] for finding in result["findings"]}
    assert states <= {"satisfied", "not-satisfied"}
    assert "not-satisfied" in states


def _broken(path: list[Any], value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place: Any = document["assessment-results"]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


NOBODY = "00000000-0000-4000-8000-000000000000"
RESULT: list[Any] = ["results", 0]
SEEN = [*RESULT, "observations", 0]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_broken([*RESULT, "findings", 0, "related-observations", 0, "observation-uuid"], NOBODY),
         "nowhere"),
        (_broken([*SEEN, "subjects", 0, "subject-uuid"], NOBODY), "nowhere"),
        (_broken([*SEEN, "origins", 0, "actors", 0, "actor-uuid"], NOBODY), "nowhere"),
        (_broken([*SEEN, "relevant-evidence", 0, "href"], f"#{NOBODY}"), "leads nowhere"),
        (_broken(["import-ap", "href"], f"#{NOBODY}"), "leads nowhere"),
        (_broken(["metadata", "oscal-version"], "1.1.3"), "version"),
        (_broken([*SEEN, "methods"], ["GUESS"]), "method"),
        (_broken([*SEEN, "description"], ""), "empty"),
        (_broken([*SEEN, "collected"], "2020-01-01T00:00:00Z"), "before"),
        (_broken([*SEEN, "expires"], "2020-01-01T00:00:00Z"), "expires"),
        (_broken([*RESULT, "end"], "2020-01-01T00:00:00Z"), "ends before"),
        (_broken([*RESULT, "findings", 0, "related-observations"], []), "no observation"),
    ],
)  # fmt: skip
def test_what_the_schema_lets_pass_is_found_here(
    bank: Path, change: Callable[[dict[str, Any]], None], named: str
) -> None:
    document = copy.deepcopy(oscal())
    change(document)
    assert any(named in fault for fault in oscal_faults(document))


def test_two_exports_of_the_same_state_differ_in_the_ledger_only(bank: Path) -> None:
    assert invoke("evidence", "export", "twice").code == 0
    ledger = re.compile(r"^(ledger/|MANIFEST|evidence\.json$)")
    for file in sorted(Path("out").rglob("*")):
        path = file.relative_to("out").as_posix()
        if file.is_file() and not ledger.match(path):
            same = file.read_bytes() == (Path("twice") / path).read_bytes()
            assert same or path.startswith("oscal/"), path
    again = json.loads(Path("twice/oscal/assessment-results.json").read_text())
    assert again["assessment-results"]["uuid"] == oscal()["assessment-results"]["uuid"]


def test_the_inputs_hold_no_secret_raw_record(bank: Path) -> None:
    names = {file.stem for file in Path("out/inputs").iterdir()}
    assert "finding" in names
    assert "raw_record" not in names
    assert Path("out/verify.sh").stat().st_mode & 0o100
