"""Report files: what changed is handed over once, and nothing outside the named places is read."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.connectors import watched
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.files.connector import FilesConnector
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import ConfigError, UnavailableError

LATER = datetime.now(UTC) + timedelta(hours=1)


def pull(
    *paths: str, cursor: str = "", until: datetime = LATER, url: str = "", **options: Any
) -> list[Batch]:
    spec = SourceSpec("reports", url, {"paths": list(paths), **options})
    return list(FilesConnector.build(spec, FrozenClock(until)).pull(cursor, until))


def documents(batches: list[Batch]) -> list[Document]:
    return [item for batch in batches for item in batch.items if isinstance(item, Document)]


def names(batches: list[Batch]) -> list[str]:
    return [Path(document.name).name for document in documents(batches)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("payments/bandit.sarif", "payments/deep/trivy.json", "lending/bandit.sarif"):
        path = tmp_path / "reports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "reports"


def test_a_file_a_directory_and_a_pattern(root: Path) -> None:
    assert names(pull(str(root / "lending" / "bandit.sarif"))) == ["bandit.sarif"]
    assert len(documents(pull(str(root)))) == 3
    assert len(documents(pull(f"{root}/*/*.sarif"))) == 2
    assert len(documents(pull(f"{root}/**/*.json"))) == 1
    assert len(documents(pull(str(root), f"{root}/*/*.sarif"))) == 3, "each file once"


def test_owners_are_found_where_the_forges_keep_them_and_nothing_else_hidden_is(root: Path) -> None:
    """Reports in hidden directories are not: those are caches and settings."""
    for name in (
        ".github/CODEOWNERS",
        ".gitlab/CODEOWNERS",
        ".github/scan.sarif",
        ".git/CODEOWNERS",
    ):
        path = root / "payments" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("* @bank/payments")
    (root / "payments" / ".github" / "deep").mkdir()
    (root / "payments" / ".github" / "deep" / "CODEOWNERS").write_text("* @bank/payments")
    found = [Path(document.name) for document in documents(pull(str(root / "payments")))]
    owners = [path.parent.name for path in found if path.name == "CODEOWNERS"]
    assert sorted(owners) == [".github", ".gitlab"]
    assert len(found) == 4


def test_of_yaml_in_a_directory_only_catalogues_are_taken(root: Path) -> None:
    for name in ("deployment.yaml", "catalog-info.yaml", "CODEOWNERS"):
        (root / "payments" / name).write_text(name)
    taken = names(pull(str(root / "payments")))
    assert taken == ["CODEOWNERS", "bandit.sarif", "catalog-info.yaml", "trivy.json"]
    assert names(pull(f"{root}/*/deployment.yaml")) == ["deployment.yaml"]


def test_relative_paths_lie_under_the_url(root: Path) -> None:
    assert len(documents(pull("payments", "lend*/*.sarif", url=str(root)))) == 3
    for url, path in (("", "payments"), ("reports", "payments")):
        with pytest.raises(ConfigError):
            pull(path, url=url)


def test_unchanged_files_are_not_handed_over_again(root: Path) -> None:
    first = pull(str(root))
    second = pull(str(root), cursor=first[-1].cursor)
    assert (len(documents(first)), documents(second)) == (3, [])
    assert second[-1].is_complete
    assert second[-1].cursor == first[-1].cursor


def test_a_changed_file_is_handed_over_a_touched_one_is_not(root: Path) -> None:
    cursor = pull(str(root))[-1].cursor
    (root / "lending" / "bandit.sarif").write_text("other content")
    os.utime(root / "payments" / "bandit.sarif", (1, 1))
    again = pull(str(root), cursor=cursor)
    assert names(again) == ["bandit.sarif"]
    assert documents(again)[0].content == b"other content"


def test_a_change_within_the_same_tick_is_seen(root: Path) -> None:
    """Size and time alone would miss a rewrite just after the sync."""
    path = root / "lending" / "bandit.sarif"
    status = path.stat()
    soon = datetime.fromtimestamp(status.st_mtime, UTC) + timedelta(seconds=0.5)
    cursor = pull(str(path), until=soon)[-1].cursor
    path.write_text(path.read_text().upper())
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert len(documents(pull(str(path), cursor=cursor))) == 1


def test_a_file_that_is_gone_is_forgotten(root: Path) -> None:
    cursor = pull(str(root))[-1].cursor
    path = root / "lending" / "bandit.sarif"
    content = path.read_text()
    path.unlink()
    without = pull(str(root), cursor=cursor)
    path.write_text(content)
    assert len(documents(pull(str(root), cursor=without[-1].cursor))) == 1


def test_links_out_of_the_directory_are_not_followed(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.json"
    outside.write_text("secret")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "more.json").write_text("secret")
    (root / "link.json").symlink_to(outside)
    (root / "inner.json").symlink_to(root / "lending" / "bandit.sarif")
    (root / "dir").symlink_to(tmp_path / "out")
    (root / "broken.json").symlink_to(root / "nowhere")
    for path in (str(root), f"{root}/**/*.json", f"{root}/*/*.json", f"{root}/*.json"):
        batches = pull(path)
        assert b"secret" not in {document.content for document in documents(batches)}
    note = pull(str(root))[-1].coverage.note
    assert "link.json: left out: it is a link" in note
    assert "broken.json: left out: it cannot be read" in note
    assert "inner.json" in names(pull(f"{root}/*.json"))


def test_a_pipe_does_not_hang(root: Path) -> None:
    os.mkfifo(root / "pipe.json")
    assert "not a regular file" in pull(str(root))[-1].coverage.note


def test_a_file_beyond_the_limit_leaves_the_pass_incomplete(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "MAX_BYTES", 20)
    last = pull(str(root))[-1]
    assert last.coverage.is_truncated
    assert "larger than 20 bytes" in last.coverage.note


def test_assets_come_from_the_directory_the_file_or_the_option(root: Path) -> None:
    (root / "loose.sarif").write_text("x")
    by_directory = {
        Path(d.name).relative_to(root).as_posix(): d.asset
        for d in documents(pull(str(root), asset="bank", asset_from="directory"))
    }
    assert by_directory == {
        "payments/bandit.sarif": "payments",
        "payments/deep/trivy.json": "payments",
        "lending/bandit.sarif": "lending",
        "loose.sarif": "bank",
    }
    by_file = {d.asset for d in documents(pull(f"{root}/*.sarif", asset_from="file"))}
    assert by_file == {"loose"}
    assert {d.asset for d in documents(pull(f"{root}/*/*.sarif", asset="bank"))} == {"bank"}


def test_the_time_of_a_file_stands_in_for_the_scan(root: Path) -> None:
    path = root / "lending" / "bandit.sarif"
    os.utime(path, (1_700_000_000, 1_700_000_000))
    document = documents(pull(str(path), category="nightly"))[0]
    assert document.modified_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert document.category == "nightly"


def test_a_path_that_names_nothing_fails_unless_it_may(root: Path) -> None:
    with pytest.raises(UnavailableError, match="none") as caught:
        pull(str(root / "none"), f"{root}/*.none")
    assert "optional" in (caught.value.hint or "")
    assert documents(pull(str(root / "none"), str(root), optional=True))


@pytest.mark.parametrize("path", ["**x/*.json", "[", "a/**b"])
def test_an_odd_pattern_names_nothing(root: Path, path: str) -> None:
    with pytest.raises(UnavailableError):
        pull(f"{root}/{path}")


def test_the_check_counts_the_files(root: Path) -> None:
    spec = SourceSpec("reports", "", {"paths": [str(root)]})
    assert FilesConnector.build(spec, FrozenClock(LATER)).check() == "3 report files"
