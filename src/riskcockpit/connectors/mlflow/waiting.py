"""Versions that wait for their promotion: which those are, and how one is rejected.

MLflow knows no approval. By convention a version waits that carries an alias, or a tag, and is
newer than the champion; one whose promotion was rejected carries our mark and waits no longer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from riskcockpit.connectors.acting import DeniedError
from riskcockpit.connectors.mlflow.alias import forbidden, tag_call, tags_of
from riskcockpit.connectors.mlflow.client import API, MlflowClient
from riskcockpit.connectors.mlflow.mapping import version_number
from riskcockpit.connectors.mlflow.wire import Model, Version
from riskcockpit.domain.action import Action, ActionKind, Offer
from riskcockpit.domain.clock import Clock, rfc3339
from riskcockpit.domain.model import CHAMPION, REJECTED_TAG
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import SourceError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = (ActionKind.MODEL_PROMOTE, ActionKind.DEPLOYMENT_REJECT)


@dataclass(frozen=True, slots=True)
class Convention:
    """What makes a version wait."""

    alias: str
    """The alias that it carries; empty: none does it."""
    tag: tuple[str, str] | None
    """The tag that it carries, and its value."""


class Waiting:
    """Finds what waits on one MLflow server."""

    def __init__(self, reader: MlflowClient, convention: Convention, source: str) -> None:
        self._reader = reader
        self._convention = convention
        self._source = source

    def offers(self, kinds: Collection[ActionKind]) -> Iterator[Offer]:
        """Yield an offer to promote each version that waits, and one to reject it: by model, the
        newest version first.
        """
        if not set(_KINDS) & set(kinds):
            return
        tagged = self._tagged()
        for page in self._reader.model_pages():
            for model in page:
                for version in self._of(model, tagged.get(model.name, {})):
                    yield from self._both(model, version)

    def _tagged(self) -> Mapping[str, Mapping[int, Version]]:
        """Return the versions that wait by their tag, by model and number."""
        found: dict[str, dict[int, Version]] = {}
        if self._convention.tag is None:
            return found
        key, value = self._convention.tag
        for page in self._reader.version_pages():
            for version in page:
                number = version_number(version.version)
                if number is not None and tags_of(version).get(key) == value:
                    found.setdefault(version.name, {})[number] = version
        return found

    def _of(self, model: Model, tagged: Mapping[int, Version]) -> Iterator[Version]:
        aliases = {one.alias: version_number(one.version) for one in model.aliases}
        champion = aliases.get(CHAMPION) or 0
        waiting = dict(tagged)
        carried = aliases.get(self._convention.alias) if self._convention.alias else None
        if carried is not None and carried > champion and carried not in waiting:
            version = self._reader.version(model.name, carried)
            waiting |= {carried: version} if version is not None else {}
        for number in sorted(waiting, reverse=True):
            if number > champion and REJECTED_TAG not in tags_of(waiting[number]):
                yield waiting[number]

    def _both(self, model: Model, version: Version) -> Iterator[Offer]:
        aliases = {one.alias: one.version for one in model.aliases}
        before = aliases.get(CHAMPION, "")
        place = f"in place of version {before}" if before else "where none serves yet"
        said = f', "{version.description}"' if version.description else ""
        since = _EPOCH + timedelta(milliseconds=version.creation_timestamp)
        for kind in _KINDS:
            is_promotion = kind is ActionKind.MODEL_PROMOTE
            params = (
                {"from": before, "to": version.version}
                if is_promotion
                else {"version": version.version}
            )
            yield Offer(
                Action("", kind, self._source, f"{model.name}@{CHAMPION}", params),
                version=version.version,
                what=clean_line(f"version {version.version} of {model.name} {place}{said}"),
                since=since if version.creation_timestamp else None,
            )


@dataclass(frozen=True, slots=True)
class _Wish:
    model: str
    version: int

    @classmethod
    def of(cls, action: Action) -> Self:
        """Read the rejection out of an action.

        Raises:
            SourceError: it is no rejection of a version.
        """
        model, at, alias = action.target.rpartition("@")
        version = version_number(action.params.get("version", ""))
        is_ours = action.kind is ActionKind.DEPLOYMENT_REJECT and alias == CHAMPION
        if not (is_ours and at and model) or version is None:
            raise SourceError(
                f'action on "{clean_line(action.target)}" is no rejection of a promotion',
                hint=f'it needs a target MODEL@{CHAMPION} and a param "version"',
            )
        return cls(model, version)


@dataclass(frozen=True, slots=True)
class Stand:
    """How a version stands."""

    version: Version | None
    champion: int | None


class Rejection:
    """The mark on a version that its promotion was rejected. See `acting.Change`."""

    def __init__(
        self,
        action: Action,
        clients: tuple[MlflowClient, MlflowClient | None],
        clock: Clock,
        default: str,
    ) -> None:
        """`clients` are the reader's and the writer's; `default` as in `AliasMover`.

        Raises:
            SourceError: the action is no rejection of a version.
        """
        self._wish = _Wish.of(action)
        self._id = action.id
        self._reader, self._writer = clients
        self._clock = clock
        self._default = default

    @property
    def precondition(self) -> str:
        """See `acting.Change`."""
        return f"{self._where} waits for its promotion"

    @property
    def inverse(self) -> str:
        """See `acting.Change`."""
        return f"take the tag {REJECTED_TAG} off {self._where}, in MLflow"

    def read(self) -> Stand:
        """See `acting.Change`."""
        champion = self._reader.aliased(self._wish.model, CHAMPION)
        version = self._reader.version(self._wish.model, self._wish.version)
        return Stand(version, version_number(champion.version) if champion else None)

    def stands(self, state: Stand) -> str:
        """See `acting.Change`."""
        if state.version is None:
            return f"{self._where} is not there"
        if self.is_done(state):
            return f"{self._where} is marked as rejected"
        if state.champion == self._wish.version:
            return f"{self._where} is the champion"
        return f"{self._where} is not marked"

    def evidence(self, state: Stand) -> Mapping[str, str]:
        """See `acting.Change`."""
        return {REJECTED_TAG: clean_line(tags_of(state.version).get(REJECTED_TAG, ""))}

    def is_done(self, state: Stand) -> bool:
        """See `acting.Change`."""
        return REJECTED_TAG in tags_of(state.version)

    def faults(self, state: Stand) -> Iterator[str]:
        """See `acting.Change`."""
        if state.version is None or state.champion == self._wish.version:
            yield self.stands(state)
        if self._writer is not None:
            yield from forbidden(self._writer, self._wish.model, self._default)

    def calls(self, _state: Stand) -> Iterator[str]:
        """See `acting.Change`."""
        url = self._reader.http.endpoint.url(API)
        read = f"GET {url}/model-versions/get, version {self._wish.version} of {self._wish.model}"
        yield read
        yield tag_call(url, self._wish.model, self._wish.version, REJECTED_TAG)
        yield read

    def send(self, _state: Stand) -> None:
        """See `acting.Change`."""
        if self._writer is None:
            raise DeniedError("nothing may be written")
        value = f"{rfc3339(self._clock.now())} {self._id}"
        self._writer.set_version_tag(self._wish.model, self._wish.version, REJECTED_TAG, value)

    @property
    def _where(self) -> str:
        return f"version {self._wish.version} of {clean_line(self._wish.model)}"
