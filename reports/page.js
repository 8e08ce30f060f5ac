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

  const rowsOf = ({ columns, values }) =>
    (values[0] ?? []).map((_, i) => Object.fromEntries(columns.map((name, c) => [name, values[c][i]])));

  function specFor(chart, spec, theme) {
    const text = JSON.stringify(spec).replace(/"hue:([0-5])"/g, (_, n) => `"${themes[theme].palette[n]}"`);
    return { ...JSON.parse(text), datasets: { rows: rowsOf(chart.data) } };
  }

  // A point leads to the fact sheet of its row, as its name in the table does: the table is the way for a keyboard.
  function leadToSheets(view, { data: { columns, table } }) {
    const named = table.find(({ link }) => link !== null);
    if (!named) return;
    const sheet = (item) => item?.datum?.[columns[named.link]];
    view.addEventListener("mousemove", (_, item) => { view.container().style.cursor = sheet(item) ? "pointer" : ""; });
    view.addEventListener("click", (_, item) => {
      if (sheet(item)) location.href = `${named.folder}/${encodeURIComponent(sheet(item))}.html`;
    });
  }

  let drawing = 0;
  async function draw(theme) {
    const turn = ++drawing;
    for (const [id, chart] of Object.entries(charts)) {
      const drawn = [];
      for (const [index, spec] of chart.specs.entries()) {
        const { view } = await vegaEmbed(`#chart-${id}-${index}`, specFor(chart, spec, theme), {
          actions: false, ast: true, config: themes[theme].config, renderer: "svg", tooltip: { theme: "custom" },
          patch: (vega) => {
            for (const signal of vega.signals) {
              if (signal.name === "narrow") signal.value = narrow.matches;
              const chosen = signals.get(id)?.[signal.name];
              if (chosen !== undefined) signal.value = chosen;
            }
            return vega;
          },
        });
        view.container().querySelector("svg").setAttribute("aria-hidden", "true"); // the card tells the chart in words, the table in full
        if (turn !== drawing) return view.finalize(); // another theme was chosen meanwhile
        // The card says in words what the marks show: readers are spared hundreds of nameless shapes.
        document.querySelector(`#chart-${id}-${index} svg`)?.setAttribute("aria-hidden", "true");
        leadToSheets(view, chart);
        drawn.push(view);
      }
      views.get(id)?.forEach((view) => view.finalize());
      views.set(id, drawn);
    }
    root.dataset.drawn = theme;
  }

  function setTheme(theme) {
    root.dataset.theme = theme;
    button.setAttribute("aria-pressed", String(theme === "dark"));
    button.textContent = theme === "dark" ? "Light mode" : "Dark mode";
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
        if (sheet !== null) place.href = `${folder}/${encodeURIComponent(sheet)}.html`;
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
  button.addEventListener("click", () => {
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
