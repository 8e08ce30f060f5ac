"""How the rounds of an MLPerf suite are published: one entry a format.

What belongs here: what a format of rounds is. What does not: which rounds there are, and where each lies
(``seeds/benchmarks/mlperf_rounds.csv``); the columns of a format (``training.py``, ``inference.py``, ``tiny.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pipelines.records.raw_tables import RawRow, RawTable, RemoteFile

ReadRound = Callable[[bytes, str, str, str], list[RawTable]]
"""From (bytes, file name for messages, SHA-256, round) to the tables of the round."""


@dataclass(frozen=True)
class RoundFormat:
    """A format in which rounds of a suite are published, and what reads it."""

    suite: str
    file_format: str
    """As the column ``file_format`` of the rounds names it."""
    source_id: str
    name: str
    """Local name of a round's file; ``{round}`` stands for the round."""
    address: str
    """Where such files usually lie: ``{round}`` stands for the round, ``*`` for what may differ."""
    read: ReadRound
    tables: tuple[type[RawRow], ...]
    max_bytes: int

    def remote_file(
        self, round_name: str, url: str, *, excerpt_url: str | None, licence: str | None, is_address_recalled: bool
    ) -> RemoteFile:
        """The file of a round. A mirror may hold some rounds only."""
        return RemoteFile(
            source_id=self.source_id,
            name=self.name.format(round=round_name),
            url=url,
            read=partial(_read, self.read, round_name),
            tables=self.tables,
            max_bytes=self.max_bytes,
            mirror_may_lack=True,
            excerpt_url=excerpt_url,
            round=round_name,
            licence=licence,
            is_address_recalled=is_address_recalled,
        )


def _read(read: ReadRound, round_name: str, data: bytes, file: str, sha256: str) -> list[RawTable]:
    return read(data, file, sha256, round_name)
