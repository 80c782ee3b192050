"""GitHub's published description of its API: replies of the simulator and our requests are held
to it. It lies beside the repository and is no part of it; without it nothing can be held.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

DESCRIPTION = (
    Path(__file__).resolve().parents[3] / "shared" / "contracts" / "github-openapi-subset.json"
)
OUTSIDE = ("/dismissal-requests/", "/artifacts", "/branches/", "/environments")
"""Calls that the subset does not describe."""


def need_description() -> None:
    """Skip the test when there is no description to hold anything to."""
    if not DESCRIPTION.exists():
        pytest.skip("GitHub's description of its API is not there")


@cache
def _document() -> dict[str, Any]:
    loaded: dict[str, Any] = _nullable(json.loads(DESCRIPTION.read_text("utf-8")))
    return loaded


def _nullable(value: Any) -> Any:
    """Turn OpenAPI 3.0's `nullable` into what JSON Schema knows."""
    if isinstance(value, list):
        return [_nullable(item) for item in value]
    if not isinstance(value, dict):
        return value
    done = {key: _nullable(item) for key, item in value.items() if key != "nullable"}
    if value.get("nullable") is not True:
        return done
    if isinstance(done.get("type"), str):
        done["type"] = [done["type"], "null"]
        if "enum" in done:
            done["enum"] = [*done["enum"], None]
        return done
    return {"anyOf": [done, {"type": "null"}]}


@lru_cache(maxsize=256)
def _operation(method: str, path: str) -> tuple[str, str]:
    """Return the template of a path, and the method in lower case.

    Raises:
        AssertionError: there is no such call.
    """
    found = [
        template
        for template, methods in _document()["paths"].items()
        if method.lower() in methods and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path)
    ]
    assert len(found) == 1, f"{method} {path} is {found}"
    return found[0], method.lower()


@cache
def _validator(pointer: tuple[str, ...]) -> jsonschema.Draft202012Validator:
    schema: Any = _document()
    for part in pointer:
        schema = schema[part]
    whole = {"components": _document()["components"], **schema}
    return jsonschema.Draft202012Validator(whole)


def _resolved(value: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...] | None]:
    if "$ref" not in value:
        return value, None
    pointer = tuple(value["$ref"].removeprefix("#/").split("/"))
    found: Any = _document()
    for part in pointer:
        found = found[part]
    return found, pointer


def is_described(path: str) -> bool:
    """Whether the subset has the call."""
    is_repository = path.startswith("/repos/") and path.count("/") == 3
    return not is_repository and not any(part in path for part in OUTSIDE)


def check_request(method: str, path: str, query: dict[str, str], body: Any) -> None:
    """Hold one of our requests to the description: its path, parameters and body.

    Raises:
        AssertionError: GitHub would not take it.
    """
    template, verb = _operation(method, path)
    operation = _document()["paths"][template][verb]
    shared = _document()["paths"][template].get("parameters", [])
    known = {}
    for given in [*shared, *operation.get("parameters", [])]:
        parameter, _ = _resolved(given)
        if parameter["in"] == "query":
            known[parameter["name"]] = parameter["schema"]
    for name, text in query.items():
        assert name in known, f"{method} {template}: there is no parameter {name}"
        schema = known[name]
        value: Any = text
        if schema.get("type") == "integer":
            value = int(text)
        elif schema.get("type") == "boolean":
            value = {"true": True, "false": False}[text]
        whole = {"components": _document()["components"], **schema}
        errors = list(jsonschema.Draft202012Validator(whole).iter_errors(value))
        assert not errors, f"{method} {template}: {name}={text}: {errors[0].message}"
    if "requestBody" in operation:
        pointer = ("paths", template, verb, "requestBody", "content", "application/json", "schema")
        errors = list(_validator(pointer).iter_errors(body))
        assert not errors, f"{method} {template}: {errors[0].message}"
    else:
        assert body is None, f"{method} {template} takes no body"


def check_reply(method: str, path: str, status: int, body: Any) -> None:
    """Hold a reply of the simulator to the description.

    Raises:
        AssertionError: GitHub would not answer so.
    """
    template, verb = _operation(method, path)
    responses = _document()["paths"][template][verb]["responses"]
    if status >= 400:  # errors of all kinds may come from anywhere
        assert isinstance(body, dict)
        assert isinstance(body.get("message"), str)
        return
    assert str(status) in responses, f"{method} {template} never answers {status}"
    response, at = _resolved(responses[str(status)])
    if "content" not in response:
        assert body is None
        return
    pointer = at or ("paths", template, verb, "responses", str(status))
    kind = "application/json"
    errors = [
        error
        for error in _validator((*pointer, "content", kind, "schema")).iter_errors(body)
        if not _is_known_flaw(list(error.absolute_path))
    ]
    assert not errors, f"{method} {template} {status}: {errors[0].message[:300]}"


def _is_known_flaw(path: list[Any]) -> bool:
    """Whether GitHub's own examples break the schema there: a percentile as text, a reviewer."""
    return path[-1:] == ["percentile"] or "reviewers" in path
