"""The ML.ENERGY leaderboard: every configuration of the archive is kept, or refused with its file and line."""

import io
import json
import tarfile
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest

from pipelines.errors import LedgerError
from pipelines.records.raw_tables import RawTable
from pipelines.sources.energy import ml_energy
from tests.conftest import SHARED_MIRROR, needs_shared_mirror

ARCHIVE = SHARED_MIRROR / "github.com/ml-energy/leaderboard/archive/HEAD.tar.gz"

CHAT: dict[str, Any] = {
    "gpu_model": "H100", "num_gpus": 1, "max_num_seqs": 8, "avg_batch_size": 7.9, "avg_power_watts": 500.0,
    "energy_per_token_joules": 0.5, "energy_per_request_joules": 300.0, "output_throughput_tokens_per_sec": 1000.0,
    "avg_output_len": 600.0, "median_itl_ms": 7.0, "p90_itl_ms": 8.0, "p95_itl_ms": 9.0, "p99_itl_ms": 20.0,
    "parallelization": {"tensor_parallel": 1, "expert_parallel": 1, "data_parallel": 1, "notes": ""},
    "output_length_distribution": {"bins": [1.0, 2.0], "counts": [3]},
}  # fmt: skip
IMAGE: dict[str, Any] = {
    "gpu_model": "B200", "num_gpus": 2, "batch_size": 4, "batch_latency_s": 2.0, "avg_power_watts": 1000.0,
    "energy_per_image_joules": 500.0, "throughput_images_per_sec": 2.0, "image_height": 1024, "image_width": 1024,
    "inference_steps": 20, "parallelization": {"ulysses_degree": 2, "ring_degree": 1},
}  # fmt: skip


def model_file(configurations: Any, **changes: Any) -> bytes:
    """A member as the leaderboard has them."""
    model = {
        "activated_params_billions": 8.0, "architecture": "Dense Transformer", "configurations": configurations,
        "model_id": "maker/chat-8b", "task": "lm-arena-chat", "total_params_billions": 8.0,
        "weight_precision": "bfloat16",
    } | changes  # fmt: skip
    return json.dumps(model, indent=2).encode()


def many(configuration: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Configurations that differ in their power."""
    return [{**deepcopy(configuration), "avg_power_watts": 100.0 + number} for number in range(count)]


def archive_of(members: dict[str, bytes]) -> bytes:
    """A .tar.gz of a repository with these members below ``public/data``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, data in members.items():
            info = tarfile.TarInfo(f"leaderboard-0cd52da/{path}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


INDEX = json.dumps({"last_updated": "2026-02-16", "models": {}}).encode()


def read(**members: bytes) -> RawTable:
    """The table of an archive with 600 good configurations and these members (__ stands for /)."""
    files = {
        "README.md": b"# no data",
        "public/data/index.json": INDEX,
        "public/data/tasks/chat.json": b"{}",
        "public/data/models/maker__chat-8b.json": model_file(many(CHAT, 600)),
    } | {f"public/data/models/{name}.json": data for name, data in members.items()}
    [table] = ml_energy.read_archive(archive_of(files), "leaderboard.tar.gz", "0" * 64)
    assert table.accepted_count + table.rejected_count + table.duplicate_count == table.record_count
    return table


def test_a_configuration_keeps_what_its_file_says_of_the_model() -> None:
    table = read(images=model_file([IMAGE], task="text-to-image", nickname="Pictures", model_id="maker/pictures"))
    assert (table.record_count, table.rejects, table.duplicates) == (601, [], [])
    [row] = [row for row in table.frame.to_dicts() if row["task"] == "text-to-image"]
    assert row["nickname"] == "Pictures"
    assert (row["num_gpus_count"], row["ulysses_degree_count"], row["batch_size"]) == (2, 2, 4)
    assert (row["energy_joule_per_image"], row["energy_joule_per_token"]) == (500.0, None)
    assert str(row["last_updated"]) == "2026-02-16"
    first = table.frame.to_dicts()[0]
    assert json.loads(first["output_length_distribution"]) == {"bins": [1.0, 2.0], "counts": [3]}


def test_the_span_of_a_row_is_its_configuration_in_the_member() -> None:
    data = model_file(many({**CHAT, "num_gpus": 3}, 3), nickname="é and 漢")
    table = read(others=data)
    spans = [row for row in table.frame.to_dicts() if row["member"].endswith("others.json")]
    assert [row["record_no"] for row in spans] == [601, 602, 603]
    for row in spans:
        assert json.loads(data[row["byte_start"] : row["byte_end"]])["avg_power_watts"] == row["avg_power_w"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"energy_per_token_joules": None}, "has none of energy_per_token_joules"),
        ({"median_itl_ms": None}, "has energy_per_token_joules, but not median_itl_ms"),
        ({"avg_power_watts": "500"}, "valid number"),
        ({"avg_power_watts": True}, "valid number"),
        ({"avg_power_watts": -1.0}, "greater than 0"),
        ({"num_gpus": 1.5}, "valid integer"),
        ({"gpu_model": None}, "valid string"),
    ],
)
def test_a_bad_configuration_is_refused_with_its_place_and_the_others_stay(change: dict[str, Any], reason: str) -> None:
    data = model_file([*many({**CHAT, "num_gpus": 3}, 1), {**CHAT, **change}, *many({**CHAT, "num_gpus": 2}, 1)])
    table = read(others=data)
    assert table.accepted_count == 602
    [reject] = table.rejects
    assert reject.record_no == 602
    assert reason in reject.reason
    assert f"public/data/models/others.json, line {reject.line}" in reject.reason
    assert data.decode().splitlines()[reject.line - 1].strip() == "{", "the line on which the configuration begins"


@pytest.mark.parametrize("damage", [b'"num_gpus": NaN', b'"num_gpus": three', b"num_gpus: 3", b'"num_gpus" 3'])
def test_a_configuration_that_is_not_json_costs_itself_alone(damage: bytes) -> None:
    data = model_file(many({**CHAT, "num_gpus": 3}, 77)).replace(b'"num_gpus": 3', damage, 1)
    table = read(others=data)
    assert (table.record_count, table.accepted_count) == (677, 676)
    [reject] = table.rejects
    assert reject.record_no == 601
    assert f"public/data/models/others.json, line {reject.line}" in reject.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html>", "expected a JSON object"),
        (b"{}", "expected a list named configurations"),
        (b'{"configurations": {}}', "expected a list named configurations"),
        (b'{"configurations": [{"a": 1,}], "task": "x"}', "is not JSON"),
        (b'{"configurations": [' + b"[" * 5000 + b"]" * 5000 + b"]}", "nested too deeply"),
        (b'{"configurations": [NaN]}', "NaN is not a number"),
        (b"\xff\xfe{}", "not UTF-8"),
    ],
)
def test_a_broken_member_is_one_refused_record_and_the_others_stay(data: bytes, reason: str) -> None:
    table = read(broken=data)
    assert (table.accepted_count, table.rejected_count) == (600, 1)
    assert reason in table.rejects[0].reason
    assert "public/data/models/broken.json" in table.rejects[0].reason


def test_a_configuration_that_stands_twice_with_other_figures_is_refused() -> None:
    table = read(again=model_file(many(CHAT, 2)))
    assert (table.accepted_count, table.rejected_count, table.duplicate_count) == (600, 2, 0)
    assert "has this key already" in table.rejects[0].reason


def test_an_archive_of_something_else_is_refused() -> None:
    with pytest.raises(LedgerError, match=r"has no public/data/index\.json"):
        ml_energy.read_archive(archive_of({"README.md": b"x"}), "other.tar.gz", "0" * 64)
    with pytest.raises(LedgerError, match=r"3 records; expected at least 500"):
        ml_energy.read_archive(
            archive_of({"public/data/index.json": INDEX, "public/data/models/a.json": model_file(many(CHAT, 3))}),
            "small.tar.gz",
            "0" * 64,
        )


@needs_shared_mirror
def test_the_published_archive_has_1858_configurations_that_its_task_files_tell_alike() -> None:
    data = ARCHIVE.read_bytes()
    [table] = ml_energy.read_archive(data, "leaderboard.tar.gz", "0" * 64)
    assert (table.record_count, table.accepted_count) == (1858, 1858)
    told: Counter[tuple[Any, ...]] = Counter()
    names = ("energy_per_token_joules", "energy_per_image_joules", "energy_per_video_joules")
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            if "/public/data/tasks/" in member.name and (opened := archive.extractfile(member)):
                content = json.load(opened)
                for entry in content["configurations"]:
                    energy = next(entry[name] for name in names if name in entry)
                    told[content["task"], entry["model_id"], entry["gpu_model"], entry["num_gpus"], energy] += 1
    kept: Counter[tuple[Any, ...]] = Counter()
    for row in table.frame.to_dicts():
        energy = next(row[f"energy_joule_per_{u}"] for u in ("token", "image", "video") if row[f"energy_joule_per_{u}"])
        kept[row["task"], row["model_id"], row["gpu_model"], row["num_gpus_count"], energy] += 1
    assert kept == told
