"""What is known from elsewhere, on findings: whose word counts, and that no order matters."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import AssetSettings, Settings, SlaSettings
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.enrichment import KevCatalogue, KevEntry
from riskcockpit.ingest.code_owners import CodeOwners
from riskcockpit.services.context import Context
from riskcockpit.services.decide import waive
from riskcockpit.services.enriching import enrich
from riskcockpit.services.enrichment import Origin, record_enrichment
from riskcockpit.services.findings import FindingReader
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.services.posture import posture
from riskcockpit.services.projection import project_ledger
from riskcockpit.services.sources import enrichments
from riskcockpit.services.staging import TABLES
from riskcockpit.store.snapshots import Store
from riskcockpit.views.reports import EnrichmentReport, ImportReport
from support.caches import finding, statement
from support.deciding import LATER, WHY, make_bank

pytestmark = pytest.mark.usefixtures("without_policy")

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
XZ, OTHER = "CVE-2024-3094", "CVE-2026-0001"
FINDING = (
    "title, epss, epss_percentile, tool_epss, is_kev, tool_is_kev, kev_added, kev_due,"
    " is_ransomware, due_at, sla_due_at, owner"
)


def day(number: int) -> datetime:
    """Return a day of November."""
    return datetime(2026, 11, number, tzinfo=UTC)


CHANGED = day(20)


def result(title: str, *ids: str, path: str = "src/pay/req.txt", **more: Any) -> dict[str, Any]:
    known = {"title": title, "severity": "high", "vulnerability_ids": list(ids), "file_path": path}
    package = {"component_name": title, "component_version": "1"} if ids else {}
    return {**known, **package, **more}


def scan(*results: dict[str, Any], at: int = 20) -> str:
    about = {"tool": "scanner", "complete": True, "scanned_at": day(at).isoformat()}
    return json.dumps({**about, "findings": list(results)})


def scores(on: int, **probabilities: float) -> str:
    rows = "".join(f"{n.replace('_', '-')},{p},{p / 2}\n" for n, p in probabilities.items())
    head = f"#model_version:v2025.03.14,score_date:2026-11-{on:02}T00:00:00+0000\n"
    return f"{head}cve,epss,percentile\n{rows}"


def listing(on: int, *entries: tuple[str, str, str | None], ransomware: str = "Unknown") -> str:
    listed = [
        {"cveID": name, "dateAdded": added, "dueDate": due,
         "knownRansomwareCampaignUse": ransomware}
        for name, added, due in entries
    ]  # fmt: skip
    about = {"title": "CISA", "catalogVersion": f"2026.11.{on}", "dateReleased": f"2026-11-{on:02}"}
    return json.dumps({**about, "vulnerabilities": listed})


def services(owner: str = "group:default/pay", tier: str = "1", name: str = "payments") -> str:
    return (
        f"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n"
        f"  annotations: {{github.com/project-slug: bank/payments}}\n  labels: {{tier: '{tier}'}}\n"
        f"spec: {{owner: '{owner}', lifecycle: production, system: cards}}\n"
    )


@dataclass
class Repository:
    """The repository `payments` and a cache into which its files are imported."""

    root: Path
    settings: Settings = field(default_factory=Settings)
    now: datetime = NOW

    def context(self) -> Context:
        clock, paths = FrozenClock(self.now), Paths.under(self.root / "home")
        return Context(self.settings, paths, clock, Store(paths.cache, clock), "here")

    def put(self, *texts: str, at: datetime = CHANGED, name: str = "") -> ImportReport:
        """Import files of these texts, last changed at a moment."""
        folder = self.root / "payments"
        (folder / ".git").mkdir(parents=True, exist_ok=True)
        files = []
        for number, text in enumerate(texts):
            file = folder / (name or f"file-{number}")
            file.write_text(text)
            os.utime(file, (at.timestamp(), at.timestamp()))
            files.append(file)
        return import_reports(self.context(), files, ImportOptions())

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        with self.context().store.reader() as reader:
            return reader.rows(statement(text))

    def one(self, columns: str, title: str = "xz") -> tuple[Any, ...]:
        (row,) = self.rows(f"SELECT {columns} FROM finding WHERE title = '{title}'")
        return row

    def events(self) -> list[str]:
        text = "SELECT detail FROM finding_event WHERE kind = 'enriched' ORDER BY rev, detail"
        return [detail for (detail,) in self.rows(text)]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def only(report: ImportReport) -> EnrichmentReport:
    (one,) = (one for file in report.files for one in file.enrichments)
    return one


def test_a_golden_world(repository: Repository) -> None:
    repository.put(
        scan(result("xz", XZ), result("other", OTHER, epss_score=0.2, path="docs/a.txt")),
        scores(20, **{XZ: 0.94}),
        listing(19, (XZ, "2026-11-01", "2026-11-26"), ransomware="Known"),
        "* @bank/platform\n/src/pay/ @bank/payments @lead\n",
        services(),
    )
    assert repository.rows(f"SELECT {FINDING} FROM finding ORDER BY title DESC") == [
        ("xz", 0.94, 0.47, None, True, False, day(1), day(26), True, day(26),
         day(20) + timedelta(days=30), "@bank/payments"),
        ("other", 0.2, None, 0.2, False, False, None, None, False, day(20) + timedelta(days=30),
         day(20) + timedelta(days=30), "@bank/platform"),
    ]  # fmt: skip
    assert repository.rows("SELECT owner, domain, environment, tier FROM asset") == [
        ("pay", "cards", "production", 1)
    ]
    assert repository.events() == ["listed as known exploited since 2026-11-01, used by ransomware"]


def test_the_same_files_again_change_nothing_and_publish_nothing(repository: Repository) -> None:
    texts = (scan(result("xz", XZ)), scores(20, **{XZ: 0.9}), "* @a\n", services(),
             listing(19, (XZ, "2026-11-01", None)))  # fmt: skip
    first = repository.put(*texts)
    again = repository.put(*texts, at=day(24))
    assert again.generation == first.generation == 1
    assert {e.outcome for file in again.files for e in file.enrichments} == {"repeated"}
    assert again.totals.unchanged == again.totals.read == 1


def test_who_is_not_in_the_newer_catalogue_is_not_listed(repository: Repository) -> None:
    repository.put(scan(result("xz", XZ)), listing(10, (XZ, "2026-11-01", "2026-11-15")))
    assert repository.one("is_kev, due_at") == (True, day(15))
    repository.put(listing(11, (OTHER, "2026-11-01", None)))
    assert repository.one("is_kev, kev_added, kev_due, due_at = sla_due_at") == (
        False, None, None, True,
    )  # fmt: skip
    assert repository.events()[1:] == ["no longer listed as known exploited"]
    assert repository.rows("SELECT count(*) FROM kev_entry") == [(1,)]


def test_a_deadline_that_was_missed_stays_on_record_when_the_listing_ends(
    repository: Repository,
) -> None:
    repository.put(scan(result("xz", XZ)), listing(10, (XZ, "2026-11-01", "2026-11-15")))
    repository.put(listing(11, (OTHER, "2026-11-01", None)))
    past = repository.rows("SELECT due_at, severity, ended_at FROM past_deadline")
    assert past == [(day(15), 3, NOW)]


def test_a_missed_deadline_of_the_catalogue_is_not_put_off_by_a_milder_severity(
    repository: Repository,
) -> None:
    repository.put(scan(result("xz", XZ), at=17), listing(10, (XZ, "2026-11-01", "2026-11-15")))
    repository.put(scan(result("xz", XZ, severity="low"), at=20))
    assert repository.one("due_at, sla_due_at > due_at") == (day(15), True)
    assert repository.rows("SELECT due_at FROM past_deadline") == [], "it is missed once"


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        (scores(20, **{XZ: 0.9}), scores(19, **{XZ: 0.1})),
        (listing(20, (XZ, "2026-11-01", None)), listing(19, (OTHER, "2026-11-01", None))),
    ],
    ids=["scores", "catalogue"],
)
def test_an_older_file_is_refused_with_a_note(
    repository: Repository, newer: str, older: str
) -> None:
    repository.put(scan(result("xz", XZ)), newer)
    before = repository.one("epss, is_kev")
    report = repository.put(older)
    assert only(report).outcome == "older"
    assert "older than that of 2026-11-20T00:00:00Z" in report.files[0].notes[0]
    assert (report.generation, repository.one("epss, is_kev")) == (1, before)


def test_a_catalogue_without_entries_says_nothing(repository: Repository) -> None:
    repository.put(scan(result("xz", XZ)), listing(20, (XZ, "2026-11-01", None)))
    file = repository.root / "payments" / "kev.json"
    file.write_text(listing(21))
    report = import_reports(repository.context(), [file], ImportOptions(format="kev"))
    assert (only(report).outcome, report.generation) == ("empty", 1)
    assert repository.one("is_kev") == (True,)


LONG = [(f"CVE-2026-{number:05}", "2026-11-01", None) for number in range(100)]


@pytest.mark.parametrize("kind", ["kev", "epss"])
def test_a_much_shorter_file_waits_until_somebody_confirms_it(
    repository: Repository, kind: str
) -> None:
    """A download that broke off, or a hand that takes marks away."""

    def text(on: int, names: Sequence[tuple[str, str, str | None]]) -> str:
        if kind == "kev":
            return listing(on, *names)
        return scores(on, **{name.replace("-", "_"): 0.5 for name, *_ in names})

    count = f"SELECT count(*) FROM {'kev_entry' if kind == 'kev' else 'epss_score'}"
    repository.put(text(10, LONG))
    assert only(repository.put(text(11, LONG[30:]))).outcome == "applied"
    assert repository.rows(count) == [(70,)]
    short = repository.put(text(12, LONG[52:]))
    assert (only(short).outcome, repository.rows(count)) == ("held", [(70,)])
    (note,) = short.files[0].notes
    assert note.startswith("it lacks 22 of the 70 entries in force, so nothing was changed;")
    other = [(f"CVE-2020-{number}", "2026-11-01", None) for number in range(1000, 1100)]
    assert only(repository.put(text(13, other))).outcome == "held", "as many, but others"
    file = repository.root / "payments" / "file-0"
    file.write_text(text(14, LONG[52:]))
    confirmed = import_reports(repository.context(), [file], ImportOptions(accept_held=True))
    assert (only(confirmed).outcome, repository.rows(count)) == ("applied", [(48,)])


def test_a_file_from_the_future_does_not_block_those_of_tomorrow(repository: Repository) -> None:
    repository.put(scan(result("xz", XZ)), scores(30, **{XZ: 0.9}))
    repository.now += timedelta(days=1)
    assert only(repository.put(scores(26, **{XZ: 0.1}))).outcome == "applied"


def test_a_rescan_of_enriched_findings_is_unchanged(repository: Repository) -> None:
    results = (result("xz", XZ, epss_score=0.1), result("plain"))
    repository.put(
        scan(*results), scores(20, **{XZ: 0.9}), "* @a\n", listing(20, (XZ, "2026-11-01", None))
    )
    before = repository.rows(f"SELECT {FINDING} FROM finding ORDER BY title")
    report = repository.put(scan(*results, at=21))
    assert (report.totals.unchanged, report.totals.updated) == (2, 0)
    assert repository.rows(f"SELECT {FINDING} FROM finding ORDER BY title") == before
    assert len(repository.events()) == 1


def test_the_word_of_the_tool_may_change_but_the_catalogue_counts(repository: Repository) -> None:
    repository.put(
        scan(result("xz", XZ, epss_score=0.1)), scores(20, **{XZ: 0.9}),
        listing(20, (XZ, "2026-11-01", None)),
    )  # fmt: skip
    report = repository.put(scan(result("xz", XZ, epss_score=0.3, known_exploited=True), at=21))
    assert report.totals.updated == 1
    assert repository.one("epss, tool_epss, is_kev, tool_is_kev") == (0.9, 0.3, True, True)
    repository.put(listing(21, (OTHER, "2026-11-01", None)), scores(21, **{OTHER: 0.5}))
    assert repository.one("epss, epss_percentile, is_kev") == (0.3, None, False)


def test_of_several_ids_the_worst_counts(repository: Repository) -> None:
    repository.put(
        scan(result("xz", XZ, OTHER, "GHSA-rxwq-x6h5-x02r")),
        scores(20, **{XZ: 0.2, OTHER: 0.7}),
        listing(20, (XZ, "2026-11-05", "2026-11-28"), (OTHER, "2026-11-02", "2026-11-30")),
    )
    assert repository.one("epss, epss_percentile, kev_added, due_at") == (
        0.7, 0.35, day(2), day(28),
    )  # fmt: skip


def test_a_catalogue_cannot_contradict_what_it_cannot_name(repository: Repository) -> None:
    repository.put(
        scan(
            result("advisory", "GHSA-rxwq-x6h5-x02r", known_exploited=True),
            result("xz", XZ, known_exploited=True),
        ),
        listing(20, (OTHER, "2026-11-01", None)),
    )
    assert repository.one("is_kev", "advisory") == (True,)
    assert repository.one("is_kev") == (False,)
    assert repository.events() == ["the tool says known exploited, the catalogue does not list it"]


def test_without_a_due_date_the_days_of_the_house_count_from_the_listing(
    repository: Repository,
) -> None:
    repository.settings = Settings(sla=SlaSettings(kev_days=10))
    repository.put(scan(result("xz", XZ)), listing(20, (XZ, "2026-11-15", None)))
    assert repository.one("due_at, kev_due") == (day(25), None)


def test_a_listing_never_gives_more_time(repository: Repository) -> None:
    repository.put(
        scan(result("xz", XZ, severity="critical")), listing(20, (XZ, "2026-11-15", "2027-11-15"))
    )
    assert repository.one("due_at") == (day(27),)


def test_what_is_fixed_keeps_its_deadline_and_a_return_gets_that_of_the_catalogue(
    repository: Repository,
) -> None:
    repository.put(scan(result("xz", XZ)))
    repository.put(scan(result("plain"), at=21))
    repository.put(listing(22, (XZ, "2026-11-15", "2026-11-24")))
    assert repository.one("state, is_kev, due_at = sla_due_at") == ("fixed", True, True)
    assert repository.events() == []
    repository.put(scan(result("xz", XZ), result("plain"), at=23))
    assert repository.one("state, due_at, sla_due_at") == (
        "open", day(24), day(23) + timedelta(days=30),
    )  # fmt: skip


def test_owners_by_path_then_by_the_settings_then_by_the_catalogue(repository: Repository) -> None:
    owner = ("owner",)
    repository.put(scan(result("xz", XZ)), services())
    assert repository.one("owner") == ("pay",)
    repository.settings = Settings(assets=(AssetSettings(name="payments", owner="house"),))
    repository.put(scan(result("xz", XZ), at=21))
    assert repository.one("owner") == ("house",)
    repository.put("/src/ @code @second\n", at=day(21))
    assert repository.one(owner[0]) == ("@code",)
    repository.put("/src/\n# nobody\n* @x\n/src/\n", at=day(22))
    assert repository.one("owner") == ("house",)
    repository.put("/docs/ @docs\n", at=day(23))
    assert repository.one("owner") == ("house",)


def test_only_new_paths_are_matched_again(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    of = CodeOwners.of

    def noted(self: CodeOwners, path: str) -> tuple[str, ...]:
        asked.append(path)
        return of(self, path)

    monkeypatch.setattr(CodeOwners, "of", noted)
    repository.put("* @a\n", scan(result("xz", XZ)))
    repository.put(scan(result("xz", XZ), result("new", OTHER, path="b/c"), at=21))
    assert asked == ["src/pay/req.txt", "b/c"]
    repository.put("* @b\n", at=day(21))
    assert sorted(asked[2:]) == ["b/c", "src/pay/req.txt"]
    assert repository.one("owner", "new") == ("@b",)


def test_a_catalogue_fills_what_is_empty_and_takes_it_back(repository: Repository) -> None:
    about = "SELECT owner, domain, environment, tier FROM asset WHERE name = 'payments'"
    repository.put(scan(result("xz", XZ)))
    cheap = repository.one("exposure")[0]
    repository.put(
        services(name="the-payments-api"), name="catalog-info.yaml"
    )  # known by its alias
    assert repository.rows(about) == [("pay", "cards", "production", 1)]
    assert repository.one("exposure")[0] > cheap
    repository.put(services(owner="other", tier="2"), name="catalog-info.yaml", at=day(21))
    assert repository.rows(about) == [("other", "cards", "production", 2)]
    assert repository.one("owner") == ("other",)
    repository.put(services(name="elsewhere").replace("bank/payments", "bank/else"),
                   name="catalog-info.yaml", at=day(22))  # fmt: skip
    assert repository.rows(about) == [("", "", "", 3)]
    assert repository.one("owner, exposure") == ("", cheap)


def test_what_the_settings_say_of_an_asset_stands(repository: Repository) -> None:
    asset = AssetSettings(name="payments", owner="house", tier=2)
    repository.settings = Settings(assets=(asset,))
    repository.put(scan(result("xz", XZ)), services())
    assert repository.rows("SELECT owner, domain, tier FROM asset") == [("house", "cards", 2)]
    assert repository.one("owner") == ("house",)


ORDERED: tuple[str, ...] = (
    scan(result("xz", XZ, OTHER), result("plain", path="docs/x.md"),
         result("tooled", OTHER, epss_score=0.1, known_exploited=True)),
    scores(18, **{XZ: 0.3}),
    scores(19, **{OTHER: 0.4, XZ: 0.2}),
    listing(18, (OTHER, "2026-11-01", None)),
    listing(19, (XZ, "2026-11-03", "2026-11-22")),
    "* @all\n/src/ @src\n",
    services(),
)  # fmt: skip
SOME_ORDERS = [order for n, order in enumerate(permutations(range(len(ORDERED)))) if n % 2602 == 7]


@pytest.mark.parametrize("order", SOME_ORDERS)
def test_the_order_of_the_files_does_not_matter(tmp_path: Path, order: Sequence[int]) -> None:
    together, apart = Repository(tmp_path / "a"), Repository(tmp_path / "b")
    together.put(*ORDERED)
    for number in order:
        apart.put(ORDERED[number])
    for text in (
        f"SELECT {FINDING}, exposure FROM finding ORDER BY title",
        "SELECT name, owner, domain, environment, tier FROM asset ORDER BY name",
        "SELECT * FROM epss_score ORDER BY ALL",
        "SELECT * FROM kev_entry ORDER BY ALL",
        "SELECT * FROM path_owner ORDER BY ALL",
        "SELECT kind, version, dated, rows FROM enrichment ORDER BY ALL",
    ):
        assert apart.rows(text) == together.rows(text), text


def test_hostile_owners_are_cleaned_and_secrets_do_not_get_in(repository: Repository) -> None:
    token = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    repository.put(
        scan(result("xz", XZ)),
        f"/src/ \x1b[31m@evil \u202e@x @{token}\n/src/ @ok\x07 @a/{token}\n",
        services(owner=f"user:\u202e{token}", tier="1"),
    )
    for table in ("owner_rule", "path_owner", "catalogue_entry", "asset", "finding"):
        text = str(repository.rows(f"SELECT * FROM {table}"))
        assert token not in text, table
        assert not {"\x1b", "\u202e", "\x07"} & set(text.replace("\\x1b", "\x1b")), table


def test_a_bad_row_is_told_and_stops_nothing(repository: Repository) -> None:
    report = repository.put(scores(20, **{XZ: 0.9}) + "CVE-broken,1,1\n", scan(result("xz", XZ)))
    assert [problem.where for problem in report.files[0].problems] == ["row 3"]
    assert repository.one("epss") == (0.9,)


def test_a_dry_run_leaves_nothing(repository: Repository) -> None:
    repository.put(scan(result("xz", XZ)))
    file = repository.root / "payments" / "epss.csv"
    file.write_text(scores(20, **{XZ: 0.9}))
    report = import_reports(repository.context(), [file], ImportOptions(dry_run=True))
    assert only(report).outcome == "applied"
    assert repository.one("epss") == (None,)


def test_age_is_told_and_stale_is_never_well(repository: Repository) -> None:
    repository.put(scan(result("xz", XZ)), scores(20, **{XZ: 0.9}), "* @a\n")
    assert [(e.kind, e.state) for e in enrichments(repository.context())] == [
        ("epss", "ok"), ("codeowners", "ok"),
    ]  # fmt: skip
    repository.now += timedelta(days=3)
    view = posture(repository.context()).enrichments
    assert [(e.kind, e.state, e.dated) for e in view] == [
        ("epss", "stale", day(20)), ("codeowners", "ok", day(20)),
    ]  # fmt: skip


def test_a_finding_explains_its_priority(repository: Repository) -> None:
    repository.put(
        scan(result("xz", XZ)), scores(20, **{XZ: 0.94}),
        listing(19, (XZ, "2026-11-01", "2026-11-28")), "* @a @b\n",
    )  # fmt: skip
    reader = FindingReader(repository.context())
    (id_,) = reader.ids()
    sentences = reader.why(id_).sentences
    assert "EPSS 0.94, 47th percentile, scores of 2026-11-20 (5 days old)" in sentences
    assert sentences[-1].startswith("priority: known exploited · due in 2 d · high · EPSS 94 % · ")
    assert "owned by @a, @b" in sentences
    assert reader.show(id_).known.owners == ("@a", "@b")
    queries = ("percentile>0.4", "kev_added>2026-10-31", "kev_due<7d", "kev -ransomware owner:@a")
    assert all(reader.ids(query) == (id_,) for query in queries)
    assert reader.ids("ransomware") == ()
    reader.close()


def test_a_listing_takes_a_waiver_to_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = make_bank(tmp_path / "home", monkeypatch)
    ctx = bank.at("engineer")
    with ctx.store.writer() as tx:
        row = finding("xz", severity=2, vulnerability=XZ, vulnerability_ids=[XZ])
        tx.append("finding", [{**row, "tool_is_kev": False, "is_ransomware": False}])
    waive(ctx, "cve:CVE-2024-3094", "deferred", WHY, LATER)
    assert bank.states()["xz"] == "waived"
    catalogue = KevCatalogue({XZ: KevEntry(day(1), None, is_ransomware=False)}, "1", day(20))
    with ctx.store.writer() as tx:
        origin = Origin("", "kev.json", "hash", None)
        record_enrichment(tx, catalogue, origin, ctx.settings.closure, NOW)
        tx.stage("described_asset", TABLES["described_asset"], ())
        enrich(tx, ctx.settings.sla, NOW)
        project_ledger(ctx, tx, ctx.clock.now())
    assert bank.states()["xz"] == "open"
    reviews = bank.rows("SELECT detail FROM finding_event WHERE kind = 'waiver_review'")
    assert ["it is exploited by now" in detail for (detail,) in reviews] == [True]


def test_a_finding_about_a_model_belongs_to_whom_the_registry_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = make_bank(tmp_path / "home", monkeypatch)
    steps = (
        ("UPDATE model SET owner = owner", "payments"),
        ("UPDATE model SET owner = 'risk'", "risk"),
        ("UPDATE finding SET settings_owner = 'house' WHERE model = 'fraud'", "house"),
    )
    for step, owner in steps:
        with bank.at("engineer").store.writer() as tx:
            tx.execute(statement(step))
            enrich(tx, SlaSettings(), bank.clock.now())
        assert bank.rows("SELECT owner FROM finding WHERE model = 'fraud'") == [(owner,)]
