"""What this machine offers to measure its energy with: NVIDIA's library, RAPL, else processor time and a stated model.

What belongs here: finding meters and reading them. What does not: when they are read (``recording.py``).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import psutil

from pipelines.telemetry.formats.delivered import Device, Kind, Part
from pipelines.telemetry.formats.rapl import INNER_ZONES, MEMORY_ZONES
from pipelines.telemetry.formats.recording import Row

POWERCAP = Path("/sys/class/powercap")

MODELLED = "modelled"


class Meter(Protocol):
    """Something that reads devices."""

    kind: Kind

    @property
    def devices(self) -> Sequence[Device]:
        """What it reads."""

    def read(self, at_ms: int) -> list[Row]:
        """One sample of each device that answers."""


class NvidiaMeter:
    """Power of NVIDIA accelerators, by the library of their driver."""

    kind: Kind = "power"

    def __init__(self, library: Any) -> None:
        self.library = library
        self.handles = [library.nvmlDeviceGetHandleByIndex(n) for n in range(library.nvmlDeviceGetCount())]
        names = [_text(library.nvmlDeviceGetName(handle)) for handle in self.handles]
        ids = [_text(library.nvmlDeviceGetUUID(handle)) for handle in self.handles]
        self.devices: Sequence[Device] = [
            Device(uuid, "accelerator", name) for uuid, name in zip(ids, names, strict=True)
        ]

    def read(self, at_ms: int) -> list[Row]:
        """Power, load, memory and temperature; a device that does not tell its power is left out this time."""
        library, rows = self.library, []
        for device, handle in zip(self.devices, self.handles, strict=True):
            with suppress(library.NVMLError):
                power_w = library.nvmlDeviceGetPowerUsage(handle) / 1000
                load = memory = temperature = None
                with suppress(library.NVMLError):
                    load = float(library.nvmlDeviceGetUtilizationRates(handle).gpu)
                    memory = int(library.nvmlDeviceGetMemoryInfo(handle).used)
                    temperature = float(library.nvmlDeviceGetTemperature(handle, library.NVML_TEMPERATURE_GPU))
                rows.append((device.device_id, at_ms, power_w, load, memory, temperature))
        return rows


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class RaplMeter:
    """Counters of energy of processors and memory, as Linux shows them to those who may read them."""

    kind: Kind = "counter"

    def __init__(self, zones: Sequence[tuple[Device, Path]]) -> None:
        self.zones = zones
        self.devices: Sequence[Device] = [device for device, _ in zones]

    def read(self, at_ms: int) -> list[Row]:
        """The counters."""
        rows: list[Row] = []
        for device, path in self.zones:
            with suppress(OSError, ValueError):
                rows.append((device.device_id, at_ms, int(path.read_text()) * 1e-6, None, None, None))
        return rows


class ProcessorTimeMeter:
    """Energy of a command by its processor time and a stated power of a busy core: a model, and marked as one."""

    kind: Kind = "counter"

    def __init__(self, watts_per_core: float) -> None:
        self.watts_per_core = watts_per_core
        self.devices: Sequence[Device] = [Device("cpu time", "processor", processor_name(), is_modelled=True)]
        self.process: psutil.Process | None = None
        self._before = _ended_children_s()
        self._spent_s = 0.0

    def watch(self, pid: int) -> None:
        """Count the time of this process and all that it starts."""
        with suppress(psutil.Error):
            self.process = psutil.Process(pid)

    def read(self, at_ms: int) -> list[Row]:
        """Processor time of the command so far, times the power of a core."""
        running = _tree_s(self.process) if self.process else 0.0
        self._spent_s = max(self._spent_s, running, _ended_children_s() - self._before)
        return [(self.devices[0].device_id, at_ms, self._spent_s * self.watts_per_core, None, None, None)]


def _ended_children_s() -> float:
    """Processor time of all processes that this one started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _tree_s(process: psutil.Process) -> float:
    """Processor time of a process, of all below it, and of those of them that have ended."""
    total = 0.0
    with suppress(psutil.Error):
        for each in [process, *process.children(recursive=True)]:
            with suppress(psutil.Error):
                total += sum(each.cpu_times()[:4])
    return total


def processor_name() -> str | None:
    """The processor as the system names it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip() or None
    return None


def _nvidia() -> list[Meter]:
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
        meter = NvidiaMeter(pynvml)
    except pynvml.NVMLError:
        return []
    return [meter] if meter.devices else []


def rapl_zones(folder: Path = POWERCAP) -> list[tuple[Device, Path]]:
    """Zones of RAPL that this user may read, without those inside of others."""
    found = []
    for zone in sorted(folder.glob("intel-rapl:*")):
        with suppress(OSError, ValueError):
            name = (zone / "name").read_text().strip()
            if name in INNER_ZONES:
                continue
            int((zone / "energy_uj").read_text())
            limit_j = int((zone / "max_energy_range_uj").read_text()) * 1e-6
            part: Part = "memory" if name.startswith(MEMORY_ZONES) else "processor"
            device = Device(f"{name} {zone.name.partition(':')[2]}", part, processor_name(), limit_j)
            found.append((device, zone / "energy_uj"))
    return found


def find_meters(watts_per_core: float) -> list[Meter]:
    """The meters of this machine; where there is none, the model."""
    zones = rapl_zones()
    found: list[Meter] = [*_nvidia(), *([RaplMeter(zones)] if zones else [])]
    return found or [ProcessorTimeMeter(watts_per_core)]
