"""The pictures of charts that the guarded server gives: those of the page, and nothing else."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pipelines.server.guard import Access, Guard
from pipelines.server.pictures import pictures_route
from pipelines.settings import Settings

SVG = b'<svg width="1000" height="600" viewBox="0 0 1000 600"><script>1</script></svg>'


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    site = tmp_path / "site"
    site.mkdir()
    (site / "training-compute.svg").write_bytes(SVG)
    (site / "page.html").write_text("<script>1</script>")
    (tmp_path / "secret.svg").write_bytes(b"secret")
    app = Starlette(routes=[pictures_route(Settings(home=tmp_path, site=site))])
    guard = Guard(app, Access(frozenset({"127.0.0.1"}), 3000))
    return TestClient(guard, base_url="http://127.0.0.1:3000")


def test_a_page_of_the_ui_gets_the_picture(client: TestClient) -> None:
    answer = client.get("/charts/training-compute.svg", headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.content[:40]) == (200, b'<svg width="420" height="252" viewBox="0')
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "sandbox" in answer.headers["content-security-policy"], "opened by itself, it runs no script"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/charts/none.svg", "/charts/page.html", "/charts/..%2fsecret.svg", "/charts/../secret.svg", "/charts/%00.svg",
     "/charts/Training-compute.svg", "/charts/.svg"],
)  # fmt: skip
def test_nothing_else_is_given(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_page_of_another_site_does_not_get_it(client: TestClient) -> None:
    for site in ("cross-site", "same-site"):
        answer = client.get("/charts/training-compute.svg", headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
