"""Fetching against a real server that misbehaves, and the store of what was fetched."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import stat
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import Field

from pipelines.errors import LedgerError
from pipelines.fetch.policy import FetchPolicy, address_kind, default_policy
from pipelines.fetch.snapshots import fetch
from pipelines.fetch.states import source_states
from pipelines.fetch.store import latest_accepted, read_manifest, read_verified, verify
from pipelines.records.raw_tables import RawNumber, RawRow, RawTable, RemoteFile, read_raw_csv
from pipelines.settings import Settings, read_settings
from tests.conftest import SHARED_MIRROR, needs_shared_mirror, run_ledger
from tests.fetch.fault_server import FaultServer, Reply, closed_port

ALL = 200
HEADER = "Chip name,Power (W),Vendor\n"


class Chips(RawRow):
    """Chips and their power, for tests."""

    table: ClassVar[str] = "test_chips"
    source_id: ClassVar[str] = "test_chips"
    headers: ClassVar = {"chip": ("Chip name", "Chip"), "power_w": ("Power (W)",)}
    key: ClassVar = ("chip",)
    min_rows: ClassVar[int] = 3

    chip: str = Field(description="Name.")
    power_w: RawNumber = Field(description="Power.")


def read_chips(data: bytes, file: str, sha256: str) -> list[RawTable]:
    return [read_raw_csv(data, file, sha256, Chips)]


def chips_csv(rows: int = ALL, *, last_power: int = 900) -> bytes:
    """Another ``last_power`` is the same list with one value corrected."""
    lines = (f"chip {i},{last_power if i == ALL - 1 else 100 + i},Example Works\n" for i in range(rows))
    return (HEADER + "".join(lines)).encode()


def chips_file(url: str, name: str = "chips.csv", **changes) -> RemoteFile:
    return RemoteFile("test_chips", name, url, read_chips, (Chips,), **changes)


def own_settings(home: Path, **changes) -> Settings:
    return Settings(home=home, site=home / "site", **changes)


def loopback_policy(*authorities: str, **changes) -> FetchPolicy:
    """As in production, but for plain HTTP to these endpoints of this machine, and without long waits."""
    known = frozenset(authorities)
    values = {
        "https_only": False,
        "allowed_hosts": known,
        "private_endpoints": known,
        "wait_s": 0.01,
        "deadline_s": 60.0,
    }
    return FetchPolicy(**{**values, **changes})


def kept(settings: Settings) -> dict[str, str]:
    """Every file of the store and its digest, but for the note of the last attempts."""
    return {
        path.relative_to(settings.raw).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in settings.raw.rglob("*")
        if path.is_file() and path.name not in {"checks.json", ".lock"}
    }


def assert_sound(settings: Settings) -> None:
    """Every line of the manifest is whole, and every snapshot that may be used holds its bytes."""
    for snapshot in read_manifest(settings):
        if snapshot.status != "refused":
            verify(snapshot)


@pytest.fixture
def server():
    with FaultServer() as running:
        yield running


@pytest.fixture
def settings(tmp_path) -> Settings:
    return own_settings(tmp_path / "home")


@pytest.fixture
def chips(server) -> RemoteFile:
    return chips_file(server.serve("/chips.csv", Reply(chips_csv())))


@pytest.fixture
def fetch_one(settings, server):
    """Fetch one file under the policy for tests; returns its outcome."""

    def run(file, *, accept=False, on_progress=None, **changes):
        policy = loopback_policy(server.authority, **changes)
        return fetch(settings, [file], on_progress, accept=accept, policy=policy)[0]

    return run


@pytest.fixture
def last_good(fetch_one, settings, chips):
    """An accepted snapshot of /chips.csv; the store must still be like this after every fault."""
    assert fetch_one(chips).status == "new"
    return kept(settings)


# What a good fetch leaves


def test_a_first_fetch_lands_under_its_digest_and_is_noted(settings, server):
    body = chips_csv()
    url = server.serve("/chips.csv", Reply(body, etag='"v1"', last_modified="Mon, 06 Jul 2026 10:00:00 GMT"))
    licences = {"test_chips": "CC BY 4.0"}
    outcome = fetch(settings, [chips_file(url)], licences=licences, policy=loopback_policy(server.authority))[0]
    assert outcome.status == "new"
    assert "200 records of raw.test_chips" in str(outcome)
    digest = hashlib.sha256(body).hexdigest()
    assert set(kept(settings)) == {"manifest.jsonl", f"{digest[:2]}/{digest}"}
    (line,) = settings.raw_manifest.read_text().splitlines()
    noted = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", noted.pop("fetched_at"))
    assert noted == {
        "source_id": "test_chips", "name": "chips.csv", "url": url, "sha256": digest, "byte_count": len(body),
        "etag": '"v1"', "last_modified": "Mon, 06 Jul 2026 10:00:00 GMT", "licence": "CC BY 4.0",
        "status": "accepted", "reason": None,
        "record_counts": {"test_chips": 200}, "repeated_counts": {"test_chips": 0},
    }  # fmt: skip
    snapshot = latest_accepted(settings, chips_file(url))
    assert read_verified(snapshot) == body
    assert stat.S_IMODE(snapshot.path.stat().st_mode) == 0o444, "kept bytes are never edited"
    assert outcome.in_use == snapshot


def test_changed_content_is_accepted_and_the_old_bytes_stay(fetch_one, settings, server, chips, last_good):
    server.serve("/chips.csv", Reply(chips_csv(ALL + 5, last_power=101)))
    assert fetch_one(chips).status == "new"
    assert read_verified(latest_accepted(settings, chips)) == chips_csv(ALL + 5, last_power=101)
    assert {path: digest for path, digest in kept(settings).items() if path in last_good and "/" in path} == {
        path: digest for path, digest in last_good.items() if "/" in path
    }
    assert [s.status for s in read_manifest(settings)] == ["accepted", "accepted"]


def test_a_publisher_may_go_back_to_old_content(fetch_one, settings, server, chips, last_good):
    server.serve("/chips.csv", Reply(chips_csv(ALL + 5)), Reply(chips_csv()))
    assert [fetch_one(chips).status, fetch_one(chips).status] == ["new", "new"]
    assert read_verified(latest_accepted(settings, chips)) == chips_csv()
    assert len(read_manifest(settings)) == 3


@pytest.mark.parametrize(
    ("reply", "validator"),
    [({"etag": 'W/"a1"'}, "if-none-match"), ({"last_modified": "Mon, 06 Jul 2026 10:00:00 GMT"}, "if-modified-since")],
)
def test_an_unchanged_file_is_neither_sent_nor_noted(fetch_one, settings, server, chips, reply, validator):
    server.serve("/chips.csv", Reply(chips_csv(), **reply))
    assert fetch_one(chips).status == "new"
    before = kept(settings)
    outcome = fetch_one(chips)
    assert (outcome.status, outcome.byte_count) == ("unchanged", 0)
    assert "confirmed by the publisher" in outcome.reason
    assert server.requests[1][1][validator] == next(iter(reply.values()))
    assert kept(settings) == before


def test_a_new_address_is_not_asked_about_the_bytes_of_the_old_one(fetch_one, settings, server, chips):
    server.serve("/chips.csv", Reply(chips_csv(), etag='"1"'))
    moved = replace(chips, url=server.serve("/moved.csv", Reply(chips_csv(ALL + 1), etag='"1"')))
    assert [fetch_one(chips).status, fetch_one(moved).status] == ["new", "new"]
    assert read_verified(latest_accepted(settings, moved)) == chips_csv(ALL + 1)


def test_the_same_bytes_again_change_nothing(fetch_one, settings, server, chips, last_good):
    outcome = fetch_one(chips)
    assert (outcome.status, outcome.reason) == ("unchanged", "same bytes.")
    assert server.count("/chips.csv") == 2
    assert kept(settings) == last_good


def test_gzip_bodies_are_kept_unpacked(fetch_one, settings, server, chips):
    body = gzip.compress(chips_csv(90)) + gzip.compress(chips_csv()[len(chips_csv(90)) :])  # two members
    server.serve("/chips.csv", Reply(body, headers={"Content-Encoding": "gzip"}))
    assert fetch_one(chips).status == "new"
    assert read_verified(latest_accepted(settings, chips)) == chips_csv()


# N01 to N05, N12: the network


def test_n01_a_closed_port_keeps_the_last_good_and_marks_it_stale(settings, server, chips, last_good):
    port = closed_port()
    gone = replace(chips, url=f"http://127.0.0.1:{port}/chips.csv")
    second = replace(gone, name="more.csv")
    outcomes = fetch(settings, [gone, second], policy=loopback_policy(f"127.0.0.1:{port}"))
    assert [o.status for o in outcomes] == ["failed", "failed"]
    assert re.search(rf"127\.0\.0\.1:{port}/chips.csv: cannot connect: .*refused \(3 tries\)", outcomes[0].reason)
    assert "(1 try)" in outcomes[1].reason, "a host that gave no connection is not tried three times for each file"
    assert "Still in use: test_chips chips.csv of 20" in str(outcomes[0])
    assert "No snapshot of it is in use" in str(outcomes[1])
    (state,) = source_states(settings, [gone])
    assert (state.is_stale, state.last_attempt.status) == (True, "failed")
    assert state.last_accepted == outcomes[0].in_use
    assert kept(settings) == last_good


@pytest.mark.parametrize("status", [404, 410])
def test_n02_a_missing_file_is_asked_for_once(fetch_one, settings, server, chips, last_good, status):
    server.serve("/chips.csv", Reply(b"gone", status=status))
    outcome = fetch_one(chips)
    assert outcome.status == "failed"
    assert outcome.reason.startswith(f"{chips.url}: got {status} ")
    assert server.count("/chips.csv") == 2, "one request for the good fetch, one for this"
    assert kept(settings) == last_good


def test_n03_two_server_errors_and_then_the_file(fetch_one, server, chips):
    server.serve("/chips.csv", Reply(status=500), Reply(status=500), Reply(chips_csv()))
    said = []
    outcome = fetch_one(chips, on_progress=lambda file, progress: said.append(f"{file.name} {progress.message}"))
    assert outcome.status == "new"
    assert "(3 tries)" in outcome.reason
    assert server.count("/chips.csv") == 3
    assert [m for m in said if "try" in m] == [
        "chips.csv try 1 of 3: got 500 Internal Server Error; again in 0.01 s",
        "chips.csv try 2 of 3: got 500 Internal Server Error; again in 0.02 s",
    ]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_stays_broken_gets_three_tries(fetch_one, server, chips, status):
    server.serve("/chips.csv", Reply(status=status))
    outcome = fetch_one(chips)
    assert outcome.status == "failed"
    assert re.search(rf"got {status} .*\(3 tries\)", outcome.reason)
    assert server.count("/chips.csv") == 3


def test_a_wait_beyond_the_deadline_is_not_begun(fetch_one, server, chips):
    server.serve("/chips.csv", Reply(status=429, headers={"Retry-After": "3600"}))
    outcome = fetch_one(chips)
    assert "got 429 Too Many Requests (1 try). The server asks to wait 3,600 s" in outcome.reason
    assert server.count("/chips.csv") == 1


def test_a_connection_that_is_hung_up_is_tried_again(fetch_one, server, chips):
    server.serve("/chips.csv", Reply(hang_up=True), Reply(chips_csv()))
    assert fetch_one(chips).status == "new"
    assert server.count("/chips.csv") == 2


def test_a_connection_that_is_reset_half_way_is_tried_again_from_the_start(fetch_one, settings, server, chips):
    half = Reply(b"x" * 9000, reset_after=8000)
    server.serve("/chips.csv", half, Reply(chips_csv()))
    assert fetch_one(chips).status == "new"
    assert read_verified(latest_accepted(settings, chips)) == chips_csv()
    assert latest_accepted(settings, chips).byte_count == len(chips_csv())


@pytest.mark.parametrize("drip", [{"drip_bytes": 50}, {"drip_header": True}])
def test_n04_a_drip_ends_at_the_deadline(fetch_one, settings, server, chips, last_good, drip):
    """Each read is quick, so no timeout of a read ever strikes; the whole would take ten times the deadline."""
    server.serve("/chips.csv", Reply(chips_csv(ALL + 1), pause_s=0.1, **drip))
    outcome = fetch_one(chips, deadline_s=1.0)
    assert outcome.status == "failed"
    assert re.search(r"not finished after 1 s, [\d,]+ bytes received.*LEDGER_FETCH_DEADLINE_S", outcome.reason)
    assert server.finished == 1, "only the good fetch was sent to its end"
    assert kept(settings) == last_good


def test_n05_a_body_shorter_than_announced(fetch_one, settings, server, chips, last_good):
    body = chips_csv(ALL + 1)
    server.serve("/chips.csv", Reply(body, stop_after=1000))
    outcome = fetch_one(chips)
    assert outcome.status == "failed"
    assert f"expected {len(body):,} got 1,000 bytes" in outcome.reason
    assert server.count("/chips.csv") == 2, "one request for the good fetch, one for this"
    assert kept(settings) == last_good


def test_a_broken_chunked_body(fetch_one, settings, server, chips, last_good):
    broken = Reply(b"40\r\nChip name", announce=None, headers={"Transfer-Encoding": "chunked"})
    server.serve("/chips.csv", broken)
    outcome = fetch_one(chips)
    assert "the transfer broke off after 9 bytes" in outcome.reason
    assert kept(settings) == last_good


def test_n12_a_redirect_loop(fetch_one, server, chips):
    server.serve("/chips.csv", Reply(status=302, headers={"Location": "/chips.csv"}))
    outcome = fetch_one(chips)
    assert "more than 5 redirects" in outcome.reason
    assert server.count("/chips.csv") == 6


def test_redirects_to_a_listed_host_are_followed(fetch_one, settings, server, chips):
    server.serve("/chips.csv", Reply(status=301, headers={"Location": "/v2/chips.csv"}))
    server.serve("/v2/chips.csv", Reply(status=307, headers={"Location": server.address("/v3/chips.csv")}))
    server.serve("/v3/chips.csv", Reply(chips_csv()))
    assert fetch_one(chips).status == "new"
    assert latest_accepted(settings, chips).url == chips.url


# N10: where a fetch may not go


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("file:///etc/passwd", r"to 'file:/etc/passwd'.*scheme is 'file'"),
        ("ftp://127.0.0.1/x", r"scheme is 'ftp'"),
        ("gopher://127.0.0.1/x", r"scheme is 'gopher'"),
        ("//other.example/x", r"to 'http://other.example/x': .*host 'other.example' is not on the list: .*127.0.0.1:"),
        ("http://127.0.0.1:{other}/x", r"host '127.0.0.1:\d+' is not on the list"),
        ("http://user:tulip@{server}/x", r"contains a user name"),
        ("http://localhost:{other}/x", r"localhost is (127.0.0.1|::1), which is loopback; expected a public address"),
        ("http://[::1]:{other}/x", r"::1, which is loopback"),
        ("http://[::ffff:127.0.0.1]:{other}/x", r"which is loopback"),
        ("http://2130706433:{other}/x", r"2130706433 is 127.0.0.1, which is loopback"),
        ("http://169.254.169.254/latest/meta-data", r"169.254.169.254, which is link-local"),
        ("http://10.0.0.1/x", r"10.0.0.1, which is private"),
        ("http://0.0.0.0:{other}/x", r"0.0.0.0, which is unspecified"),
        ("http://[::1", r"^http://127.0.0.1:\d+/chips.csv: Invalid URL in location header"),
    ],
)
def test_n10_a_redirect_to_a_place_that_is_not_for_us(settings, server, chips, last_good, location, expected):
    with FaultServer() as other:
        other.serve("/x", Reply(chips_csv(ALL + 1)))
        target = location.format(other=other.server_port, server=server.authority)
        server.serve("/chips.csv", Reply(status=302, headers={"Location": target}))
        listed = ("localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0.0.0.0")
        hosts = {server.authority, "169.254.169.254", "10.0.0.1", *(f"{h}:{other.server_port}" for h in listed)}
        policy = replace(loopback_policy(server.authority), allowed_hosts=frozenset(hosts))
        outcome = fetch(settings, [chips], policy=policy)[0]
        assert other.requests == []
    assert outcome.status == "failed"
    assert re.search(expected, outcome.reason), outcome.reason
    if "location header" not in expected:
        assert f"hop 1 of {chips.url}, to '" in outcome.reason
    assert "tulip" not in outcome.reason
    assert server.count("/chips.csv") == 2
    assert kept(settings) == last_good


def test_production_asks_registered_hosts_over_https_only(settings, server):
    policy = default_policy(settings, ["https://epoch.ai/data/a.csv", "https://data.example.org:8443/b.csv"])
    assert policy.https_only
    assert policy.private_endpoints == frozenset()
    assert policy.allowed_hosts == {
        "epoch.ai", "data.example.org:8443",
        "codeload.github.com", "objects.githubusercontent.com", "raw.githubusercontent.com",
    }  # fmt: skip
    plain, secured = server.address("/chips.csv"), f"https://{server.authority}/chips.csv"
    outcomes = fetch(settings, [chips_file(plain), chips_file(secured), chips_file("https://data.example.org:port/")])
    assert "the scheme is 'http'; expected https" in outcomes[0].reason
    assert "127.0.0.1, which is loopback" in outcomes[1].reason
    assert "'https://data.example.org:port/' is not an address" in outcomes[2].reason
    assert server.requests == []


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("9.9.9.9", "public"), ("2620:fe::fe", "public"), ("127.8.8.8", "loopback"), ("::1", "loopback"),
        ("0.0.0.0", "unspecified"), ("::", "unspecified"), ("10.0.0.1", "private"), ("172.16.0.1", "private"),
        ("192.168.1.1", "private"), ("fd00::1", "private"), ("169.254.169.254", "link-local"), ("fe80::1%eth0", "link-local"),
        ("100.64.0.1", "reserved"), ("224.0.0.1", "multicast"), ("ff02::1", "multicast"), ("::ffff:10.0.0.1", "private"),
        ("64:ff9b::7f00:1", "loopback"), ("64:ff9b::909:909", "public"), ("2002:7f00:1::", "loopback"),
    ],
)  # fmt: skip
def test_kinds_of_addresses(address, kind):
    assert address_kind(address) == kind


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> Path:
    """A certificate of 127.0.0.1 that signs itself, key and certificate in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificate for a local HTTPS server")
    folder = tmp_path_factory.mktemp("certificate")
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]  # fmt: skip
    subprocess.run(["openssl", *made], cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


def test_https_needs_a_trusted_certificate_and_never_steps_down(settings, certificate, server, monkeypatch):
    with FaultServer(certificate) as secured:
        file = chips_file(secured.serve("/chips.csv", Reply(chips_csv())))
        away = chips_file(
            secured.serve("/away.csv", Reply(status=302, headers={"Location": server.address("/x")})), "away.csv"
        )
        policy = loopback_policy(secured.authority, server.authority, https_only=True)
        outcome = fetch(settings, [file], policy=policy)[0]
        assert "its certificate is not trusted: self" in outcome.reason
        assert secured.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("cert.pem")))
        first, second = fetch(settings, [file, away], policy=policy)
    assert first.status == "new"
    assert re.search(rf"hop 1 of {away.url}, to '{server.address('/x')}': refused: the scheme is 'http'", second.reason)
    assert server.requests == []


# N09: what is too large


def peak_mb() -> float:
    """Most memory that this process ever had in use."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1000


def fetch_in_child(
    tell: Connection, home: Path, url: str, authority: str, changes: list[dict], max_file: int = 0
) -> None:
    """Runs in a process of its own: fetch one file once for each change of the policy, and tell how it went."""
    if max_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max_file, max_file))
    before, said = peak_mb(), []
    for change in changes:
        policy = loopback_policy(authority, **change)
        said.append(str(fetch(own_settings(home), [chips_file(url)], policy=policy)[0]))
    tell.send({"said": said, "grown_mb": peak_mb() - before})


def fetch_rounds(tell: Connection, home: Path, base: str, authority: str, rounds: int) -> None:
    """Runs in a process of its own: fetch four files again and again, and tell how often something was new."""
    files = [chips_file(f"{base}/{i}.csv", f"{i}.csv") for i in range(4)]
    tell.send("ready")
    statuses: Counter[str] = Counter()
    for _ in range(rounds):
        outcomes = fetch(own_settings(home), files, policy=loopback_policy(authority))
        statuses.update(outcome.status for outcome in outcomes)
    tell.send(statuses)


CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload([__name__])


def start_child(work, *arguments):
    """A process that runs ``work``, and the end of the pipe on which it tells."""
    hear, tell = CHILDREN.Pipe(duplex=False)
    child = CHILDREN.Process(target=work, args=(tell, *arguments), daemon=True)
    child.start()
    tell.close()
    return child, hear


def heard(hear: Connection):
    assert hear.poll(60), "the child said nothing for a minute"
    return hear.recv()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc, which is not here")
def test_n09_a_gzip_bomb_ends_at_the_caps_in_bounded_memory(settings, server):
    bomb = gzip.compress(bytes(100_000_000))
    assert 100_000_000 / len(bomb) > 1000
    url = server.serve("/chips.csv", Reply(bomb, headers={"Content-Encoding": "gzip"}))
    expected = {
        r"compressed bytes unpack to [\d,]+ or more, above the ratio of 200 that LEDGER_FETCH_MAX_RATIO": {},
        r"above the limit of 50,000,000 bytes for this file.*LEDGER_FETCH_MAX_BYTES": {"max_ratio": 5000},
        r"above the limit of 2,000,000 bytes for this file": {"max_ratio": 5000, "max_bytes": 2_000_000},
    }
    _, hear = start_child(fetch_in_child, settings.home, url, server.authority, list(expected.values()))
    told = heard(hear)
    for said, pattern in zip(told["said"], expected, strict=True):
        assert re.search(f"chips.csv: failed: .*{pattern}", said), said
    assert told["grown_mb"] < 30, "unpacking is bounded: 100 MB never stand in memory"
    assert kept(settings) == {}


def test_a_file_that_announces_too_much_is_not_read(fetch_one, server):
    file = chips_file(server.serve("/chips.csv", Reply(chips_csv(), announce=2_000_000)), max_bytes=1_000_000)
    assert "announces 2,000,000 bytes, above the limit of 1,000,000" in fetch_one(file).reason


def test_a_truncated_gzip_body(fetch_one, settings, server, chips, last_good):
    packed = gzip.compress(chips_csv(ALL + 1))
    server.serve(
        "/chips.csv", Reply(packed, stop_after=len(packed) - 9, announce=None, headers={"Content-Encoding": "gzip"})
    )
    outcome = fetch_one(chips)
    assert "the gzip body is damaged" in outcome.reason
    assert "cut short" in outcome.reason
    assert kept(settings) == last_good


def test_an_encoding_that_was_not_asked_for(fetch_one, server, chips):
    server.serve("/chips.csv", Reply(b"\x1b\x03", headers={"Content-Encoding": "br"}))
    assert "encoded as 'br'; expected gzip or none" in fetch_one(chips).reason


# N06 to N08, C01, C11, C13: the contract


def refused(settings, outcome, last_good, expected) -> None:
    """The outcome says ``expected``; the manifest has one line more, and the bytes are those of before."""
    assert outcome.status == "failed"
    assert re.search(expected, outcome.reason), outcome.reason
    assert [s.status for s in read_manifest(settings)] == ["accepted", "refused"]
    now = kept(settings)
    assert {**now, "manifest.jsonl": ""} == {**last_good, "manifest.jsonl": ""}
    assert_sound(settings)


def test_n06_a_cut_in_the_middle_of_a_record(fetch_one, settings, server, chips, last_good):
    cut = chips_csv(ALL).rstrip(b"\n")[: -len("9,Example Works")]
    server.serve("/chips.csv", Reply(cut, announce=None))
    outcome = fetch_one(chips)
    refused(settings, outcome, last_good, r"chips.csv:201: the file ends inside record 200.*has 2 cells")
    again = kept(settings)
    assert fetch_one(chips).status == "failed"
    assert kept(settings) == again, "the same refusal is not noted twice"


def test_n06_a_cut_in_the_last_cell_is_held(fetch_one, settings, server, chips, last_good):
    server.serve("/chips.csv", Reply(chips_csv(ALL)[:-4], announce=None))
    outcome = fetch_one(chips)
    assert outcome.status == "held"
    assert "the last line has no line break" in outcome.reason
    assert outcome.in_use.byte_count == len(chips_csv())


def test_n07_a_cut_at_the_end_of_a_record_is_held_then_accepted(fetch_one, settings, server, chips, last_good):
    server.serve("/chips.csv", Reply(chips_csv(140), announce=None))
    outcome = fetch_one(chips)
    assert outcome.status == "held"
    assert "raw.test_chips: 30% fewer records" in outcome.reason
    assert "ledger fetch test_chips --accept" in outcome.reason
    assert read_verified(latest_accepted(settings, chips)) == chips_csv()
    (state,) = source_states(settings, [chips])
    assert (state.is_stale, state.last_attempt.status) == (True, "held")
    assert state.last_attempt.reason == outcome.reason

    before = kept(settings)
    assert fetch_one(chips).status == "held"
    assert kept(settings) == before, "held again: nothing new to note"

    taken = fetch_one(chips, accept=True)
    assert taken.status == "new"
    assert "accepted on request: raw.test_chips: 30% fewer records" in taken.reason
    assert read_verified(latest_accepted(settings, chips)) == chips_csv(140)
    assert [s.status for s in read_manifest(settings)] == ["accepted", "held", "accepted"]
    assert not source_states(settings, [chips])[0].is_stale
    assert_sound(settings)


def test_held_bytes_are_accepted_without_a_second_transfer(fetch_one, settings, server, chips, last_good):
    server.serve("/chips.csv", Reply(chips_csv(140), etag='"short"'))
    assert fetch_one(chips).status == "held"
    taken = fetch_one(chips, accept=True)
    assert server.requests[-1][1]["if-none-match"] == '"short"'
    assert taken.status == "new"
    assert read_verified(latest_accepted(settings, chips)) == chips_csv(140)


@pytest.mark.parametrize(("rows", "status"), [(190, "new"), (189, "held"), (600, "new"), (601, "held")])
def test_c11_where_the_gate_stands(fetch_one, server, chips, last_good, rows, status):
    server.serve("/chips.csv", Reply(chips_csv(rows)))
    outcome = fetch_one(chips)
    assert outcome.status == status
    if rows == 601:
        assert "3.0 times as many records" in outcome.reason


def test_c11_a_file_that_holds_everything_twice_is_held(fetch_one, server, chips, last_good):
    server.serve("/chips.csv", Reply(chips_csv() + chips_csv().removeprefix(HEADER.encode())))
    outcome = fetch_one(chips)
    assert outcome.status == "held"
    assert (
        "records repeat the key of another record (0 of 200 in the last accepted snapshot, now 200 of 400)"
        in outcome.reason
    )


def test_a_publisher_who_mends_his_file_ends_the_hold(fetch_one, settings, server, chips, last_good):
    server.serve("/chips.csv", Reply(chips_csv(140)), Reply(chips_csv()))
    assert [fetch_one(chips).status, fetch_one(chips).status] == ["held", "unchanged"]
    assert not source_states(settings, [chips])[0].is_stale


LOGIN = b"\n<!-- v7 -->\n<!DOCTYPE html><html><head><title>Sign in\n to continue</title></head><body>403</body></html>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (LOGIN, r"got an HTML page titled 'Sign in to continue' \(\d+ bytes\); expected chips.csv with the data of "
                r"raw.test_chips \('Chip name', 'Power \(W\)'\)"),
        (b"<html>down</html>", "got an HTML page"),
        (b"", r"got an empty file \(0 bytes\); expected chips.csv"),
        (b"\n\n", r"got an empty file \(2 bytes\)"),
        (HEADER.encode(), r"chips.csv: 0 records; expected at least 3"),
        (b"Name,Power (W)\na,1\nb,2\nc,3\n", r"header lacks 'Chip name' or 'Chip'. Unknown names in the header: 'Name'"),
        (b"Chip name,Chip name,Power (W)\n", r"repeated Chip name"),
        (b"Chip name,Power (W)\n\xff,1\n", r"byte 20 is not UTF-8"),
        (b"Chip name,Power (W)\na,1\nb,nan\nc,3\n", r"1 of 3 records are rejected"),
    ],
)  # fmt: skip
def test_n08_c01_c13_what_is_no_such_file_is_refused(fetch_one, settings, server, chips, last_good, body, expected):
    server.serve("/chips.csv", Reply(body))
    refused(settings, fetch_one(chips), last_good, expected)


def test_too_few_records_are_refused_whatever_the_reader_says(fetch_one, settings, server, chips):
    def few(data, file, sha256):
        return [replace(table, record_count=2, frame=table.frame.head(2)) for table in read_chips(data, file, sha256)]

    outcome = fetch_one(replace(chips, read=few))
    assert outcome.status == "failed"
    assert "chips.csv: 2 records; expected at least 3" in outcome.reason
    outcome = fetch_one(replace(chips, read=lambda *_: []))
    assert "chips.csv: contains no table; expected chips.csv with the data of raw.test_chips" in outcome.reason


def test_a_first_fetch_that_is_refused_leaves_no_snapshot(fetch_one, settings, server, chips):
    server.serve("/chips.csv", Reply(LOGIN))
    outcome = fetch_one(chips, accept=True)
    assert outcome.status == "failed", "--accept lets a doubtful file pass, not one that is none"
    assert "No snapshot of it is in use" in str(outcome)
    assert latest_accepted(settings, chips) is None
    assert list(kept(settings)) == ["manifest.jsonl"]


def test_a_reader_that_breaks_is_named_and_stops_nothing_else(settings, server, chips):
    def broken(data, file, sha256):
        raise RecursionError("nested too deep")

    odd = replace(chips, name="odd.csv", read=broken)
    missing = chips_file(server.address("/missing.csv"), "missing.csv")
    unreachable = chips_file(f"http://127.0.0.1:{closed_port()}/x", "unlisted.csv")
    outcomes = fetch(settings, [odd, missing, unreachable, chips], policy=loopback_policy(server.authority))
    assert [o.status for o in outcomes] == ["failed", "failed", "failed", "new"]
    assert "odd.csv: reading failed with RecursionError: 'nested too deep'" in outcomes[0].reason


# The state of sources


def test_states_of_sources(fetch_one, settings, server, chips):
    never = chips_file(server.address("/never.csv"), "never.csv")
    assert fetch_one(chips).status == "new"
    fresh, unknown = source_states(settings, [chips, never])
    assert not fresh.is_stale
    assert timedelta(0) <= fresh.age < timedelta(minutes=5)
    assert fresh.last_attempt.status == "new"
    assert (unknown.last_accepted, unknown.age, unknown.last_attempt, unknown.is_stale) == (None, None, None, False)

    server.serve("/chips.csv", Reply(status=404), Reply(chips_csv()))
    fetch_one(chips)
    assert source_states(settings, [chips])[0].is_stale
    fetch_one(chips)
    assert not source_states(settings, [chips])[0].is_stale

    server.serve("/chips.csv", Reply(LOGIN))
    fetch_one(chips)
    settings.raw_checks.write_text("{ lost")
    (state,) = source_states(settings, [chips])
    assert (state.is_stale, state.last_attempt.status) == (True, "failed"), "the manifest knows of refusals too"


# The store


def test_a_flipped_bit_is_found_and_a_fetch_restores_the_bytes(fetch_one, settings, server, chips):
    server.serve("/chips.csv", Reply(chips_csv(), etag='"v1"'))
    fetch_one(chips)
    snapshot = latest_accepted(settings, chips)
    whole = kept(settings)
    verify(snapshot)
    data = bytearray(snapshot.path.read_bytes())
    data[100] ^= 1
    snapshot.path.chmod(0o644)
    snapshot.path.write_bytes(data)
    with pytest.raises(LedgerError, match=rf"{snapshot.path}: the stored bytes have changed.*ledger fetch test_chips"):
        verify(snapshot)
    with pytest.raises(LedgerError, match="the stored bytes have changed"):
        read_verified(snapshot)
    outcome = fetch_one(chips)
    assert "if-none-match" not in server.requests[-1][1], "damaged bytes must be sent again"
    assert (outcome.status, outcome.reason) == (
        "unchanged",
        "same bytes; the stored copy was damaged and has been restored.",
    )
    assert kept(settings) == whole
    snapshot.path.unlink()
    with pytest.raises(LedgerError, match=rf"{snapshot.path}: No such file.*ledger fetch test_chips"):
        verify(snapshot)


def test_an_unfinished_last_line_is_passed_over_and_replaced(fetch_one, settings, server, chips, last_good):
    with settings.raw_manifest.open("ab") as manifest:
        manifest.write(b'{"source_id": "test_ch')
    assert len(read_manifest(settings)) == 1
    server.serve("/chips.csv", Reply(chips_csv(ALL + 1)))
    assert fetch_one(chips).status == "new"
    assert [json.loads(line)["byte_count"] for line in settings.raw_manifest.read_bytes().splitlines()] == [
        len(chips_csv()),
        len(chips_csv(ALL + 1)),
    ]


def test_a_manifest_that_was_edited_is_an_error_with_its_line(fetch_one, settings, chips, last_good):
    settings.raw_manifest.write_bytes(settings.raw_manifest.read_bytes() + b"{}\n")
    with pytest.raises(
        LedgerError, match=r"manifest.jsonl:2: this program did not write this line \(KeyError\): '\{\}'"
    ):
        latest_accepted(settings, chips)
    line = json.loads(settings.raw_manifest.read_bytes().splitlines()[0])
    settings.raw_manifest.write_text(json.dumps({**line, "sha256": "../../../etc/passwd"}) + "\n")
    with pytest.raises(LedgerError, match=r"manifest.jsonl:1: this program did not write this line"):
        read_manifest(settings)


def test_a_disk_that_is_full_leaves_the_store_as_it_was(settings, server, chips, last_good):
    assert len(chips_csv(ALL + 1)) > 3000
    server.serve("/chips.csv", Reply(chips_csv(ALL + 1)))
    _, hear = start_child(fetch_in_child, settings.home, chips.url, server.authority, [{}], 3000)
    (said,) = heard(hear)["said"]
    assert re.search(rf"chips.csv: failed: cannot write below {settings.raw}: File too large.*LEDGER_HOME", said)
    assert "Still in use" in said
    assert kept(settings) == last_good


def test_a_line_that_does_not_fit_on_the_disk_leaves_the_manifest_whole(fetch_one, settings, server, chips):
    server.serve("/chips.csv", Reply(chips_csv(5)))
    assert fetch_one(chips).status == "new"
    before = settings.raw_manifest.read_bytes()
    assert len(chips_csv(6)) < len(before), "the bytes fit below the limit, the second line does not"
    server.serve("/chips.csv", Reply(chips_csv(6)))
    _, hear = start_child(fetch_in_child, settings.home, chips.url, server.authority, [{}], len(before) + 50)
    (said,) = heard(hear)["said"]
    assert "No space left on device" in said
    assert settings.raw_manifest.read_bytes() == before
    assert fetch_one(chips).status == "new"
    assert_sound(settings)


def serve_versions(server: FaultServer, count: int) -> None:
    """Four paths, each with ``count`` versions of their own, one a request."""
    for i in range(4):
        versions = [Reply(chips_csv(last_power=1000 * i + version + 1)) for version in range(count)]
        server.serve(f"/{i}.csv", *versions)


def run_two(settings: Settings, server: FaultServer, rounds: int) -> Counter[str]:
    """Two processes that fetch the same four files at once; what they told, together."""
    arguments = (settings.home, server.address(""), server.authority, rounds)
    children = [start_child(fetch_rounds, *arguments) for _ in range(2)]
    told = [(heard(hear), heard(hear))[1] for _, hear in children]
    for child, _ in children:
        child.join(60)
    return told[0] + told[1]


def test_two_processes_at_once_keep_a_whole_manifest(settings, server):
    serve_versions(server, 30)
    assert run_two(settings, server, 10) == {"new": 80}, "each of 2 × 10 × 4 requests got a version of its own"
    lines = [json.loads(line) for line in settings.raw_manifest.read_bytes().splitlines()]
    assert len({line["sha256"] for line in lines}) == len(lines) == 80
    assert_sound(settings)
    assert not list(settings.raw.glob("partial-*"))


def test_two_processes_with_the_same_bytes_note_them_once(settings, server):
    for i in range(4):
        server.serve(f"/{i}.csv", Reply(chips_csv()))
    assert run_two(settings, server, 2) == {"new": 4, "unchanged": 12}
    assert len(read_manifest(settings)) == 4
    assert_sound(settings)


def test_sigkill_during_a_download_leaves_the_last_good(fetch_one, settings, server, chips, last_good):
    server.serve("/chips.csv", Reply(chips_csv(ALL + 1), hold_after=2000))
    child, _ = start_child(fetch_in_child, settings.home, chips.url, server.authority, [{}])
    assert server.holding.wait(60)
    other = chips_file(server.serve("/other.csv", Reply(chips_csv())), "other.csv")
    assert fetch_one(other).status == "new"
    assert len(list(settings.raw.glob("partial-*"))) == 1, "a partial whose process lives is left alone"
    child.kill()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert len(list(settings.raw.glob("partial-*"))) == 1
    assert read_verified(latest_accepted(settings, chips)) == chips_csv()
    server.serve("/chips.csv", Reply(chips_csv(ALL + 1)))
    assert fetch_one(chips).status == "new"
    assert not list(settings.raw.glob("partial-*")), "the next fetch sweeps what the killed one left"
    assert_sound(settings)


def test_sigkill_at_any_moment_leaves_a_sound_store(settings, server):
    chance = random.Random(7)
    for _ in range(10):
        serve_versions(server, 500)
        child, hear = start_child(fetch_rounds, settings.home, server.address(""), server.authority, 1000)
        assert heard(hear) == "ready"
        server.release.wait(chance.uniform(0.0, 0.3))
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        assert_sound(settings)
    server.serve("/0.csv", Reply(chips_csv(last_power=77)))
    last = chips_file(server.address("/0.csv"), "0.csv")
    assert fetch(settings, [last], policy=loopback_policy(server.authority))[0].status == "new"
    assert_sound(settings)
    assert not list(settings.raw.glob("partial-*"))


# The mirror


@pytest.fixture
def from_mirror(tmp_path) -> Settings:
    folder = tmp_path / "mirror" / "data.example.org" / "chip data"
    folder.mkdir(parents=True)
    (folder / "Chip prices.csv").write_bytes(chips_csv())
    (tmp_path / "mirror" / "codeload.github.com").mkdir()
    (tmp_path / "secret.csv").write_bytes(chips_csv())
    return own_settings(tmp_path / "home", mirrors=(tmp_path / "mirror",))


@pytest.mark.parametrize("path", ["chip data/Chip prices.csv", "chip%20data/Chip%20prices.csv"])
def test_a_mirror_stands_for_the_network(from_mirror, path):
    file = chips_file(f"https://data.example.org/{path}", "Chip prices.csv")
    (outcome,) = fetch(from_mirror, [file])
    assert outcome.status == "new"
    assert read_verified(latest_accepted(from_mirror, file)) == chips_csv()
    assert fetch(from_mirror, [file])[0].status == "unchanged"
    assert len(read_manifest(from_mirror)) == 1


def test_a_query_is_the_end_of_a_file_name_in_a_mirror(from_mirror):
    folder = from_mirror.mirrors[0] / "data.example.org" / "chip data"
    (folder / "prices%3Fyear%3D2026%26unit%3Da%2520b").write_bytes(chips_csv())
    file = chips_file("https://data.example.org/chip data/prices?year=2026&unit=a%20b", "prices-2026.csv")
    assert fetch(from_mirror, [file])[0].status == "new"
    other = replace(file, url=file.url.replace("2026", "2025"))
    assert fetch(from_mirror, [other])[0].status == "failed"


def test_a_mirror_knows_the_same_contract_and_caps(from_mirror):
    path = from_mirror.mirrors[0] / "data.example.org" / "chip data" / "Chip prices.csv"
    file = chips_file("https://data.example.org/chip data/Chip prices.csv")
    fetch(from_mirror, [file])
    for body, status, expected in (
        (chips_csv(100), "held", "50% fewer"),
        (LOGIN, "failed", "got an HTML page"),
        (b"", "failed", "got an empty file"),
    ):
        path.write_bytes(body)
        (outcome,) = fetch(from_mirror, [file])
        assert outcome.status == status
        assert expected in outcome.reason
    path.write_bytes(chips_csv())
    (outcome,) = fetch(replace(from_mirror, fetch_max_bytes=1000), [file])
    assert "above the limit of 1,000 bytes for this file" in outcome.reason
    (outcome,) = fetch(replace(from_mirror, fetch_deadline_s=0), [file])
    assert "not finished after 0 s" in outcome.reason
    (outcome,) = fetch(from_mirror, [replace(file, url="http://data.example.org/chip data/Chip prices.csv")])
    assert "expected https" in outcome.reason


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("%2e%2e/%2e%2e/secret.csv", r"refused: an address with the part '\.\.'"),
        ("..%2f..%2fsecret.csv", r"refused: an address with the part '\.\./\.\./secret.csv'"),
        ("chip data/..%5c..%5csecret.csv", "refused: an address with the part"),
        ("chip data//Chip prices.csv", "refused: an address with the part ''"),
        ("chip data/x%00.csv", r"refused: an address with the part 'x\\x00.csv'"),
        ("../../secret.csv", r"cannot read .*mirror/data.example.org/secret.csv: No such file"),
        ("chip data/Chip prices.csv?day=1", r"cannot read .*chip data/Chip prices.csv%3Fday%3D1: No such file"),
        ("chip data/x?y=/../../../secret.csv", r"cannot read .*/x%3Fy%3D%2F..%2F..%2F..%2Fsecret.csv: No such file"),
        ("chip data/missing.csv", r"cannot read .*missing.csv: No such file.*LEDGER_MIRROR"),
        ("chip data", r"chip data is not a regular file"),
        ("chip data/pipe", r"pipe is not a regular file"),
        ("chip data/link.csv", r"refused: .*secret.csv lies outside the mirror"),
    ],
)
def test_a_mirror_gives_nothing_from_outside(from_mirror, path, expected):
    folder = from_mirror.mirrors[0] / "data.example.org" / "chip data"
    os.mkfifo(folder / "pipe")
    (folder / "link.csv").symlink_to(from_mirror.mirrors[0].parent / "secret.csv")
    (outcome,) = fetch(from_mirror, [chips_file(f"https://data.example.org/{path}")])
    assert outcome.status == "failed"
    assert re.search(expected, outcome.reason), outcome.reason
    assert kept(from_mirror) == {}


def test_of_several_mirrors_the_first_that_has_a_file_wins(from_mirror, tmp_path):
    more = tmp_path / "more" / "data.example.org"
    (more / "chip data").mkdir(parents=True)
    (more / "chip data" / "Chip prices.csv").write_bytes(chips_csv(150))
    (more / "later.csv").write_bytes(chips_csv(250))
    both = replace(from_mirror, mirrors=(*from_mirror.mirrors, tmp_path / "more"))
    addresses = ("chip data/Chip prices.csv", "later.csv", "nowhere.csv")
    files = [chips_file(f"https://data.example.org/{path}", path.rpartition("/")[2]) for path in addresses]
    first, second, third = fetch(both, files)
    assert read_verified(latest_accepted(both, files[0])) == chips_csv(), first
    assert read_verified(latest_accepted(both, files[1])) == chips_csv(250), second
    assert third.status == "failed"
    assert f"{from_mirror.mirrors[0]}/data.example.org/nowhere.csv: No such file" in third.reason
    assert f"nor in {tmp_path / 'more'} (LEDGER_MIRROR)" in third.reason


def test_a_listed_mirror_that_does_not_exist_is_named(from_mirror, tmp_path):
    done = run_ledger("fetch", "epoch_models", home=tmp_path / "home",
                      LEDGER_MIRROR=os.pathsep.join(map(str, (*from_mirror.mirrors, tmp_path / "gone"))))  # fmt: skip
    assert done.returncode == 1
    assert f"LEDGER_MIRROR: the folder {tmp_path / 'gone'} does not exist. Name existing folders" in done.stderr
    assert "Traceback" not in done.stderr


def test_options_are_read_from_the_environment(tmp_path, monkeypatch, from_mirror):
    monkeypatch.setenv("LEDGER_MIRROR", str(from_mirror.mirrors[0]))
    monkeypatch.setenv("LEDGER_FETCH_DEADLINE_S", "7")
    monkeypatch.setenv("LEDGER_FETCH_MAX_BYTES", "1000")
    monkeypatch.setenv("LEDGER_FETCH_MAX_RATIO", "9")
    found = read_settings(tmp_path / "home")
    policy = default_policy(found, ["https://data.example.org/x"])
    assert (policy.mirrors, policy.deadline_s, policy.max_bytes, policy.max_ratio) == (from_mirror.mirrors, 7, 1000, 9)
    monkeypatch.setenv("LEDGER_MIRROR", str(tmp_path / "nowhere"))
    with pytest.raises(LedgerError, match=r"LEDGER_MIRROR: the folder .*nowhere does not exist"):
        fetch(read_settings(tmp_path / "home"), [])
    monkeypatch.setenv("LEDGER_FETCH_DEADLINE_S", "soon")
    with pytest.raises(LedgerError, match="LEDGER_FETCH_DEADLINE_S='soon'"):
        read_settings(tmp_path / "home")


@pytest.mark.parametrize("is_published", [False, pytest.param(True, marks=needs_shared_mirror)])
def test_a_whole_file_through_the_mirror(settings, small_mirror, is_published):
    connector = importlib.import_module("pipelines.sources.epoch.hardware")
    with_mirror = replace(settings, mirrors=(SHARED_MIRROR if is_published else small_mirror,))
    outcomes = fetch(with_mirror, connector.FILES)
    assert {outcome.status for outcome in outcomes} == {"new"}, [str(outcome) for outcome in outcomes]
    assert {outcome.status for outcome in fetch(with_mirror, connector.FILES)} == {"unchanged"}
    assert_sound(settings)
