"""CPU time of each chart's images, in this process: ``python -m tests.benchmarks.chart_images HOME`` prints JSON.

The first drawing loads the renderer, so every chart is drawn twice and the second counts.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pipelines.settings import Settings
from pipelines.site.charts.registry import registered_charts
from pipelines.site.images import draw_png, draw_svg, panel_specs, static_spec
from pipelines.warehouse.file import connect_published


def image_cpu_ms(home: Path) -> dict[str, dict[str, float]]:
    """Milliseconds of CPU of the SVG and of the PNG of each chart of the warehouse in ``home``."""
    found: dict[str, dict[str, float]] = {}
    with connect_published(Settings(home=home, site=home / "site")) as connection:
        for chart in registered_charts():
            built = chart.draw(connection.sql(chart.query).pl())
            specs = panel_specs(built)
            for _ in range(2):
                times = [time.process_time()]
                svg = draw_svg(static_spec(specs, built, chart, "Caption."))
                times.append(time.process_time())
                draw_png(svg)
                times.append(time.process_time())
            found[chart.chart_id] = {
                kind: 1000 * (end - start) for kind, start, end in zip(("svg", "png"), times, times[1:], strict=False)
            }
    return found


if __name__ == "__main__":
    print(json.dumps(image_cpu_ms(Path(sys.argv[1]))))
