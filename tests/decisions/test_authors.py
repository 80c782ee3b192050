"""Who wrote the code of a finding, as far as reports name somebody."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.decisions.authors import committers_in, is_author


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ({"Author": "Ann", "Email": "ann@bank.example"}, {"Ann", "ann@bank.example"}),
        ({"partialFingerprints": {"author": "Ann", "email": "a@b.ex"}}, {"Ann", "a@b.ex"}),
        (
            {"SourceMetadata": {"Data": {"Git": {"email": "Ann B <ann@bank.example>"}}}},
            {"Ann B", "ann@bank.example"},
        ),
        ({"location": {"commit": {"author": "Ann <a@b.ex>"}}}, {"Ann", "a@b.ex"}),
        ({"author": "ann@bank.example"}, {"ann@bank.example"}),
        ({"author_email": " "}, set()),
        ({"author": ["x"], "email": None, "authority": "Ann", "n": 1}, set()),
        ([[[[[[[[{"author": "too deep"}]]]]]]]], set()),
        ("author", set()),
    ],
)  # fmt: skip
def test_reports_name_who_committed_what_they_found(record: Any, wanted: set[str]) -> None:
    assert set(committers_in(record)) == wanted


def test_a_committer_is_a_person_by_name_or_mail() -> None:
    names = list(committers_in({"Email": "Ann@bank.example"}))
    assert is_author("ann", names)
    assert not is_author("ben", names)
