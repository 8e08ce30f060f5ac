"""Sensors: a build of what was fetched, and what is told of a run that failed."""

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines.defs.alerts import failure_report, post_alert
from pipelines.defs.launched_by import LAUNCHED_BY, SENSOR
from pipelines.defs.sensors import UNDER_WAY, new_snapshots, run_failed
from pipelines.fetch.store import Snapshot
from pipelines.settings import Settings
from pipelines.warehouse.build import utc_now
from pipelines.warehouse.file import connect
from pipelines.warehouse.home import note_home
from pipelines.warehouse.meta_tables import ensure_meta, note_build
from pipelines.warehouse.raw_layer import remote_files

FILE = remote_files()[0]
CANARY = "canary-5f1c9e"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose published build read nothing."""
    made = Settings(home=tmp_path / "home", site=tmp_path / "site")
    made.prepare()
    made.raw.mkdir()
    note_home(made)
    with connect(made.published, made) as connection:
        ensure_meta(connection)
        now = utc_now()
        note_build(
            connection, "20260101T000000Z-0", started_at=now, finished_at=now, code_version="1", data_version="0"
        )
    monkeypatch.setenv("LEDGER_HOME", str(made.home))
    return made


def fetched(home: Settings, minutes_ago: float, sha256: str = "ab" * 32) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    snapshot = Snapshot(
        source_id=FILE.source_id, name=FILE.name, url=FILE.url, sha256=sha256, fetched_at=moment.replace(microsecond=0),
        byte_count=12, status="accepted", path=home.raw / sha256[:2] / sha256,
    )  # fmt: skip
    with home.raw_manifest.open("a", encoding="utf-8") as manifest:
        manifest.write(snapshot.model_dump_json() + "\n")


def evaluated(instance: dg.DagsterInstance) -> dg.RunRequest | str:
    """The run that the sensor asks for, or why it asks for none."""
    found = new_snapshots.evaluate_tick(dg.build_sensor_context(instance))
    return found.run_requests[0] if found.run_requests else str(found.skip_message)


def test_what_was_fetched_is_built_once(home: Settings) -> None:
    with dg.instance_for_test() as instance:
        assert evaluated(instance) == "The published build uses the newest snapshots."
        fetched(home, minutes_ago=1)
        assert evaluated(instance) == "Files are still coming."
        fetched(home, minutes_ago=3, sha256="cd" * 32)
        first, second = evaluated(instance), evaluated(instance)
        assert first.run_key == second.run_key, "Dagster starts one run for a key"
        assert first.tags[LAUNCHED_BY] == SENSOR
        fetched(home, minutes_ago=2.5, sha256="ef" * 32)
        assert evaluated(instance).run_key != first.run_key


def test_nothing_is_built_twice(home: Settings) -> None:
    fetched(home, minutes_ago=3)
    with dg.instance_for_test() as instance:
        for status in set(UNDER_WAY) - {dg.DagsterRunStatus.QUEUED}:  # which only a run of a queue can have
            run = instance.create_run_for_job(failing, status=status)
            assert evaluated(instance) == "A run is under way, which may build them."
            instance.delete_run(run.run_id)
        assert isinstance(evaluated(instance), dg.RunRequest)
    with connect(home.published, home) as connection:
        connection.execute("insert into meta.snapshots values (?, ?, ?, now()::timestamp, 12)",
                           [FILE.source_id, FILE.url, "ab" * 32])  # fmt: skip
    with dg.instance_for_test() as instance:
        assert evaluated(instance) == "The published build uses the newest snapshots."


def test_without_a_published_build_the_sensor_says_so(home: Settings) -> None:
    home.published.unlink()
    with dg.instance_for_test() as instance:
        assert evaluated(instance) == f"there is no warehouse at {home.published} yet. Run: ledger build"


# Runs that failed


class Heard(http.server.BaseHTTPRequestHandler):
    """Notes what it is sent; answers with the status that its path names."""

    bodies: list[dict[str, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).bodies.append(json.loads(body))
        self.send_response(int(self.path.strip("/").split("/")[0]))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The address of a server on loopback, and what it has been sent."""
    Heard.bodies = []
    with http.server.HTTPServer(("127.0.0.1", 0), Heard) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", Heard.bodies
        server.shutdown()


@dg.op
def fails() -> None:
    raise dg.Failure(f"seeds/models.csv:3: no such\nmodel (password={CANARY})", allow_retries=False)


@dg.job(tags={LAUNCHED_BY: SENSOR})
def failing() -> None:
    fails()


def told(instance: dg.DagsterInstance) -> str:
    """Run the job, let the sensor tell of it; returns the id of the run."""
    run_id = failing.execute_in_process(instance=instance, raise_on_error=False).run_id
    (event,) = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records
    run = instance.get_run_by_id(run_id)
    context = dg.build_run_status_sensor_context(
        sensor_name="run_failed", dagster_event=event.event_log_entry.dagster_event, dagster_instance=instance,
        dagster_run=run,
    ).for_run_failure()  # fmt: skip
    run_failed(context)
    return str(run_id)


def test_a_failed_run_is_logged_and_posted_without_secrets(
    webhook: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url, bodies = webhook
    monkeypatch.setenv("LEDGER_WEBHOOK_URL", f"{url}/200/{CANARY}")
    monkeypatch.setenv("LEDGER_LOG", "json")
    with dg.instance_for_test() as instance:
        run_id = told(instance)
    (body,) = bodies
    reason = "seeds/models.csv:3: no such model (password=***"
    assert body["run_id"] == run_id
    assert (body["job"], body["launched_by"]) == ("failing", SENSOR)
    assert body["reason"].startswith(reason)
    assert body["text"].startswith(f"Compute Ledger: run {run_id[:8]} of failing failed (launched by sensor): {reason}")
    lines = [line for line in capsys.readouterr().err.splitlines() if '"event": "run_failed"' in line]
    assert [json.loads(line)["run_id"] for line in lines] == [run_id]
    assert CANARY not in json.dumps(body) + "".join(lines)


@pytest.mark.parametrize(("answer", "problem"), [("500", "answered 500"), ("302", "answered 302")])
def test_a_webhook_that_refuses_is_logged_without_its_address(
    webhook: tuple[str, list[dict[str, str]]], capsys: pytest.CaptureFixture[str], answer: str, problem: str
) -> None:
    report = {"text": "x", "run_id": "1"}
    assert not post_alert(f"{webhook[0]}/{answer}/{CANARY}", report)
    assert capsys.readouterr().err == f"the webhook of LEDGER_WEBHOOK_URL {problem}\n"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/canary-5f1c9e", "no address", "ftp://host/x"])
def test_a_webhook_that_cannot_be_reached_stops_nothing(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert not post_alert(url, {"text": "x", "run_id": "1"})
    said = capsys.readouterr().err
    assert said.startswith("the webhook of LEDGER_WEBHOOK_URL cannot be reached: ")
    assert CANARY not in said


def test_without_a_webhook_a_failed_run_is_only_logged(
    webhook: tuple[str, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LEDGER_WEBHOOK_URL", raising=False)
    with dg.instance_for_test() as instance:
        run_id = told(instance)
    assert f"run {run_id[:8]} of failing failed" in capsys.readouterr().err
    assert webhook[1] == []


def test_a_run_that_failed_before_its_steps_is_told_by_its_message() -> None:
    with dg.instance_for_test() as instance:
        run = instance.create_run_for_job(failing)
        failure = instance.report_run_failed(run, "process 17 is gone")
        report = failure_report(run, failure, [])
    assert report["reason"] == "process 17 is gone"
