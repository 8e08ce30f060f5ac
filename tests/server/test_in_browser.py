"""The UI in a real browser that also has a hostile page open: its tricks launch nothing, our own buttons work."""

import http.server
import json
import threading
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import opened_browser
from tests.server.conftest import LAUNCH, Ui, wait_until

SLOW_PAGE_MS = 120_000

TRICKS = """async ([ui, query, launch, report]) => {
  const body = JSON.stringify({query: launch});
  const tried = {};
  const attempt = async (name, act) => {
    try { const got = await act(); tried[name] = got && got.type ? `${got.type} ${got.status}` : 'sent'; }
    catch (error) { tried[name] = String(error); }
  };
  const add = (tag, fields) => new Promise(done => {
    const element = Object.assign(document.createElement(tag), fields);
    element.onload = element.onerror = done;
    document.body.append(element);
    setTimeout(done, 3000);
  });
  const submit = (method, enctype, target) => {
    const form = Object.assign(document.createElement('form'), {method, enctype, target, action: ui + query});
    const field = Object.assign(document.createElement('input'), {name: 'query', value: launch});
    form.append(field);
    document.body.append(form);
    form.submit();
    return new Promise(done => setTimeout(done, 500));
  };
  const text = {'Content-Type': 'text/plain'};
  await attempt('get', () => fetch(ui + query));
  await attempt('get, no cors', () => fetch(ui + query, {mode: 'no-cors'}));
  await attempt('get, no referrer', () => fetch(ui + query, {mode: 'no-cors', referrerPolicy: 'no-referrer'}));
  await attempt('post text', () => fetch(ui + query, {method: 'POST', mode: 'no-cors', headers: text, body}));
  await attempt('post json', () => fetch(ui + '/graphql', {method: 'POST', headers: {'Content-Type': 'application/json'}, body}));
  await attempt('post nothing', () => fetch(ui + query, {method: 'POST', mode: 'no-cors'}));
  await attempt('post report', () => fetch(ui + report, {method: 'POST', mode: 'no-cors'}));
  await attempt('beacon', () => navigator.sendBeacon(ui + query, new Blob([body], {type: 'text/plain'})));
  await attempt('image', () => add('img', {src: ui + query}));
  await attempt('script', () => add('script', {src: ui + query}));
  await attempt('style', () => add('link', {rel: 'stylesheet', href: ui + query}));
  await attempt('prefetch', () => add('link', {rel: 'prefetch', href: ui + query}));
  await attempt('frame', () => add('iframe', {src: ui + query}));
  await attempt('frame of a page', () => add('iframe', {src: ui + '/assets/seeds/sources', name: 'framed'}));
  await attempt('frame without origin', () => add('iframe', {sandbox: 'allow-scripts allow-forms',
    srcdoc: `<script>fetch(${JSON.stringify(ui + query)}, {method: 'POST', mode: 'no-cors'})</script>`}));
  for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'])
    await attempt('form ' + type, () => submit('post', type, 'framed'));
  await attempt('form get', () => submit('get', '', 'framed'));
  await attempt('events', () => new Promise(done => { new EventSource(ui + query).onerror = done; }));
  await attempt('socket', () => new Promise((done, failed) => {
    const socket = new WebSocket(ui.replace('http', 'ws') + '/graphql', 'graphql-ws');
    socket.onopen = () => { socket.send('{"type":"connection_init"}');
      socket.send(JSON.stringify({type: 'start', id: '1', payload: {query: launch}})); setTimeout(done, 1000); };
    socket.onerror = () => failed('closed');
  }));
  return tried;
}"""
"""What a page can try; returns how each try ended as the page sees it."""


@pytest.fixture(scope="module")
def hostile_port() -> Iterator[int]:
    """A server with one empty page, on another port of loopback."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Hostile</title><body>")

        def log_message(self, *_arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for which evil.example is this machine, as after DNS rebinding."""
    with opened_browser("--host-resolver-rules=MAP evil.example 127.0.0.1") as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        opened = context.new_page()
        opened.set_default_timeout(SLOW_PAGE_MS)
        yield opened


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "evil.example"])
def test_a_page_of_another_origin_launches_nothing(ui: Ui, page: Page, hostile_port: int, name: str) -> None:
    before = ui.events()
    page.goto(f"http://{name}:{hostile_port}/")
    query, report = f"/graphql?query={quote(LAUNCH)}", "/report_asset_materialization/seeds/sources"
    tried = page.evaluate(TRICKS, [ui.url, query, LAUNCH, report])
    assert len(tried) == 21
    for request in ("get", "post json", "socket"):  # those whose outcome a page may see
        assert "Failed to fetch" in tried[request] or tried[request] == "closed", tried
    assert ui.events() == before


def test_a_link_to_a_launch_launches_nothing(ui: Ui, page: Page, hostile_port: int) -> None:
    before = ui.events()
    page.goto(f"http://localhost:{hostile_port}/")
    with page.expect_navigation():
        page.evaluate("address => { location = address }", f"{ui.url}/graphql?query={quote(LAUNCH)}")
    expect(page.locator("body")).to_have_text("GraphQL is answered by POST only.")
    assert ui.events() == before


def test_a_name_pointed_at_this_machine_does_not_reach_the_ui(ui: Ui, page: Page) -> None:
    before = ui.events()
    answer = page.goto(f"http://evil.example:{ui.port}/")
    assert answer is not None
    assert answer.status == 403
    sent = "async body => (await fetch('/graphql', {method: 'POST', headers: {'Content-Type': 'application/json'}, body})).status"
    assert page.evaluate(sent, json.dumps({"query": LAUNCH})) == 403
    assert ui.events() == before


def test_the_button_of_the_ui_launches_a_run_that_succeeds(ui: Ui, page: Page, hostile_port: int) -> None:
    """From a link on another page, in the browser that the hostile page was open in."""
    before = {run.run_id for run in ui.instance.get_runs()}
    page.goto(f"http://localhost:{hostile_port}/")
    with page.expect_navigation():
        page.evaluate("address => { location = address }", f"{ui.url}/assets/seeds/sources")
    page.get_by_role("button", name="Materialize", exact=False).first.click()
    wait_until(lambda: len(ui.instance.get_runs()) > len(before))
    (launched,) = [run for run in ui.instance.get_runs() if run.run_id not in before]
    assert ui.succeeds(launched.run_id), ui.said
