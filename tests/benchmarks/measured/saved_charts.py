"""Every chart drawn as people do it: ``chart.save`` one by one; and ours. Prints the mean cost of a chart, each way.

``python -m tests.benchmarks.measured.saved_charts HOME FOLDER``. The first drawing loads the renderer, so each
way draws once before.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import fmean

import altair as alt

from pipelines.settings import Settings
from pipelines.site.charts.registry import Built, Chart, registered_charts
from pipelines.site.images import draw_png, draw_svg, panel_specs, static_spec
from pipelines.warehouse.file import connect_published
from tests.benchmarks.cost import Cost, Costs, report, within


def drawn(home: Path) -> list[tuple[Chart, Built]]:
    """Every chart of the warehouse in ``home``, not yet as a picture."""
    with connect_published(Settings(home=home, site=home / "site")) as connection:
        return [(chart, chart.draw(connection.sql(chart.query).pl())) for chart in registered_charts()]


def costs_of(chart: Chart, built: Built, folder: Path) -> Costs:
    """What the pictures of one chart cost, ours and by ``chart.save``."""
    spec = static_spec(panel_specs(built), built, chart, "Caption.")
    svg = draw_svg(spec)
    saved = alt.VConcatChart.from_dict({name: part for name, part in spec.items() if name != "config"}, validate=False)
    return {
        "SVG": within(lambda: draw_svg(static_spec(panel_specs(built), built, chart, "Caption."))),
        "PNG": within(lambda: draw_png(svg)),
        "chart.save, SVG": within(lambda: saved.save(folder / f"{chart.chart_id}.svg")),
        "chart.save, PNG": within(lambda: saved.save(folder / f"{chart.chart_id}.png", scale_factor=1.5)),
    }


def main() -> None:
    """Measure every chart twice; the second counts."""
    home, folder = Path(sys.argv[1]), Path(sys.argv[2])
    each = []
    for chart, built in drawn(home):
        costs_of(chart, built, folder)
        each.append(costs_of(chart, built, folder))
    report(
        {way: Cost(fmean(one[way].cpu_s for one in each), fmean(one[way].wall_s for one in each)) for way in each[0]}
        | {f"slowest {way}": max((one[way] for one in each), key=lambda cost: cost.cpu_s) for way in ("SVG", "PNG")}
    )


if __name__ == "__main__":
    main()
