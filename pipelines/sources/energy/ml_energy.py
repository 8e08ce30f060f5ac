"""ML.ENERGY leaderboard: measured energy, power, throughput and latency of generative models on GPUs.

What belongs here: the columns of a measured configuration, and finding them in the archive of the
leaderboard's repository. What does not: names of models and accelerators that we know, any arithmetic.

The archive holds one JSON file per model and task below ``public/data/models``, each with a list of
configurations. Energy and power cover the GPUs only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictInt

from pipelines.errors import LedgerError
from pipelines.records.archives import ArchiveCaps, walk_archive
from pipelines.records.csv_records import Record, Reject
from pipelines.records.fields import Text, filled, nullable
from pipelines.records.json_records import (
    JsonDay,
    JsonRecord,
    JsonText,
    Values,
    canonical_text,
    cut_items,
    cut_members,
    find_repeats,
    named_columns,
    type_json,
)
from pipelines.records.raw_tables import RawNumber, RawRow, RawTable, RemoteFile, empty_raw_frame

FOLDER = "public/data/models/"
INDEX = "public/data/index.json"
CAPS = ArchiveCaps(max_members=20_000, max_member_bytes=8 << 20, max_total_bytes=400 << 20)
"""The archive has some thousand members, the largest of 0.2 MB, and unpacks to a few megabytes of data."""

LANGUAGE = (
    "energy_per_token_joules", "energy_per_request_joules", "avg_power_watts", "output_throughput_tokens_per_sec",
    "avg_output_len", "max_num_seqs", "avg_batch_size", "median_itl_ms", "p90_itl_ms", "p95_itl_ms", "p99_itl_ms",
    "tensor_parallel", "expert_parallel", "data_parallel",
)  # fmt: skip
DIFFUSION = ("avg_power_watts", "batch_size", "batch_latency_s", "inference_steps", "ulysses_degree", "ring_degree")
NEEDED: dict[str, tuple[str, ...]] = {
    "energy_per_token_joules": LANGUAGE,
    "energy_per_image_joules": (*DIFFUSION, "throughput_images_per_sec", "image_height", "image_width"),
    "energy_per_video_joules": (
        *DIFFUSION, "throughput_videos_per_sec", "video_height", "video_width", "num_frames", "fps"
    ),
}  # fmt: skip
"""The energy that a configuration gives -> all that one of its kind must give: a name that changed is no empty cell."""

NOT_OF_THE_MODEL = {"configurations", "output_length_distribution"}

Measured = Annotated[RawNumber, Field(gt=0)]
Whole = Annotated[StrictInt, Field(gt=0, le=10_000_000)]


class MlEnergyConfigurations(RawRow):
    """One row per configuration of the ML.ENERGY leaderboard: a model that does a task on GPUs with one setting.

    Energy and power are those of the GPUs alone.
    """

    table = "ml_energy_configurations"
    source_id = "ml_energy"
    key = (
        "model_id", "task", "gpu_model", "num_gpus_count", "tensor_parallel_count", "expert_parallel_count",
        "data_parallel_count", "ulysses_degree_count", "ring_degree_count", "max_num_seqs_count", "batch_size",
        "inference_steps_count", "image_height_px", "video_height_px", "num_frames_count", "avg_power_w",
    )  # fmt: skip
    min_rows = 500

    member: Text = filled("File inside the archive; byte positions count in it.")
    last_updated: JsonDay = filled("Day of the leaderboard's data, by its index.")
    model_id: Text = filled("Model, as organization and name on Hugging Face.")
    nickname: Text | None = nullable("Shown name of the model, where given.")
    task: Text = filled("Task that the model does.")
    architecture: Text | None = nullable("Class of the model, for language models.")
    weight_precision: Text = filled("Number format of the weights.")
    total_billion_params: Measured = filled("Total parameters, billions.", "total_params_billions")
    activated_billion_params: Measured = filled("Active parameters, billions.", "activated_params_billions")
    gpu_model: Text = filled("GPU, in short.")
    num_gpus_count: Whole = filled("GPUs used.", "num_gpus")
    tensor_parallel_count: Whole | None = nullable("Degree of tensor parallelism.", "tensor_parallel")
    expert_parallel_count: Whole | None = nullable("Degree of expert parallelism.", "expert_parallel")
    data_parallel_count: Whole | None = nullable("Degree of data parallelism.", "data_parallel")
    ulysses_degree_count: Whole | None = nullable("Degree of Ulysses parallelism.", "ulysses_degree")
    ring_degree_count: Whole | None = nullable("Degree of ring parallelism.", "ring_degree")
    parallelization_notes: Annotated[str, Field(max_length=400)] | None = nullable(
        "The publisher's note on the parallelism.", "notes"
    )
    max_num_seqs_count: Whole | None = nullable(
        "Maximum number of requests that run in parallel, for language models.", "max_num_seqs"
    )
    avg_batch_size: Measured | None = nullable("Average number of requests that ran in parallel, for language models.")
    batch_size: Whole | None = nullable("Images or videos made at the same time.")
    avg_power_w: Measured = filled("Mean power of the GPUs together, watts.", "avg_power_watts")
    energy_joule_per_token: Measured | None = nullable(
        "GPU energy per output token, joules.", "energy_per_token_joules"
    )
    energy_joule_per_request: Measured | None = nullable("GPU energy per request, joules.", "energy_per_request_joules")
    energy_joule_per_image: Measured | None = nullable("GPU energy per image, joules.", "energy_per_image_joules")
    energy_joule_per_video: Measured | None = nullable("GPU energy per video, joules.", "energy_per_video_joules")
    output_throughput_tokens_per_s: Measured | None = nullable(
        "Output tokens per second.", "output_throughput_tokens_per_sec"
    )
    throughput_images_per_s: Measured | None = nullable("Images per second.", "throughput_images_per_sec")
    throughput_videos_per_s: Measured | None = nullable("Videos per second.", "throughput_videos_per_sec")
    avg_output_len_tokens: Measured | None = nullable("Mean length of an answer, tokens.", "avg_output_len")
    median_itl_ms: Measured | None = nullable("Time between two tokens of an answer, median, milliseconds.")
    p90_itl_ms: Measured | None = nullable("The same, 90th percentile, milliseconds.")
    p95_itl_ms: Measured | None = nullable("The same, 95th percentile, milliseconds.")
    p99_itl_ms: Measured | None = nullable("The same, 99th percentile, milliseconds.")
    batch_latency_s: Measured | None = nullable("Time that a batch takes, seconds.")
    inference_steps_count: Whole | None = nullable("Denoising steps.", "inference_steps")
    image_height_px: Whole | None = nullable("Height of an image, pixels.", "image_height")
    image_width_px: Whole | None = nullable("Width of an image, pixels.", "image_width")
    video_height_px: Whole | None = nullable("Height of a video, pixels.", "video_height")
    video_width_px: Whole | None = nullable("Width of a video, pixels.", "video_width")
    num_frames_count: Whole | None = nullable("Frames of a video.", "num_frames")
    fps_frames_per_s: Whole | None = nullable("Frames per second of a video.", "fps")
    output_length_distribution: JsonText | None = nullable(
        "Histogram of the lengths of answers: edges of the bins in tokens, and counts."
    )


def _flat(member: str, last_updated: Any, model: Values, configuration: Any) -> Any:
    """A configuration with what its file says of the model; anything but an object stays as it is."""
    if not isinstance(configuration, dict):
        return configuration
    flat = {**model, **configuration, "member": member, "last_updated": last_updated}
    parallelization = flat.pop("parallelization", None)
    if isinstance(parallelization, dict):
        flat |= parallelization
    distribution = flat.pop("output_length_distribution", None)
    if distribution is not None:
        flat["output_length_distribution"] = canonical_text([distribution]).decode().rstrip()
    return flat


def _records(path: str, data: bytes, file: str, last_updated: Any, first: int) -> Iterator[JsonRecord]:
    """The configurations of one member, numbered from ``first``.

    One that is not JSON is one bad record, as long as its brackets close; so is a member that is not whole otherwise.
    """
    try:
        parts = {part.key: part for part in cut_members(data, file)}
        if broken := next((part for part in parts.values() if part.fault and part.key != "configurations"), None):
            raise LedgerError(f"{broken.key} {broken.fault}")
        found = parts.get("configurations")
        array = data[found.position.byte_start : found.position.byte_end] if found else b""
        if found is None or not array.startswith(b"["):
            raise LedgerError("expected a list named configurations")
        items = list(cut_items(array, file))
    except LedgerError as error:
        yield JsonRecord(Record(first, 1, 0, len(data), ()), path, None, f"{path}: {error}")
        return
    model = {key: part.value for key, part in parts.items() if key not in NOT_OF_THE_MODEL}
    begins = found.position
    for number, item in enumerate(items, start=first):
        at = item.position
        position = Record(
            number, begins.line + at.line - 1, begins.byte_start + at.byte_start, begins.byte_start + at.byte_end, ()
        )
        yield JsonRecord(position, path, _flat(path, last_updated, model, item.value), item.fault)


def _row_of(record: JsonRecord) -> Values:
    """Columns of a configuration; raises ValueError where it lacks what all others of its kind give."""
    given: Values = record.value
    kind = next((name for name in NEEDED if given.get(name) is not None), None)
    if kind is None:
        raise ValueError(f"has none of {', '.join(NEEDED)}")
    if missing := [name for name in NEEDED[kind] if given.get(name) is None]:
        raise ValueError(f"has {kind}, but not {', '.join(missing)}")
    return named_columns(MlEnergyConfigurations)(record)


def _table(members: dict[str, bytes], last_updated: Any, file: str, sha256: str) -> RawTable:
    """The configurations of all members, their records numbered through."""
    rows: list[tuple[Record, BaseModel]] = []
    rejects: list[Reject] = []
    count = 0
    for path, data in members.items():
        name = f"{file}: {path}"
        records = list(_records(path, data, name, last_updated, count + 1))
        count += len(records)
        typed, refused = type_json(records, name, MlEnergyConfigurations, _row_of)
        rows += typed
        rejects += [replace(reject, reason=f"{reject.reason} ({path}, line {reject.line})") for reject in refused]
    empty = empty_raw_frame(MlEnergyConfigurations)
    table = RawTable(MlEnergyConfigurations, file, sha256, empty, count, rejects)
    table.settle(rows, find_repeats(rows, file, MlEnergyConfigurations.key))
    return table


def read_archive(data: bytes, file: str, sha256: str) -> list[RawTable]:
    """All configurations of the archive; raises LedgerError where it is hostile, damaged or another one."""
    members = {
        member.path: member.read()
        for member in walk_archive(data, file, CAPS)
        if member.path == INDEX or (member.path.startswith(FOLDER) and member.path.endswith(".json"))
    }
    if INDEX not in members:
        raise LedgerError(f"{file}: the archive has no {INDEX}; expected the leaderboard's repository.")
    index = {part.key: part.value for part in cut_members(members.pop(INDEX), f"{file}: {INDEX}")}
    return [_table(members, index.get("last_updated"), file, sha256)]


FILES: tuple[RemoteFile, ...] = (
    RemoteFile(
        source_id="ml_energy",
        name="leaderboard.tar.gz",
        url="https://github.com/ml-energy/leaderboard/archive/HEAD.tar.gz",
        read=read_archive,
        tables=(MlEnergyConfigurations,),
        max_bytes=200_000_000,
    ),
)
"""What this connector fetches."""
