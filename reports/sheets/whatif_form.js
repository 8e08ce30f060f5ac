// The form of the calculator: reads it, keeps it in the address, shows what whatif.estimate says.
(() => {
  const data = JSON.parse(document.getElementById("whatif-data").textContent);
  const form = document.getElementById("wi-form");
  const at = (id) => document.getElementById(`wi-${id}`);
  const AMOUNTS = {
    params: "Parameters", tokens: "Training tokens", count: "Accelerators in parallel", active_params: "Active parameters",
    mfu: "Utilisation", pue: "PUE", price: "Rental price", chip_price: "Purchase price", flop: "Training compute",
    chip_hours: "Chip-hours", hours: "Duration",
  };
  const CHOICES = ["accelerator", "architecture", "number_format", "operator", "country"];
  const DEFAULTS = { params: "70 billion", tokens: "15 trillion", count: "1024" };
  const { names, methods } = data.words;
  const MARK = "#what-if?";

  function fillFormats() {
    const select = at("number_format");
    const wanted = select.value;
    const formats = Object.keys(data.chips[at("accelerator").value].formats);
    select.replaceChildren(select.options[0], ...formats.map((name) => new Option(name, name)));
    select.value = formats.includes(wanted) ? wanted : "";
  }

  function readScenario() {
    const scenario = {};
    for (const name of CHOICES) if (at(name).value) scenario[name] = at(name).value;
    for (const [name, label] of Object.entries(AMOUNTS)) {
      const amount = amounts.read(at(name).value, label);
      if (amount) scenario[name] = amount;
    }
    const year = at("year").value.trim();
    if (year) {
      const [first, last] = data.years;
      if (!/^\d{4}$/.test(year) || year < first || year > last) throw new whatif.Impossible(`Year: expected ${first} to ${last}.`);
      scenario.year = Number(year);
    }
    return scenario;
  }

  const interval = ({ value_low: low, value_high: high, unit, quantity }) =>
    low === high ? "exact" : numbers.span(low, high, unit, quantity);

  function showFigures(figures) {
    at("figures").replaceChildren(...figures.map((row) => {
      const entry = document.createElement("div");
      const [term, value, range] = ["dt", "dd", "dd"].map((tag) => document.createElement(tag));
      term.textContent = names[row.quantity] ?? row.quantity;
      value.textContent = numbers.said(row.value, row.unit, row.quantity);
      range.textContent = `${interval(row)} · ${methods[row.method] ?? row.method}`;
      range.className = "hint";
      entry.dataset.quantity = row.quantity;
      entry.append(term, value, range);
      return entry;
    }));
  }

  function showInputs(inputs) {
    at("inputs").replaceChildren(...inputs.map((one) => {
      const row = document.createElement("tr");
      const unit = ["1", "ratio", "share"].includes(one.unit) ? "" : ` ${one.unit}`;
      const exact = one.low === null || one.low === one.high;
      const from = one.kind === "given" ? "given by you" : `${one.basis ?? ""}; ${data.sources[one.source] ?? one.source}`;
      const cells = [
        names[one.name] ?? one.name, `${numbers.number(one.value)}${unit}`,
        exact ? "exact" : `${numbers.number(one.low)} to ${numbers.number(one.high)}`, from,
      ];
      cells.forEach((text, place) => {
        const cell = document.createElement(place ? "td" : "th");
        if (!place) cell.scope = "row";
        if (place === 1) cell.className = "number";
        cell.textContent = text;
        row.append(cell);
      });
      return row;
    }));
  }

  // The same run in each country whose grid is known, the cleanest first: a dot with its interval on one logarithmic scale.
  function placesOf(scenario) {
    return Object.keys(data.countries).flatMap((country) => {
      const { figures, inputs } = whatif.estimate({ ...scenario, country }, data);
      const row = figures.find((one) => one.quantity === "location_co2e_kg");
      const grid = inputs.find((one) => one.name === "grid_intensity_kg_co2e_per_kwh");
      return row && grid.kind !== "assumed" ? [{ ...row, country, name: at("country").querySelector(`option[value="${country}"]`).textContent }] : [];
    }).sort((a, b) => a.value - b.value);
  }

  function dot({ value_low: low, value, value_high: high }, first, last) {
    const x = (amount) => 7 + 136 * Math.log(amount / first) / Math.log(last / first);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, text] of Object.entries({ class: "range", width: 150, height: 16, "aria-hidden": "true" })) svg.setAttribute(name, text);
    const line = svg.appendChild(document.createElementNS(svg.namespaceURI, "line"));
    for (const [name, place] of Object.entries({ x1: x(low), x2: x(high), y1: 8, y2: 8 })) line.setAttribute(name, place);
    const circle = svg.appendChild(document.createElementNS(svg.namespaceURI, "circle"));
    for (const [name, place] of Object.entries({ cx: x(value), cy: 8, r: 4.5 })) circle.setAttribute(name, place);
    return svg;
  }

  function showPlaces(scenario) {
    if (!at("places").open) return;
    const rows = placesOf(scenario);
    const [first, last] = [Math.min(...rows.map((one) => one.value_low)), Math.max(...rows.map((one) => one.value_high))];
    at("places-rows").replaceChildren(...rows.map((one) => {
      const row = document.createElement("tr");
      row.dataset.country = one.country;
      if (one.country === scenario.country) row.className = "chosen";
      const name = Object.assign(document.createElement("th"), { scope: "row" });
      const button = name.appendChild(Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: one.name }));
      button.addEventListener("click", () => { at("country").value = one.country; show(); keep(); at("places-rows").querySelector(`[data-country="${one.country}"] button`).focus(); });
      row.append(name, ...[numbers.said(one.value, one.unit), interval(one), dot(one, first, last)].map((content, i) => {
        const cell = document.createElement("td");
        cell.append(content);
        if (i === 0) cell.className = "number";
        if (i < 2) cell.dataset.label = ["Emissions", "90 % interval"][i];
        return cell;
      }));
      return row;
    }));
    const [clean, dirty] = [rows[0], rows.at(-1)];
    at("places-said").textContent = rows.length ? `${rows.length} countries, from ${numbers.said(clean.value, clean.unit)} in ${clean.name} to `
      + `${numbers.said(dirty.value, dirty.unit)} in ${dirty.name}. Choose a country to calculate with it.` : "The rated power of this accelerator is not published: no emissions.";
  }

  function command(scenario) {
    const amount = ({ low, value, high }) => low === high ? String(value) : `${low}:${value}:${high}`;
    const options = Object.entries(scenario).map(([name, value]) =>
      `--${name.replaceAll("_", "-")} ${typeof value === "object" ? amount(value) : value}`);
    return `ledger estimate ${options.join(" ")}`;
  }

  function show() {
    let error = "";
    try {
      const scenario = readScenario();
      const result = whatif.estimate(scenario, data);
      showFigures(result.figures);
      showInputs(result.inputs);
      const { memory } = result;
      const there = memory?.available ? `; the cluster has ${numbers.withPrefix(memory.available, "B")}` : "";
      at("memory").textContent = memory ? `Memory: needs at least ${numbers.withPrefix(memory.needed, "B")} (activations not counted)${there}.` : "";
      at("notes").replaceChildren(...result.notes.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
      at("command").textContent = command(scenario);
      showPlaces(scenario);
      at("status").textContent = result.figures.slice(0, 1).map((row) => `${names[row.quantity]}: ${numbers.said(row.value, row.unit, row.quantity)}`).join();
    } catch (problem) {
      if (!(problem instanceof whatif.Impossible)) throw problem;
      error = problem.message;
    }
    at("error").textContent = error;
    at("error").hidden = error === "";
    at("results").hidden = error !== "";
    at("places").hidden = error !== "";
  }

  function keep() {
    const entered = new URLSearchParams();
    for (const field of form.elements) if (field.name && field.value.trim()) entered.set(field.name, field.value.trim());
    history.replaceState(null, "", `${MARK}${entered}`);
  }

  function restore() {
    const entered = location.hash.startsWith(MARK) ? new URLSearchParams(location.hash.slice(MARK.length)) : null;
    const known = entered && entered.get("accelerator") in data.chips;
    for (const name of [...Object.keys(AMOUNTS), "year"]) at(name).value = entered ? entered.get(name) ?? "" : DEFAULTS[name] ?? "";
    if (known) at("accelerator").value = entered.get("accelerator");
    for (const name of CHOICES.slice(1)) {
      if (name === "number_format") fillFormats();
      at(name).value = entered?.get(name) ?? "";
      if (at(name).selectedIndex < 0) at(name).value = "";
    }
    for (const part of ["more", "other"]) {
      if (entered && [...at(part).querySelectorAll("[name]")].some((field) => field.value.trim())) at(part).open = true;
    }
    show();
    if (entered) document.getElementById("what-if").scrollIntoView();
  }

  at("places").addEventListener("toggle", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { fillFormats(); show(); keep(); });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    history.replaceState(null, "", "#what-if");
    at("accelerator").value = data.default_chip;
    restore();
  });
  addEventListener("hashchange", () => { if (location.hash.startsWith(MARK)) restore(); });
  restore();
})();
