"""Dagster's events, packed as they are written: a tenth of the bytes, so that the history keeps whole runs.

What belongs here: how the text of an event lies in SQLite. What does not: which events are written (``event_log.py``),
and how long they are kept (``run_history.py``).

An event is JSON of one or two kilobytes in which nearly all is the same each time. Every process that opens the instance
loads ``PackingInstance``, which ``dagster.yaml`` names, and with it the type of these columns. Rows that were written
before they were packed are read as they are.
"""

from __future__ import annotations

import zlib
from typing import Any

from dagster import DagsterInstance
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, AssetKeyTable, SqlEventLogStorageTable
from sqlalchemy import Text
from sqlalchemy.types import TypeDecorator

SEEN_BEFORE = b"""
{"__class__": "EventLogRecord", "event_log_entry": {"storage_id": {"__class__": "EngineEventData", "error": null,
"marker_end": null, "marker_start": null, "PIPELINE_START", "PIPELINE_SUCCESS", "JsonMetadataEntryData", "data":
"PathMetadataEntryData", "path": "FloatMetadataEntryData", "BoolMetadataEntryData", "STEP_FAILURE", "ASSET_OBSERVATION",
{"__class__": "TableSchemaMetadataEntryData", "schema": {"__class__": "TableSchema", "columns": [
{"__class__": "TableColumn", "constraints": {"__class__": "TableColumnConstraints", "nullable": true, "other": [],
"unique": false}, "description": "", "name": "type": "VARCHAR"}, "DOUBLE [", "BIGINT"}, "BOOLEAN"},
], "constraints": {"__class__": "TableConstraints", "other": []}}}, "label": "dagster/column_schema"},
"EventMetadataEntry", "description": null, "entry_data": {"__class__": "StepOutputData", "metadata_entries": [],
"step_output_handle": {"__class__": "StepOutputHandle", "mapping_key": null, "output_name": "result", "step_key": "core__
"type_check_data": {"__class__": "TypeCheckData", "description": null, "label": "result", "metadata_entries": [],
"success": true}, "version": null}, "event_type_value": "STEP_OUTPUT", "logging_tags": {"job_name": "__ASSET_JOB",
"message": "Yielded output \\"result\\" of type \\"Any\\". (Type check passed).",
"user_message": "Yielded output \\"result\\" of type \\"Any\\". (Type check passed)."}
"title"}, "facts"}, "changed_files"}, "removed_files"}, "caption"}, "data_version"}, "pages_made"}, "byte_count"},
{"__class__": "StepMaterializationData", "asset_lineage": [], "materialization": {"__class__": "AssetMaterialization",
"asset_key": {"__class__": "AssetKey", "path": ["reports", "raw", "seeds", "mart", "description": null,
"metadata_entries": [{"__class__": "EventMetadataEntry", "description": null, "entry_data":
{"__class__": "IntMetadataEntryData", "value": 1}, "label": "dagster/row_count"},
{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "MarkdownMetadataEntryData",
"md_str": "| --- | --- | --- | --- | --- | --- |\\n| "}, "label": "preview"},
{"__class__": "EventMetadataEntry", "description": null, "entry_data": {"__class__": "TextMetadataEntryData",
"text": "kept: neither its code nor what it reads has changed"}, "label": "note"}], "partition": null, "made"},
"tags": {"dagster/code_version": "", "dagster/data_version": "", "dagster/data_version_is_user_provided": "true",
"dagster/input_data_version/mart/", "dagster/input_event_pointer/mart/", "dagster/input_data_version/seeds/",
"dagster/input_event_pointer/seeds/", "dagster/input_data_version/core/", "dagster/input_event_pointer/core/"}}},
"event_type_value": "ASSET_MATERIALIZATION", "logging_tags": {"job_name": "build_all", "Materialized value core .",
"_is_complete", "_follows_from_others", "_is_plausible", "_is_positive", "_are_known", "intervals_are_ordered",
"numbers_are_finite", "key_is_unique", "partitions_subset": null}, "event_type_value": "ASSET_CHECK_EVALUATION",
{"__class__": "AssetCheckEvaluation", "asset_key": {"__class__": "AssetKey", "path": ["core", "blocking": true,
"check_name": "numbers_are_finite", "description": null, "metadata": {"query": {"__class__":
"MarkdownMetadataEntryData", "md_str": "```sql\\nselect * from core. where  is null or  group by  having count(*) > 1\\n```"}},
"partition": null, "severity": {"__enum__": "AssetCheckSeverity.ERROR"}, "success": true,
"target_materialization_data": {"__class__": "AssetCheckEvaluationTargetMaterializationData", "run_id": "", "storage_id":
"timestamp": 1}}, "message": "Asset check '' on 'core/' passed.", "user_message": "Asset check '' on 'core/' passed."}
{"__class__": "AssetMaterializationPlannedData", "event_type_value": "ASSET_MATERIALIZATION_PLANNED", "logging_tags": {},
"message": "build_all intends to materialize asset [\\"core\\", \\"\\"]", "pid": null, "pipeline_name": "build_all",
{"__class__": "AssetCheckEvaluationPlanned", "asset_key": {"__class__": "AssetKey", "path": ["core", "check_name": "
"event_type_value": "ASSET_CHECK_EVALUATION_PLANNED", "logging_tags": {},
"message": "build_all intends to execute asset check  on asset [\\"core\\", \\"\\"]", "pid": null,
"pipeline_name": "build_all", "solid_handle": null, "step_handle": null, "step_key": "core__", "step_kind_value": null},
"error_info": null, "level": 10, "message": "", "pipeline_name": "build_all", "run_id": "", "user_message": ""}
{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data":
{"__class__": "StepSuccessData", "duration_ms": 2}, "event_type_value": "STEP_SUCCESS", "logging_tags":
"message": "Finished execution of step \\"core__\\" in 2ms.", "user_message": "Finished execution of step \\"core__\\" in 2ms."}
{"__class__": "EventLogEntry", "dagster_event": {"__class__": "DagsterEvent", "event_specific_data": null,
"event_type_value": "STEP_START", "logging_tags": {"job_name": "build_all", "op_name": "core__", "resource_fn_name": "None",
"resource_name": "None", "run_id": "", "step_key": "core__"}, "message": "Started execution of step \\"core__\\".", "pid": 1,
"pipeline_name": "build_all", "solid_handle": {"__class__": "SolidHandle", "name": "core__", "parent": null}, "step_handle":
{"__class__": "StepHandle", "key": "core__", "solid_handle": {"__class__": "SolidHandle", "name": "core__", "parent": null}},
"step_key": "core__", "step_kind_value": "COMPUTE"}, "error_info": null, "level": 10, "message": "", "pipeline_name":
"build_all", "run_id": "", "step_key": "core__", "timestamp": 1, "user_message": "Started execution of step \\"core__\\"."}
""".replace(b"\n", b" ")
"""What events are made of: packing writes down only how one differs. Never change it: packed rows are read by it."""


def pack(text: str) -> bytes:
    """The bytes of a text as they lie in the history.

    >>> unpack(pack("an event")), unpack("an event that was not packed")
    ('an event', 'an event that was not packed')
    """
    packing = zlib.compressobj(level=6, zdict=SEEN_BEFORE)
    return packing.compress(text.encode()) + packing.flush()


def unpack(kept: bytes | str) -> str:
    """The text that was packed, or that never was."""
    if isinstance(kept, str):
        return kept
    return zlib.decompressobj(zdict=SEEN_BEFORE).decompress(kept).decode()


class Packed(TypeDecorator[str]):
    """A column of texts that lie packed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> Any:
        """What is written."""
        return None if value is None else pack(value)

    def process_result_value(self, value: Any, dialect: object) -> str | None:
        """What is read."""
        return None if value is None else unpack(value)


for column in (
    SqlEventLogStorageTable.c.event,
    AssetKeyTable.c.last_materialization,
    AssetCheckExecutionsTable.c.evaluation_event,
):
    column.type = Packed()


class PackingInstance(DagsterInstance):
    """Dagster's instance as it is; to name it is to load this module."""

    @classmethod
    def config_schema(cls) -> dict[str, Any]:
        """No options of its own."""
        return {}

    @classmethod
    def config_defaults(cls, base_dir: str) -> Any:
        """Those of Dagster."""
        return InstanceRef.config_defaults(base_dir)
