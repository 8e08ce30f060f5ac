"""Spoil publishers' files, one change at a time, and look what becomes of them: ``python -m tests.fuzz.fuzz_files``.

``--mirror`` names folders as LEDGER_MIRROR does; without it the small files of our own are spoilt. ``--builds`` builds the
warehouse from that many sets of spoilt files that were accepted, one of each file. Prints a line a file and each fault; the exit
status is 1 where there is one.
"""

from __future__ import annotations

import argparse
import io
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from pipelines.records.raw_tables import RemoteFile
from tests.conftest import run_ledger
from tests.fuzz.mutations import KINDS, ArchiveFile, Spoilable, opened
from tests.fuzz.outcomes import good_file, judged
from tests.mirror.packing import address_path, all_files, build_small_mirror

MOST_RECORDS = 400
"""Records of a long file that are spoilt at a time: a run of real ones, begun anywhere."""

MOST_MEMBERS = 120
"""Files of a large archive that are spoilt at a time: those of some of its folders."""

LARGE = 3_000_000
MOST_SHOWN = 5
MOST_KEPT = 20
"""Accepted versions of a file that are kept for builds."""


def parts_of(file: RemoteFile, data: bytes, random: Random) -> Spoilable:
    """The file, or a run of it that its contract still takes for the file."""
    if data[:2] == b"\x1f\x8b" and len(data) > LARGE:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            names = sorted(member.name for member in archive if member.isfile())
        start = random.randrange(max(1, len(names) - MOST_MEMBERS))
        chosen = {*names[start : start + MOST_MEMBERS], *(name for name in names if "/systems/" in name)}
        return ArchiveFile(data, chosen.__contains__)
    least = max(table.min_rows for table in file.tables)
    return opened(file.name, data, max(MOST_RECORDS, round(1.1 * least)), random.randrange(1_000_000) % 2_000)


def spoil(
    file: RemoteFile, data: bytes, count: int, seed: int, folder: Path
) -> tuple[Counter[str], list[str], list[bytes]]:
    """Spoil a file ``count`` times; returns how often each thing became of it, the faults, and what was accepted."""
    random = Random(f"{seed} {file.source_id} {file.name}")
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    accepted: list[bytes] = []
    part, good = parts_of(file, data, random), None
    for number in range(count):
        if number % 250 == 0 and number:
            part, good = parts_of(file, data, random), None
        good = good or good_file(file, part.data, folder)
        kind = KINDS[number % len(KINDS)]
        mutation = part.mutate(kind, random)
        outcome = judged(good, mutation)
        is_same = outcome.status == "accepted" and mutation.data == part.data
        outcomes["no change" if is_same else outcome.status] += 1
        if outcome.status == "accepted" and outcome.rejected_count:
            outcomes["of them with rejects"] += 1
        faults += [
            f"{file.name} {number}, {kind}: {mutation.what}: {outcome.status}: {fault}" for fault in outcome.faults
        ]
        if outcome.status == "accepted" and not is_same and (not accepted or outcome.rejected_count):
            accepted = [*accepted, mutation.data][-MOST_KEPT:]
    return outcomes, faults, accepted


def _files(mirrors: Sequence[Path]) -> Iterator[tuple[RemoteFile, bytes]]:
    """The files of mirrors, of the first that has each."""
    for file in all_files():
        addresses = [url for url in (file.url, file.excerpt_url) if url]
        found = [place for url in addresses for mirror in mirrors if (place := mirror / address_path(url)).is_file()]
        if found:
            yield file, found[0].read_bytes()


def _build(number: int, mirror: Path, accepted: dict[str, list[bytes]]) -> str | None:
    """Fetch and build with one spoilt version of each file; returns what went wrong."""
    for file in all_files():
        if versions := accepted.get(f"{file.source_id} {file.name}"):
            place = mirror / address_path(file.url)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(versions[number % len(versions)])
    with tempfile.TemporaryDirectory(prefix="fuzz-home-") as home:
        fetched = run_ledger("fetch", home=Path(home), LEDGER_MIRROR=str(mirror))
        done = run_ledger("build", home=Path(home), LEDGER_MIRROR=str(mirror))
    print(f"build {number}: {fetched.stdout.splitlines()[-1]}; exit status {done.returncode}", flush=True)
    if done.returncode == 0:
        return None
    print(done.stderr[-2_000:], flush=True)
    return f"build {number} failed: {done.stderr}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Spoil files as the options say; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="names of files or sources (default: all)")
    parser.add_argument("--mirror", default="", help="folders of publishers' files")
    parser.add_argument("--count", type=int, default=2_000, help="changes to each file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--builds", type=int, default=0)
    options = parser.parse_args(arguments)
    wrong: list[str] = []
    accepted: dict[str, list[bytes]] = {}
    with tempfile.TemporaryDirectory(prefix="fuzz-files-") as name:
        folder = Path(name)
        mirrors = [Path(each) for each in options.mirror.split(":") if each] or [build_small_mirror(folder / "mirror")]
        for file, data in _files(mirrors):
            if options.files and not {file.name, file.source_id} & set(options.files):
                continue
            outcomes, faults, taken = spoil(file, data, options.count, options.seed, folder)
            accepted[f"{file.source_id} {file.name}"] = taken
            print(f"{file.source_id} {file.name}: {', '.join(f'{n:,} {what}' for what, n in sorted(outcomes.items()))}")
            print(
                "\n".join(faults[:MOST_SHOWN] + ([f"… {len(faults):,} faults"] if len(faults) > MOST_SHOWN else [])),
                flush=True,
            )
            wrong += faults
        wrong += filter(
            None, (_build(number, folder / f"spoilt-{number}", accepted) for number in range(options.builds))
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
