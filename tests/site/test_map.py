"""The map of emissions by country: outlines are where countries are, and emissions are electricity times grid."""

from itertools import pairwise

import duckdb
import pytest

from pipelines.records.places import find_country
from pipelines.settings import Settings
from pipelines.site.charts import carbon_by_country
from pipelines.warehouse.file import connect_published
from tests.site.test_charts import CHARTS, card_of

Ring = list[list[int]]

CAPITALS = {  # longitude and latitude, at least a degree inland
    "FRA": (2.35, 48.86), "CHN": (116.4, 39.9), "IND": (77.2, 28.6), "BRA": (-47.9, -15.8), "AUS": (149.1, -35.3),
    "RUS": (37.6, 55.8), "MEX": (-99.1, 19.4), "ESP": (-3.7, 40.4), "DEU": (13.4, 52.5), "KAZ": (71.4, 51.2),
}  # fmt: skip


@pytest.fixture(scope="module")
def outlines(built: Settings) -> dict[str, list[list[Ring]]]:
    """Polygons of each country, rings as a drawing turns them."""
    with connect_published(built) as connection:
        found = connection.execute("select place, outline from seeds.country_outlines").fetchall()
    return {place: carbon_by_country.geometry(outline)["coordinates"] for place, outline in found}


def encloses(ring: Ring, longitude: float, latitude: float) -> bool:
    """Whether a point lies inside a ring: a line from it to the east crosses the ring an odd number of times."""
    crossed = 0
    for (x0, y0), (x1, y1) in pairwise(ring):
        if (y0 > latitude) != (y1 > latitude):
            crossed += x0 + (latitude - y0) / (y1 - y0) * (x1 - x0) > longitude
    return crossed % 2 == 1


def twice_the_area(ring: Ring) -> int:
    """Positive where the ring turns counter-clockwise."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))


def test_capitals_lie_in_their_country_and_in_no_other(outlines: dict[str, list[list[Ring]]]) -> None:
    for country, capital in CAPITALS.items():
        inside = [place for place, polygons in outlines.items() if any(encloses(p[0], *capital) for p in polygons)]
        assert inside == [country]


def test_rings_are_closed_on_the_globe_and_turn_so_that_land_is_inside(outlines: dict[str, list[list[Ring]]]) -> None:
    assert len(outlines) > 150
    for place, polygons in outlines.items():
        assert find_country(place) == place
        for outer, *holes in polygons:
            for ring in (outer, *holes):
                assert len(ring) >= 4, place
                assert ring[0] == ring[-1], place
                assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in ring), place
            assert twice_the_area(outer) < 0, place
            assert all(twice_the_area(hole) > 0 for hole in holes), place


def test_a_run_emits_its_electricity_times_the_grid(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute("""
        select e.location_co2e_kg / (s.facility_energy_kwh * e.intensity_kg_co2e_per_kwh),
            e.location_co2e_kg_low / e.location_co2e_kg, e.location_co2e_kg_high / e.location_co2e_kg,
            s.facility_energy_kwh_low / s.facility_energy_kwh,
            s.facility_energy_kwh_high / s.facility_energy_kwh
        from mart.emissions_by_country as e inner join mart.training_summary as s on e.training_run_id = s.training_run_id
    """).fetchall()
    assert len(rows) >= 10 * 40
    for ratio, low, high, energy_low, energy_high in rows:
        assert ratio == pytest.approx(1, rel=1e-12)
        assert low < energy_low <= 1 <= energy_high < high, "the spread of sites in a country comes on top"


def test_where_a_run_took_place_the_map_says_what_its_sheet_says(published: duckdb.DuckDBPyConnection) -> None:
    found = published.execute("""
        select e.model_name, e.location_co2e_kg * r.year_intensity / e.intensity_kg_co2e_per_kwh / s.location_co2e_kg
        from mart.emissions_by_country as e
        inner join mart.training_summary as s on e.training_run_id = s.training_run_id
        inner join (
            select training_run_id, (grid_intensity).value as year_intensity from core.training_inputs
        ) as r on e.training_run_id = r.training_run_id
        where e.is_own_country
    """).fetchall()
    assert found
    assert all(ratio == pytest.approx(1, rel=1e-9) for _, ratio in found), "but for the year of the grid"


def test_the_card_shows_every_country_of_the_run(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    [chart] = [chart for chart in CHARTS if chart.chart_id == "carbon-by-country"]
    facts = card_of(built, chart)["facts"]
    [(countries, least, most)] = published.execute(
        """
        select count(*), min(location_co2e_kg), max(location_co2e_kg) from mart.emissions_by_country where model_name = $run
        """,
        {"run": facts["run"]},
    ).fetchall()
    assert (facts["countries"], facts["least_co2e_kg"], facts["most_co2e_kg"]) == (
        countries,
        pytest.approx(least, rel=1e-3),
        pytest.approx(most, rel=1e-3),
    )
