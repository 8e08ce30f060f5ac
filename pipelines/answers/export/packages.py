"""What is said of exported files in two formats that other tools read: a Frictionless data package, and Croissant.

What belongs here: names, types, meanings, licences and digests, written by the libraries of both formats. What does not:
the files (``files.py``).
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines import __version__
from pipelines.answers.export.citation import DESCRIPTION, LICENCE, LICENCE_URL, TITLE, bibtex
from pipelines.answers.export.files import Written, is_nested

FRICTIONLESS_TYPES = {"VARCHAR": "string", "DOUBLE": "number", "BIGINT": "integer", "INTEGER": "integer",
                      "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "datetime"}  # fmt: skip
"""Type of a cell of CSV for each type of DuckDB; lists are JSON."""

CROISSANT_TYPES = {"VARCHAR": "TEXT", "DOUBLE": "FLOAT", "BIGINT": "INTEGER", "INTEGER": "INTEGER", "BOOLEAN": "BOOL",
                   "DATE": "DATE", "TIMESTAMP": "DATETIME"}  # fmt: skip

NOT_STATED = "not stated"


def data_package(
    folder: Path, written: Sequence[Written], build: Mapping[str, Any], sources: Sequence[Mapping[str, Any]]
) -> str:
    """The Frictionless descriptor of the CSV files, with every source and its licence."""
    from frictionless import Package, Resource, Schema
    from frictionless.resources import TableResource

    resources: list[Resource] = []
    for one in written:
        fields = [_frictionless_field(column) for column in one.table["columns"]]
        resource = TableResource(
            name=str(one.table["table_name"]).replace(".", "-").lower(),
            path=one.csv, format="csv", mediatype="text/csv", encoding="utf-8", profile=None,
            description=str(one.table["description"]), schema=Schema.from_descriptor({"fields": fields}),
        )  # fmt: skip
        resources.append(resource)
    package = Package(
        name="compute-ledger", title=TITLE, description=DESCRIPTION, version=str(build["data_version"]),
        created=build["finished_at"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        licenses=[{"name": LICENCE, "path": LICENCE_URL, "title": "of the compilation; each source has its own"}],
        sources=[_frictionless_source(source) for source in sources],
        resources=resources,
    )  # fmt: skip
    descriptor = package.to_descriptor()
    for resource, one in zip(descriptor["resources"], written, strict=True):
        resource["bytes"] = (folder / one.csv).stat().st_size
    return json.dumps(descriptor, ensure_ascii=False, indent=1) + "\n"


def _frictionless_field(column: Mapping[str, str]) -> dict[str, str]:
    kind = (
        _nested_type(column["column_type"])
        if is_nested(dict(column))
        else FRICTIONLESS_TYPES.get(column["column_type"], "any")
    )
    unit = {"unit": column["unit"]} if column["unit"] else {}
    shape = {"format": "any"} if kind == "datetime" else {}
    return {"name": column["column_name"], "type": kind, **shape, "description": column["description"], **unit}


def _nested_type(kind: str) -> str:
    return "array" if kind.endswith("[]") else "object"


def _frictionless_source(source: Mapping[str, Any]) -> dict[str, str]:
    place = {"path": source["url"]} if source["url"] else {}
    return {"title": f"{source['title']} (licence: {source['licence'] or NOT_STATED})", **place}


def croissant(written: Sequence[Written], build: Mapping[str, Any], digests: Mapping[str, str]) -> str:
    """The Croissant description of the CSV files: lists are JSON there, which Croissant has no type for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries below it
        import mlcroissant as mlc

    finished: datetime = build["finished_at"]
    files, records = [], []
    for one in written:
        name = str(one.table["table_name"])
        files.append(mlc.FileObject(
            id=name, name=name, content_url=one.csv, encoding_formats=["text/csv"],
            sha256=digests[one.csv],
        ))  # fmt: skip
        fields = [_croissant_field(mlc, name, column) for column in one.table["columns"]]
        description = str(one.table["description"])
        records.append(mlc.RecordSet(id=f"{name}/rows", name=f"{name}/rows", description=description, fields=fields))
    metadata = mlc.Metadata(
        name="Compute Ledger",
        description=DESCRIPTION,
        version=f"{__version__}+{build['data_version']}",
        cite_as=bibtex(build),
        license=[LICENCE_URL],
        date_published=finished,
        creators=[mlc.Organization(name="The Compute Ledger authors")],
        distribution=files,
        record_sets=records,
    )
    return json.dumps(metadata.to_json(), ensure_ascii=False, indent=1, default=str) + "\n"


def _croissant_field(mlc: Any, table: str, column: Mapping[str, str]) -> Any:
    name = column["column_name"]
    unit = f" Unit: {column['unit']}." if column["unit"] else ""
    kind = "TEXT" if is_nested(dict(column)) else CROISSANT_TYPES.get(column["column_type"], "TEXT")
    return mlc.Field(
        id=f"{table}/rows/{name}", name=name, description=f"{column['description']}{unit}",
        data_types=[getattr(mlc.DataType, kind)],
        source=mlc.Source(file_object=table, extract=mlc.Extract(column=name)),
    )  # fmt: skip
