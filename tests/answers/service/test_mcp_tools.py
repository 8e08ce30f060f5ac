"""The tools and resources as a client of the official SDK sees them, on pipes and over HTTP: figures equal the command line's."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import duckdb
import pytest
from mcp import StdioServerParameters
from mcp.client.client import Client
from mcp.client.stdio import stdio_client

from pipelines.answers.explain import explain
from pipelines.settings import ROOT, Settings
from tests.answers.service.conftest import Served
from tests.server.conftest import clean_environment

FIGURES = (
    ("Llama 3.1 70B", "facility_energy_kwh"), ("GPT-3 175B", "training_flop"), ("gpt-3-175b", "location_co2e_kg"),
    ("PaLM 540B", "training_flop"), ("Llama 3.1 405B", "cloud_cost_usd"), ("BLOOM 176B", "chip_hours"),
)  # fmt: skip

ESTIMATES = ("estimate", "estimate_serving", "find_devices", "estimate_installed")


def over_pipes(built: Settings) -> Any:
    command = [sys.executable, "-m", "pipelines", "serve", "--stdio"]
    return stdio_client(
        StdioServerParameters(command=command[0], args=command[1:], env=clean_environment(built.home), cwd=ROOT)
    )


def ask(server: Any, session: Callable[[Client], Awaitable[None]]) -> None:
    async def asked() -> None:
        async with Client(server) as client:
            await session(client)

    asyncio.run(asked())


async def ten_questions(client: Client, published: duckdb.DuckDBPyConnection) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"search", "sql", "explain", "audit", *ESTIMATES}
    assert all(tool.annotations.read_only_hint for tool in tools.values())
    for subject, quantity in FIGURES:
        answer = await client.call_tool("explain", {"subject": subject, "quantity": quantity})
        figure, known = answer.structured_content["figure"], explain(published, subject, quantity)["figure"]
        for part in ("figure_id", "value_low", "value", "value_high", "unit", "method", "kind", "formula"):
            assert figure[part] == known[part]
        assert [one["name"] for one in figure["inputs"]] == [one["name"] for one in known["inputs"]]
    rows = await client.call_tool("sql", {"query": "select count(*) from mart.figures"})
    assert rows.structured_content["rows"] == [list(*published.execute("select count(*) from mart.figures").fetchall())]
    found = await client.call_tool("search", {"text": "bloom 176b"})
    assert found.structured_content["hits"][0]["id"] == "bloom-176b"
    scenario = {"accelerator": "h100-sxm", "params": 70e9, "tokens": "15T", "count": 1024}
    estimated = await client.call_tool("estimate", scenario)
    figures = {one["quantity"]: one for one in estimated.structured_content["figures"]}
    assert figures["training_flop"]["value"] == 6.3e24
    case = {"model": "llama-3.1-8b", "device": "rtx-4090", "number_format": "int4"}
    serving = (await client.call_tool("estimate_serving", case)).structured_content
    assert next(one["value"] for one in serving["figures"] if one["quantity"] == "weight_bytes") > 4e9
    audited = await client.call_tool("audit", {"claims": [
        {"subject": "GPT-3 175B", "quantity": "training_flop", "low": 3.1e23, "high": 3.2e23, "unit": "FLOP"}
    ]})  # fmt: skip
    assert [one["verdict"] for one in audited.structured_content["claims"]] == ["supported"]
    build = published.execute("select build_id, data_version from meta.builds").fetchall()[0]
    assert (serving["build_id"], serving["data_version"]) == build
    for answer in (rows, found, estimated, audited):
        assert (answer.structured_content["build_id"], answer.structured_content["data_version"]) == build


async def hostile_questions(client: Client) -> None:
    for query in (
        "copy (select 1) to '/tmp/x.csv'",
        "from read_text('/etc/passwd')",
        "drop table mart.figures",
        "selec",
    ):
        answer = await client.call_tool("sql", {"query": query})
        assert answer.is_error
        assert "the query failed" in answer.content[0].text
    answer = await client.call_tool("explain", {"subject": "Lama 3.1 70B", "quantity": "training_flop"})
    assert answer.is_error
    assert "llama-3.1-70b" in answer.content[0].text
    assert (await client.call_tool("search", {"text": "h100", "limit": 0})).is_error


async def dictionary(client: Client) -> None:
    tables = json.loads((await client.read_resource("ledger://tables")).contents[0].text)["tables"]
    assert "mart.training_summary" in {one["table_name"] for one in tables}
    templates = (await client.list_resource_templates()).resource_templates
    assert [one.uri_template for one in templates] == ["ledger://tables/{table}"]
    table = json.loads((await client.read_resource("ledger://tables/mart.figures")).contents[0].text)
    assert {"value_low", "value", "value_high"} < {one["column_name"] for one in table["columns"]}
    assert json.loads((await client.read_resource("ledger://sources")).contents[0].text)["sources"]


@pytest.mark.parametrize("way", ["pipes", "http"])
def test_a_session_gets_the_figures_of_the_command_line(
    built: Settings, served: Served, published: duckdb.DuckDBPyConnection, way: str
) -> None:
    async def session(client: Client) -> None:
        await ten_questions(client, published)
        await hostile_questions(client)
        await dictionary(client)

    ask(over_pipes(built) if way == "pipes" else f"{served.url}/mcp", session)
