"""What is told of the published data: by status, by the page, and by the schedule that would draw them again."""

import html
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from pipelines.cli.status import SourceLine, aligned, describe_sources
from pipelines.defs.jobs import SCHEDULES, weekly_reports
from pipelines.fetch.store import Snapshot
from pipelines.records.raw_tables import PackagedFile, RawRow, RemoteFile
from pipelines.settings import Settings
from pipelines.site.front_page import build_page, page_sources, shown_version
from pipelines.site.published import data_version
from pipelines.warehouse.meta_tables import ensure_meta
from pipelines.warehouse.noted_changes import CHANGES
from pipelines.warehouse.publish import published_build
from pipelines.warehouse.raw_layer import raw_files, remote_files
from tests.conftest import rewritten, run_ledger

TODAY = datetime.now(UTC).replace(microsecond=0)
MIRROR = "raw.githubusercontent.com/mlco2/codecarbon/master/codecarbon/data/cloud"


# Columns under headings


def test_columns_are_aligned_and_numbers_flush_right() -> None:
    rows = [["a", "1,234", "x"], ["longer name", "5", "y y"]]
    assert list(aligned(["name", "n", "text"], rows, [1])) == [
        "name             n  text",
        "a            1,234  x",
        "longer name      5  y y",
    ]


def test_on_a_terminal_the_last_column_is_folded_under_itself() -> None:
    text = "stale: the publisher did not answer within 300 seconds, and this goes on for some time"
    rows = [["epoch_models", "12", text], ["b", "3", "fresh"]]
    lines = list(aligned(["source", "age", "state"], rows, [1], width=60))
    assert max(map(len, lines)) <= 60
    assert lines[0] == "source        age  state"
    assert lines[1].startswith("epoch_models   12  stale: the publisher did not")
    assert lines[-1] == "b               3  fresh"
    assert all(line.startswith(" " * 19) and line[19] != " " for line in lines[2:-1])
    assert " ".join([lines[1][19:], *(line.strip() for line in lines[2:-1])]) == text
    assert len(list(aligned(["source", "age", "state"], rows, [1]))) == 3, "elsewhere nothing is folded"


# The states of sources, from a store of snapshots


class Things(RawRow):
    """One row per thing."""

    table = "things"
    source_id = "things"

    name: str


def remote(source_id: str, name: str) -> RemoteFile:
    return RemoteFile(source_id, name, f"https://example.org/{source_id}/{name}", lambda *_: [], (Things,))


ONE = remote("one", "a.csv")
TWO = [remote("two", "a.csv"), remote("two", "b.csv"), remote("two", "c.csv")]


@pytest.fixture
def state(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path, site=tmp_path / "site")
    made.raw.mkdir()
    return made


@pytest.fixture
def published_meta() -> Iterator[duckdb.DuckDBPyConnection]:
    """Empty tables of meta, as of a build that read nothing."""
    with duckdb.connect() as connection:
        ensure_meta(connection)
        yield connection


def fetched(
    state: Settings, file: RemoteFile, days_ago: int, status: str = "accepted", sha256: str = "ab" * 32, **more: str
) -> Snapshot:
    """Add a line to the manifest, as the store writes it."""
    moment = TODAY - timedelta(days=days_ago, minutes=5)
    snapshot = Snapshot(
        source_id=file.source_id, name=file.name, url=file.url, sha256=sha256, fetched_at=moment,
        byte_count=12, status=status, path=state.raw / sha256[:2] / sha256, **more,
    )  # fmt: skip
    with state.raw_manifest.open("a", encoding="utf-8") as manifest:
        manifest.write(snapshot.model_dump_json() + "\n")
    return snapshot


def used(connection: duckdb.DuckDBPyConnection, *snapshots: Snapshot) -> None:
    """Say that the published build used these snapshots."""
    for each in snapshots:
        row = [each.source_id, each.url, each.sha256, each.fetched_at.replace(tzinfo=None), each.byte_count]
        connection.execute("insert into meta.snapshots values (?, ?, ?, ?, ?)", row)


def day(days_ago: int) -> str:
    return f"{TODAY - timedelta(days=days_ago, minutes=5):%Y-%m-%d}"


def described(state: Settings, connection: duckdb.DuckDBPyConnection, files: Sequence[RemoteFile]) -> SourceLine:
    (line,) = describe_sources(connection, state, files)
    return line


def test_a_source_that_was_fetched_is_fresh(state: Settings, published_meta: duckdb.DuckDBPyConnection) -> None:
    used(published_meta, fetched(state, ONE, days_ago=12))
    found = described(state, published_meta, [ONE])
    assert found == SourceLine("one", day(12), "12", f"fresh, checked on {day(12)}")


def test_a_source_that_never_arrived_says_so(state: Settings, published_meta: duckdb.DuckDBPyConnection) -> None:
    assert described(state, published_meta, [ONE]) == SourceLine("one", "-", "-", "never fetched")
    fetched(state, ONE, 3, "refused", reason="got an HTML page\ntitled 'Sign in'.")
    told = f"never fetched: a.csv failed on {day(3)}: got an HTML page titled 'Sign in'."
    assert described(state, published_meta, [ONE]) == SourceLine("one", "-", "-", told)


@pytest.mark.parametrize(("status", "word"), [("refused", "failed"), ("held", "held")])
def test_a_source_whose_last_attempt_brought_nothing_is_stale(
    state: Settings, published_meta: duckdb.DuckDBPyConnection, status: str, word: str
) -> None:
    used(published_meta, fetched(state, ONE, days_ago=400))
    fetched(state, ONE, 2, status, sha256="cd" * 32, reason="40% fewer records.")
    told = f"stale: a.csv {word} on {day(2)}: 40% fewer records."
    assert described(state, published_meta, [ONE]) == SourceLine("one", day(400), "400", told)


@pytest.mark.parametrize(
    ("days_ago", "more", "state_word", "expected"),
    [
        (64, {}, "fresh", False),
        (66, {}, "overdue", True),
        (1, {"status": "held", "reason": "30% fewer rows."}, "never fetched", True),
    ],
)
def test_what_somebody_should_look_at(
    state: Settings,
    published_meta: duckdb.DuckDBPyConnection,
    days_ago: int,
    more: dict[str, str],
    state_word: str,
    expected: bool,
) -> None:
    used(published_meta, fetched(state, ONE, days_ago, **more))
    found = described(state, published_meta, [ONE])
    assert found.state.startswith(state_word)
    assert found.needs_attention is expected


def test_a_source_that_nobody_asked_for_needs_no_attention(
    state: Settings, published_meta: duckdb.DuckDBPyConnection
) -> None:
    assert not described(state, published_meta, [ONE]).needs_attention


def test_of_several_files_the_oldest_counts_and_the_faulty_ones_are_counted(
    state: Settings, published_meta: duckdb.DuckDBPyConnection
) -> None:
    used(published_meta, fetched(state, TWO[0], 1), fetched(state, TWO[1], 30))
    fetched(state, TWO[1], 0, "refused", sha256="cd" * 32, reason="Timed out.")
    fetched(state, TWO[2], 0, "refused", sha256="ef" * 32, reason="Not found.")
    told = f"stale (1 of 3 files), never fetched (1 of 3 files): b.csv failed on {day(0)}: Timed out. And 1 more."
    assert described(state, published_meta, TWO) == SourceLine("two", day(30), "30", told)


def test_a_snapshot_that_no_build_has_used_yet_is_told(
    state: Settings, published_meta: duckdb.DuckDBPyConnection
) -> None:
    used(published_meta, fetched(state, ONE, days_ago=9))
    fetched(state, ONE, days_ago=1, sha256="cd" * 32)
    told = f"fresh, checked on {day(1)} (not in the published build yet. Run: ledger build)"
    assert described(state, published_meta, [ONE]) == SourceLine("one", day(1), "1", told)


def test_packaged_sources_come_last_and_name_package_and_version(
    state: Settings, published_meta: duckdb.DuckDBPyConnection
) -> None:
    shipped = [PackagedFile(source, "duckdb", list, (Things,)) for source in ("b_new", "a_old")]
    row = "insert into meta.files values ('raw.x', 'a_old', 'package duckdb 0.1.2', 'ab', 1, 1, 0, 0)"
    published_meta.execute(row)
    now = version("duckdb")
    assert describe_sources(published_meta, state, [*shipped, *TWO, ONE]) == [
        SourceLine("one", "-", "-", "never fetched"),
        SourceLine("two", "-", "-", "never fetched"),
        SourceLine(
            "a_old", "-", "-", f"shipped with package duckdb 0.1.2 ({now} is installed, but not in the published build "
            "yet. Run: ledger build)",
        ),
        SourceLine("b_new", "-", "-", f"shipped with package duckdb {now}"),
    ]  # fmt: skip


# The command


def told_sources(home: Path, exit_status: int = 0) -> dict[str, list[str]]:
    """What ``ledger status`` says of each source: snapshot, age, state."""
    done = run_ledger("status", home=home)
    assert (done.returncode, done.stderr) == (exit_status, "")
    lines = done.stdout.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("source "))
    assert re.fullmatch(r"source +snapshot +age in days  state", lines[start])
    column = lines[start].index("state")
    assert {line[column - 2 : column] for line in lines[start + 1 :]} == {"  "}, "the states are aligned"
    return {words[0]: words[1:] for words in (re.split(" {2,}", line, maxsplit=3) for line in lines[start + 1 :])}


def test_status_names_every_source_of_a_build_that_fetched_nothing(built: Settings) -> None:
    told = told_sources(built.home)
    fetched_ids = sorted({file.source_id for file in remote_files()})
    packages = {file.source_id: file.package for file in raw_files() if isinstance(file, PackagedFile)}
    assert list(told) == [*fetched_ids, *sorted(packages)]
    assert [told[source_id] for source_id in fetched_ids] == [["-", "-", "never fetched"]] * len(fetched_ids)
    for source_id, package in packages.items():
        assert told[source_id] == ["-", "-", f"shipped with package {package} {version(package)}"]


def regions(folder: Path) -> Path:
    """A mirror that holds one of the two files of codecarbon_grid, and nothing else."""
    heading = "provider,providerName,offsetRatio,region,regionName,country_name,countryIsoCode,state,city,impact,source,comment"
    rows = [f"gcp,Google,100,region-{n},,Taiwan,TWN,,Changhua,{400 + n},https://example.org/," for n in range(40)]
    path = folder / MIRROR / "impact.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
    return folder


def test_status_as_json_says_the_same(built: Settings, fetched_and_behind: Settings) -> None:
    quiet = run_ledger("status", "--format", "json", home=built.home)
    said = json.loads(quiet.stdout)
    assert (quiet.returncode, quiet.stderr, said["needs_attention"], said["problem"]) == (0, "", False, None)
    build = published_build(built)
    assert {name: said["build"][name] for name in build} == build
    assert 0 <= said["build"]["age_hours"] < 24
    assert said["warehouse"] == str(built.published)
    assert set(said["layers"]) == {"seeds", "raw", "core", "mart", "meta"}
    assert [each["source_id"] for each in said["sources"]] == list(told_sources(built.home))

    behind = run_ledger("status", "--format", "json", home=fetched_and_behind.home)
    said = json.loads(behind.stdout)
    assert (behind.returncode, behind.stderr, said["needs_attention"]) == (3, "", True)
    assert [each["source_id"] for each in said["sources"] if each["needs_attention"]] == ["codecarbon_grid"]


@pytest.fixture
def fetched_and_behind(own_home: Settings, tmp_path: Path) -> Settings:
    """A home with a new snapshot that its published build does not use."""
    run_ledger("fetch", "codecarbon_grid", home=own_home.home, LEDGER_MIRROR=str(regions(tmp_path / "behind")))
    return own_home


def test_status_tells_how_fetching_ended_and_that_somebody_should_look(own_home: Settings, tmp_path: Path) -> None:
    mirror = regions(tmp_path / "mirror")
    done = run_ledger("fetch", "codecarbon_grid", home=own_home.home, LEDGER_MIRROR=str(mirror))
    assert done.returncode == 1, done.stdout
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    snapshot, age, told = told_sources(own_home.home, 3)["codecarbon_grid"]
    assert (snapshot, age) == (today, "0")
    assert told.startswith(
        f"never fetched (1 of 2 files): global_energy_mix.json failed on {today}: https://raw.github"
    )
    assert "No such file or directory" in told
    assert told.endswith("(not in the published build yet. Run: ledger build)")

    shutil.rmtree(mirror / MIRROR)
    run_ledger("fetch", "codecarbon_grid", home=own_home.home, LEDGER_MIRROR=str(mirror))
    _, _, told = told_sources(own_home.home, 3)["codecarbon_grid"]
    assert told.startswith("stale (1 of 2 files), never fetched (1 of 2 files): global_energy_mix.json failed on ")
    assert "And 1 more." in told
    assert told_sources(own_home.home, 3)["epoch_models"] == ["-", "-", "never fetched"]


def test_a_damaged_manifest_is_told_and_does_not_hide_the_rest(own_home: Settings) -> None:
    own_home.raw.mkdir(exist_ok=True)
    own_home.raw_manifest.write_text("{}\nno line of a manifest\n", encoding="utf-8")
    done = run_ledger("status", home=own_home.home)
    assert (done.returncode, done.stderr) == (3, "")
    *rest, last = done.stdout.splitlines()
    assert last.startswith(f"sources    unknown: {own_home.raw_manifest}:1: this program did not write this line")
    assert rest[0].startswith(f"build      {published_build(own_home)['build_id']}")
    assert "changes    first build" in rest


def test_a_file_of_a_time_without_changes_is_told(own_home: Settings) -> None:
    with rewritten(own_home) as connection:
        connection.execute(f"drop table {CHANGES}")
    done = run_ledger("status", home=own_home.home)
    assert done.returncode == 0, done.stderr
    assert "changes    not noted in this file" in done.stdout.splitlines()


# The page


def page_text(state: Settings) -> str:
    """The section about sources as a reader sees it, one line per source."""
    source = (state.site / "index.html").read_text(encoding="utf-8")
    section = re.search(r'<section class="card" id="sources">(.*?)</section>', source, re.DOTALL)[1]
    text = re.sub(r"<li>.*?</li>", lambda li: re.sub(r"\s+", " ", li[0]) + "\n", section, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def test_the_page_says_that_nothing_was_fetched(built: Settings) -> None:
    text = page_text(built)
    remote_ids = {file.source_id for file in remote_files()}
    packages = {file.package for file in raw_files() if isinstance(file, PackagedFile)}
    assert f"None of the {len(remote_ids)} online sources was downloaded for this build" in text
    assert text.count("not fetched: this build uses curated facts only") == len(remote_ids)
    for package in packages:
        assert f"package {package} {version(package)}" in text
    assert f"Show the {len(remote_ids) + len(packages)} automatically read sources" in text


def test_the_page_gives_licence_and_address_of_each_source(
    built: Settings, published: duckdb.DuckDBPyConnection
) -> None:
    source = (built.site / "index.html").read_text(encoding="utf-8")
    lines = [line for line in page_text(built).splitlines() if "Licence: " in line]
    ids = list(dict.fromkeys(file.source_id for file in raw_files()))
    assert len(lines) == len(ids)
    about = published.execute(
        "select title, url, licence from meta.sources where list_contains(?, source_id)", [ids]
    ).fetchall()
    assert len(about) >= 5
    for title, url, licence in about:
        assert f'<a href="{html.escape(url)}">{html.escape(title)}</a>' in source
        assert any(title in line and line.rstrip().endswith(f"Licence: {licence}") for line in lines)


@pytest.fixture
def snapshots(own_home: Settings) -> Settings:
    """A home whose published build used snapshots: of one source whole, of another one of its files."""
    by_source: dict[str, list[RemoteFile]] = {}
    for file in remote_files():
        by_source.setdefault(file.source_id, []).append(file)
    days = {file.url: "2026-01-05" for file in by_source["epoch_hardware"]}
    days |= dict(zip((f.url for f in by_source["epoch_models"]), ("2025-12-31", "2026-02-28"), strict=True))
    days[by_source["epoch_costs"][0].url] = "2025-07-01"
    with rewritten(own_home) as connection:
        for url, date in days.items():
            connection.execute(
                "insert into meta.snapshots values ('x', ?, 'ab', ?::timestamp, 1)", [url, f"{date} 23:59:59"]
            )
    return own_home


def test_the_page_dates_snapshots_and_names_what_was_not_refreshed(snapshots: Settings) -> None:
    states = [source.state for source in page_sources(snapshots)]
    costs = len([file for file in remote_files() if file.source_id == "epoch_costs"])
    assert "snapshot of 2026-01-05" in states
    assert "snapshots of 2025-12-31 to 2026-02-28" in states
    assert f"{costs - 1} of {costs} files not fetched; snapshot of 2025-07-01" in states
    assert build_page(snapshots) == ["index.html", "manifest.json"]
    text = page_text(snapshots)
    missing = [source.title for source in page_sources(snapshots) if not source.is_refreshed]
    total = len({file.source_id for file in remote_files()})
    assert len(missing) == total - 2
    assert f"{total - 2} of the {total} online sources could not be downloaded completely: " in text
    assert f"{', '.join(missing)}. The oldest snapshot in use is from 2025-07-01." in text
    assert text.count("not fetched: this build uses curated facts only") == total - 3


def test_the_page_says_that_all_were_fetched(snapshots: Settings) -> None:
    with rewritten(snapshots) as connection:
        for file in remote_files():
            connection.execute(
                "insert into meta.snapshots select 'x', ?, 'ab', timestamp '2026-03-01', 1 "
                "where not exists (from meta.snapshots where url = ?)",
                [file.url, file.url],
            )
    build_page(snapshots)
    total = len({file.source_id for file in remote_files()})
    said = f"All {total} online sources were downloaded. The oldest snapshot in use is from 2025-07-01."
    assert said in page_text(snapshots)
    assert "not fetched" not in page_text(snapshots)


def test_the_page_states_dates_of_snapshots_and_no_other(snapshots: Settings) -> None:
    """An age, or the date of today, would change the page of data that have not changed."""
    build_page(snapshots)
    dates = set(re.findall(r"\d{4}-\d{2}-\d{2}", page_text(snapshots)))
    assert dates == {"2026-01-05", "2025-12-31", "2026-02-28", "2025-07-01"}
    assert re.findall(r"\b(?:days?|hours?|weeks?|months?) (?:ago|old)", page_text(snapshots)) == []
    assert build_page(snapshots) == []


# The schedule


def evaluated(state: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str | None]:
    """How many runs the weekly schedule asks for, and why it skips."""
    monkeypatch.setenv("LEDGER_HOME", str(state.home))
    monkeypatch.setenv("LEDGER_SITE", str(state.site))
    with dg.build_schedule_context() as context:
        found = weekly_reports.evaluate_tick(context)
    return len(found.run_requests or []), found.skip_message


def test_the_weekly_schedule_skips_a_page_that_shows_the_published_data(
    built: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, reason = evaluated(built, monkeypatch)
    assert runs == 0
    assert reason == f"The page in {built.site} already shows the published data {data_version(built)}."


def test_the_weekly_schedule_asks_for_a_run_where_the_page_is_behind(
    own_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rewritten(own_home) as connection:
        connection.execute("update meta.builds set data_version = 'fedcba987654'")
    assert shown_version(own_home) != data_version(own_home)
    assert evaluated(own_home, monkeypatch) == (1, None)
    build_page(own_home)
    assert shown_version(own_home) == data_version(own_home)
    assert evaluated(own_home, monkeypatch)[0] == 0


def test_the_weekly_schedule_asks_for_a_run_where_the_page_is_not_whole(
    own_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, picture = own_home.site / "manifest.json", own_home.site / "training-compute.png"
    sound = manifest.read_bytes()

    def asks_for_a_run() -> bool:
        return shown_version(own_home) is None and evaluated(own_home, monkeypatch) == (1, None)

    assert not asks_for_a_run()
    manifest.write_bytes(sound[:40])
    assert asks_for_a_run(), "the manifest is cut"
    manifest.unlink()
    assert asks_for_a_run(), "the manifest is gone"
    manifest.write_bytes(sound)
    assert not asks_for_a_run()
    picture.unlink()
    assert asks_for_a_run(), "a picture is gone"
    shutil.rmtree(own_home.site)
    assert asks_for_a_run(), "there is no site"


def test_the_weekly_schedule_skips_where_nothing_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = Settings(home=tmp_path / "none", site=tmp_path / "none" / "site")
    runs, reason = evaluated(state, monkeypatch)
    assert runs == 0
    assert reason == f"there is no warehouse at {state.published} yet. Run: ledger build"


def test_the_weekly_schedule_runs_without_being_switched_on() -> None:
    assert weekly_reports in SCHEDULES
    assert weekly_reports.default_status is dg.DefaultScheduleStatus.RUNNING
    assert (weekly_reports.cron_schedule, weekly_reports.execution_timezone) == ("0 6 * * 1", "UTC")
