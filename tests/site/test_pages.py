"""The page and its files: repeatable to the byte, complete, asking for nothing, and safe with hostile names."""

import base64
import csv
import gzip
import hashlib
import io
import json
import math
import re
import struct
import zlib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import duckdb
import polars as pl
import pytest

from pipelines.errors import LedgerError
from pipelines.settings import ROOT, Settings
from pipelines.site.calculator.coefficients import build_coefficients
from pipelines.site.chart_files import PICTURES, build_chart
from pipelines.site.charts.registry import Chart, registered_charts
from pipelines.site.files import guarded, write_changed
from pipelines.site.front_page import build_page
from pipelines.site.pages.registry import registered_pages
from pipelines.site.pages.writing import build_pages
from pipelines.site.published import data_version, published_month
from pipelines.warehouse.file import connect_published
from tests.conftest import run_ledger
from tests.warehouse.disturbed_build import HOSTILE_NAMES as NAMES
from tests.warehouse.disturbed_build import Disturbed

CHARTS = registered_charts()
PAGES = registered_pages()
EACH_CHART = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.chart_id)
SVG = "{http://www.w3.org/2000/svg}"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Element:
    """An element of the page."""

    tag: str
    attributes: dict[str, str]
    parents: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A page as a browser without scripts would see it."""

    source: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[Element] = []
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(e.tag for e in self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        """Elements of these kinds, in order."""
        return [element for element in self.elements if element.tag in tags]

    def cards(self) -> dict[str, "Page"]:
        """The part of the page that belongs to each chart."""
        parts = re.findall(r'<article class="card" id="([^"]+)">(.*?)</article>', self.source, re.DOTALL)
        return {chart_id: Page(part) for chart_id, part in parts}


def read_page(state: Settings) -> Page:
    return Page((state.site / "index.html").read_text(encoding="utf-8"))


def card_of(state: Settings, chart: Chart) -> dict[str, object]:
    return json.loads((state.site / f"{chart.chart_id}.json").read_bytes())


def unpacked(page: Page) -> str:
    """The rows and specifications of all charts, which the page holds packed."""
    (payload,) = (e.text for e in page.all("script") if e.attributes.get("id") == "payload")
    return gzip.decompress(base64.b64decode(json.loads(payload), validate=True)).decode()


@pytest.fixture(scope="module")
def page(built: Settings) -> Page:
    return read_page(built)


# The same data, the same bytes


def files(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_results_go_to_stdout_and_progress_to_stderr_in_plain_lines(own_home: Settings) -> None:
    (own_home.site / "training-compute.svg").unlink()
    done = run_ledger("report", home=own_home.home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["changed    training_compute", f"site       {own_home.site}/index.html"]
    lines = done.stderr.splitlines()
    total = len(CHARTS) + len(PAGES) + 2
    assert len(lines) == total, done.stderr
    for number, line in enumerate(lines, start=1):
        assert line.startswith(f"[{number:>3}/{total}] reports.")
    assert lines[-1].endswith(" reports.site")
    assert "\x1b" not in done.stdout + done.stderr


def test_what_is_there_is_not_written_again(own_home: Settings) -> None:
    before = {path: path.stat().st_mtime_ns for path in own_home.site.rglob("*")}
    for chart in CHARTS:
        assert build_chart(chart, own_home)["changed"] == []
    for kind in PAGES:
        done = build_pages(kind, own_home)
        assert (done.rendered, done.changed, done.removed) == (0, [], []), kind.kind_id
    assert build_coefficients(own_home).changed == []
    assert build_page(own_home) == []
    assert {path: path.stat().st_mtime_ns for path in own_home.site.rglob("*")} == before


def test_a_damaged_file_is_written_again(own_home: Settings, built: Settings) -> None:
    for kind in ("png", "parquet"):
        name = f"{CHARTS[0].chart_id}.{kind}"
        sound = (built.site / name).read_bytes()
        for damaged in (sound[: len(sound) // 2], sound[:900] + bytes([sound[900] ^ 1]) + sound[901:]):
            (own_home.site / name).write_bytes(damaged)
            assert build_chart(CHARTS[0], own_home)["changed"] == [name]
            assert (own_home.site / name).read_bytes() == sound


def test_a_file_is_written_whole_or_not(tmp_path: Path) -> None:
    path = tmp_path / "site" / "page.html"
    assert write_changed(path, b"one")
    assert not write_changed(path, b"one")
    (tmp_path / "site" / ".page.html.partial").write_bytes(b"left by a killed process")
    assert not write_changed(path, b"one")
    assert [each.name for each in path.parent.iterdir()] == ["page.html"]
    assert write_changed(path, b"two")
    assert path.read_bytes() == b"two"


def test_a_missing_file_is_told_with_the_asset_that_makes_it(own_home: Settings) -> None:
    chart = CHARTS[0]
    page = (own_home.site / "index.html").read_bytes()
    asset = f"reports/{chart.chart_id.replace('-', '_')}"
    for kind in PICTURES:
        file = own_home.site / f"{chart.chart_id}.{kind}"
        away = file.rename(file.with_suffix(".away"))
        message = rf"{chart.chart_id}\.{kind} is missing: materialize the asset {asset} first"
        with pytest.raises(LedgerError, match=message):
            build_page(own_home)
        away.rename(file)
    assert (own_home.site / "index.html").read_bytes() == page


# Nothing is asked for


def test_the_page_refers_to_no_other_place(page: Page, built: Settings) -> None:
    assert page.all("iframe", "object", "embed", "base", "source", "video", "audio") == []
    pictures = page.all("img")
    assert all("noscript" in picture.parents for picture in pictures), "pictures stand in where no script runs"
    assert all((built.site / picture.attributes["src"]).is_file() for picture in pictures)
    assert {link.attributes["rel"] for link in page.all("link")} == {"icon", "alternate"}, "no style from elsewhere"
    assert [form for form in page.all("form") if "action" in form.attributes] == [], "its policy lets no form be sent"
    for element in page.elements:
        assert element in pictures or "src" not in element.attributes
        assert not [name for name in element.attributes if name.startswith("on")], element
        assert element.attributes.get("http-equiv", "Content-Security-Policy") == "Content-Security-Policy"
    for link in (element for element in page.elements if "href" in element.attributes):
        reference = link.attributes["href"]
        file, _, fragment = reference.partition("#")
        anchor = fragment.partition("?")[0]  # what follows is the state of a calculator
        inside = file == "" and any(e.attributes.get("id") == anchor for e in page.elements)
        named = link.tag == "a" and re.match(r"https?://[^/]+\.", reference)  # asked for only by who follows it
        assert inside or named or (built.site / file).is_file(), reference


def test_the_style_refers_to_no_other_place(page: Page) -> None:
    style = "".join(element.text for element in page.all("style"))
    assert "@import" not in style
    assert re.findall(r"url\((?!data:font/woff2;base64,[A-Za-z0-9+/=]+\))", style) == []
    assert style.count("url(data:font/woff2") == 2


def test_the_policy_lets_only_the_scripts_of_the_page_run(page: Page) -> None:
    (policy,) = (e.attributes["content"] for e in page.all("meta") if "http-equiv" in e.attributes)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    assert not rules.keys() & {"connect-src", "script-src-elem", "script-src-attr", "frame-src", "object-src"}
    running = [e for e in page.all("script") if e.attributes.get("type") != "application/json"]
    hashes = [base64.b64encode(hashlib.sha256(e.text.encode()).digest()).decode() for e in running]
    assert rules["script-src"].split() == [f"'sha256-{each}'" for each in hashes]
    assert len(running) == 3
    assert {e.attributes.get("type") for e in page.all("script")} == {None, "application/json"}


def test_the_script_of_the_page_asks_for_nothing() -> None:
    script = (ROOT / "reports" / "page.js").read_text(encoding="utf-8")
    for call in ("fetch(", "XMLHttpRequest", "WebSocket", "EventSource", "sendBeacon", "import(", "eval(", "innerHTML"):
        assert call not in script


def test_the_data_of_the_page_are_those_of_the_cards(page: Page, built: Settings) -> None:
    payload = unpacked(page)
    charts = json.loads(payload)["charts"]
    assert charts == {
        chart.chart_id: {key: card_of(built, chart)[key] for key in ("data", "specs")} for chart in CHARTS
    }
    assert '"url"' not in payload, "data are inline"


# Every file is whole


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG whose every part has the checksum that it states."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    position, kinds, pixels = 8, [], b""
    while position < len(data):
        size, kind = struct.unpack(">I4s", data[position : position + 8])
        body = data[position + 8 : position + 8 + size]
        (checksum,) = struct.unpack(">I", data[position + 8 + size : position + 12 + size])
        assert zlib.crc32(kind + body) == checksum
        kinds.append(kind)
        pixels += body if kind == b"IDAT" else b""
        position += 12 + size
    assert (kinds[0], kinds[-1]) == (b"IHDR", b"IEND")
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    assert (depth, colour) == (8, 6)
    assert len(zlib.decompress(pixels)) == height * (1 + 4 * width)
    return width, height


@EACH_CHART
def test_downloads_are_there_and_agree(built: Settings, page: Page, chart: Chart) -> None:
    card, part = card_of(built, chart), page.cards()[chart.chart_id]
    downloads = [e.attributes["href"] for e in part.all("a") if "download" in e.attributes]
    assert sorted(downloads) == sorted(f"{chart.chart_id}.{kind}" for kind in PICTURES if kind != "json")
    assert all((built.site / name).stat().st_size > 1_000 for name in downloads)
    frame = pl.read_parquet(built.site / f"{chart.chart_id}.parquet")
    text = pl.read_csv(built.site / f"{chart.chart_id}.csv", infer_schema_length=None)
    (table,) = part.all("table")
    assert table.attributes["data-chart"] == chart.chart_id, "the page's script fills the table from these rows"
    assert {len(column) for column in card["data"]["values"]} == {card["rows"]}
    assert frame.height == text.height == card["rows"] > 0
    assert frame.columns == text.columns
    assert any(e.text == f"Show the {card['rows']} rows behind this chart" for e in part.all("summary"))


@EACH_CHART
def test_pictures_open_and_say_their_title(built: Settings, page: Page, chart: Chart) -> None:
    card = card_of(built, chart)
    width, height = png_size((built.site / f"{chart.chart_id}.png").read_bytes())
    assert width > height > 400
    svg = ET.fromstring((built.site / f"{chart.chart_id}.svg").read_text(encoding="utf-8"))
    texts = ["".join(element.itertext()) for element in svg.iter(f"{SVG}text")]
    assert card["title"].replace(" ", "") in [text.replace(" ", "") for text in texts], "on one line or two"
    assert card["caption"].replace(" ", "") in [text.replace(" ", "") for text in texts]
    outside = [
        v for e in svg.iter() for k, v in e.attrib.items() if k.endswith("href") and not v.startswith(("#", "data:"))
    ]
    assert outside == []
    part = page.cards()[chart.chart_id]
    assert [e.text for e in part.all("h3")] == [card["title"]]
    (picture,) = (e for e in part.all("div") if e.attributes.get("role") == "img")
    assert picture.attributes["aria-label"] == card["alt"]
    assert len(card["alt"]) > 80


def marks(built: Settings, chart: Chart) -> list[ET.Element]:
    """The shapes that stand for data in a picture: not axes, keys or texts."""
    svg = ET.fromstring((built.site / f"{chart.chart_id}.svg").read_text(encoding="utf-8"))
    groups = [group for group in svg.iter(f"{SVG}g") if "role-mark" in group.get("class", "").split()]
    return [path for group in groups for path in group.iter(f"{SVG}path") if path.get("d")]


@EACH_CHART
def test_pictures_show_data(built: Settings, chart: Chart) -> None:
    assert len(marks(built, chart)) >= 3


@pytest.mark.parametrize("chart_id", ["training-compute", "flop-per-joule"])
def test_pictures_of_points_show_one_for_each_row(built: Settings, chart_id: str) -> None:
    (chart,) = (chart for chart in CHARTS if chart.chart_id == chart_id)
    assert len(marks(built, chart)) == card_of(built, chart)["rows"] + 2, "the rows, the line and its band"


@EACH_CHART
def test_captions_name_source_version_and_rows(built: Settings, page: Page, chart: Chart) -> None:
    card, version = card_of(built, chart), data_version(built)
    assert re.fullmatch(r"\d{4}\.\d{2}-[0-9a-f]{8}", version)
    with connect_published(built) as connection:
        rows = hashlib.sha256(connection.sql(chart.query).pl().write_json().encode()).hexdigest()
    drawn = f"{published_month(built)}-{rows[:8]}"
    assert card["caption"] == f"Source: {chart.source}. Data {drawn}, {card['rows']:,} rows."
    assert any(e.text == card["caption"] for e in page.cards()[chart.chart_id].all("span"))
    assert f"Data {version}." in page.all("footer")[-1].text


def test_the_manifest_lists_every_file_with_its_digest(built: Settings) -> None:
    manifest = json.loads((built.site / "manifest.json").read_bytes())
    there = files(built.site)
    there.pop("manifest.json")
    assert manifest["files"] == there
    assert manifest["data_version"] == data_version(built)
    assert manifest["rows"] == {chart.chart_id: card_of(built, chart)["rows"] for chart in CHARTS}


def test_the_front_page_is_light(built: Settings) -> None:
    data = (built.site / "index.html").read_bytes()
    assert len(data) <= 2_000_000
    assert len(gzip.compress(data)) <= 600_000


def test_the_sitemap_has_every_page_but_those_for_frames(built: Settings) -> None:
    places = {e.text for e in ET.parse(built.site / "sitemap.xml").getroot().iter() if e.tag.endswith("}loc")}
    pages = {path.relative_to(built.site).as_posix() for path in built.site.rglob("*.html")}
    assert places == {name for name in pages if not name.startswith("embed/")}


# Titles state what the data say


def trend(connection: duckdb.DuckDBPyConnection, metric: str, cohort: str) -> dict[str, float]:
    query = "select * from mart.trends where metric = ? and cohort = ? and is_longest"
    (row,) = connection.execute(query, [metric, cohort]).fetchall()
    return dict(zip((column[0] for column in connection.description), row, strict=True))


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"(?<![\w-])\d[\d,]*(?:\.\d+)?", text)]


def two_digits(value: float) -> float:
    return float(f"{value:.2g}")


def test_the_title_of_training_compute_is_that_of_the_trend(
    built: Settings, published: duckdb.DuckDBPyConnection
) -> None:
    found = trend(published, "training_flop", "all")
    (chart,) = (chart for chart in CHARTS if chart.chart_id == "training-compute")
    card = card_of(built, chart)
    assert numbers(card["title"]) == [two_digits(found["growth_per_year"]), two_digits(found["doubling_time_months"])]
    assert "× a year" in card["title"]
    assert card["facts"]["growth_per_year"] == found["growth_per_year"]
    low, high = (two_digits(found[f"growth_per_year_{side}"]) for side in ("low", "high"))
    assert numbers(card["facts"]["growth_90_percent_interval"]) == [low, high]


def test_the_title_of_efficiency_is_that_of_the_trend(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    found = trend(published, "flop_per_joule", "datacentre")
    (chart,) = (chart for chart in CHARTS if chart.chart_id == "flop-per-joule")
    card = card_of(built, chart)
    assert numbers(card["title"]) == [two_digits((found["growth_per_year"] - 1) * 100)]
    assert card["facts"]["accelerators_in_fit"] == found["n_rows"]


# Hostile names


@pytest.fixture(scope="module")
def hostile(disturbed: Disturbed) -> Settings:
    """A build of curated files in which eight models of the chart have hostile names; the first sets a record."""
    return disturbed.state


def test_hostile_names_are_kept_as_they_are_in_tables(hostile: Settings) -> None:
    with connect_published(hostile) as connection:
        found = {name for (name,) in connection.execute("select model_name from mart.training_summary").fetchall()}
    assert set(NAMES.values()) <= found
    frame = pl.read_parquet(hostile.site / "training-compute.parquet")
    assert set(NAMES.values()) <= set(frame["model_name"])


def test_hostile_names_are_text_on_the_page(hostile: Settings, page: Page) -> None:
    attacked = read_page(hostile)
    data = json.loads(unpacked(attacked))["charts"]["training-compute"]["data"]
    assert set(NAMES.values()) <= set(data["values"][data["columns"].index("model_name")]), "the table's cells"
    tags = [(element.tag, element.parents) for element in attacked.elements if element.tag not in ("tr", "td", "th")]
    harmless = [(element.tag, element.parents) for element in page.elements if element.tag not in ("tr", "td", "th")]
    assert tags == harmless, "no element came in by a name"
    assert [e for e in attacked.elements if any(name.startswith("on") for name in e.attributes)] == []


def test_hostile_names_neither_end_nor_nest_a_script(hostile: Settings, page: Page) -> None:
    attacked = read_page(hostile)
    data = {e.attributes["id"]: e.text for e in attacked.all("script") if "id" in e.attributes}
    running, harmless = ([e.text for e in p.all("script") if "id" not in e.attributes] for p in (attacked, page))
    assert running == harmless
    assert all("<" not in text for text in data.values())
    values = {v for v in _strings(json.loads(unpacked(attacked))) if v in NAMES.values()}
    assert values == set(NAMES.values()), "the names arrive whole"


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _strings(each)]


def test_hostile_names_are_text_in_pictures(hostile: Settings) -> None:
    svg = ET.fromstring((hostile.site / "training-compute.svg").read_text(encoding="utf-8"))
    assert "script" not in {element.tag.rsplit("}")[-1] for element in svg.iter()}
    texts = ["".join(element.itertext()) for element in svg.iter(f"{SVG}text")]
    assert [text for text in texts if text.startswith("</script><script>")], "the run with most compute is labelled"
    png_size((hostile.site / "training-compute.png").read_bytes())


def test_hostile_names_are_no_formulas_in_csv(hostile: Settings) -> None:
    with (hostile.site / "training-compute.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert f"'{NAMES['formula']}" in cells
    assert [cell for cell in cells if re.match(r"[=+@\t\r]|-[^0-9]", cell)] == []


ODD = {kind: NAMES[kind] for kind in ("script", "separators", "directions", "emoji")}


@pytest.mark.parametrize("kind", ODD)
def test_odd_characters_reach_pages_and_files_unharmed(hostile: Settings, kind: str) -> None:
    name = ODD[kind]
    with connect_published(hostile) as connection:
        query = "select model_id from core.models where model_name = ?"
        ((model_id,),) = connection.execute(query, [name]).fetchall()
    assert name in pl.read_parquet(hostile.site / "training-compute.parquet")["model_name"].to_list()
    with (hostile.site / "training-compute.csv").open(encoding="utf-8", newline="") as file:
        assert name in {cell for row in csv.reader(file) for cell in row}
    sheet = Page((hostile.site / "models" / f"{model_id}.html").read_text(encoding="utf-8"))
    assert [element.text for element in sheet.all("h1")] == [name]
    (title,) = sheet.all("title")
    assert title.text.startswith(name)
    assert name in _strings(json.loads(unpacked(read_page(hostile))))
    for output in ("csv", "json"):
        query = f"select model_name from core.models where model_id = '{model_id}'"
        done = run_ledger("sql", query, "--format", output, home=hostile.home)
        printed = done.stdout
        read = json.loads(printed)[0] if output == "json" else next(csv.DictReader(io.StringIO(printed, newline="")))
        assert read == {"model_name": name}


def test_only_texts_that_begin_like_a_formula_get_an_apostrophe() -> None:
    texts = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "a=1", "", None, "'=1", "−1"]
    frame = guarded(pl.DataFrame({"text": texts, "number": [-1.5] * len(texts)}))
    assert frame["text"].to_list() == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "a=1", "", None, "'=1", "−1"]
    back = pl.read_csv(io.StringIO(frame.write_csv()))
    assert back["number"].to_list() == [-1.5] * len(texts)
    assert math.isclose(back["number"].sum(), -1.5 * len(texts))
