"""A UI that runs unattended: its log, who launched a run, and what is told of a run that failed."""

import http.server
import json
import threading

import pytest

from pipelines.defs.launched_by import LAUNCHED_BY, UI
from pipelines.settings import Settings
from pipelines.warehouse.publish import build_lock
from tests.server.conftest import StartUi, wait_until

CANARY = "canary-5f1c9e"


@pytest.mark.slow
def test_a_failed_run_reaches_the_webhook_and_the_log_and_no_secret_does(start_ui: StartUi) -> None:
    heard: list[dict[str, str]] = []

    class Webhook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Webhook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{CANARY}"
        ui = start_ui(LEDGER_LOG="json", LEDGER_WEBHOOK_URL=address)
        good = ui.launch()
        assert ui.succeeds(good)
        with build_lock(Settings(home=ui.home, site=ui.home)):
            failed = ui.launch()
            assert not ui.succeeds(failed)
        wait_until(lambda: heard)
        server.shutdown()
    (report,) = heard
    assert (report["run_id"], report["launched_by"]) == (failed, UI)
    assert "another build is running" in report["reason"]
    assert {ui.instance.get_run_by_id(run).tags[LAUNCHED_BY] for run in (good, failed)} == {UI}
    wait_until(lambda: '"run_failed"' in ui.said)
    assert ui.end() == 0
    lines = [line for line in ui.said.splitlines() if not line.startswith(("Dagster UI at ", "The UI ends"))]
    events = [json.loads(line) for line in lines]
    assert [event["run_id"] for event in events if event["event"] == "run_failed"] == [failed]
    assert CANARY not in ui.said
    assert " DEBUG " not in ui.said
