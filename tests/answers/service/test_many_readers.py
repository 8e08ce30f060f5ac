"""Fifty programs that ask while new builds are published: none sees an error, and none a mix of two builds."""

import asyncio
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.settings import Settings
from pipelines.warehouse.file import connect
from pipelines.warehouse.publish import publish
from pipelines.warehouse.versions import digest_table, note, read_versions
from tests.answers.service.conftest import Served, serving

READERS, BUILDS, PAUSE_S = 50, 6, 0.5
FIGURE = {"subject": "Llama 3.1 70B", "quantity": "chip_hours"}
QUERY = """
    select b.build_id, b.data_version, any_value(f.value), count(distinct f.value), count(*)
    from meta.builds as b, mart.figures as f where f.subject_id = 'llama-3.1-70b' group by all
"""


def publish_numbered(own: Settings, number: int) -> None:
    """Publish a build in which every figure of one run is its number."""
    shutil.copyfile(own.published.resolve(), own.build_file)
    with connect(own.build_file, own) as connection:
        connection.execute("update mart.figures set value = ? where subject_id = 'llama-3.1-70b'", [number])
        connection.execute("update meta.builds set build_id = ?, data_version = ?", [f"build-{number}", f"{number}"])
        figures = read_versions(connection)["mart.figures"]
        note(connection, replace(figures, data_version=digest_table(connection, figures.table)))
    publish(own, f"build-{number}")


async def publish_all(own: Settings) -> None:
    for number in range(2, BUILDS + 1):
        await asyncio.sleep(2)
        await asyncio.to_thread(publish_numbered, own, number)
    await asyncio.sleep(2)


async def read(served: Served, client: httpx.AsyncClient, place: int, ended: asyncio.Event, seen: list[Any]) -> None:
    """Ask again and again: most for an explanation, some by SQL; note which builds an answer speaks of."""
    while not ended.is_set():
        began = time.monotonic()
        if place % 10:
            answer = await client.get(f"{served.url}/v1/explain", params=FIGURE)
            said = answer.json()
            values = {said["figure"]["value"], *(one["value"] for one in said["other_methods"])}
        else:
            answer = await client.get(f"{served.url}/v1/sql", params={"query": QUERY})
            said = answer.json()
            ((build_id, _, value, distinct, _),) = said["rows"]
            values = {value} if distinct == 1 and build_id == said["build_id"] else {value, "mixed"}
        answer.raise_for_status()
        seen.append((said["build_id"], said["data_version"], tuple(values), time.monotonic() - began))
        await asyncio.sleep(PAUSE_S)


@pytest.mark.slow
def test_fifty_readers_during_publishes_see_no_error_and_no_mixed_build(own_home: Settings, tmp_path: Path) -> None:
    publish_numbered(own_home, 1)
    seen: list[Any] = []

    async def all_at_once(served: Served) -> None:
        ended = asyncio.Event()
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=READERS)) as client:
            readers = [asyncio.create_task(read(served, client, place, ended, seen)) for place in range(READERS)]
            await publish_all(own_home)
            ended.set()
            await asyncio.gather(*readers)

    with serving(own_home.home, tmp_path / "said.txt") as served:
        asyncio.run(all_at_once(served))
    waits = sorted(wait for *_, wait in seen)
    print(
        f"{len(seen)} answers, median {waits[len(waits) // 2]:.3f} s, 95 % within {waits[len(waits) * 95 // 100]:.3f} s"
    )
    for build_id, version, values, _ in seen:
        assert (build_id, values) == (f"build-{version}", (float(version),))
    assert {build_id for build_id, *_ in seen} >= {f"build-{number}" for number in (2, BUILDS)}
