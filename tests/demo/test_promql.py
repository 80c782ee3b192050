from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.demo.promql import PromqlError, Selector, parse

LABELS = {"__name__": "model_accuracy", "model": "fraud-scoring", "version": "7"}


@pytest.mark.parametrize(
    "query",
    [
        "model_accuracy",
        ' model_accuracy { model = "fraud-scoring" } ',
        'model_accuracy{model="fraud-scoring",version!="6",}',
        "model_accuracy{model='fraud-scoring'}",
        'model_accuracy{version=~"6|7"}',
        'model_accuracy{version!~"6|8"}',
        'model_accuracy{absent=""}',
        '{__name__="model_accuracy"}',
        "model_accuracy{}",
    ],
)
def test_a_selector_finds_the_series_it_describes(query: str) -> None:
    selector = parse(query)
    assert isinstance(selector, Selector)
    assert selector.selects(LABELS)


@pytest.mark.parametrize(
    "query",
    [
        "model_accur",
        'model_accuracy{model="fraud"}',
        'model_accuracy{model=~"fraud"}',
        'model_accuracy{version!~"6|7"}',
        'model_accuracy{absent!=""}',
    ],
)
def test_a_selector_leaves_other_series_out(query: str) -> None:
    selector = parse(query)
    assert isinstance(selector, Selector)
    assert not selector.selects(LABELS)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "{}",
        '{model=~".*"}',
        "model_accuracy{",
        'model_accuracy{model="x"',
        "model_accuracy{model=x}",
        'model_accuracy{model="x"}}',
        'model_accuracy{model="x" version="7"}',
        'model_accuracy{model=~"("}',
        "rate(model_accuracy[5m])",
        "model_accuracy > 0.5",
        "model_accuracy[5m]",
        'model_accuracy{,model="x"}',
    ],
)
def test_what_is_not_understood_is_refused(query: str) -> None:
    with pytest.raises(PromqlError):
        parse(query)


def test_a_number_is_a_scalar() -> None:
    assert parse(" 0.9 ") == 0.9


@given(st.text(max_size=40))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except PromqlError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
