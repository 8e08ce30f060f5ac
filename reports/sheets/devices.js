"use strict";
// The form of the device finder: reads it, keeps it in the address, shows devices, a chart of them, and what serving takes.
(async () => {
  const data = await unpacked("devices-data");
  const at = (id) => document.getElementById(id);
  const LIMITS = { usd: "Price", watts: "Rated power", memory: "Usable memory" };
  const GIGABYTE = 1e9;
  const FIRST = "Llama 3.1 8B";
  const USUAL_BATCH = 64;
  const SVG = "http://www.w3.org/2000/svg";
  let batch = USUAL_BATCH;

  function make(tag, text, attributes = {}) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  const box = combobox(at("model"), at("model-list"), at("model-status"), ([name]) => { at("model").value = name; changed(); });
  box.offer(data.models.map((one) => [one.name, `${numbers.count(one.params, 2)} parameters`, one.id, one.id]));

  function readLimit(name) {
    const text = at(name).value.trim().replace(/,(?=\d{3}(\D|$))/g, "").replace(/^\$/, "");
    if (!text) return null;
    const value = Number(text);
    if (!(value > 0)) throw new RangeError(`${LIMITS[name]}: “${text}” is not a number above zero.`);
    return name === "memory" ? value * GIGABYTE : value;
  }

  const row = (first, cells, labels) => {
    const made = make("tr");
    const head = make("th", undefined, { scope: "row" });
    head.append(...first);
    made.append(head, ...cells.map(([text, hint], i) => {
      const cell = make("td", text, { class: text === "–" ? "number nothing" : "number", "data-label": labels[i] });
      if (hint) cell.append(make("span", hint, { class: "note" }));
      return cell;
    }));
    return made;
  };
  const headings = (id) => [...at(id).closest("table").tHead.rows[0].cells].slice(1).map((head) => head.textContent);
  const withUnit = (value, unit) => value === null ? "–" : numbers.said(value, unit, "", 2);
  const named = (one) => `${one.count > 1 ? `${one.count} × ` : ""}${one.name}`;

  // Price against speed, both on logarithmic scales; each point leads to the fact sheet of its device.
  function plot(rows) {
    const shown = rows.filter((one) => one.price > 0 && one.speed > 0);
    if (shown.length < 2) return [];
    const width = Math.max(300, Math.min(640, at("found-plot").clientWidth));
    const [height, left, bottom] = [230, 70, 40];
    const scale = (values, from, to) => {
      const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
      const margin = Math.max(0.1, (1 - (high - low)) / 2);
      return { at: (value) => from + (Math.log10(value) - low + margin) / (high - low + 2 * margin) * (to - from), low: low - margin, high: high + margin };
    };
    const x = scale(shown.map((one) => one.price), left, width - 30);
    const y = scale(shown.map((one) => one.speed), height - bottom, 26);
    const svg = document.createElementNS(SVG, "svg");
    const add = (parent, tag, attributes, text) => {
      const element = document.createElementNS(SVG, tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      if (text !== undefined) element.textContent = text;
      return parent.appendChild(element);
    };
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", "Price against speed of the devices");
    const steps = ({ low, high }) => (high - low > 2.5 ? [1] : [1, 2, 5]);
    const ticks = (one) => Array.from({ length: Math.ceil(one.high - one.low) + 2 }, (_, i) => Math.floor(one.low) + i)
      .flatMap((power) => steps(one).map((step) => step * 10 ** power))
      .filter((tick) => Math.log10(tick) >= one.low && Math.log10(tick) <= one.high);
    for (const tick of ticks(x)) add(svg, "text", { x: x.at(tick), y: height - bottom + 20, "text-anchor": "middle" }, numbers.money(tick, 2));
    for (const tick of ticks(y)) {
      add(svg, "line", { x1: left, x2: width - 30, y1: y.at(tick), y2: y.at(tick) });
      add(svg, "text", { x: left - 8, y: y.at(tick) + 4, "text-anchor": "end" }, numbers.number(tick, 2));
    }
    add(svg, "text", { x: 4, y: 14 }, "token/s at most");
    add(svg, "text", { x: width - 30, y: height - 4, "text-anchor": "end" }, "price");
    for (const one of [...shown].reverse()) {
      const link = add(svg, "a", { href: `accelerators/${encodeURIComponent(one.id)}.html` });
      const words = `${named(one)}: ${numbers.money(one.price, 3)}, at most ${withUnit(one.speed, "token/s")}`;
      link.setAttribute("aria-label", words);
      add(link, "title", {}, words);
      add(link, "circle", { cx: x.at(one.price), cy: y.at(one.speed), r: 6 });
    }
    return [svg];
  }

  function showDevices(model, bits) {
    const [usd, watts, memory] = ["usd", "watts", "memory"].map(readLimit);
    const rows = finder.rank({ model, bits, usd, watts, memory }, data.devices);
    const labels = headings("devices");
    at("devices").replaceChildren(...rows.map((one) => row(
      [make("a", named(one), { href: `accelerators/${encodeURIComponent(one.id)}.html` })],
      [
        [one.price === null ? "–" : numbers.money(one.price, 3)], [withUnit(one.speed, "token/s")], [withUnit(one.measured, "token/s")],
        [one.power === null ? "–" : numbers.said(one.power, "W", "", 3)], [numbers.withPrefix(one.available, "B")], [String(one.bits)],
      ],
      labels,
    )));
    at("found-plot").replaceChildren(...plot(rows));
    const [best] = rows;
    at("found-title").textContent = best
      ? `${rows.length} ${rows.length === 1 ? "device runs" : "devices run"} ${model.name}; the fastest: ${named(best)}`
      : `No known device runs ${model.name} within these limits`;
    at("found-subtitle").textContent = best
      ? `${numbers.count(model.params, 3)} parameters, ${numbers.number(model.context)} tokens of context. In ${best.bits} bits, as on the fastest, it needs ${numbers.withPrefix(best.needed, "B")}.`
      : "Raise a limit, or allow fewer bits.";
  }

  const triple = (low, value, high, unit) => value === null ? ["–"] : [numbers.said(value, unit), low === high ? "" : numbers.span(low, high, unit)];

  function showServing(model) {
    const rows = model.serving.filter((one) => one[3] === batch).sort((a, b) => (a[11] === null) - (b[11] === null) || a[11] - b[11]);
    const labels = headings("served");
    at("served").replaceChildren(...rows.map(([chip, count, format, , ...of]) => {
      const [id, name] = data.chips[chip];
      const link = make("a", `${count} × ${name}`, { href: `accelerators/${encodeURIComponent(id)}.html` });
      const [speed, energy, cost] = [0, 3, 6].map((from) => of.slice(from, from + 3));
      return row([link, make("span", format, { class: "note" })], [
        triple(...cost, "USD"), triple(...energy, "J/token"), [withUnit(of[9], "J/token")], triple(...speed, "token/s"),
      ], labels);
    }));
    const [cheapest] = rows;
    at("serving-title").textContent = cheapest && cheapest[11] !== null
      ? `${model.name} costs ${numbers.money(cheapest[11], 2)} per million tokens on ${cheapest[1]} × ${data.chips[cheapest[0]][1]}`
      : `Serving ${model.name}`;
    const sold = model.api === null ? "" : ` Providers ask ${numbers.money(model.api, 2)} per million output tokens, with the prompt that comes with them.`;
    at("serving-subtitle").textContent = `${batch === 1 ? "One sequence" : `${batch} sequences`} at a time.${sold}`;
    at("batches").replaceChildren(make("span", "Sequences at a time", { class: "chips-label", "aria-hidden": "true" }), ...data.batches.map((one) => {
      const chip = make("button", String(one), { type: "button", class: "chip", "aria-pressed": String(one === batch) });
      chip.addEventListener("click", () => { batch = one; changed(); [...at("batches").querySelectorAll("button")].find((b) => b.textContent === String(one)).focus(); });
      return chip;
    }));
  }

  function show() {
    let problem = "";
    const text = at("model").value.trim();
    const model = finder.modelOf(text || FIRST, data.models) ?? null;
    try {
      if (!model) throw new RangeError(`“${text}” is not a known model or a size such as 8B.`);
      showDevices(model, at("bits").value ? Number(at("bits").value) : null);
      showServing(model);
      if (text && model.name !== text) at("model-status").textContent = `Calculated for ${model.name}, ${numbers.count(model.params, 3)} parameters.`;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problem = error.message;
    }
    at("problem").textContent = problem;
    at("problem").hidden = problem === "";
    for (const id of ["found", "serving"]) at(id).hidden = problem !== "";
  }

  function keep() {
    const entered = new URLSearchParams();
    for (const name of ["model", ...Object.keys(LIMITS), "bits"]) if (at(name).value.trim()) entered.set(name, at(name).value.trim());
    if (batch !== USUAL_BATCH) entered.set("batch", batch);
    history.replaceState(null, "", `#${entered}`);
  }

  function changed() {
    show();
    keep();
  }

  function restore() {
    const entered = new URLSearchParams(location.hash.slice(1));
    for (const name of ["model", ...Object.keys(LIMITS), "bits"]) at(name).value = entered.get(name) ?? "";
    if (at("bits").selectedIndex < 0) at("bits").value = "";
    const asked = Number(entered.get("batch"));
    batch = data.batches.includes(asked) ? asked : USUAL_BATCH;
    show();
    if (location.hash === "#serving") at("serving").scrollIntoView();
  }

  at("device-form").addEventListener("submit", (event) => event.preventDefault());
  at("device-form").addEventListener("input", changed);
  addEventListener("hashchange", restore);
  restore();
  document.documentElement.dataset.ready = "yes";
})();
