"""Strict reading of a YAML file into a struct: errors name file, line and the nearest key.

YAML aliases, files beyond a size, keys nobody knows and keys that are there twice are refused. Used
for settings, roles, controls, the KPI catalogue and the exposure priors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args

import msgspec
import yaml

from riskcockpit.config.choices import meant
from riskcockpit.errors import ConfigError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_BYTES = 1_000_000
MAX_DEPTH = 200
"""Levels of nesting; many more would end the process inside the YAML library."""
_WORDS = 4096
"""Different plain values that are kept once they are understood."""
_NO_KEY = object()
T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Source:
    """A file and where each of its values stands."""

    what: str
    """What is read, as `controls`; for messages."""
    file: Path
    text: str

    def lines(self) -> Mapping[str, int]:
        """Return the dotted path of every value → its line, one-based; reads the text again."""
        node = _parse(self.text, self.file, self.what)[0]
        return {} if node is None else dict(_lines(node, ""))

    def fault(self, path: str, why: str, hint: str | None = None) -> ConfigError:
        """Return the error for a value that is wrong although its type is right.

        A value that is missing has no line; that of what should hold it is named then.
        """
        lines = self.lines()
        line = lines.get(path) or lines.get(path.rpartition(".")[0])
        where = f"line {line}: " if line else ""
        return ConfigError(
            f"cannot read {self.what} from {self.file}: {where}{path}: {why}", hint=hint
        )


@dataclass(frozen=True, slots=True)
class Document(Generic[T]):
    """A value that was read, and where from."""

    value: T
    source: Source


def read_document(file: Path, type_: type[T], what: str) -> Document[T]:
    """Read `file` as a `type_`; `what` names it in messages.

    Raises:
        ConfigError: it cannot be read or used; the message names file, line and what to mend.
    """
    return parse_document(_text(file, what), file, type_, what)


def read_yaml(file: Path, what: str) -> Any:
    """Read what is in a YAML file, within the limits of all of them; raises as `read_document`."""
    return parse_yaml(_text(file, what), file, what)


def parse_yaml(text: str, file: Path, what: str) -> Any:
    """Read YAML text; `file` only names it in messages. Raises as `read_document`."""
    raw, is_suspect = _value(text, file, what)
    for line, key in _twice(text) if is_suspect else ():
        raise ConfigError(
            f'cannot read {what} from {file}: line {line}: "{key}" is there twice',
            hint="keep one of them: only the last would count",
        )
    return raw


def _text(file: Path, what: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {what} from {file}: {error}") from error


def parse_document(text: str, file: Path, type_: type[T], what: str) -> Document[T]:
    """Read YAML text as a `type_`; raises as `read_document`."""
    raw = parse_yaml(text, file, what)
    source = Source(what, file, text)
    try:
        return Document(msgspec.convert({} if raw is None else raw, type_), source)
    except msgspec.ValidationError as error:
        raise _explained(error, raw, type_, source) from error


class _UnusualError(Exception):
    """What the quick reading leaves to YAML's own."""


def _value(text: str, file: Path, what: str) -> tuple[Any, bool]:
    """Return the value `_parse` does, and whether a key may be there twice.

    Without the nodes it takes a third of the time for a plain document.
    """
    if len(text) <= MAX_BYTES and not _is_too_deep(text):
        try:
            tree = _Tree()
            for event in yaml.parse(text, _Loader):
                if (step := _STEPS.get(type(event))) is not None:
                    step(tree, event)
            return tree.root[0] if tree.root else None, tree.is_suspect
        except (_UnusualError, yaml.YAMLError, ValueError):
            pass
    return _parse(text, file, what)[1], True


class _Tree:
    """The value of one document, built of its events; without aliases, tags and the like.

    Its steps raise `_UnusualError` for any of these.
    """

    def __init__(self) -> None:
        self.root: list[Any] = []
        self._holder: Any = self.root
        self._key: Any = _NO_KEY
        """What waits for a value in a mapping."""
        self._outer: list[tuple[Any, Any]] = []
        self.is_suspect = False
        """A mapping had a key already."""

    def start_document(self, _: yaml.Event) -> None:
        if self.root:
            raise _UnusualError

    def scalar(self, event: Any) -> None:
        if event.anchor or event.tag:
            raise _UnusualError
        self._add(_word(event.value) if event.implicit[0] else event.value)

    def start(self, event: Any) -> None:
        is_key = self._key is _NO_KEY and type(self._holder) is dict
        if is_key or event.anchor or event.tag:
            raise _UnusualError
        self._outer.append((self._holder, self._key))
        self._holder = {} if type(event) is yaml.MappingStartEvent else []
        self._key = _NO_KEY

    def end(self, _: yaml.Event) -> None:
        value = self._holder
        self._holder, self._key = self._outer.pop()
        self._add(value)

    def alias(self, _: yaml.Event) -> None:
        raise _UnusualError

    def _add(self, value: Any) -> None:
        if type(self._holder) is list:
            self._holder.append(value)
        elif self._key is _NO_KEY:
            self._key = value
        else:
            self.is_suspect |= self._key in self._holder
            self._holder[self._key] = value
            self._key = _NO_KEY


_STEPS: dict[type, Callable[[_Tree, Any], None]] = {
    yaml.ScalarEvent: _Tree.scalar,
    yaml.MappingStartEvent: _Tree.start,
    yaml.SequenceStartEvent: _Tree.start,
    yaml.MappingEndEvent: _Tree.end,
    yaml.SequenceEndEvent: _Tree.end,
    yaml.AliasEvent: _Tree.alias,
    yaml.DocumentStartEvent: _Tree.start_document,
}


@lru_cache(maxsize=_WORDS)
def _word(text: str) -> Any:
    """Return what a plain scalar stands for.

    Raises:
        _UnusualError: for more than itself, as `<<`.
    """
    loader = _Loader("")
    try:
        tag = loader.resolve(yaml.ScalarNode, text, (True, False))
        if tag.rpartition(":")[2] in ("merge", "value"):
            raise _UnusualError
        return loader.construct_object(yaml.ScalarNode(tag, text))
    finally:
        loader.dispose()


def _parse(text: str, file: Path, what: str) -> tuple[yaml.Node | None, Any]:
    start = f"cannot read {what} from {file}"
    if len(text) > MAX_BYTES:
        raise ConfigError(f"{start}: larger than {MAX_BYTES} bytes")
    if _is_too_deep(text):
        raise ConfigError(f"{start}: nested deeper than {MAX_DEPTH} levels")
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None and _has_alias(node, set()):
            raise ConfigError(f"{start}: YAML aliases are not allowed", hint="write the value out")
        return node, None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}: " if mark else ""
        raise ConfigError(f"{start}: {place}{error.problem or 'not YAML'}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{start}: {error}") from error
    finally:
        if loader is not None:
            loader.dispose()


def _twice(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, key) of each key that its mapping has already."""
    mappings: list[set[str] | None] = []
    is_key: list[bool] = []
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.CollectionEndEvent):
            mappings.pop()
            is_key.pop()
        elif not isinstance(event, yaml.NodeEvent):
            continue
        elif mappings and mappings[-1] is not None:
            keys = mappings[-1]
            if is_key[-1] and isinstance(event, yaml.ScalarEvent):
                if event.value in keys and event.start_mark is not None:
                    yield event.start_mark.line + 1, event.value
                keys.add(event.value)
            is_key[-1] = not is_key[-1]
        if isinstance(event, yaml.CollectionStartEvent):
            mappings.append(set() if isinstance(event, yaml.MappingStartEvent) else None)
            is_key.append(True)


def _is_too_deep(text: str) -> bool:
    """Count the levels, unless brackets and indentation cannot make too many of them."""
    indents = (len(line) - len(line.lstrip(" -?:")) for line in text.splitlines())
    if 2 * max(indents, default=0) + text.count("[") + text.count("{") < MAX_DEPTH:
        return False
    depth = 0
    try:
        for event in yaml.parse(text, _Loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                return True
    except yaml.YAMLError:
        return False  # the reading itself says what is wrong
    return False


def _has_alias(node: yaml.Node, seen: set[int]) -> bool:
    """Whether a node stands at two places: an alias is the only way to that."""
    if id(node) in seen:
        return True
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return any(_has_alias(part, seen) for pair in node.value for part in pair)
    if isinstance(node, yaml.SequenceNode):
        return any(_has_alias(item, seen) for item in node.value)
    return False


def _lines(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{path}.{key.value}" if path else str(key.value)
            yield inner, key.start_mark.line + 1
            yield from _lines(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            inner = f"{path}[{index}]"
            yield inner, value.start_mark.line + 1
            yield from _lines(value, inner)


def _explained(
    error: msgspec.ValidationError, raw: Any, type_: type[msgspec.Struct], source: Source
) -> ConfigError:
    """Turn msgspec's message, as `… - at `$.sources[0]``, into one with a line and a hint."""
    what, _, place = str(error).partition(" - at ")
    path = place.strip("`").removeprefix("$").removeprefix(".")
    hint = meant(what, type_, path)
    if what.startswith("Object contains unknown field `"):
        key = what.split("`")[1]
        known = _fields_at(type_, path)
        path = f"{path}.{key}" if path else key
        what = f'unknown key "{key}"'
        hint = _nearest(key, known, _inner_fields(type_) if path == key else {})
    elif not isinstance(raw, dict):
        what, hint = f"a mapping of {source.what} is expected", "start with a key and a colon"
    lines = source.lines()  # msgspec does not name the key of a mapping whose value is wrong
    line = lines.get(path) or lines.get(path.partition("[...]")[0])
    where = f"line {line}: " if line else ""
    label = f"{path}: " if path and not what.startswith("unknown key") else ""
    return ConfigError(
        f"cannot read {source.what} from {source.file}: {where}{label}{what}", hint=hint
    )


def _nearest(key: str, known: tuple[str, ...], inner: dict[str, str]) -> str:
    """Return the known key that is meant: here or inside another; else all, the likest first."""
    import difflib  # noqa: PLC0415 - only a mistyped key needs it

    if nearest := difflib.get_close_matches(key, known, 1):
        return f'did you mean "{nearest[0]}"?'
    if nearest := difflib.get_close_matches(key, inner, 1):
        return f'did you mean "{inner[nearest[0]]}"?'
    likest = difflib.get_close_matches(key, known, 1, cutoff=0)
    listed = ", ".join((*likest, *sorted(set(known).difference(likest))))
    return f"known keys: {listed}"


def _inner_fields(type_: type[msgspec.Struct]) -> dict[str, str]:
    """Return the keys inside the top ones: key → its path; of keys in several, the last."""
    return {
        inner.encode_name: f"{field.encode_name}.{inner.encode_name}"
        for field in msgspec.structs.fields(type_)
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
        for inner in msgspec.structs.fields(field.type)
    }


def _fields_at(type_: type[msgspec.Struct], path: str) -> tuple[str, ...]:
    """Return the known keys of the struct at `path`, as `sources[0].credential`."""
    current: Any = type_
    for step in path.replace("[", ".[").split("."):
        if not step or not isinstance(current, type) or step.startswith("["):
            continue
        field = next((f for f in msgspec.structs.fields(current) if f.encode_name == step), None)
        current = _struct_in(field.type) if field else None
    if isinstance(current, type) and issubclass(current, msgspec.Struct):
        return tuple(field.encode_name for field in msgspec.structs.fields(current))
    return ()


def _struct_in(annotation: Any) -> Any:
    """Return the struct inside `annotation`: itself, an optional's, a tuple's."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    found = (_struct_in(inner) for inner in get_args(annotation))
    return next((struct for struct in found if struct is not None), None)
