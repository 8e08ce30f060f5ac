"use strict";
// The form of the claim checker: reads it, keeps it in the address, shows what claims.judge says.
(async () => {
  const data = await unpacked("check-data");
  const at = (id) => document.getElementById(id);
  const FIELDS = ["subject", "quantity", "comparison", "number", "unit"];
  const SAID = {
    supported: "Supported", partly: "Partly supported", contradicted: "Contradicted", unsupported: "Too uncertain to judge",
    untestable: "Cannot be tested",
  };
  const WORDS = { thousand: 1e3, million: 1e6, billion: 1e9, trillion: 1e12 };

  function make(tag, text, attributes = {}) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  const box = combobox(at("subject"), at("subject-list"), at("subject-status"), ([name]) => { at("subject").value = name; changed("subject"); });
  const order = { training_run: 0, model: 1, accelerator: 1, class: 2 };
  box.offer(data.subjects
    .map((one) => [one.name ?? one.id, one.kind === "training_run" ? "model" : one.kind, one.id, one.id, order[one.kind] ?? 3])
    .sort((a, b) => a[0].length - b[0].length));

  // Quantities that anything of this name has, in the order of their names.
  function quantitiesOf(name) {
    const spelling = claims.plainName(name);
    const found = Object.hasOwn(data.spellings, spelling) ? data.spellings[spelling] : [];
    const known = new Set(found.flatMap(([place]) => Object.keys(data.subjects[place].evidence)));
    return [...known].sort((a, b) => data.quantities[a].name < data.quantities[b].name ? -1 : 1);
  }

  function fill(select, options, wanted) {
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    if (options.some(([value]) => value === wanted)) select.value = wanted;
  }

  function fillUnits(wanted) {
    const base = data.quantities[at("quantity").value]?.unit;
    const units = Object.keys(data.units).filter((unit) => data.units[unit].base === base);
    fill(at("unit"), units.map((unit) => [unit, unit.replace("CO2e", "CO₂e")]), wanted ?? data.usual[base] ?? base);
  }

  function fillQuantities(wanted) {
    const found = quantitiesOf(at("subject").value);
    fill(at("quantity"), found.map((key) => [key, data.quantities[key].name]), wanted ?? at("quantity").value);
  }

  function readNumber(text) {
    const [, digits, word] = /^\s*(-?[\d.,]*\d(?:e[+-]?\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
    const factor = word ? WORDS[word.toLowerCase()] : 1;
    const value = digits === undefined ? NaN : Number(digits.replace(/,(?=\d{3}(\D|$))/g, "")) * (factor ?? NaN);
    if (!Number.isFinite(value)) throw new RangeError(`“${text.trim()}” is not a number. Enter a value such as 1287, 1.3 million or 3.1e23.`);
    return value;
  }

  function readClaim() {
    const claim = Object.fromEntries(FIELDS.map((name) => [name, at(name).value.trim()]));
    if (!claim.subject || !claim.number) return null;
    if (!quantitiesOf(claim.subject).length) {
      throw new RangeError(`“${claim.subject}” is not a name that we have figures for. Choose one of the suggestions; amounts and counts, such as 2e25 FLOP or 100,000 B200, are for ledger audit.`);
    }
    const ends = claim.number.split(/\s+to\s+|\s*–\s*/).map(readNumber);
    const isRange = claim.comparison === "range";
    if (isRange !== (ends.length === 2)) throw new RangeError(isRange ? "A range needs two numbers, such as 10 to 20." : "Two numbers are a range: choose “from … to …”.");
    if (isRange && ends[0] > ends[1]) throw new RangeError("Expected the smaller number first.");
    const low = claim.comparison === "at most" ? null : ends[0];
    const high = claim.comparison === "at least" ? null : ends[ends.length - 1];
    return { ...claim, low, high };
  }

  const inUnit = (value, claim, factor) => numbers.said(value / factor, claim.unit, claim.quantity);
  const spanOf = (one, claim, factor) => one.low === one.high ? "exact" : numbers.span(one.low / factor, one.high / factor, claim.unit, claim.quantity);
  const included = (boundary) => boundary === "none" ? "everything" : data.boundaries[boundary] ?? boundary;

  function sentence(result, claim) {
    if (result.meanings) {
      return result.meanings.length ? `The name matches several subjects: ${result.meanings.map((one) => one.id).join(", ")}.` : "The subject is not known.";
    }
    const [best] = result.tests;
    const taken = result.takenFor ? `“${claim.subject}” was taken for ${result.meant.name} (${result.takenFor}). ` : "";
    if (!best) return `${taken}We have no figure for this quantity of ${result.meant.name}.`;
    const within = best.boundary === "none" ? "" : ` (${included(best.boundary)})`;
    const ratio = best.ratio === null || claim.comparison === "range" ? "" : `; our value is ${numbers.plain(best.ratio, 2)} times the claimed number`;
    const repeats = best.repeats ? ` The claim repeats a published figure in “${data.titles[best.repeats.title]}”${best.repeats.isDoubted ? ", which our checks doubt" : ""}.` : "";
    const interval = best.low === best.high ? "" : ` (90 % interval ${spanOf(best, claim, result.factor)})`;
    const whose = result.meant.kind === "class" ? `The median of ${result.meant.name}` : result.meant.name;
    return `${taken}${whose}${within}: ${inUnit(best.value, claim, result.factor)}${interval}${ratio}.${repeats}`;
  }

  function showTests(result, claim) {
    const labels = ["What is included", "Our figure", "90 % interval", "Verdict", "Kind", "Sources"];
    at("tests").replaceChildren(...result.tests.map((one) => {
      const row = make("tr");
      const head = make("th", undefined, { scope: "row" });
      const name = included(one.boundary);
      head.append(result.meant.href ? make("a", name, { href: result.meant.href }) : name);
      const titles = one.titles.map((title) => data.titles[title]).join("; ") || "a table of the warehouse";
      const texts = [inUnit(one.value, claim, result.factor), spanOf(one, claim, result.factor), SAID[one.verdict], data.kinds[one.kind] ?? "calculated by our formula", titles];
      row.append(head, ...texts.map((text, i) => make("td", text, { "data-label": labels[i + 1], ...(i === 0 ? { class: "number" } : {}) })));
      return row;
    }));
  }

  function command(claim) {
    const header = "subject,quantity,comparison,low,high,unit";
    const quoted = (text) => `"${String(text ?? "").replaceAll('"', '""')}"`;
    const row = [claim.subject, claim.quantity, claim.comparison, claim.low, claim.high, claim.unit].map(quoted).join(",");
    return `printf '%s\\n' '${header}' '${row.replaceAll("'", "'\\''")}' > claim.csv && ledger audit claim.csv`;
  }

  function show() {
    let problem = "";
    let claim = null;
    try { claim = readClaim(); } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problem = error.message;
    }
    at("problem").textContent = problem;
    at("problem").hidden = problem === "";
    at("verdict").hidden = !claim;
    if (!claim) return;
    const result = claims.judge(claim, data);
    at("verdict").dataset.verdict = result.verdict;
    at("verdict-title").textContent = SAID[result.verdict];
    at("verdict-text").textContent = sentence(result, claim);
    showTests(result, claim);
    at("verdict-command").textContent = command(claim);
  }

  function keep() {
    const entered = new URLSearchParams();
    for (const name of FIELDS) if (at(name).value.trim()) entered.set(name, at(name).value.trim());
    history.replaceState(null, "", `#${entered}`);
  }

  function changed(name) {
    if (name === "subject") { fillQuantities(); fillUnits(at("unit").value); }
    if (name === "quantity") fillUnits();
    show();
    keep();
  }

  function restore() {
    const entered = new URLSearchParams(location.hash.slice(1));
    for (const name of ["subject", "number"]) at(name).value = entered.get(name) ?? "";
    at("comparison").value = entered.get("comparison") ?? "about";
    if (at("comparison").selectedIndex < 0) at("comparison").value = "about";
    fillQuantities(entered.get("quantity") ?? undefined);
    fillUnits(entered.get("unit") ?? undefined);
    show();
  }

  at("claim").addEventListener("submit", (event) => event.preventDefault());
  at("claim").addEventListener("input", (event) => changed(event.target.id));
  addEventListener("hashchange", restore);
  restore();
  document.documentElement.dataset.ready = "yes";
})();
