"""EcoLogits: electricity mixes of zones, and sizes of models, as its Python package ships them.

What belongs here: the columns of both files. They are read as files, not through the package's
repositories, which drop the sources of a model and give an alias as a model of its own.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool

from pipelines.records.fields import Text, filled, nullable
from pipelines.records.json_records import JsonRecord, Values, named_columns, packaged_json, read_packaged
from pipelines.records.raw_tables import PackagedFile, RawNumber, RawRow, RawTable

PACKAGE = "ecologits"
ZONES = "ecologits/data/electricity_mixes.json"
MODELS = "ecologits/data/models.json"

BETWEEN = "; "
ESTIMATED = "model-arch-not-released"

Billions = Annotated[RawNumber, Field(gt=0, le=100_000)]
LongText = Annotated[str, Field(max_length=4_000)]


class EcologitsZones(RawRow):
    """One row per zone of EcoLogits: impacts of a kilowatt-hour of its electricity, after Ember and ADEME.

    The file names no year.
    """

    table = "ecologits_zones"
    source_id = "ecologits"
    key = ("zone",)
    min_rows = 150

    zone: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = filled(
        "ISO 3166 alpha-3 code of the zone; WOR is the world.", "name"
    )
    gwp_kg_co2e_per_kwh: Annotated[RawNumber, Field(ge=0, le=3)] = filled(
        "Global warming potential of electricity, life cycle, kilograms CO2 equivalent per kilowatt-hour.", "gwp"
    )
    wue_l_per_kwh: Annotated[RawNumber, Field(ge=0, le=200)] = filled(
        "Water used to make electricity, litres per kilowatt-hour.", "wue"
    )
    adpe_kg_sb_per_kwh: Annotated[RawNumber, Field(ge=0, le=1e-3)] = filled(
        "Abiotic depletion potential of elements, kilograms antimony equivalent per kilowatt-hour.", "adpe"
    )
    pe_mj_per_kwh: Annotated[RawNumber, Field(ge=0, le=500)] = filled(
        "Primary energy of electricity, megajoules per kilowatt-hour.", "pe"
    )
    warnings: Text | None = nullable(
        "Codes of the package's warnings, joined by '; ': for example electricity-mix-wue-world where the world's "
        "water use stands in.",
    )


class EcologitsModels(RawRow):
    """One row per model of EcoLogits: its architecture and size, often an estimate."""

    table = "ecologits_models"
    source_id = "ecologits"
    key = ("provider", "name")
    min_rows = 200

    provider: Text = filled("Who serves the model, as the package spells it.")
    name: Text = filled("Name by which that provider serves it.")
    aliases: Text | None = nullable("Other names of the same model, joined by '; '.")
    architecture_type: Literal["dense", "moe"] = filled("Dense, or mixture of experts (moe).")
    min_total_billion_params: Billions = filled("Parameters, lower end of the range, billions.")
    max_total_billion_params: Billions = filled(
        "Parameters, upper end of the range, billions; equal to the lower end where one number is given."
    )
    min_active_billion_params: Billions | None = nullable(
        "Active parameters, lower end, billions; empty for dense models, which use all parameters."
    )
    max_active_billion_params: Billions | None = nullable(
        "Active parameters, upper end, billions; empty for dense models."
    )
    is_estimated: StrictBool = filled(
        "True if the developer has not published the architecture, so that the package estimates the sizes."
    )
    is_multimodal: StrictBool = filled("True if the package warns that the model takes or gives more than text.")
    deployment_tokens_per_s: Annotated[RawNumber, Field(gt=0, le=1e6)] | None = nullable(
        "Rate at which the provider's deployment writes tokens, tokens per second."
    )
    deployment_ttft_s: Annotated[RawNumber, Field(gt=0, le=1e5)] | None = nullable(
        "Time to the first token at the provider's deployment, seconds."
    )
    warnings: Text | None = nullable("Codes of the package's warnings, joined by '; '.")
    sources: LongText | None = nullable("Addresses that the package cites, joined by '; '.")


def _joined(value: Any, what: str) -> str | None:
    """A list of texts as one text; nothing for an empty list or none."""
    if value is not None and not (isinstance(value, list) and all(isinstance(part, str) for part in value)):
        raise ValueError(f"expected {what} to be a list of texts")
    return BETWEEN.join(value) if value else None


def _ends(value: Any, what: str) -> tuple[Any, Any]:
    """Both ends of a number, or of a range given as {min, max}; raises ValueError where the ends are crossed."""
    if not isinstance(value, dict):
        return value, value
    low, high = value.get("min"), value.get("max")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        raise ValueError(f"expected {what} with min <= max, got {low} and {high}")
    return low, high


def _listed(content: Any, name: str) -> list[Any]:
    """The list of records under a name of a file; other content gives no record, which check_raw refuses."""
    found = content.get(name) if isinstance(content, dict) else None
    return found if isinstance(found, list) else []


def zone_records(content: Any) -> list[Values]:
    """Electricity mixes of the shipped file, by zone."""
    records = [each if isinstance(each, dict) else {"record": each} for each in _listed(content, "electricity_mixes")]
    return sorted(records, key=lambda record: str(record.get("name")))


def model_records(content: Any) -> list[Values]:
    """Models of the shipped file with the names that are aliases of them, by provider and name."""
    aliases: dict[tuple[str, str], list[str]] = defaultdict(list)
    for alias in _listed(content, "aliases"):
        if isinstance(alias, dict):
            aliases[str(alias.get("provider")), str(alias.get("alias"))].append(str(alias.get("name")))
    records = []
    for each in _listed(content, "models"):
        model = each if isinstance(each, dict) else {"record": each}
        key = str(model.get("provider")), str(model.get("name"))
        records.append({**model, "aliases": sorted(aliases[key])})
    return sorted(records, key=lambda record: (str(record.get("provider")), str(record.get("name"))))


def zone_row(record: JsonRecord) -> Values:
    """Columns of an electricity mix."""
    row = named_columns(EcologitsZones)(record)
    return {**row, "warnings": _joined(record.value.get("warnings"), "warnings")}


def model_row(record: JsonRecord) -> Values:
    """Columns of a model; raises ValueError where its architecture has another shape."""
    model = record.value
    architecture = model.get("architecture")
    if not isinstance(architecture, dict):
        raise ValueError("expected architecture to be an object")
    total: Any = architecture.get("parameters")
    active: Any = None
    if isinstance(total, dict) and "total" in total:
        total, active = total["total"], total.get("active")
    deployment = model.get("deployment") or {}
    if not isinstance(deployment, dict):
        raise ValueError("expected deployment to be an object")
    warnings = _joined(model.get("warnings"), "warnings")
    low_total, high_total = _ends(total, "total parameters")
    low_active, high_active = _ends(active, "active parameters")
    return {
        "provider": model.get("provider"),
        "name": model.get("name"),
        "aliases": _joined(model.get("aliases"), "aliases"),
        "architecture_type": architecture.get("type"),
        "min_total_billion_params": low_total,
        "max_total_billion_params": high_total,
        "min_active_billion_params": low_active,
        "max_active_billion_params": high_active,
        "is_estimated": ESTIMATED in (warnings or ""),
        "is_multimodal": "model-arch-multimodal" in (warnings or ""),
        "deployment_tokens_per_s": deployment.get("tps"),
        "deployment_ttft_s": deployment.get("ttft"),
        "warnings": warnings,
        "sources": _joined(model.get("sources"), "sources"),
    }


def read_zones() -> list[RawTable]:
    """Electricity mixes of the installed package."""
    return read_packaged(PACKAGE, zone_records(packaged_json(PACKAGE, ZONES)), EcologitsZones, zone_row)


def read_models() -> list[RawTable]:
    """Models of the installed package."""
    return read_packaged(PACKAGE, model_records(packaged_json(PACKAGE, MODELS)), EcologitsModels, model_row)


FILES: tuple[PackagedFile, ...] = (
    PackagedFile(source_id="ecologits", package=PACKAGE, read=read_zones, tables=(EcologitsZones,)),
    PackagedFile(source_id="ecologits", package=PACKAGE, read=read_models, tables=(EcologitsModels,)),
)
"""Files of this source."""
