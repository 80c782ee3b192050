"""A short fuzz over all formats; `make fuzz` runs for longer."""

from __future__ import annotations

import random
from dataclasses import replace
from zlib import crc32

import pytest

from riskcockpit.domain.redaction import Redactor
from support.mutating import mutated, seeds, try_everything
from support.sarif_logs import OPTIONS

SEEDS = [(name, content) for name, content in seeds() if len(content) < 20_000]
ROUNDS = 12


@pytest.mark.parametrize(("name", "content"), SEEDS, ids=[name for name, _ in SEEDS])
def test_no_mutation_crashes_a_reader(name: str, content: bytes) -> None:
    options = replace(OPTIONS, redact=Redactor(b"0" * 32))
    rng = random.Random(crc32(name.encode()))
    for _ in range(ROUNDS):
        try_everything(mutated(content, rng), options, rng)
