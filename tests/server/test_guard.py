"""Requests that a page of another site, or another name for this machine, can send: none of them launches a run."""

import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import websockets.exceptions
from websockets.sync.client import connect

from pipelines.server import ui as ui_module
from pipelines.settings import ROOT
from tests.server.conftest import LAUNCH, SEED, Ui

QUERY = "/graphql?query=" + quote(LAUNCH)
JSON = json.dumps({"query": LAUNCH})
REPORT = f"/report_asset_materialization/{'/'.join(SEED)}"
EVIL = "http://evil.example"
AS_JSON = {"Content-Type": "application/json"}
FROM_ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"}
NAVIGATION = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@dataclass
class Hostile:
    """A request as it goes over the wire; ``OWN`` in a header stands for the address of the UI."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


HOSTILE = {
    "get": Hostile("GET", QUERY),
    "get, other origin": Hostile("GET", QUERY, {"Origin": EVIL}),
    "get, own origin": Hostile("GET", QUERY, {"Origin": "OWN", "Sec-Fetch-Site": "same-origin"}),
    "get, navigation": Hostile("GET", QUERY, NAVIGATION),
    "get, page of graphiql": Hostile("GET", QUERY, {**NAVIGATION, "Accept": "text/html"}),
    "get, image": Hostile("GET", QUERY, {**FROM_ELSEWHERE, "Sec-Fetch-Dest": "image"}),
    "get, line feed after the path": Hostile("GET", QUERY.replace("?", "%0A?")),
    "get, path spelled otherwise": Hostile("GET", QUERY.replace("graphql", "%67raphql")),
    "get, whole address": Hostile("GET", f"http://evil.example{QUERY}"),
    "get, other method in a header": Hostile("GET", QUERY, {"X-HTTP-Method-Override": "POST", **AS_JSON}, JSON),
    "head": Hostile("HEAD", QUERY),
    "post, text": Hostile("POST", QUERY, {"Origin": EVIL, "Content-Type": "text/plain"}, JSON),
    "post, text, own origin": Hostile("POST", QUERY, {"Origin": "OWN", "Content-Type": "text/plain"}, JSON),
    "post, no type": Hostile("POST", QUERY, {"Origin": "OWN"}),
    "post, form": Hostile("POST", QUERY, {"Origin": EVIL, "Content-Type": "application/x-www-form-urlencoded"}, "a=b"),
    "post, parts": Hostile("POST", QUERY, {"Origin": EVIL, "Content-Type": "multipart/form-data; boundary=x"}, "--x--"),
    "post, graphql": Hostile("POST", "/graphql", {"Origin": "OWN", "Content-Type": "application/graphql"}, LAUNCH),
    "post, json within text": Hostile(
        "POST", "/graphql", {"Origin": "OWN", "Content-Type": "text/plain; application/json"}, JSON
    ),
    "post, other origin": Hostile("POST", "/graphql", {"Origin": EVIL, **AS_JSON}, JSON),
    "post, origin null": Hostile("POST", "/graphql", {"Origin": "null", **AS_JSON}, JSON),
    "post, other port": Hostile("POST", "/graphql", {"Origin": "http://127.0.0.1:1", **AS_JSON}, JSON),
    "post, other scheme": Hostile("POST", "/graphql", {"Origin": "https://HOST", **AS_JSON}, JSON),
    "post, longer name": Hostile("POST", "/graphql", {"Origin": "OWN.evil.example", **AS_JSON}, JSON),
    "post, no origin": Hostile("POST", "/graphql", AS_JSON, JSON),
    "post, no origin, other site": Hostile("POST", "/graphql", {**FROM_ELSEWHERE, **AS_JSON}, JSON),
    "post, own origin, other site": Hostile("POST", "/graphql", {"Origin": "OWN", **FROM_ELSEWHERE, **AS_JSON}, JSON),
    "post, own origin, same site": Hostile(
        "POST", "/graphql", {"Origin": "OWN", "Sec-Fetch-Site": "same-site", **AS_JSON}, JSON
    ),
    "post, other name": Hostile("POST", "/graphql", {"Host": "evil.example", "Origin": EVIL, **AS_JSON}, JSON),
    "post, other name, our port": Hostile(
        "POST", "/graphql", {"Host": "evil.example:PORT", "Origin": "http://evil.example:PORT", **AS_JSON}, JSON
    ),
    "post, our name, other port": Hostile(
        "POST", "/graphql", {"Host": "127.0.0.1:1", "Origin": "http://127.0.0.1:1", **AS_JSON}, JSON
    ),
    "post, our name, no port": Hostile(
        "POST", "/graphql", {"Host": "127.0.0.1", "Origin": "http://127.0.0.1", **AS_JSON}, JSON
    ),
    "post, our name as user": Hostile(
        "POST", "/graphql", {"Host": "HOST@evil.example", "Origin": "http://HOST@evil.example", **AS_JSON}, JSON
    ),
    "post, other address of loopback": Hostile(
        "POST", "/graphql", {"Host": "127.0.0.2:PORT", "Origin": "http://127.0.0.2:PORT", **AS_JSON}, JSON
    ),
    "post, two hosts": Hostile("POST", "/graphql", {"Host": "HOST\r\nHost: evil.example", "Origin": "OWN", **AS_JSON}, JSON),
    "post, two origins": Hostile("POST", "/graphql", {"Origin": f"OWN\r\nOrigin: {EVIL}", **AS_JSON}, JSON),
    "post, two types": Hostile(
        "POST", "/graphql", {"Origin": "OWN", "Content-Type": "application/json\r\nContent-Type: text/plain"}, JSON
    ),
    "post, chunks": Hostile(
        "POST", "/graphql", {"Origin": EVIL, "Transfer-Encoding": "chunked", **AS_JSON}, f"{len(JSON):x}\r\n{JSON}\r\n0\r\n\r\n"
    ),
    "preflight": Hostile(
        "OPTIONS", "/graphql",
        {"Origin": EVIL, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"},
    ),
    "put": Hostile("PUT", "/graphql", {"Origin": "OWN", **AS_JSON}, JSON),
    "patch": Hostile("PATCH", "/graphql", {"Origin": "OWN", **AS_JSON}, JSON),
    "delete": Hostile("DELETE", QUERY, {"Origin": "OWN"}),
    "report of a table, no body": Hostile("POST", REPORT),
    "report of a table, other origin": Hostile("POST", REPORT, {"Origin": EVIL, **AS_JSON}, "{}"),
    "report of a check": Hostile("POST", REPORT.replace("materialization", "check") + "?check_name=a&passed=true"),
    "report of an observation": Hostile("POST", REPORT.replace("materialization", "observation"), FROM_ELSEWHERE),
    "logs of a run, image": Hostile("GET", "/logs/a/compute_logs/b.out", FROM_ELSEWHERE),
    "logs of a run, navigation": Hostile("GET", "/logs/a/compute_logs/b.out", NAVIGATION),
    "notebook, navigation": Hostile("GET", "/notebook?path=/a.ipynb&repoLocName=compute_ledger", NAVIGATION),
    "old notebook, navigation": Hostile("GET", "/dagit/notebook?path=/a.ipynb&repoLocName=compute_ledger", NAVIGATION),
    "all of a run, navigation": Hostile("GET", "/download_debug/a", NAVIGATION),
    "versions, script": Hostile("GET", "/server_info", {**FROM_ELSEWHERE, "Sec-Fetch-Dest": "script"}),
    "page in a frame": Hostile("GET", "/assets", {**NAVIGATION, "Sec-Fetch-Dest": "iframe"}),
    "page, fetched": Hostile("GET", "/assets", FROM_ELSEWHERE),
    "page, other name": Hostile("GET", "/", {"Host": "evil.example:PORT"}),
}  # fmt: skip


def send(ui: Ui, request: Hostile) -> tuple[int, str]:
    """Status and body of the answer; written byte by byte, since libraries refuse to send some of these."""
    host = f"127.0.0.1:{ui.port}"
    headers = {"Host": host, "Connection": "close", **request.headers}
    if "Transfer-Encoding" not in headers:
        headers["Content-Length"] = str(len(request.body))
    lines = [f"{request.method} {request.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    text = "\r\n".join(lines).replace("OWN", ui.url).replace("HOST", host).replace("PORT", str(ui.port))
    with socket.create_connection(("127.0.0.1", ui.port), timeout=60) as connection:
        connection.sendall(f"{text}\r\n\r\n{request.body}".encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.decode().partition("\r\n\r\n")
    return int(head.split(" ")[1]), body


@pytest.mark.parametrize("request_name", HOSTILE)
def test_hostile_requests_are_refused_in_one_sentence_and_change_nothing(ui: Ui, request_name: str) -> None:
    before = ui.events()
    status, body = send(ui, HOSTILE[request_name])
    assert status in (400, 403)
    if HOSTILE[request_name].method != "HEAD":
        assert body.strip().endswith(".")
        assert len(body.strip().splitlines()) == 1
    assert ui.events() == before


@pytest.mark.parametrize(
    "origin", [None, EVIL, "null", "http://127.0.0.1:1", "http://localhost:PORT", "https://127.0.0.1:PORT"]
)
def test_websockets_of_other_pages_are_refused(ui: Ui, origin: str | None) -> None:
    with pytest.raises(websockets.exceptions.InvalidStatus, match="403"):
        connect(
            f"ws://127.0.0.1:{ui.port}/graphql",
            origin=origin and origin.replace("PORT", str(ui.port)),  # type: ignore[arg-type]
            subprotocols=["graphql-ws"],  # type: ignore[list-item]
            proxy=None,
        ).close()


def test_our_own_page_opens_a_websocket(ui: Ui) -> None:
    address = f"ws://127.0.0.1:{ui.port}/graphql"
    with connect(address, origin=ui.url, subprotocols=["graphql-ws"], proxy=None) as opened:  # type: ignore[arg-type,list-item]
        opened.send('{"type": "connection_init"}')
        assert json.loads(opened.recv(timeout=60)) == {"type": "connection_ack"}


@pytest.mark.parametrize(
    "headers", [{}, NAVIGATION, {"Sec-Fetch-Site": "none"}], ids=["program", "link", "address typed"]
)
def test_pages_open_from_anywhere_and_cannot_be_framed(ui: Ui, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{ui.url}/assets/seeds/sources", headers=headers)
    assert answer.status_code == 200
    assert answer.text.startswith("<!DOCTYPE html>")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_the_names_of_loopback_are_ours(ui: Ui, name: str) -> None:
    host = f"{name}:{ui.port}"
    headers = {"Host": host, "Origin": f"http://{host}"}
    answer = httpx.post(f"{ui.url}/graphql", json={"query": "{ version }"}, headers=headers)
    assert answer.status_code == 200


def test_only_the_guarded_port_is_open(ui: Ui) -> None:
    listening = [
        (connection.laddr.ip, connection.laddr.port)
        for process in ui.family()
        for connection in process.net_connections("inet")
        if connection.status == "LISTEN"
    ]
    assert listening == [("127.0.0.1", ui.port)]
    (folder,) = {Path(process.environ()["TMPDIR"]) for process in ui.family()[1:] if "TMPDIR" in process.environ()}
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "code.sock").is_socket()


def test_what_the_ui_loads_is_what_the_workspace_names() -> None:
    workspace = (ROOT / "workspace.yaml").read_text(encoding="utf-8")
    assert f"module_name: {ui_module.MODULE}\n" in workspace
    assert f"location_name: {ui_module.LOCATION}\n" in workspace


def test_a_run_that_our_own_page_launches_succeeds(ui: Ui) -> None:
    run_id = ui.launch()
    assert ui.succeeds(run_id), ui.said
    kept = [path.suffix for path in (ui.home / "dagster/storage" / run_id / "compute_logs").iterdir()]
    assert sorted(kept) == [".complete", ".err", ".out"], "what a run of the UI prints is kept for it"
