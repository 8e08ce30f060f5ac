"use strict";
// The form of the serving calculator: reads it, keeps it in the address, shows what serving.estimate says.
(async () => {
  const data = await unpacked("serving-data");
  const form = document.getElementById("sv-form");
  const at = (id) => document.getElementById(`sv-${id}`);
  const AMOUNTS = {
    batch: "Users at a time", count: "Accelerators", prompt_tokens: "Prompt", answer_tokens: "Answer", software_year: "Year of the software",
    cached_prompt: "Cached share of prompts", idle: "Idle share of time", context: "Tokens kept per user", group: "Accelerators per copy",
    decode_count: "Accelerators that write",
  };
  const SHARES = ["cached_prompt", "idle"];
  const CHOICES = ["number_format", "software", "speculative", "cache_bits"];
  const FIELDS = ["model", "device", ...Object.keys(AMOUNTS), "price", ...CHOICES];
  const ANSWERS = ["usd_per_million_tokens", "joule_per_token", "facility_joule_per_token", "tokens_per_s", "location_co2e_kg_per_million_tokens", "water_l_per_million_tokens"];
  const MOST_OTHERS = 15;
  // The best known first: those that others have measured.
  const models = Object.values(data.models).map((one) => ({ name: one.model_name, id: one.model_id, params: one.total_params, known: one.measured.length }))
    .sort((a, b) => b.known - a.known || (a.name < b.name ? -1 : 1));
  const chips = Object.keys(data.chips);

  function make(tag, text, attributes = {}) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  const box = combobox(at("model"), at("models"), at("model-status"), ([name]) => { at("model").value = name; changed(); });
  box.offer(models.map((one) => [one.name, `${numbers.count(one.params, 2)} parameters`, one.id, one.id]));

  function readCase() {
    const text = at("model").value.trim() || data.defaults.model;
    const model = finder.modelOf(text, models);
    if (!model) throw new amounts.Impossible(`“${text}” is not a known model or a size such as 8B.`);
    const given = { model: model.id, device: at("device").value };
    for (const [name, label] of Object.entries(AMOUNTS)) {
      const amount = amounts.read(at(name).value, label, SHARES.includes(name));
      if (amount && amount.low !== amount.high) throw new amounts.Impossible(`${label}: expected one number.`);
      if (amount) given[name] = amount.value;
    }
    const price = amounts.read(at("price").value, "Rental price");
    if (price) given.price = price;
    for (const name of CHOICES) if (at(name).value) given[name] = at(name).value;
    if (given.speculative) given.speculative = true;
    if (given.cache_bits) given.cache_bits = Number(given.cache_bits);
    return given;
  }

  // Amounts of the units that only serving has: what names of figures say already is left out.
  const plainUnit = (unit) => unit.replace(/\/(Mtoken|request)$/, "");
  function said(value, unit, digits = 2) {
    if (unit === "byte/token") return `${numbers.withPrefix(value, "B", 3)}/token`;
    if (unit === "FLOP/token") return `${numbers.said(value, "FLOP", "", digits)}/token`;
    return numbers.said(value, plainUnit(unit), "", digits);
  }
  function interval(low, high, unit) {
    if (low === high) return "exact";
    return numbers.span(low, high, plainUnit(unit));
  }

  function entry(one) {
    const made = make("div");
    made.dataset.quantity = one.quantity;
    const range = one.value_low === one.value_high ? one.formula : interval(one.value_low, one.value_high, one.unit);
    made.append(make("dt", data.names[one.quantity]), make("dd", said(one.value, one.unit)), make("dd", range, { class: "hint" }));
    return made;
  }

  function showCase(given, { row, memory, measured, notes, figures }) {
    const chip = data.chips[given.device];
    const model = data.models[given.model];
    const cost = figures.find((one) => one.quantity === "usd_per_million_tokens");
    at("title").textContent = `${model.model_name} on ${numbers.number(row.accelerator_count)} × ${chip.accelerator_name}`
      + (cost ? `: ${said(cost.value, cost.unit)} per million tokens` : "");
    const users = `${numbers.number(row.batch_size, 6)} user${row.batch_size === 1 ? "" : "s"}`;
    const copies = row.group_count < row.decode_count ? `, ${numbers.number(row.group_count)} to a copy` : "";
    at("case").textContent = `${users}, prompts of ${numbers.number(row.prompt_tokens, 9)} and answers of ${numbers.number(row.answer_tokens, 9)} tokens, `
      + `${row.number_format} weights${copies}. ${row.bound_by ? `Limited by ${row.bound_by === "compute" ? "compute" : "memory bandwidth"}.` : ""}`;
    at("memory").textContent = `Memory: one copy needs ${numbers.withPrefix(memory.needed_bytes, "B")}; the accelerators have ${numbers.withPrefix(memory.available_bytes, "B")} for it. How it is split: ${data.parallelism[row.parallelism]}.`;
    at("notes").replaceChildren(...notes.map((text) => make("li", text)), ...measured.map((one) => make("li",
      `Measured: ${numbers.said(one.joule_per_token, "J/token")} on ${one.accelerator_count} (${data.sources[one.source_id]}).`)));
    at("status").textContent = at("title").textContent;
  }

  function showInputs(inputs) {
    const labels = [...at("inputs").closest("table").tHead.rows[0].cells].slice(1).map((head) => head.textContent);
    at("inputs").replaceChildren(...inputs.map((one) => {
      const exact = one.low === null || one.low === one.high;
      const from = one.kind === "given" ? "given by you" : `${data.sources[one.source_id] ?? one.source_id}${one.kind === "assumed" ? "; assumed" : ""}`;
      const row = make("tr");
      row.append(make("th", data.names[one.name] ?? one.name, { scope: "row" }), ...[
        numbers.said(one.value, one.unit, "", 4), exact ? "exact" : `${numbers.number(one.low)} to ${numbers.number(one.high)}`, from,
      ].map((text, i) => make("td", text, { "data-label": labels[i], ...(i === 0 ? { class: "number" } : {}) })));
      return row;
    }));
  }

  // The same users elsewhere: with as many bits, on as few accelerators of data centres as hold the model, where a price was seen.
  function showOthers(given, bits) {
    const { count, group, decode_count, price, device, ...same } = given;
    const rows = chips.filter((chip) => data.chips[chip].segment === "datacentre" && data.chips[chip].rental_basis in data.rental_kinds).flatMap((chip) => {
      const { row } = serving.choose({ ...same, number_format: bits, device: chip }, data);
      return row.fits && !sql.isNull(row.usd_per_million_tokens) ? [{ chip, row }] : [];
    }).sort((a, b) => a.row.usd_per_million_tokens - b.row.usd_per_million_tokens).slice(0, MOST_OTHERS);
    const labels = [...at("others").closest("table").tHead.rows[0].cells].slice(1).map((head) => head.textContent);
    at("others").replaceChildren(...rows.map(({ chip, row }) => {
      const made = make("tr");
      const head = make("th", undefined, { scope: "row" });
      head.append(make("a", `${numbers.number(row.accelerator_count)} × ${data.chips[chip].accelerator_name}`, { href: `accelerators/${encodeURIComponent(chip)}.html` }),
        make("span", row.number_format, { class: "note" }));
      made.append(head, ...[["usd_per_million_tokens", "USD/Mtoken"], ["joule_per_token", "J/token"], ["tokens_per_s", "token/s"]].map(([name, unit], i) => {
        const known = !sql.isNull(row[name]);
        const cell = make("td", known ? said(row[name], unit) : "–", { class: known ? "number" : "number nothing", "data-label": labels[i] });
        if (known) cell.append(make("span", interval(row[`${name}_low`], row[`${name}_high`], unit), { class: "note" }));
        return cell;
      }));
      return made;
    }));
    at("others-title").textContent = `Accelerators of data centres for the same users, ${bits}-bit weights`;
    document.getElementById("others").hidden = rows.length === 0;
  }

  function command(given) {
    const text = ({ low, value, high }) => low === high ? String(value) : `${low}:${value}:${high}`;
    const options = Object.entries(given).map(([name, value]) => {
      const option = `--${name.replaceAll("_", "-")}`;
      return value === true ? option : `${option} ${typeof value === "object" ? text(value) : value}`;
    });
    return `ledger estimate --inference ${options.join(" ")}`;
  }

  function show() {
    let error = "";
    try {
      const given = readCase();
      const result = serving.estimate(given, data);
      at("figures").replaceChildren(...ANSWERS.flatMap((name) => result.figures.filter((one) => one.quantity === name)).map(entry));
      at("bounds").replaceChildren(...result.figures.filter((one) => !ANSWERS.includes(one.quantity)).map(entry));
      showCase(given, result);
      showInputs(result.inputs);
      showOthers(given, result.row.weight_bits);
      at("command").textContent = command(given);
      const text = at("model").value.trim();
      const { model_name: name, total_params: params } = data.models[given.model];
      if (text && text !== name) at("model-status").textContent = `Calculated for ${name}, ${numbers.count(params, 3)} parameters.`;
    } catch (problem) {
      if (!(problem instanceof amounts.Impossible)) throw problem;
      error = problem.message;
    }
    at("error").textContent = error;
    at("error").hidden = error === "";
    at("results").hidden = error !== "";
    document.getElementById("inputs").hidden = error !== "";
    if (error) document.getElementById("others").hidden = true;
  }

  function keep() {
    const entered = new URLSearchParams();
    for (const name of FIELDS) if (at(name).value.trim()) entered.set(name, at(name).value.trim());
    history.replaceState(null, "", `#${entered}`);
  }

  function changed() {
    show();
    keep();
  }

  function restore() {
    const entered = new URLSearchParams(location.hash.slice(1));
    const given = entered.size > 0;
    for (const name of FIELDS) {
      at(name).value = given ? entered.get(name) ?? "" : data.defaults[name] ?? "";
      if (at(name).selectedIndex < 0) at(name).value = name === "device" ? data.defaults.device : "";
    }
    at("more").open = ["software_year", "cached_prompt", "idle", "context", "group", "decode_count", "software", "speculative", "cache_bits"]
      .some((name) => at(name).value.trim());
    show();
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", changed);
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    history.replaceState(null, "", location.pathname);
    restore();
  });
  addEventListener("hashchange", restore);
  restore();
  document.documentElement.dataset.ready = "yes";
})();
