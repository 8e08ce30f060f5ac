"""Known vulnerabilities of the packages of ``requirements.lock``: ``make audit-packages``.

pip-audit also ends well where its database knew nothing or did not answer. Here that is said, and is a failure.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipelines.settings import ROOT


def asked(lock: Path, osv_url: str | None) -> subprocess.CompletedProcess[str]:
    """What pip-audit says of the packages of a lock file, as JSON."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "-r", str(lock), "-f", "json"]
    service = ["-s", "osv", "--osv-url", osv_url] if osv_url else []
    return subprocess.run(
        [*command, *service, "--progress-spinner", "off"], capture_output=True, text=True, check=False
    )


def told(packages: list[dict[str, Any]]) -> tuple[str, bool]:
    """The outcome in words, and whether every package was looked up and none is vulnerable."""
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    lines = [
        f"{each['name']} {each['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'no release yet'}"
        for each in packages
        for found in each.get("vulns", ())
    ]
    vulnerable = len(lines)
    if len(unknown) == len(packages):
        return "The database of vulnerabilities knows none of the packages: nothing was audited.", False
    if unknown:
        lines.append(f"not in the database, so not audited: {', '.join(unknown)}")
    lines.append(
        f"{len(packages) - len(unknown)} of {len(packages)} packages audited, {vulnerable} known vulnerabilities"
    )
    return "\n".join(lines), not unknown and not vulnerable


def main() -> int:
    """Ask, and say what came of it. Exit status 1 where a package is vulnerable or was not looked up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements.lock")
    parser.add_argument("--osv-url", help="a database that speaks the protocol of osv.dev, in place of that of PyPI")
    given = parser.parse_args()
    done = asked(given.lock, given.osv_url)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = next(iter(done.stderr.strip().splitlines()[-1:]), "it said nothing")
        print(f"The database of vulnerabilities could not be asked: nothing was audited. {reason}", file=sys.stderr)
        return 1
    text, is_well = told(packages)
    print(text, file=sys.stdout if is_well else sys.stderr)
    return int(not is_well)


if __name__ == "__main__":
    sys.exit(main())
