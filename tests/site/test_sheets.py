"""Fact sheets and the pages beside them: complete, true to the warehouse, linked, made again only where rows changed."""

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pytest

from pipelines.answers.explain import explain
from pipelines.answers.numbers import number
from pipelines.errors import LedgerError
from pipelines.settings import SQL, Settings
from pipelines.site.calculator.formulas_js import formulas_script
from pipelines.site.pages.find import search_entries
from pipelines.site.pages.registry import registered_pages
from pipelines.site.pages.writing import build_pages, site_files
from tests.conftest import rewritten
from tests.site.test_pages import Page

KINDS = {kind.kind_id: kind for kind in registered_pages()}


def text_of(path: Path) -> str:
    """What a reader sees of a page, blanks as one."""
    body = "".join(element.text for element in Page(path.read_text(encoding="utf-8")).all("main"))
    return re.sub(r"\s+", " ", body)


# Complete


def test_every_model_with_a_figure_and_every_chip_has_a_sheet(
    built: Settings, published: duckdb.DuckDBPyConnection
) -> None:
    models = {
        f"{model}.html"
        for (model,) in published.execute(
            "select model_id from core.training_runs where training_run_id in (select subject_id from mart.figures) "
            "union select subject_id from mart.figures where subject_kind = 'model'"
        ).fetchall()
    }
    chips = {f"{chip}.html" for (chip,) in published.execute("select accelerator_id from mart.accelerators").fetchall()}
    assert {path.name for path in (built.site / "models").iterdir()} == models
    assert {path.name for path in (built.site / "accelerators").iterdir()} == chips
    assert len(models) > 500
    assert len(chips) > 200


def test_every_figure_is_on_a_sheet(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    """All figures of 90 sheets, drawn by a digest of their name."""
    sheets = published.execute(
        "select coalesce(r.model_id, f.subject_kind || '-' || f.subject_id) as name, list((figure_id, value)) "
        "from mart.figures as f "
        "left join core.training_runs as r on f.subject_kind = 'training_run' and f.subject_id = r.training_run_id "
        "where is_preferred and subject_kind <> 'model' group by name order by md5(name) limit 90"
    ).fetchall()
    assert sum(len(figures) for _, figures in sheets) > 400
    for name, figures in sheets:
        folder = "subjects" if (built.site / "subjects" / f"{name}.html").exists() else "models"
        page = text_of(built.site / folder / f"{name}.html")
        for figure_id, value in figures:
            assert f"key {figure_id} " in page, figure_id
            assert number(value) in page, figure_id


@pytest.mark.parametrize(
    ("model", "quantity"),
    [("gpt-3-175b", "facility_energy_kwh"), ("llama-3.1-70b", "owned_cost_usd"), ("bloom-176b", "training_flop"),
     ("deepseek-v3", "location_co2e_kg"), ("t5-11b", "water_l")],
)  # fmt: skip
def test_a_sheet_says_what_ledger_explain_says(
    built: Settings, published: duckdb.DuckDBPyConnection, model: str, quantity: str
) -> None:
    told = explain(published, model, quantity)
    page = text_of(built.site / "models" / f"{model}.html")
    figure = told["figure"]
    assert figure["formula"] in page
    assert figure["formula_with_numbers"] is None or f"= {figure['formula_with_numbers']}" in page
    for one in figure["inputs"]:
        assert one["name"] in page
        assert number(one["value"]) in page
        if "source" in one:
            assert one["source"]["title"] in page
            assert one["locator"] in page
    for one in (*told["other_methods"], *told["published"]):
        assert f"{number(one['ratio_to_preferred'], 3)} ×" in page


def test_every_formula_is_on_the_page_of_methods(built: Settings) -> None:
    page = text_of(built.site / "methods.html")
    for name in ("flop_6nd", "facility_energy_kwh_of", "owned_cost_usd_of", "from_cumulants", "multiply"):
        assert f"{name}(" in page
    assert "C = 6 · N · D · r" in page


# Linked


@pytest.fixture(scope="module")
def pages(built: Settings) -> list[Path]:
    """A page of each folder in full, and all single pages."""
    folders = ("models", "accelerators", "subjects")
    some = [path for folder in folders for path in sorted((built.site / folder).iterdir())[::25]]
    return [*some, *sorted(built.site.glob("*.html"))]


def test_links_are_relative_and_lead_somewhere(built: Settings, pages: list[Path]) -> None:
    checked = 0
    anchors: dict[Path, set[str]] = {}
    for path in pages:
        source = path.read_text(encoding="utf-8")
        for reference in re.findall(r'<(?:a|link)\b[^>]*? href="([^"]*)"', source):
            if re.match(r"https?://", reference):
                continue
            assert not re.match(r"[a-z]+:|/", reference), (path.name, reference)
            file, _, anchor = reference.partition("#")
            target = (path.parent / unquote(file)).resolve() if file else path
            assert target.is_file(), (path.name, reference)
            assert target.is_relative_to(built.site.resolve())
            if anchor and "=" not in anchor:
                known = anchors.setdefault(
                    target, set(re.findall(r' id="([^"]+)"', target.read_text(encoding="utf-8")))
                )
                assert anchor in known, (path.name, reference)
            checked += 1
    assert checked > 1_000


def test_pages_let_only_their_own_scripts_run(pages: list[Path]) -> None:
    for path in pages:
        if path.name == "index.html":
            continue
        page = Page(path.read_text(encoding="utf-8"))
        (policy,) = (e.attributes["content"] for e in page.all("meta") if "http-equiv" in e.attributes)
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        running = [e for e in page.all("script") if e.attributes.get("type") != "application/json"]
        hashes = [base64.b64encode(hashlib.sha256(e.text.encode()).digest()).decode() for e in running]
        assert rules["script-src"].split() == [f"'sha256-{each}'" for each in hashes]
        assert "unsafe" not in policy
        assert [e for e in page.elements if "style" in e.attributes or "src" in e.attributes] == []
        assert [e for e in page.elements if any(name.startswith("on") for name in e.attributes)] == []
        assert path.stat().st_size < 900_000, "no bundle of charts on a page without charts"


def test_the_search_finds_by_key_and_leads_to_files(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    entries = search_entries(published)
    assert all((built.site / href).is_file() for _, _, href, *_ in entries)
    (found,) = (entry for entry in entries if entry[2] == "accelerators/h100-sxm.html")
    assert found[1] == "accelerator, NVIDIA"
    words = f"{found[0]} {found[1]} {found[3]}".lower()
    assert all(part in words for part in ["h100", "sxm"])
    assert len(entries) > 800


# Made again only where rows changed


def stamps(settings: Settings) -> dict[str, int]:
    return {
        path.relative_to(settings.site).as_posix(): path.stat().st_mtime_ns for path in settings.site.rglob("*.html")
    }


def test_only_the_page_of_a_changed_figure_is_made_again(own_home: Settings) -> None:
    with rewritten(own_home) as connection:
        connection.execute(
            "update mart.figures set value_high = value_high * 2 where figure_id = 'gpt-3-175b/training_flop/6nd'"
        )
    done = build_pages(KINDS["models"], own_home)
    assert done.changed == ["models/gpt-3-175b.html"]
    assert done.rendered == 1


def test_the_page_of_a_subject_that_is_gone_is_removed(own_home: Settings) -> None:
    (own_home.site / "models" / "notes-of-mine.txt").write_text("not ours", encoding="utf-8")
    with rewritten(own_home) as connection:
        connection.execute("delete from mart.figures where subject_id = 'gpt-3-175b'")
    done = build_pages(KINDS["models"], own_home)
    assert done.removed == ["models/gpt-3-175b.html"]
    assert not (own_home.site / "models" / "gpt-3-175b.html").exists()
    assert (own_home.site / "models" / "notes-of-mine.txt").exists()


def test_a_damaged_page_is_made_again(own_home: Settings, built: Settings) -> None:
    name = "accelerators/h100-sxm.html"
    (own_home.site / name).write_bytes(b"half a page")
    assert build_pages(KINDS["accelerators"], own_home).changed == [name]
    assert (own_home.site / name).read_bytes() == (built.site / name).read_bytes()


def test_a_note_that_names_files_elsewhere_removes_nothing(own_home: Settings) -> None:
    note = own_home.site / "claims.pages.json"
    found = json.loads(note.read_bytes())
    kept = own_home.home / "kept.txt"
    kept.write_text("mine", encoding="utf-8")
    found["files"]["../kept.txt"] = "0"
    note.write_text(json.dumps(found), encoding="utf-8")
    assert build_pages(KINDS["claims"], own_home).removed == []
    assert kept.exists()


def test_missing_pages_are_told_with_the_asset_that_makes_them(own_home: Settings) -> None:
    shutil.rmtree(own_home.site / "accelerators")
    with pytest.raises(
        LedgerError, match=r"accelerators/.*\.html is missing: materialize the asset reports/accelerators first"
    ):
        site_files(own_home)


def test_an_assumed_utilisation_leads_to_the_runs_behind_it(
    built: Settings, published: duckdb.DuckDBPyConnection
) -> None:
    count, assumed = published.execute(
        """
        select (select count(implied_mfu) from core.implied_utilisation), min(r.model_id)
        from mart.figures as f, unnest(f.inputs) as u(i) inner join core.training_runs as r on true
        where f.subject_id = r.training_run_id and f.is_preferred and i.name = 'mfu' and i.kind = 'assumed'
        """
    ).fetchall()[0]
    assert 'href="../utilisation.html"' in (built.site / "models" / f"{assumed}.html").read_text(encoding="utf-8")
    page = (built.site / "utilisation.html").read_text(encoding="utf-8")
    runs = page[page.index('id="run-table"') : page.index('id="typical-table"')]
    assert runs.count('<tr><th scope="row"') == count


# Formulas as JavaScript


def test_formulas_come_with_all_that_they_call() -> None:
    script = formulas_script(SQL / "macros", ["flop_6nd"])
    assert set(re.findall(r"const (\w+) = \(", script)) >= {"flop_6nd", "multiply", "from_cumulants"}
    assert "water_l_of" not in script


def test_a_formula_that_cannot_be_printed_is_told(tmp_path: Path) -> None:
    (tmp_path / "odd.sql").write_text(
        "create or replace macro odd(x) as regexp_replace(x, 'a', 'b');\n", encoding="utf-8"
    )
    with pytest.raises(LedgerError, match=r"uses RegexpReplace, which cannot be written as JavaScript"):
        formulas_script(tmp_path, ["odd"])
    with pytest.raises(LedgerError, match=r"needs the macro gone, which sql/macros does not define"):
        formulas_script(tmp_path, ["gone"])
