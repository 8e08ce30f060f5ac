"""What is installed is what was locked: every package by its hash, and a changed wheel is refused."""

import hashlib
import http.server
import json
import re
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.settings import ROOT

REQUIREMENT = re.compile(r"^[a-z0-9][\w.-]*(\[[\w,-]+\])?==\S+")


def wheel(folder: Path, says: str) -> Path:
    """The wheel of a package with one module."""
    path = folder / "parcel-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("parcel.py", f"said = {says!r}\n")
        packed.writestr("parcel-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: parcel\nVersion: 1.0\n")
        packed.writestr("parcel-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr("parcel-1.0.dist-info/RECORD", "")
    return path


def install(folder: Path, lock: Path) -> subprocess.CompletedProcess[str]:
    """What ``scripts/setup.sh`` runs, from a folder in place of an index and into one in place of ``.venv``."""
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", "-r", lock]
    elsewhere = ["--no-index", "--find-links", folder, "--target", folder / "installed", "--no-cache-dir"]
    return subprocess.run([*command, *elsewhere], capture_output=True, text=True, check=False)


def test_a_wheel_that_was_changed_after_it_was_locked_is_not_installed(tmp_path: Path) -> None:
    locked = wheel(tmp_path, "as locked")
    lock = tmp_path / "requirements.lock"
    digest = hashlib.sha256(locked.read_bytes()).hexdigest()
    lock.write_text(f"parcel==1.0 --hash=sha256:{digest}\n", encoding="utf-8")
    assert install(tmp_path, lock).returncode == 0
    (tmp_path / "installed").rename(tmp_path / "before")
    wheel(tmp_path, "tampered with")
    done = install(tmp_path, lock)
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert digest in done.stderr
    assert not (tmp_path / "installed" / "parcel.py").exists()


def test_a_package_without_a_hash_is_not_installed(tmp_path: Path) -> None:
    wheel(tmp_path, "not locked")
    lock = tmp_path / "requirements.lock"
    lock.write_text("parcel==1.0\n", encoding="utf-8")
    done = install(tmp_path, lock)
    assert done.returncode == 1
    assert "--require-hashes mode" in done.stderr


def test_every_package_is_locked_by_hash_and_installed_so() -> None:
    locks = [ROOT / "requirements.lock", ROOT / "requirements-docs.lock", ROOT / "requirements-sbom.lock"]
    lines = [line for lock in locks for line in lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()]
    packages = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert len(packages) > 100
    assert [line for line in packages if not REQUIREMENT.match(line) or "--hash=sha256:" not in line] == []
    setup = (ROOT / "scripts" / "setup.sh").read_text(encoding="utf-8")
    container = (ROOT / "docs" / "deploy" / "Containerfile").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for text in (setup, container, makefile):
        installs = [line for line in text.splitlines() if re.search(r"pip install\b.* -r ", line)]
        assert installs
        assert [line for line in installs if "--require-hashes" not in line] == []


# Known vulnerabilities


@contextmanager
def database(vulnerable: str) -> Iterator[str]:
    """A database of vulnerabilities on loopback, which knows one of a package."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
            fixed = {"package": {"name": name, "ecosystem": "PyPI"},
                     "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.9"}]}]}  # fmt: skip
            known = {"id": "PYSEC-2026-1", "summary": "Reads too far.", "affected": [fixed]}
            body = json.dumps({"vulns": [known]} if name == vulnerable else {}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


def audited(tmp_path: Path, address: str) -> subprocess.CompletedProcess[str]:
    """What ``make audit-packages`` says of two packages."""
    lock = tmp_path / "requirements.lock"
    lock.write_text("parcel==1.0\nletter==2.0\n", encoding="utf-8")
    command = [sys.executable, ROOT / "scripts" / "audit_packages.py", "--lock", lock, "--osv-url", address]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_vulnerable_package_is_named_with_the_version_that_mends_it(tmp_path: Path) -> None:
    with database(vulnerable="letter") as address:
        done = audited(tmp_path, address)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "letter 2.0: PYSEC-2026-1, fixed in 9.9",
        "2 of 2 packages audited, 1 known vulnerabilities",
    ]


def test_packages_without_known_vulnerabilities_are_counted(tmp_path: Path) -> None:
    with database(vulnerable="other") as address:
        done = audited(tmp_path, address)
    assert (done.returncode, done.stdout) == (0, "2 of 2 packages audited, 0 known vulnerabilities\n"), done.stderr


def test_a_database_that_does_not_answer_is_no_good_news(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()[1]
    done = audited(tmp_path, f"http://127.0.0.1:{closed}/v1/query")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing was audited" in done.stderr
