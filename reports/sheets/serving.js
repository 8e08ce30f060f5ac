// The calculator of serving: which case is meant and what cannot be. The case and its estimate are the queries that
// `ledger estimate --inference` runs, printed as JavaScript (`formulas`).
const serving = (() => {
  const { Impossible } = amounts;

  const WHOLE = {
    batch: "Users at a time", count: "Accelerators", prompt_tokens: "Prompt", answer_tokens: "Answer", context: "Tokens kept per user",
    group: "Accelerators per copy", decode_count: "Accelerators that write",
  };
  const SHARES = { cached_prompt: "Cached share of prompts", idle: "Idle share of time" };

  function check(given, model, limits) {
    const say = (value) => numbers.number(value, 9);
    for (const [name, label] of Object.entries(WHOLE)) {
      const value = given[name];
      if (value !== undefined && !(Number.isInteger(value) && value >= 1)) throw new Impossible(`${label}: expected a whole number, 1 or more.`);
    }
    for (const [name, label] of Object.entries(SHARES)) {
      const value = given[name];
      if (value !== undefined && !(value >= 0 && value < 1)) throw new Impossible(`${label}: expected a share from 0 to below 1.`);
    }
    if (given.batch > limits.batch) throw new Impossible(`Users at a time: expected 1 to ${say(limits.batch)}.`);
    if (given.context > model.max_context_tokens) {
      throw new Impossible(`Tokens kept per user: ${model.model_name} supports at most ${say(model.max_context_tokens)} tokens.`);
    }
    const [first, last] = limits.years;
    if (given.software_year !== undefined && !(given.software_year >= first && given.software_year <= last)) {
      throw new Impossible(`Year of the software: expected ${first} to ${last}.`);
    }
  }

  // The rows that the case joins, with what is given in place of what is stored.
  function rowsOf(given, bits, data) {
    const model = data.models[given.model];
    const chip = data.chips[given.device];
    const rented = given.price && {
      rental_usd_per_chip_hour_low: given.price.low, rental_usd_per_chip_hour: given.price.value,
      rental_usd_per_chip_hour_high: given.price.high, rental_basis: "given",
    };
    const inputs = sql.isNull(model.experts_count) ? data.inputs.dense : data.inputs.moe;
    const cached = given.cache_bits && { cache_bits: { ...inputs.cache_bits, low: given.cache_bits, value: given.cache_bits, high: given.cache_bits, kind: "given" } };
    return {
      s: model, h: { ...chip, ...chip.bits[bits], ...rented, weight_bits: bits }, d: chip, k: data.fit, w: { central: data.weight_bits[bits].value },
      i: { ...inputs, ...cached },
    };
  }

  function caseOf(given, bits, data) {
    const rows = rowsOf(given, bits, data);
    const asked = {
      model: given.model, batch: given.batch ?? 1, count: given.count, decode_count: given.decode_count, group: given.group,
      prompt: given.prompt_tokens, answer: given.answer_tokens, cached_prompt: given.cached_prompt ?? 0, context: given.context,
      longest: rows.s.max_context_tokens, software: given.software ?? "tuned", software_year: given.software_year ?? data.limits.year,
      speculative: given.speculative ?? false, idle: given.idle ?? 0,
    };
    const c = formulas.inference_scenario({ h: rows.h, i: data.inputs.dense }, asked);
    const estimates = formulas.inference_estimates({ c, ...rows });
    return { rows, row: formulas.inference_answers({ estimates }) };
  }

  // The most bits that fit, unless some are asked for; the fewest where none fit.
  function choose(given, data) {
    const released = data.models[given.model].released_weight_bits;
    const widths = given.number_format ? [Number(given.number_format)] : data.limits.bits.filter((bits) => bits <= released);
    const cases = widths.map((bits) => caseOf(given, bits, data));
    return cases.find(({ row }) => row.fits) ?? cases.at(-1);
  }

  function missing(given, { rows, row }) {
    const count = given.count ?? (row.accelerator_count === 1 ? 1 : 8);
    return `The model does not fit: with ${row.weight_bits}-bit weights, ${numbers.number(given.batch ?? 1)} × ${numbers.number(row.context_tokens, 9)} tokens `
      + `and workspace it needs ${numbers.withPrefix(row.needed_bytes, "B")}; of ${numbers.number(count)} × ${rows.h.accelerator_name} a model can use `
      + `${numbers.withPrefix(count * rows.h.usable_memory_bytes, "B")}. Use fewer bits, fewer users, a shorter context, or more accelerators.`;
  }

  function notesOf({ row, rows: { h } }) {
    const notes = [];
    if (sql.isNull(h.memory_bandwidth_bytes_per_s)) notes.push("The memory bandwidth is not published: no speed, energy or rental cost.");
    else if (sql.isNull(h.peak_flop_per_s)) notes.push("No dense peak is published: only the bandwidth bound is given, without energy and rental cost.");
    else if (sql.isNull(h.tdp_w)) notes.push("The rated power is not published: no energy or emissions.");
    if (sql.isNull(row.usd_per_million_tokens) && sql.isNull(h.rental_usd_per_chip_hour)) notes.push("No rental price is published: enter one for the rental cost.");
    return notes;
  }

  function inputsOf({ row, rows: { s, h, i } }, data) {
    const plain = (name, value, unit, source) => ({ name, low: null, value, high: null, unit, kind: "reported", source_id: source });
    const rental = { ...plain("rental_usd_per_chip_hour", h.rental_usd_per_chip_hour, "USD/chip-hour", h.rental_source_id),
      low: h.rental_usd_per_chip_hour_low, high: h.rental_usd_per_chip_hour_high, kind: data.rental_kinds[h.rental_basis] ?? "assumed" };
    return [
      ...Object.values(i), h.segment === "datacentre" ? h.embodied_kg_per_accelerator : null, data.weight_bits[row.weight_bits], plain("total_params", s.total_params, "parameter", s.params_source_id),
      plain("active_params", s.active_params, "parameter", s.params_source_id), plain("cached_values_count", s.cached_values_count, "1", s.source_id),
      plain("memory_bandwidth_bytes_per_s", h.memory_bandwidth_bytes_per_s, "byte/s", h.source_id),
      plain("peak_flop_per_s", h.peak_flop_per_s, "FLOP/s", h.source_id), plain("tdp_w", h.tdp_w, "W", h.source_id), rental,
      h.segment === "datacentre" ? h.embodied_kg_per_accelerator : null,
    ].filter((one) => one && !sql.isNull(one.value));
  }

  // What serving takes: figures as the command gives them, the case, the memory, notes and inputs.
  function estimate(given, data) {
    const model = data.models[given.model];
    check(given, model, data.limits);
    const chosen = choose(given, data);
    const { row, rows: { h } } = chosen;
    if (!row.fits) throw new Impossible(missing(given, chosen));
    const figures = data.figures.filter(([name]) => !sql.isNull(row[name])).map(([name, unit, formula]) => ({
      quantity: name, unit, formula, value_low: `${name}_low` in row ? row[`${name}_low`] : row[name], value: row[name],
      value_high: `${name}_high` in row ? row[`${name}_high`] : row[name],
    }));
    return {
      figures, row, notes: notesOf(chosen), inputs: inputsOf(chosen, data),
      memory: { needed_bytes: row.needed_bytes, available_bytes: h.usable_memory_bytes * row.accelerator_count },
      measured: model.measured.filter((one) => one.accelerator_id === given.device && one.weight_bits === row.weight_bits && one.batch_size === (given.batch ?? 1)),
    };
  }

  return { Impossible, choose, estimate };
})();
