"""Reading what MLflow is asked: required arguments, name filters, orders, pages, errors. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
_FILTER = re.compile(r"\s*name\s*(=|LIKE|ILIKE)\s*'((?:[^'])*)'\s*\Z", re.IGNORECASE)
_CLASSES = {"RESOURCE_DOES_NOT_EXIST": "RESOURCE_NOT_FOUND"}


class ApiError(Exception):
    """An answer that is an error; turned into a reply in one place."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    @property
    def document(self) -> dict[str, str]:
        """The error as MLflow writes it."""
        return {
            "error_code": self.code,
            "message": str(self),
            "sqlstate": "KAM00",
            "error_class": _CLASSES.get(self.code, self.code),
        }


def invalid(message: str) -> ApiError:
    """Return the error for an argument that cannot be."""
    return ApiError(400, "INVALID_PARAMETER_VALUE", message)


def missing(message: str) -> ApiError:
    """Return the error for a thing that is not there."""
    return ApiError(404, "RESOURCE_DOES_NOT_EXIST", message)


def required(arguments: Mapping[str, Any], name: str) -> str:
    """Return an argument as text; raises ApiError when it is missing or empty."""
    value = arguments.get(name)
    if value is None or value == "":
        raise invalid(f"Missing value for required parameter '{name}'. See the API docs for more "
                       "information about request parameters.")  # fmt: skip
    return str(value)


def name_filter(text: str) -> Callable[[str], bool]:
    """Return the test a filter on the name means; raises ApiError for any other filter."""
    if not text.strip():
        return lambda name: True
    match = _FILTER.match(text)
    if match is None:
        key = re.split(r"\W+", text.strip(), maxsplit=1)[0]
        raise invalid(f"Invalid attribute key '{key}' specified. Valid keys are '{{'name'}}'")
    operator, value = match.group(1).upper(), match.group(2)
    if operator == "=":
        return lambda name: name == value
    flags = re.IGNORECASE if operator == "ILIKE" else 0
    pattern = re.compile(
        "".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in value) + r"\Z", flags
    )
    return lambda name: pattern.match(name) is not None


def ordered(rows: Iterable[T], keys: Mapping[str, Callable[[T], Any]], clauses: str) -> list[T]:
    """Return `rows` in the order of `clauses`, as `name ASC, version_number DESC`.

    `rows` come in the order that decides where the clauses do not.
    """
    found = list(rows)
    for clause in reversed([text.strip() for text in clauses.split(",") if text.strip()]):
        name, _, way = clause.partition(" ")
        if name not in keys or way.strip().upper() not in ("", "ASC", "DESC"):
            raise invalid(f"Invalid order_by clause '{clause}'")
        found.sort(key=keys[name], reverse=way.strip().upper() == "DESC")
    return found


def page(
    arguments: Mapping[str, str], field: str, rows: list[dict[str, Any]], limits: tuple[int, int]
) -> dict[str, Any]:
    """Return one page of `rows` under `field`; limits are the default and the greatest size."""
    default, most = limits
    text = arguments.get("max_results", str(default))
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= most:
        raise invalid(
            f"Invalid value \"{text}\" for parameter 'max_results' supplied:  Hint: Value was of "
            "type 'str'. See the API docs for more information about request parameters."
        )
    start, size = _offset(arguments.get("page_token", "")), int(text)
    answer: dict[str, Any] = {}
    if part := rows[start : start + size]:
        answer[field] = part
    if start + size < len(rows):
        token = json.dumps({"offset": start + size}).encode()
        answer["next_page_token"] = base64.b64encode(token).decode()
    return answer


def _offset(token: str) -> int:
    if not token:
        return 0
    try:
        return int(json.loads(base64.b64decode(token, validate=True))["offset"])
    except (ValueError, KeyError, TypeError):
        raise invalid("Invalid page token, could not base64-decode") from None
