"use strict";
// Draws the charts in the theme of the reader, fills and sorts their tables, and lets chips choose. No request is made.
(async () => {
  const packed = atob(JSON.parse(document.getElementById("payload").textContent));
  const bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const { charts, themes } = await new Response(unpacked).json();
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const views = new Map(); // chart id -> views of its panels
  const signals = new Map(); // chart id -> what its chips chose
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 560px)");
  const NONE = "\u0000"; // no group has this name: all but the mark that is looked for fade
  const folders = document.body.dataset.root ?? ""; // of an embedded chart: the way to the other pages

  const rowsOf = ({ columns, values }) =>
    (values[0] ?? []).map((_, i) => Object.fromEntries(columns.map((name, c) => [name, values[c][i]])));

  // Years that a reader chose and a name that is looked for, by chart. What has no date is always shown.
  const sought = new Map();
  const within = (id) => {
    const { from = "", to = "9999" } = sought.get(id) ?? {};
    return ({ event_date: day }) => !day || (day.slice(0, 4) >= from && day.slice(0, 4) <= to);
  };
  const nameOf = ({ data: { columns, table } }) => columns[table[0].text];

  // Marks of the rows that are looked for: larger than the others, with their name towards the middle.
  function marksOfFound(id, chart, spec, rows) {
    const dots = spec.layer.find((layer) => layer.mark?.type === "point" && (layer.data ?? spec.data)?.name === "rows");
    const found = rows.filter((row) => row[nameOf(chart)] === sought.get(id)?.name);
    if (!dots || !found.length) return [];
    const days = rows.map((row) => Date.parse(row.event_date)).sort((a, b) => a - b);
    const late = Date.parse(found[0].event_date) > (days[0] + days.at(-1)) / 2;
    const { x, y } = dots.encoding;
    const shown = { ...dots, data: { values: found } };
    return [
      { ...shown, mark: { ...dots.mark, size: 170, strokeWidth: 3 }, encoding: { ...dots.encoding, opacity: { value: 1 } } },
      { ...shown, mark: { type: "text", style: "ink-label", align: late ? "right" : "left", dx: late ? -13 : 13, dy: -11, fontSize: 13, fontWeight: 600 },
        encoding: { x, y, text: { field: nameOf(chart), type: "nominal" } } },
    ];
  }

  function specFor(id, chart, spec, theme) {
    const text = JSON.stringify(spec).replace(/"hue:([0-5])"/g, (_, n) => `"${themes[theme].palette[n]}"`);
    const made = JSON.parse(text);
    const rows = rowsOf(chart.data).filter(within(id));
    for (const { data } of made.layer) if (data?.values) data.values = data.values.filter(within(id));
    const found = marksOfFound(id, chart, made, rows);
    if (found.length) made.layer = made.layer.filter(({ data }) => !data?.values?.some((row) => "shift_x" in row)); // names of others
    made.layer.push(...found);
    return { ...made, datasets: { rows } };
  }

  // A point leads to the fact sheet of its row, as its name in the table does: the table is the way for a keyboard.
  function leadToSheets(view, { data: { columns, table } }) {
    const named = table.find(({ link }) => link !== null);
    if (!named) return;
    const sheet = (item) => item?.datum?.[columns[named.link]];
    view.addEventListener("mousemove", (_, item) => { view.container().style.cursor = sheet(item) ? "pointer" : ""; });
    view.addEventListener("click", (_, item) => {
      if (sheet(item)) location.href = `${folders}${named.folder}/${encodeURIComponent(sheet(item))}.html`;
    });
  }

  const [ERRORS, WARNINGS] = [1, 2]; // levels of Vega's log
  let drawing = 0;
  const turns = new Map(); // chart id -> the latest drawing of it
  async function drawOne(id, theme) {
    const chart = charts[id];
    const turn = ++drawing;
    turns.set(id, turn);
    const drawn = [];
    for (const [index, spec] of chart.specs.entries()) {
      const { view } = await vegaEmbed(`#chart-${id}-${index}`, specFor(id, chart, spec, theme), {
        actions: false, ast: true, config: themes[theme].config, renderer: "svg", tooltip: { theme: "custom" },
        logLevel: sought.has(id) ? ERRORS : WARNINGS, // years that were chosen may leave a layer without rows, of which Vega warns
        patch: (vega) => {
          if (narrow.matches && spec.usermeta?.narrowHeight) {
            vega.height = spec.usermeta.narrowHeight;
            document.getElementById(`chart-${id}-${index}`).style.minHeight = `${vega.height}px`;
          }
          for (const signal of vega.signals) {
            if (signal.name === "narrow") signal.value = narrow.matches;
            const chosen = signals.get(id)?.[signal.name];
            if (chosen !== undefined) signal.value = chosen;
            if (signal.name === "hl" && sought.get(id)?.name) signal.value = NONE;
          }
          return vega;
        },
      });
      if (turn !== turns.get(id)) return view.finalize(); // another theme or range was chosen meanwhile
      // The card says in words what the marks show: readers are spared hundreds of nameless shapes.
      document.querySelector(`#chart-${id}-${index} svg`)?.setAttribute("aria-hidden", "true");
      leadToSheets(view, chart);
      drawn.push(view);
    }
    views.get(id)?.forEach((view) => view.finalize());
    views.set(id, drawn);
  }

  async function draw(theme) {
    for (const id of Object.keys(charts)) {
      if (root.dataset.theme !== theme) return; // another theme was chosen meanwhile
      await drawOne(id, theme);
    }
    root.dataset.drawn = theme;
  }

  function setTheme(theme) {
    root.dataset.theme = theme;
    button?.setAttribute("aria-pressed", String(theme === "dark"));
    if (button) button.textContent = theme === "dark" ? "Light mode" : "Dark mode";
    return draw(theme);
  }

  // Tables: filled from the rows that the marks show, and sorted by the headings.

  function fillTable(table) {
    const { columns, values, table: shown } = charts[table.dataset.chart].data;
    if (table.tBodies[0].rows.length) return;
    const largest = shown.map(({ bar, sort }) => bar ? Math.max(...values[sort].filter(Number.isFinite)) : 0);
    values[0].forEach((_, i) => {
      const row = table.tBodies[0].insertRow();
      shown.forEach(({ text, sort, bar, folder, link }, c) => {
        const cell = row.insertCell();
        const sheet = link === null ? null : values[link][i];
        const place = sheet === null ? cell : cell.appendChild(document.createElement("a"));
        if (sheet !== null) place.href = `${folders}${folder}/${encodeURIComponent(sheet)}.html`;
        place.textContent = values[text][i];
        if (c) cell.dataset.label = shown[c].heading;
        if (c && values[text][i] === "–") cell.classList.add("nothing");
        if (sort !== null) cell.classList.add("number");
        if (bar) cell.classList.add("bar");
        if (bar) cell.style.setProperty("--share", `${Math.round(1000 * (values[sort][i] ?? 0) / largest[c]) / 10}%`);
      });
      row.dataset.row = i;
    });
  }

  function sortTable(table, column) {
    const { values, table: shown } = charts[table.dataset.chart].data;
    const { text, sort } = shown[column];
    const headings = [...table.tHead.rows[0].cells];
    const before = headings[column].getAttribute("aria-sort");
    const order = before === "descending" || (before === null && sort === null) ? "ascending" : "descending";
    headings.forEach((heading, i) => i === column ? heading.setAttribute("aria-sort", order) : heading.removeAttribute("aria-sort"));
    const sign = order === "ascending" ? 1 : -1;
    const keys = values[sort ?? text];
    const compare = sort === null
      ? (a, b) => sign * keys[a].localeCompare(keys[b], "en", { numeric: true })
      : (a, b) => (keys[a] === null) - (keys[b] === null) || sign * (keys[a] - keys[b]); // what is not known comes last
    const rows = [...table.tBodies[0].rows].sort((a, b) => compare(a.dataset.row, b.dataset.row) || a.dataset.row - b.dataset.row);
    table.tBodies[0].append(...rows);
  }

  const tables = [...document.querySelectorAll("table[data-chart]")];
  for (const table of tables) {
    const details = table.closest("details");
    details.addEventListener("toggle", () => fillTable(table));
    if (details.open) fillTable(table);
    table.tHead.addEventListener("click", (event) => {
      const heading = event.target.closest("button")?.closest("th");
      if (heading) sortTable(table, heading.cellIndex);
    });
  }

  document.querySelectorAll(".chips").forEach((group) => group.addEventListener("click", (event) => {
    const chip = event.target.closest(".chip");
    const { chart, signal } = group.dataset;
    if (!chip) return;
    group.querySelectorAll(".chip").forEach((c) => c.setAttribute("aria-pressed", String(c === chip)));
    signals.set(chart, { ...signals.get(chart), [signal]: chip.dataset.value });
    views.get(chart)?.forEach((view) => view.signal(signal, chip.dataset.value).runAsync());
  }));

  // Years and names: filled from the rows, kept while the page is open.
  for (const tools of document.querySelectorAll(".tools")) {
    const id = tools.dataset.chart;
    const { columns, values } = charts[id].data;
    const years = values[columns.indexOf("event_date")].filter(Boolean).map((day) => day.slice(0, 4)).sort();
    const names = values[columns.indexOf(nameOf(charts[id]))];
    const every = Array.from({ length: years.at(-1) - years[0] + 1 }, (_, i) => String(Number(years[0]) + i));
    const [from, to] = tools.querySelectorAll("select");
    const input = tools.querySelector("input");
    for (const select of [from, to]) select.append(...every.map((year) => new Option(year)));
    to.value = every.at(-1);
    tools.querySelector("datalist").append(...[...new Set(names)].sort().map((name) => new Option(name)));
    tools.hidden = false;
    tools.addEventListener("input", ({ target }) => {
      if (from.value > to.value) (target === from ? to : from).value = target.value;
      const name = names.find((one) => one.toLowerCase() === input.value.trim().toLowerCase());
      sought.set(id, { from: from.value, to: to.value, name });
      const shown = rowsOf(charts[id].data).filter(within(id));
      const found = name === undefined || shown.some((row) => row[nameOf(charts[id])] === name);
      tools.querySelector("[role=status]").textContent = input.value.trim() && name === undefined ? "No row has this name." : found ? `${shown.length} of ${names.length} shown` : "Not in these years.";
      if (target !== input || name !== undefined || input.value === "") drawOne(id, root.dataset.theme);
    });
  }

  // The address of this site, where it has one, goes into the code that embeds a chart.
  for (const place of document.querySelectorAll(".copied")) {
    const input = place.querySelector("input");
    if (location.protocol.startsWith("http")) input.value = input.value.replace(input.dataset.page, new URL(input.dataset.page, location.href).href);
    place.querySelector("button").addEventListener("click", async ({ target }) => {
      input.select();
      try { await navigator.clipboard.writeText(input.value); target.textContent = "Copied"; } catch { target.textContent = "Selected"; } // no right to the clipboard: it is selected
    });
  }

  button?.addEventListener("click", () => {
    setTheme(root.dataset.theme === "dark" ? "light" : "dark");
    try { localStorage.setItem("ledger-theme", root.dataset.theme); } catch { /* private window */ }
  });
  narrow.addEventListener("change", () => draw(root.dataset.theme));
  addEventListener("beforeprint", () => setTheme("light"));

  await Promise.all([document.fonts.load("400 12px Inter"), document.fonts.load("600 12px Inter")]);
  let stored = null; // the choice made on any page
  try { stored = localStorage.getItem("ledger-theme"); } catch { /* private window */ }
  await setTheme(["light", "dark"].includes(stored) ? stored : dark.matches ? "dark" : "light");
  const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 50));
  for (const table of tables) idle(() => fillTable(table)); // so that searching the page finds every row
})();
