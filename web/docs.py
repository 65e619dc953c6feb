"""The API to read, made of its OpenAPI document as plain HTML: `/docs` needs no script and no style of others."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

from flask import Blueprint, Response, current_app, request
from flask_openapi3.openapi import OpenAPI
from markupsafe import Markup, escape

from web.current import current_qa
from web.rendering import render

_CODE = re.compile(r"`([^`]+)`")
_BOUNDS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "maxItems": "at most {}",
}

docs = Blueprint("docs", __name__)


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a request or a response: what it may be, and what it means."""

    name: str
    kind: Markup
    required: bool
    description: Markup


@dataclass(frozen=True, slots=True)
class Shape:
    """An object of the API, or the words that a value may be."""

    name: str
    description: Markup
    fields: tuple[Field, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked of an address, and what comes back."""

    tag: str
    method: str
    path: str
    summary: Markup
    description: Markup
    parameters: tuple[Field, ...]
    body: Markup | None
    responses: tuple[tuple[str, Markup], ...]
    """By status."""
    example: str
    """A command that tries it."""


@docs.get("/openapi.json")
def openapi() -> Response:
    """The API for machines."""
    return Response(json.dumps(_document()), mimetype="application/json")


@docs.get("/docs")
def page() -> Response:
    """The API for people."""
    document = _document()
    operations = groupby(_operations(document), key=lambda operation: operation.tag)
    return render(
        "docs.html",
        description=document["info"]["description"],
        tags=[(tag, list(of_tag)) for tag, of_tag in operations],
        shapes=[_shape(name, schema) for name, schema in sorted(document["components"]["schemas"].items())],
    )


def _document() -> dict[str, Any]:
    document: dict[str, Any] = cast(OpenAPI, current_app).api_doc
    return document


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            body = told.get("requestBody", {}).get("content", {})
            yield Operation(
                tag=told["tags"][0],
                method=method.upper(),
                path=path,
                summary=_said(told["summary"]),
                description=_said(told.get("description", "")),
                parameters=tuple(
                    Field(each["name"], _kind(each["schema"]), each.get("required", False), _said(each["description"]))
                    for each in told.get("parameters", ())
                ),
                body=_content(body) if body else None,
                responses=tuple(sorted((code, _answer(response)) for code, response in told["responses"].items())),
                example=_example(path, body),
            )


def _answer(response: Mapping[str, Any]) -> Markup:
    said, content = _said(response["description"]), response.get("content")
    return Markup("{}<br>{}").format(said, _content(content)) if content else said


def _content(content: Mapping[str, Any]) -> Markup:
    """Each media type with what it holds."""
    return Markup(", ").join(
        Markup("{} <code>{}</code>").format(_kind(held["schema"]), mimetype) for mimetype, held in content.items()
    )


def _example(path: str, body: Mapping[str, Any]) -> str:
    address = shlex.quote(f"{request.host_url.rstrip('/')}{path}")
    if not body:
        return f"curl -s {address}"
    question, *_ = (*current_qa().suggestions, "What is it about?")
    data = {"question": question} if path == "/api/ask" else "…"
    return (
        f"curl -s {address} -H 'Content-Type: application/json' -d {shlex.quote(json.dumps(data, ensure_ascii=False))}"
    )


def _shape(name: str, schema: Mapping[str, Any]) -> Shape:
    required = schema.get("required", ())
    return Shape(
        name,
        _said(schema.get("description", "")),
        tuple(
            Field(field, _kind(inner), field in required, _said(inner.get("description", "")))
            for field, inner in schema.get("properties", {}).items()
        ),
        tuple(schema.get("enum", ())),
    )


def _kind(schema: Mapping[str, Any]) -> Markup:
    """What a value may be, with a link to every shape."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" or ").join(map(_kind, schema["anyOf"]))
    kind = Markup("list of {}").format(_kind(schema["items"])) if "items" in schema else escape(schema.get("type", ""))
    bounds = [text.format(schema[bound]) for bound, text in _BOUNDS.items() if bound in schema]
    if schema.get("additionalProperties") and schema["type"] == "object":
        kind = Markup("object of {}").format(_kind(schema["additionalProperties"]))
    return Markup(", ").join([kind, *map(escape, bounds)])


def _said(text: str) -> Markup:
    """A text of a docstring; what stands in backquotes is code."""
    plain = str(escape(text.strip()))
    return Markup(_CODE.sub(r"<code>\1</code>", plain))
