"""AWS's published API models, as botocore has them: requests and replies are held to them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel
from botocore.validate import ParamValidator


@cache
def service(name: str) -> ServiceModel:
    """Return the model of a service, by the name it is signed for."""
    return botocore.session.get_session().get_service_model(name)


@cache
def operations(name: str) -> dict[tuple[str, str], str]:
    """Return what the operations of a service are asked by: (method, path), or ("", target)."""
    model = service(name)
    found = {}
    for operation in model.operation_names:
        http = model.operation_model(operation).http
        prefix = model.metadata.get("targetPrefix")
        key = ("", f"{prefix}.{operation}") if prefix else (http["method"], http["requestUri"])
        found[key] = operation
    return found


def operation_of(name: str, method: str, path: str, target: str) -> str:
    """Return which operation a request is.

    Raises:
        AssertionError: there is no such one.
    """
    found = operations(name).get(("", target) if target else (method, path))
    assert found, f"{name} has no {method} {path} {target}"
    return found


def check(name: str, operation: str, asked: Any, answered: Any) -> None:
    """Hold a request of ours and a reply of the simulator to the model.

    Raises:
        AssertionError: AWS would not take it, or not answer so.
    """
    model: OperationModel = service(name).operation_model(operation)
    report = ParamValidator().validate(asked, model.input_shape)
    assert not report.has_errors(), f"{operation}: {report.generate_report()}"
    if answered is not None and model.output_shape is not None:
        faults = list(_faults(model.output_shape, answered, operation))
        assert not faults, faults[0]


_KINDS: dict[str, Any] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}


def _faults(shape: Any, value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, _KINDS[shape.type_name]):
        yield f"{place} is {value!r}, no {shape.type_name}"
    elif shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        yield from _member_faults(shape, value, place)
    elif shape.type_name == "list":
        for inner in value:
            yield from _faults(shape.member, inner, f"{place}[]")
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{place} is {value!r}, none of {shape.enum}"


def _member_faults(shape: Any, value: dict[str, Any], place: str) -> Iterator[str]:
    yield from (f"{place} lacks {name}" for name in shape.required_members if name not in value)
    for name, inner in value.items():
        if name in shape.members:
            yield from _faults(shape.members[name], inner, f"{place}.{name}")
        else:
            yield f"{place}: there is no {name}"
