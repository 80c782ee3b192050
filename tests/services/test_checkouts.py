"""The file of a finding is found inside the checkout of its asset, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import CockpitSettings, Settings
from riskcockpit.errors import InputError
from riskcockpit.services.checkouts import locate
from riskcockpit.services.context import Context
from support.hostile import HOSTILE


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A directory with one checkout in it."""
    folder = tmp_path / "src" / "payments-api"
    (folder / "app").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "app" / "db.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "src" / "key").write_text("secret\n", encoding="utf-8")
    return tmp_path / "src"


def here(home: Path, **checkouts: str) -> Context:
    ctx = Context.open(Paths.under(home))
    cockpit = CockpitSettings(
        checkouts={key.replace("_", "-"): at for key, at in checkouts.items()}
    )
    return replace(ctx, settings=Settings(cockpit=cockpit))


def test_settings_say_where_by_asset_or_for_all(tmp_path: Path, source: Path) -> None:
    file = source / "payments-api" / "app" / "db.py"
    for ctx in (
        here(tmp_path, payments_api=str(source / "payments-api")),
        here(tmp_path, **{"*": str(source)}),
        here(tmp_path, **{"*": "../src"}),
    ):
        for asset in ("payments-api", "bank/payments-api"):
            assert locate(ctx, asset, "app/db.py") == file


def test_the_checkout_one_stands_in_is_found_by_its_name(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source / "payments-api" / "app")
    assert locate(here(tmp_path), "bank/payments-api", "app/db.py").name == "db.py"
    with pytest.raises(InputError, match="no checkout of lending-web"):
        locate(here(tmp_path), "lending-web", "app/db.py")


def test_without_a_checkout_the_hint_says_what_to_set(tmp_path: Path) -> None:
    for ctx in (here(tmp_path), here(tmp_path, payments_api="~/nowhere")):
        with pytest.raises(InputError, match="no checkout of payments-api here") as caught:
            locate(ctx, "payments-api", "app/db.py")
        assert "checkouts: {payments-api: ~/src/" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "path",
    ["../key", "/etc/passwd", "app/../../key", "link", "circle", "app", "", "a\0b", "x" * 5_000,
     *HOSTILE],
)  # fmt: skip
def test_no_path_leads_out_of_the_checkout(tmp_path: Path, source: Path, path: str) -> None:
    root = source / "payments-api"
    (root / "link").symlink_to(source / "key")
    (root / "circle").symlink_to(root / "circle")
    with pytest.raises(InputError, match="is not in the checkout at"):
        locate(here(tmp_path, payments_api=str(root)), "payments-api", path)


@pytest.mark.parametrize("asset", ["..", ".", "", "x/..", "../..", *HOSTILE])
def test_no_asset_leads_out_of_the_directory_for_all(
    tmp_path: Path, source: Path, asset: str
) -> None:
    inner = source / "inner"
    inner.mkdir()
    with pytest.raises(InputError):
        locate(here(tmp_path, **{"*": str(inner)}), asset, "key")
