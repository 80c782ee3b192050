"""`init` finds AWS by a profile and a region, and writes both down, never a key."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
import yaml

from riskcockpit.config.paths import Paths
from riskcockpit.services.setup import init


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_profile_and_a_region_make_a_source(tmp_path: Path, variable: str) -> None:
    secret = secrets.token_hex(20)
    paths = Paths.under(tmp_path / "home")
    environ = {"AWS_PROFILE": "audit", variable: "eu-central-1", "AWS_SECRET_ACCESS_KEY": secret}
    steps = init(paths, environ, tmp_path)
    assert any(step.what == "AWS_PROFILE: Security Hub in eu-central-1" for step in steps)
    text = paths.settings.read_text()
    assert yaml.safe_load(text)["sources"] == [
        {
            "name": "aws",
            "kind": "aws",
            "options": {
                "regions": ["eu-central-1"],
                "services": ["securityhub"],
                "profile": "audit",
            },
        }
    ]
    assert secret not in text


@pytest.mark.parametrize("environ", [{"AWS_PROFILE": "audit"}, {"AWS_REGION": "eu-central-1"}])
def test_half_of_it_makes_none(tmp_path: Path, environ: dict[str, str]) -> None:
    paths = Paths.under(tmp_path / "home")
    init(paths, environ, tmp_path)
    assert not yaml.safe_load(paths.settings.read_text())["sources"]
