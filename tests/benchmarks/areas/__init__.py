"""Areas of figures, in the order of the table: one module an area. None imports what it measures."""

from tests.benchmarks.areas import (
    builds,
    chained_assets,
    charts,
    commands,
    growth,
    history,
    own_runs,
    tables,
    training_logs,
)

AREAS = {
    area.name: area
    for area in (
        commands.AREA, builds.AREA, charts.AREA, chained_assets.AREA, tables.AREA, training_logs.AREA, own_runs.AREA,
        growth.AREA, history.AREA,
    )
}  # fmt: skip
"""By name."""
