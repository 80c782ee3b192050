"""Mutations of reports: of bytes, of JSON values, of lines. A generator decides; nothing is copied.

Used by the short fuzz test and, for as long as one likes, by `scripts/fuzz_formats.py`.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from riskcockpit.domain.redaction import Redactor
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import InputError
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.mapped.definition import load
from riskcockpit.formats.mapped.reader import MappedFormat
from riskcockpit.formats.registry import named, names, read_report
from riskcockpit.ingest.identity import identify
from support.sarif_logs import OPTIONS

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
MOST_BYTES = 120_000
"""Larger seeds are left out: a thousand small mutations find more than one large."""
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, 2**63, -(2**70), "", " ", "\x00", "\ud800", "null", [], {},
    [[]], [{}], {"": ""}, "9" * 400, "A" * 70_000, "../../etc/passwd", "file:///C:/x%00",
    "\x1b]52;c;ZXZpbA==\x07", "[@click=app.quit]x[/]", "=cmd()", "2026-13-45T99:99:99Z", "NaN",
    "CVE-2026-99999999999999999999", "pkg:npm/%40a/b@1?x=y#z", "http://[::1", "CVSS:3.1/AV:Q",
)  # fmt: skip


def described() -> tuple[MappedFormat, ...]:
    """Return the formats that the documentation describes by mappings, as a home would."""
    text = (ROOT / "docs/mappings.md").read_text("utf-8")
    with TemporaryDirectory() as name:
        for number, example in enumerate(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)):
            Path(name, f"{number}.yaml").write_text(example, "utf-8")
        return tuple(map(MappedFormat, load(Path(name))))


DESCRIBED = described()
NAMES = names(DESCRIBED)
MUTATING = replace(OPTIONS, redact=Redactor(b"0" * 32), own=DESCRIBED)
"""How mutations are read."""
_MARKS = (b"{", b"}", b"[", b"]", b'"', b"\\", b"<", b">", b"&", b",", b"\n", b"\x00", b"\xff")


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of every small report at hand, one of each format among them."""
    for format_ in DESCRIBED:
        for case in format_.mapping.cases:
            yield f"{format_.name}: {case.name}", case.content.encode()
    folders = [ROOT / "tests/formats/seeds", ROOT / "fixtures/reports", ROOT / "fixtures/demo"]
    folders += [CORPUS / "scans", CORPUS / "scanner-output"]
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.suffix != ".md" and file.stat().st_size <= MOST_BYTES:
                yield str(file.relative_to(folder)), file.read_bytes()


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Return `content` after one to four mutations."""
    for _ in range(rng.randint(1, 4)):
        content = rng.choice(_MUTATIONS)(content, rng)
    return content


def _json(content: bytes, rng: random.Random) -> bytes:
    """Replace, remove, repeat or nest one value somewhere in a JSON document."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return _bytes(content, rng)
    places = list(_places(value))
    if not places:
        return json.dumps(rng.choice(ODD)).encode("utf-8", "replace")
    holder, key = rng.choice(places)
    other, name = rng.choice(places)
    copied = json.loads(json.dumps(other[name]))
    action = rng.randrange(8)
    if action == 0:
        del holder[key]
    elif action == 1 and isinstance(holder, list):
        holder.extend([holder[key]] * rng.randint(1, 50))
    else:
        holder[key] = rng.choice((_nested(copied, rng), copied, *rng.sample(ODD, 3)))
    try:
        return json.dumps(value).encode("utf-8", "replace")
    except (RecursionError, ValueError):
        return content


def _nested(value: Any, rng: random.Random) -> Any:
    for _ in range(rng.choice((3, 150, 900))):
        value = [value] if rng.random() < 0.5 else {"a": value}
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            pairs: Any = list(item.items())
        elif isinstance(item, list):
            pairs = list(enumerate(item))
        else:
            continue
        for key, inner in pairs:
            yield item, key
            stack.append(inner)


def _bytes(content: bytes, rng: random.Random) -> bytes:
    """Flip, insert, cut out or repeat some bytes."""
    if not content:
        return rng.choice(_MARKS)
    at = rng.randrange(len(content))
    length = rng.choice((1, 1, 2, 8, 64, 512))
    action = rng.randrange(5)
    if action == 0:
        return content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]
    if action == 1:
        return content[:at] + rng.choice(_MARKS) * length + content[at:]
    if action == 2:
        return content[:at] + content[at + length :]
    if action == 3:
        return content[:at] + content[at : at + length] * 3 + content[at + length :]
    return content[:at]


def _words(content: bytes, rng: random.Random) -> bytes:
    """Put an odd text in the place of a quoted one, of a cell, or of an element's text."""
    quote = rng.choice((b'"', b",", b";", b">", b"'"))
    parts = content.split(quote)
    if len(parts) > 2:
        odd = rng.choice([item for item in ODD if isinstance(item, str)])
        parts[rng.randrange(1, len(parts) - 1)] = odd.encode("utf-8", "replace")[:5000]
    return quote.join(parts)


def _lines(content: bytes, rng: random.Random) -> bytes:
    """Remove, repeat or exchange lines."""
    lines = content.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    action = rng.randrange(3)
    if action == 0:
        del lines[at]
    elif action == 1:
        lines[at:at] = [lines[other]] * rng.randint(1, 20)
    else:
        lines[at], lines[other] = lines[other], lines[at]
    return b"\n".join(lines)


def _outer(content: bytes, rng: random.Random) -> bytes:
    """Pack the report, or write it in a wide encoding; what comes next mutates that."""
    action = rng.randrange(5)
    if action == 0:
        return gzip.compress(content, mtime=0)
    if action == 1:
        return bytes(pa.compress(content, "zstd", asbytes=True))
    if action == 2:
        return content.decode("utf-8", "replace").encode(rng.choice(("utf-16", "utf-32-be")))
    if action == 3:
        return b"\xef\xbb\xbf" + content
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as it:
        for name in rng.choice((("a.json",), ("audit.fvdl", "audit.xml"), ("../a/b.csv",))):
            it.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


_MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_json,) * 6, _bytes, _bytes, _words, _words, _lines, _lines, _outer,
)  # fmt: skip


def try_everything(content: bytes, options: ReadOptions, rng: random.Random) -> None:
    """Read `content` as what it shows, and as something it is not; anything but a refusal counts.

    Raises:
        AssertionError: a report was read into something that must not be.
        Exception: a reader crashed.
    """
    for name in ("", rng.choice(NAMES)):
        try:
            report = (named(name, options.own).read if name else read_report)(content, options)
        except InputError as refusal:
            assert refusal.message
            continue
        check(report)


def check(report: Report) -> None:
    """Assert what holds for every report, whatever was in it."""
    for scan in report.scans:
        assert scan.tool
        keys = identify(scan.asset or "asset", scan.observations).keys
        assert len(set(keys)) == len(keys)
        for seen in scan.observations:
            assert seen.title
            for text in (seen.title, seen.rule, seen.asset, seen.resource, seen.tool):
                assert clean_line(text) == text
            assert seen.cvss is None or 0 <= seen.cvss <= 10
            assert seen.epss is None or 0 <= seen.epss <= 1
            assert not seen.raw or isinstance(json.loads(seen.raw), dict)
            for place in seen.locations:
                for number in (place.line, place.column, place.end_line):
                    assert number is None or 0 < number < 2**31
                assert clean_line(place.path) == place.path
        assert all(problem.where and problem.why for problem in scan.problems)
