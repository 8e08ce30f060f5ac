"use strict";
(async () => {
  const data = await unpacked("compare-data");
  const MOST = 6;
  const LEAST = 2;
  const KINDS = ["models", "accelerators", "rounds"];
  const WORDS = { models: "training runs", accelerators: "accelerators", rounds: "benchmark rounds" };
  const SVG = "http://www.w3.org/2000/svg";
  const at = (id) => document.getElementById(id);
  const byId = Object.fromEntries(KINDS.map((kind) => [kind, new Map(data[kind].entries.map((entry) => [entry[0], entry]))]));
  const box = combobox(at("add"), at("add-list"), at("add-status"), ([, , id]) => {
    at("add").value = "";
    if (!state.ids.includes(id) && state.ids.length < MOST) change({ ...state, ids: [...state.ids, id] });
    else at("add-status").textContent = "Already selected.";
  });
  let state = { kind: "models", ids: [], model: data.serving.default };

  function make(tag, text, attributes = {}) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function read() {
    const found = /^#(models|accelerators|rounds)=([^&]*)(?:&model=(.*))?$/.exec(location.hash);
    if (!found) return { ...state, ids: data.examples[state.kind] };
    let asked = [];
    try { asked = decodeURIComponent(found[2]).split(","); } catch { /* no such address is ours */ }
    const ids = [...new Set(asked)].filter((id) => byId[found[1]].has(id)).slice(0, MOST);
    return { kind: found[1], ids, model: data.serving.models.some(([id]) => id === found[3]) ? found[3] : data.serving.default };
  }

  function keep() {
    const model = state.kind === "accelerators" && state.model ? `&model=${encodeURIComponent(state.model)}` : "";
    history.replaceState(null, "", `#${state.kind}=${state.ids.map(encodeURIComponent).join(",")}${model}`);
  }

  // What an entry shows; of an accelerator also what serving the chosen model takes.
  function figuresOf(entry) {
    return state.kind === "accelerators" ? [...entry[4], ...data.serving.figures[state.model]?.[entry[0]] ?? []] : entry[4];
  }

  // Places on one logarithmic scale of all that a row shows. It spans a decade at least, so that small differences look small.
  function plots(figures) {
    const ends = figures.flatMap((figure) => figure ? figure.slice(1, 4).filter((n) => n > 0) : []);
    const [first, last] = [Math.log(Math.min(...ends)), Math.log(Math.max(...ends))];
    const margin = Math.max(0, Math.LN10 - (last - first)) / 2;
    const [low, high] = [first - margin, last + margin];
    const x = (n) => Math.round((7 + (Math.log(n) - low) / (high - low) * 136) * 10) / 10;
    return figures.map((figure) => {
      if (!figure || !(figure[2] > 0) || figures.filter(Boolean).length < 2) return null;
      const svg = document.createElementNS(SVG, "svg");
      for (const [name, value] of [["class", "range"], ["width", "150"], ["height", "16"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
      const add = (tag, attributes) => {
        const shape = document.createElementNS(SVG, tag);
        for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
        svg.append(shape);
      };
      if (figure[1] > 0 && figure[3] > 0) add("line", { x1: x(figure[1]), x2: x(figure[3]), y1: 8, y2: 8 });
      add("circle", { cx: x(figure[2]), cy: 8, r: 4.5 });
      return svg;
    });
  }

  function cellOf(figure, first, plot, [key, , unit]) {
    const cell = make("td");
    if (!figure) { cell.textContent = "–"; return cell; }
    const [, low, value, high, about, further] = figure;
    const { texts } = data[state.kind];
    const quantity = key === "mfu" || key === "hfu" ? key : "";
    const digits = low === null ? 3 : 2;
    cell.append(make("strong", numbers.said(value, unit, quantity, digits)));
    if (low !== null) cell.append(make("span", numbers.span(low, high, unit, quantity), { class: "hint" }));
    if (first && first !== figure) cell.append(make("span", `${numbers.number(value / first[2], 3)} × the first`, { class: "hint" }));
    const told = [texts[about], further === "" ? "" : texts[further]].filter((text) => text && text !== "stated").join("; ");
    if (told) cell.append(make("span", told, { class: "hint" }));
    if (plot) cell.append(plot);
    return cell;
  }

  function showTable() {
    const { quantities } = data[state.kind];
    const entries = state.ids.map((id) => byId[state.kind].get(id));
    const shown = entries.map(figuresOf);
    const [head, body] = [at("compared").tHead.rows[0], at("compared").tBodies[0]];
    head.replaceChildren(make("th", "Quantity", { scope: "col" }), ...entries.map(([, name, about, href]) => {
      const column = make("th", undefined, { scope: "col" });
      column.append(href ? make("a", name, { href }) : name, make("span", about, { class: "hint" }));
      return column;
    }));
    const rows = quantities.flatMap((quantity, index) => {
      const figures = shown.map((all) => all.find((figure) => figure[0] === index) ?? null);
      if (!figures.some(Boolean)) return [];
      const row = make("tr");
      const drawn = plots(figures);
      const cells = figures.map((figure, i) => cellOf(figure, figures[0], drawn[i], quantity));
      cells.forEach((cell, i) => { cell.dataset.label = entries[i][1]; });
      row.append(make("th", quantity[1], { scope: "row" }), ...cells);
      return [row];
    });
    body.replaceChildren(...rows);
    return rows.length;
  }

  function show() {
    document.querySelectorAll("input[name=kind]").forEach((radio) => { radio.checked = radio.value === state.kind; });
    at("add-label").textContent = { models: "Add a model", accelerators: "Add an accelerator", rounds: "Add a benchmark round" }[state.kind];
    at("add").disabled = state.ids.length >= MOST;
    at("serving").hidden = state.kind !== "accelerators";
    at("model").value = state.model;
    at("presets").replaceChildren(...data.presets[state.kind].map(([name, ids]) => {
      const button = make("button", name, { type: "button", class: "chip", "aria-pressed": String(ids.join() === state.ids.join()) });
      button.addEventListener("click", () => {
        change({ ...state, ids });
        at("presets").querySelectorAll("button")[data.presets[state.kind].findIndex(([other]) => other === name)].focus();
      });
      return button;
    }));
    at("picked").replaceChildren(...state.ids.map((id) => {
      const [, name] = byId[state.kind].get(id);
      const item = make("li");
      const button = make("button", "Remove", { type: "button", class: "chip", "aria-label": `Remove ${name}` });
      button.addEventListener("click", () => {
        const place = state.ids.indexOf(id);
        change({ ...state, ids: state.ids.filter((other) => other !== id) });
        (at("picked").querySelectorAll("button")[Math.min(place, state.ids.length - 1)] ?? at("add")).focus();
      });
      item.append(make("span", name), button);
      return item;
    }));
    const enough = state.ids.length >= LEAST;
    const rows = showTable();
    at("result-kicker").textContent = "How do they compare?";
    at("result-title").textContent = state.ids.length ? state.ids.map((id) => byId[state.kind].get(id)[1]).join(", ") : "Nothing selected yet";
    at("result-subtitle").textContent = !enough ? `Select at least ${LEAST} ${WORDS[state.kind]} above.`
      : `${rows} quantities for ${state.ids.length} ${WORDS[state.kind]}. All dots and lines in a row use the same logarithmic scale.`;
    at("add-status").textContent = state.ids.length >= MOST ? `${MOST} selected: remove one to add another.` : "";
  }

  function change(next) {
    state = next;
    keep();
    show();
  }

  // A selection whose kind was changed offers other entries.
  function choose(next) {
    box.offer(data[next.kind].entries.map(([id, name, about]) => [name, about, id, id]));
    state = next;
    show();
  }

  document.querySelectorAll("input[name=kind]").forEach((radio) => radio.addEventListener("change", () => {
    choose({ ...state, kind: radio.value, ids: data.examples[radio.value] });
    keep();
  }));
  at("model").addEventListener("change", () => change({ ...state, model: at("model").value }));
  addEventListener("hashchange", () => choose(read()));
  choose(read());
  document.documentElement.dataset.ready = "yes";
})();
