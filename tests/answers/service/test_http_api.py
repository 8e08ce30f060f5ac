"""The HTTP API: answers equal those of the command line, questions that cannot be answered are told, and no other page asks."""

import json
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from pipelines.settings import Settings
from tests.answers.service.conftest import Served, serving
from tests.conftest import Called, run_ledger


def test_explain_is_that_of_the_command_line(served: Served, built: Settings) -> None:
    answer = served.get("explain", subject="Llama 3.1 70B", quantity="facility_energy_kwh").json()
    told = json.loads(
        run_ledger("explain", "Llama 3.1 70B", "facility_energy_kwh", "--format", "json", home=built.home).stdout
    )
    assert len(answer["data_version"]) == 12
    assert answer == told
    figure = answer["figure"]
    assert figure["value_low"] < figure["value"] < figure["value_high"]
    assert all(one.get("source") or one["figure"] for one in figure["inputs"])


def test_estimate_is_that_of_the_command_line(served: Served, built: Settings) -> None:
    asked = {"params": "70b", "tokens": "15T", "accelerator": "h100-sxm", "mfu": "30%:38%:45%", "country": "Germany"}
    answer = served.get("estimate", **asked).json()
    options = [text for name, value in asked.items() for text in (f"--{name}", value)]
    told = json.loads(run_ledger("estimate", *options, "--format", "json", home=built.home).stdout)
    assert answer == told
    assert next(one["value"] for one in answer["choices"] if one["name"] == "country") == "DEU"


SERVING = {"model": "Llama 3.1 8B", "batch": 8, "number_format": "int4"}
ESTIMATES = {
    "serving": ("--inference", {**SERVING, "device": "h100-sxm", "answer_tokens": 300, "idle": 0.25, "price": "1:2:4"}),
    "devices": ("--inference", {**SERVING, "max_usd": 2000, "max_memory": "32GB"}),
    "installed": ("--installed", {"year": 2024, "pue": 1.2, "grid": "0.1:0.2:0.4"}),
}


@pytest.mark.parametrize("kind", ESTIMATES)
def test_other_estimates_are_those_of_the_command_line(
    served: Served, built: Settings, called_ledger: Called, kind: str
) -> None:
    flag, asked = ESTIMATES[kind]
    answer = served.get(f"estimate/{kind}", **asked)
    assert answer.status_code == 200, answer.text
    options = [text for name, value in asked.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    told = json.loads(called_ledger("estimate", flag, *options, "--json", home=built.home).stdout)
    assert answer.json() == told
    assert answer.json()["data_version"] == served.get("tables").json()["data_version"]


def test_an_estimate_of_what_cannot_be_is_refused(served: Served) -> None:
    answer = served.get("estimate/serving", model="llama-3.1-405b", device="raspberry-pi-5-8gb")
    assert (answer.status_code, "does not fit" in answer.json()["error"]) == (400, True)
    answer = served.get("estimate/installed", year=2040)
    assert (answer.status_code, "expected" in answer.json()["error"]) == (400, True)


def test_sql_is_that_of_the_command_line(served: Served, built: Settings) -> None:
    query = (
        "select model_name, training_flop, publication_date from mart.training_summary order by 2 desc nulls last, 1"
    )
    answer = served.get("sql", query=query, limit=5).json()
    told = json.loads(run_ledger("sql", f"{query} limit 5", "--format", "json", home=built.home).stdout)
    names = [column["name"] for column in answer["columns"]]
    assert [dict(zip(names, row, strict=True)) for row in answer["rows"]] == told
    assert answer["is_cut"]
    posted = httpx.post(f"{served.url}/v1/sql", json={"query": query, "limit": 5}, timeout=60)
    assert posted.json() == answer


def test_the_audit_is_that_of_the_command_line(served: Served, built: Settings) -> None:
    told = json.loads(run_ledger("audit", "--format", "json", home=built.home).stdout)
    claims = served.get("audit").json()["claims"]
    assert [(one["claim_id"], one["verdict"], one["reason"]) for one in claims] == [
        (one["claim_id"], one["verdict"], one["reason"]) for one in told
    ]


def test_own_claims_are_audited(served: Served) -> None:
    claim = {"subject": "GPT-3 175B", "quantity": "training_flop", "comparison": "about", "low": 3.1e23, "unit": "FLOP"}
    answer = httpx.post(f"{served.url}/v1/audit", json={"claims": [claim]}, timeout=120).json()
    assert [one["verdict"] for one in answer["claims"]] == ["supported"]
    assert answer["build_id"] == served.get("tables").json()["build_id"]


def test_what_is_looked_for_is_found(served: Served) -> None:
    hits = served.get("search", text="llama 3.1 70b").json()["hits"]
    assert (hits[0]["kind"], hits[0]["id"]) == ("subject", "llama-3.1-70b")
    assert "facility_energy_kwh" in hits[0]["about"]
    assert served.get("search", text="h100", kind="accelerator").json()["hits"][0]["id"].startswith("h100")
    assert served.get("search", text="lamma 3.1 70B").json()["hits"][0]["id"] == "llama-3.1-70b"
    assert served.get("search", text="…").json()["hits"] == []


def test_every_table_is_described(served: Served) -> None:
    tables = served.get("tables").json()["tables"]
    assert tables[0]["table_name"].startswith("mart.")
    assert all(one["description"] for one in tables)
    columns = served.get("tables/mart.figures").json()["columns"]
    assert {k: columns[5][k] for k in ("column_name", "unit")} == {"column_name": "value_low", "unit": "see unit"}


HOSTILE = {
    "reads a file": "select * from read_text('/etc/passwd')",
    "reads a file by its name": "from '/etc/passwd'",
    "writes a file": "copy (select 1) to '/tmp/ledger-was-here.csv'",
    "attaches": "attach '/tmp/other.duckdb'",
    "loads code": "install httpfs",
    "changes a setting": "set memory_limit = '1TB'",
    "changes the data": "delete from mart.figures",
    "two statements": "select 1; select 2",
    "reads the environment": "select getenv('HOME')",
    "a variable of the program": "select * from settings",
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_hostile_sql_is_refused(served: Served, query: str) -> None:
    answer = served.get("sql", query=query)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_an_endless_query_ends_and_others_are_answered(served: Served) -> None:
    endless = "select count(*) from mart.figures a, mart.figures b, mart.figures c, mart.figures d"
    answer = served.get("sql", query=endless, timeout_s=0.5)
    assert (answer.status_code, "took longer than 0.5 s" in answer.json()["error"]) == (422, True)
    assert served.get("sql", query="select 42 as answer").json()["rows"] == [[42]]


def test_an_answer_that_is_too_large_is_refused(served: Served) -> None:
    answer = served.get("sql", query="select repeat('x', 20000000)")
    assert (answer.status_code, "takes more than" in answer.json()["error"]) == (400, True)


def test_what_is_not_there_is_told_with_what_is_near(served: Served) -> None:
    answer = served.get("explain", subject="Lama 3.1 70B", quantity="training_flop")
    assert answer.status_code == 400
    assert "llama-3.1-70b" in answer.json()["error"]
    answer = served.get("explain", subject="Grok-4", quantity="facility_energy_kwh")
    assert answer.status_code == 404
    assert "not published" in answer.json()["error"]
    answer = served.get("search", text="h100", limit=1000)
    assert (answer.status_code, answer.json()["error"]) == (400, "limit: Input should be less than or equal to 100")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 403),
        ({}, 200),
    ],
)
def test_pages_of_other_sites_and_other_names_are_refused(served: Served, headers: dict[str, str], status: int) -> None:
    for path in ("/v1/tables", "/openapi.json"):
        assert httpx.get(f"{served.url}{path}", headers=headers, timeout=60).status_code == status


def test_a_post_that_a_form_could_send_or_that_is_too_large_is_refused(served: Served) -> None:
    as_text = httpx.post(
        f"{served.url}/v1/sql", content='{"query": "select 1"}', headers={"Content-Type": "text/plain"}
    )
    assert as_text.status_code == 400
    large = httpx.post(f"{served.url}/v1/sql", json={"query": "x" * 1_000_001})
    assert large.status_code == 413
    assert httpx.put(f"{served.url}/v1/sql", json={}).status_code == 403


def test_another_address_than_loopback_needs_a_token(built: Settings) -> None:
    done = run_ledger("serve", "--host", "0.0.0.0", home=built.home)
    assert done.returncode == 2
    assert "Set LEDGER_SERVE_TOKEN" in done.stderr


def test_with_a_token_only_who_knows_it_is_answered(built: Settings, tmp_path: Path) -> None:
    token = "0123456789abcdef"
    with serving(built.home, tmp_path / "said.txt", LEDGER_SERVE_TOKEN=token) as own:
        assert httpx.get(f"{own.url}/v1/tables").status_code == 401
        assert httpx.get(f"{own.url}/v1/tables", params={"token": token}).status_code == 401
        known = httpx.get(f"{own.url}/v1/tables", headers={"Authorization": f"Bearer {token}"})
        assert known.status_code == 200
        assert token not in own.output.read_text()


def test_without_a_warehouse_it_does_not_start(tmp_path: Path) -> None:
    done = run_ledger("serve", home=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("Run: ledger build\n")


@pytest.mark.slow
def test_the_openapi_document_is_kept(served: Served) -> None:
    """Random questions of every address: what is answered, and how it is refused, is what the document says.

    One check is left out: a text that is valid may name a model that there is not.
    """
    document = httpx.get(f"{served.url}/openapi.json").json()
    api = schemathesis.openapi.from_dict(document)
    api.config.update(base_url=served.url)
    for found in api.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(operation.as_strategy() | operation.as_strategy(GenerationMode.NEGATIVE))
        def is_kept(case: schemathesis.Case) -> None:
            case.call_and_validate(timeout=120, excluded_checks=[positive_data_acceptance])

        is_kept()
