"""Charts: every one keeps the rules of its kind, and the small calculations behind titles have known answers."""

import base64
import json
import math
import re
import zlib
from datetime import date

import polars as pl
import pytest

from pipelines.settings import Settings
from pipelines.site.charts import efficiency_levers, threshold_watch
from pipelines.site.charts.labels import Ground, placed
from pipelines.site.charts.registry import SECTIONS, Chart, registered_charts
from pipelines.site.charts.style import HUES, SHAPES, themed
from pipelines.site.images import draw_png, draw_svg, recompressed, stable_svg

CHARTS = registered_charts()
EACH_CHART = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.chart_id)
ODD = re.compile(r"nan|null|none|undefined|inf\b|\[object|\b1[0-9]{12}\b", re.IGNORECASE)
BIT_DEPTH = b"\x89PNG\r\n\x1a\n"


def card_of(state: Settings, chart: Chart) -> dict[str, object]:
    return json.loads((state.site / f"{chart.chart_id}.json").read_bytes())


def encodings(spec: object) -> list[dict[str, object]]:
    """Every encoding of a specification."""
    if isinstance(spec, list):
        return [found for each in spec for found in encodings(each)]
    if not isinstance(spec, dict):
        return []
    own = [spec["encoding"]] if isinstance(spec.get("encoding"), dict) else []
    return own + [found for value in spec.values() for found in encodings(value)]


def test_the_catalogue_is_whole() -> None:
    assert {chart.section for chart in CHARTS} == set(SECTIONS)
    assert len({chart.kicker for chart in CHARTS}) == len(CHARTS)
    assert all(chart.kicker.endswith("?") for chart in CHARTS), "a card asks before it tells"


@EACH_CHART
def test_tooltips_show_words_that_people_read(built: Settings, chart: Chart) -> None:
    card = card_of(built, chart)
    data = dict(zip(card["data"]["columns"], card["data"]["values"], strict=True))
    shown = set()
    for encoding in encodings(card["specs"]):
        tips = encoding.get("tooltip", [])
        for tip in tips if isinstance(tips, list) else [tips]:
            shown.add(tip["field"]) if "field" in tip else None
            assert tip["type"] in ("nominal", "quantitative"), tip
            assert tip["type"] == "nominal" or tip.get("format"), "numbers are written by the formatter before"
    assert shown, "every chart explains its marks"
    for name in shown & data.keys():
        assert all(isinstance(value, str) for value in data[name]), name
        assert [value for value in data[name] if not value.strip() or ODD.fullmatch(value)] == [], name
        assert not [value for value in data[name] if re.fullmatch(r"\d{12,}", value)], (
            f"{name} is no time in milliseconds"
        )


@EACH_CHART
def test_tables_refer_to_rows_that_are_there(built: Settings, chart: Chart) -> None:
    data = card_of(built, chart)["data"]
    values = dict(enumerate(data["values"]))
    for column in data["table"]:
        assert all(isinstance(text, str) for text in values[column["text"]]), column["heading"]
        if column["sort"] is not None:
            assert all(n is None or math.isfinite(n) for n in values[column["sort"]])
        if column["link"] is not None:
            assert column["folder"] in ("models", "accelerators")


@EACH_CHART
def test_every_choice_and_every_word_of_the_key_has_rows(built: Settings, chart: Chart) -> None:
    card = card_of(built, chart)
    data = dict(zip(card["data"]["columns"], card["data"]["values"], strict=True))
    if chart.choice_column:
        assert set(card["choices"]) <= set(data[chart.choice_column])
    assert card["chosen"] in (card["choices"] or [""])
    if chart.key_column:
        assert {word for word, _ in card["keys"]} <= set(data[chart.key_column])
    assert all(0 <= hue < len(SHAPES) for _, hue in card["keys"])


@EACH_CHART
def test_intervals_hold_their_value(built: Settings, chart: Chart) -> None:
    frame = pl.read_parquet(built.site / f"{chart.chart_id}.parquet")
    for low in (name for name in frame.columns if name.endswith("_low")):
        middle, high = low.removesuffix("_low"), low.removesuffix("_low") + "_high"
        if middle not in frame.columns or high not in frame.columns or low.startswith("claimed"):
            continue
        known = frame.drop_nulls([low, middle, high])
        outside = known.filter((pl.col(low) > pl.col(middle) * 1.000001) | (pl.col(middle) > pl.col(high) * 1.000001))
        assert outside.is_empty(), outside


@EACH_CHART
def test_pictures_are_small_enough_to_send(built: Settings, chart: Chart) -> None:
    assert (built.site / f"{chart.chart_id}.png").stat().st_size < 400_000


# Known answers


def test_a_status_says_where_the_interval_lies() -> None:
    bounds = [(2e25, 3e25, 4e25), (9e24, 2e25, 4e25), (1e24, 9e24, 2e25), (1e24, 2e24, 3e24), (1e25, 1e25, 1e25)]
    runs = pl.DataFrame(bounds, schema=["training_flop_low", "training_flop", "training_flop_high"], orient="row")
    found = runs.select(threshold_watch.status(1e25, "status"))["status"].to_list()
    assert found == ["certainly above", "probably above", "possibly above", "below", "certainly above"]


def test_the_title_on_thresholds_counts_the_runs(built: Settings) -> None:
    frame = pl.read_parquet(built.site / "threshold-watch.parquet")
    passed = frame.filter(pl.col("training_flop") >= 1e25).height
    sure = frame.filter(pl.col("training_flop_low") >= 1e25).height
    (chart,) = (chart for chart in CHARTS if chart.chart_id == "threshold-watch")
    assert card_of(built, chart)["title"].startswith(
        f"{passed} models have probably passed 10²⁵ FLOP, {sure} of them certainly"
    )


def test_the_title_on_claims_counts_the_verdicts(built: Settings) -> None:
    verdicts = pl.read_parquet(built.site / "claims-audit.parquet")["verdict"]
    (chart,) = (chart for chart in CHARTS if chart.chart_id == "claims-audit")
    counted = [int(n) for n in re.findall(r"\d+", card_of(built, chart)["title"])]
    assert counted == [verdicts.len(), *((verdicts == word).sum() for word in ("supported", "partly", "contradicted"))]


def test_combined_levers_multiply_and_their_spread_adds_in_quadrature() -> None:
    factors = {"hardware": (1.0, 2.0, 4.0), "quantization": (1.0, 2.0, 4.0), "batching": (3.0, 3.0, 3.0)}
    rows = pl.DataFrame(
        [{"group": "Energy", "family": family, "factor": f} for family, of in factors.items() for f in of]
    )
    low, middle, high = efficiency_levers._combined(rows)
    assert middle == pytest.approx(2 * 2 * 3)
    tenth, ninetieth = 1.2, 3.6  # of 1, 2, 4, linear between them
    assert low == pytest.approx(12 / math.exp(math.hypot(*2 * [math.log(2 / tenth)])))
    assert high == pytest.approx(12 * math.exp(math.hypot(*2 * [math.log(ninetieth / 2)])))


# Labels


def test_names_cover_neither_each_other_nor_leave_the_plot() -> None:
    days = [date(2020, 1, 1 + n).isoformat() for n in range(20)]
    points = pl.DataFrame({"day": days, "value": [10.0 ** (1 + n % 4) for n in range(20)], "name": ["a name"] * 20})
    ground = Ground(points, "day", "value", (1, 1e6))
    found = placed(points, "name", ground)
    assert 5 < found.height <= 20
    at = ground.pixels(found)
    boxes = []
    for (x, y), row in zip(at, found.iter_rows(named=True), strict=True):
        width = 6 * 6.3
        left = x + row["shift_x"] - (0 if row["shift_x"] > 0 else width)
        boxes.append((left, y + row["shift_y"] - 10.5, left + width, y + row["shift_y"] + 2.5))
        assert left >= 0
        assert left + width <= ground.width + 6
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3], "two names overlap"


def test_a_name_without_a_free_place_is_left_out() -> None:
    twice = pl.DataFrame(
        {"day": ["2020-01-01"] * 9, "value": [10.0] * 9, "name": ["the same place, again and again"] * 9}
    )
    assert placed(twice, "name", Ground(twice, "day", "value", (1, 100))).height < 9


def test_on_a_phone_a_name_in_the_way_of_the_growth_table_is_left_out_and_the_others_move_up() -> None:
    named = pl.DataFrame(
        {
            "day": ["2020-01-01", "2020-06-01", "2020-12-01"],
            "value": [9e5, 9e1, 9e5],
            "name": ["left", "below", "right"],
        }
    )
    rank = {
        has_table: dict(zip(*placed(named, "name", Ground(named, "day", "value", (1, 1e6), has_table=has_table))[
            ["name", "rank"]
        ].get_columns(), strict=True))
        for has_table in (False, True)
    }  # fmt: skip
    assert rank == {False: {"left": 0, "below": 1, "right": 2}, True: {"left": None, "below": 0, "right": 1}}


# Pictures


SPEC = {
    "data": {"values": [{"x": n, "y": n * n} for n in range(5)]}, "mark": {"type": "point", "color": "hue:1"},
    "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}},
}  # fmt: skip


def test_names_of_hues_become_colours_of_the_theme() -> None:
    assert themed(SPEC, "dark")["mark"]["color"] == HUES["dark"][1]
    assert b"hue:" not in draw_svg(SPEC)
    assert HUES["light"][1].lower().encode() in draw_svg(SPEC).lower()


def test_packing_again_keeps_every_pixel() -> None:
    svg = draw_svg(SPEC)
    png = draw_png(svg)
    again = recompressed(png)
    assert again == png, "packed once is packed"

    def pixels(data: bytes) -> bytes:
        position, found = 8, b""
        while position < len(data):
            size = int.from_bytes(data[position : position + 4])
            if data[position + 4 : position + 8] == b"IDAT":
                found += data[position + 8 : position + 8 + size]
            position += 12 + size
        return zlib.decompress(found)

    loose = png[:8] + png[8:33] + b"".join(
        len(part).to_bytes(4) + kind + part + zlib.crc32(kind + part).to_bytes(4)
        for kind, part in ((b"IDAT", zlib.compress(pixels(png), 0)), (b"IEND", b""))
    )  # fmt: skip
    assert pixels(recompressed(loose)) == pixels(loose)
    assert len(recompressed(loose)) < len(loose) / 3
    assert base64.b64encode(recompressed(loose))[:4] == base64.b64encode(BIT_DEPTH)[:4]


def test_numbers_that_count_through_the_process_are_taken_out() -> None:
    first, second = draw_svg(SPEC), draw_svg(SPEC)
    assert first == second
    assert stable_svg("clip17 gradient_3 clip17") == "clip0 gradient_1 clip0"
