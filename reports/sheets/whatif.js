// The calculator: the rules of `ledger estimate` over coefficients from the warehouse. The formulas are those of
// sql/macros, printed as JavaScript (`formulas`); here stand the choice of inputs and what cannot be.
const whatif = (() => {
  const ARCHITECTURES = { dense: "dense decoder", moe: "moe decoder", "encoder-decoder": "encoder-decoder" };
  const ORDER = [
    "training_flop", "petaflop_days", "mfu", "chip_hours", "wall_days", "chip_energy_kwh", "server_energy_kwh",
    "facility_energy_kwh", "home_years", "cloud_cost_usd", "owned_cost_usd", "location_co2e_kg", "market_co2e_kg",
    "embodied_co2e_kg", "water_l",
  ];
  const f = formulas;

  const { Impossible } = amounts;

  function checkAmounts(s) {
    const said = (value) => numbers.number(value, 6);
    if (s.flop && s.tokens) throw new Impossible("Training compute and training tokens give the same information: enter one of them.");
    if (s.hours && s.chip_hours) throw new Impossible("Duration and chip-hours give the same information: enter one of them.");
    if (s.hours && !s.count) throw new Impossible("Duration is the duration of the whole run: also enter the number of accelerators, or enter chip-hours instead.");
    if (!(s.flop || s.chip_hours || s.hours || (s.params && s.tokens))) {
      throw new Impossible("Too few inputs: enter parameters and tokens, or training compute, or chip-hours, or accelerators and duration.");
    }
    if (s.mfu && s.mfu.high > 1) {
      const meant = s.mfu.value > 1 && s.mfu.value <= 100 ? ` Did you mean ${said(s.mfu.value / 100)}?` : "";
      throw new Impossible(`Utilisation ${said(s.mfu.high)}: expected a share of the dense peak, at most 1.${meant}`);
    }
    if (s.pue && s.pue.low < 1) throw new Impossible(`PUE ${said(s.pue.low)}: a data centre uses at least as much power as its computers; expected at least 1.`);
    if (s.active_params && s.params && s.active_params.value > s.params.value) {
      throw new Impossible(`${numbers.count(s.active_params.value, 3)} active parameters exceed the total of ${numbers.count(s.params.value, 3)}.`);
    }
    if (s.architecture === "moe" && s.tokens && !s.active_params) {
      throw new Impossible("A mixture of experts uses only some parameters for each token: enter the active parameters.");
    }
    if (s.count && ![s.count.low, s.count.value, s.count.high].every(Number.isInteger)) {
      throw new Impossible("Accelerators in parallel: expected a whole number.");
    }
  }

  const triple = (estimate) => ({ value_low: f.low_of(estimate), value: f.central_of(estimate), value_high: f.high_of(estimate) });
  const uncertain = (row) => f.uncertain(row.value_low, row.value, row.value_high);

  // Every input by the rule of core.training_inputs: the most specific assumption, else what was seen for chip, country and year.
  function chooseInputs(s, data) {
    const chip = data.chips[s.accelerator];
    const format = s.number_format ?? chip.usual_format;
    const peak = chip.formats[format] ?? null;
    const architecture = ARCHITECTURES[s.architecture ?? "dense"];
    const year = s.year ?? data.latest_year;
    const classes = [
      format, architecture, architecture.startsWith("moe") ? "moe" : null, s.accelerator, chip.kind, s.operator ?? null,
      s.country ?? null, "all",
    ].filter((c) => c !== null);
    const assumed = (name) => {
      const rows = data.assumptions[name] ?? {};
      const found = classes.find((c) => c in rows);
      if (found === undefined) return null;
      const [low, value, high, unit, source] = rows[found];
      return { name, low, value, high, unit, source, kind: "assumed", basis: `${name} for ${found}` };
    };
    const seen = (rows, name, unit) => {
      const row = (rows ?? []).find(([from, to]) => from <= year && year <= to);
      return row ? { name, low: row[2], value: row[3], high: row[4], unit, basis: row[5], source: row[6], kind: row[7] ?? "published", method: row[8] } : null;
    };
    const given = (field, name, unit) => s[field] && { name, ...s[field], unit, kind: "given", basis: null, source: null };
    const stated = (value, name, unit, basis, source) => value === null || value === undefined ? null
      : { name, low: null, value, high: null, unit, kind: "published", basis, source };
    const place = data.countries[s.country] ?? {};
    const inputs = {
      active_params: given("active_params", "active_params", "parameter") ?? given("params", "active_params", "parameter"),
      training_tokens: given("tokens", "training_tokens", "token"),
      accelerator_count: given("count", "accelerator_count", "1"),
      dense_peak: stated(peak, "dense_peak", "FLOP/s", `${s.accelerator} in ${format}`, chip.peak_source),
      tdp: stated(chip.tdp_w, "tdp", "W", s.accelerator, chip.source),
      reported_flop: given("flop", "training_flop", "FLOP"),
      reported_chip_hours: given("chip_hours", "chip_hours", "chip-hour"),
      reported_hours: given("hours", "training_hours", "hour"),
      reported_mfu: given("mfu", "mfu", "ratio"),
      assumed_mfu: assumed("mfu"),
      pue: given("pue", "pue", "ratio") ?? assumed("pue"),
      cloud_price: given("price", "cloud_price_usd_per_chip_hour", "USD/chip-hour")
        ?? seen(chip.rentals, "cloud_price_usd_per_chip_hour", "USD/chip-hour"),
      hardware_age: ageOf(chip, year),
      chip_price: given("chip_price", "chip_price", "USD") ?? seen(chip.purchase, "chip_price", "USD"),
      electricity_price: seen(place.electricity, "electricity_price_usd_per_kwh", "USD/kWh") ?? assumed("electricity_price_usd_per_kwh"),
      grid_intensity: seen(place.grid, "grid_intensity_kg_co2e_per_kwh", "kg CO2e/kWh") ?? assumed("grid_intensity_kg_co2e_per_kwh"),
      network_share: assumed("network_cost_share"),
      price_decline: assumed("hardware_price_decline_per_year"),
      wue_onsite: assumed("wue_onsite_l_per_kwh"),
      wue_offsite: assumed("wue_offsite_l_per_kwh"),
    };
    for (const name of [
      "flop_6nd_ratio", "chip_hours_ratio", "average_power_ratio", "server_power_ratio", "server_cost_ratio",
      "carbon_free_contract_share", "embodied_kg_per_accelerator", "embodied_kg_per_server", "embodied_lifetime_years",
      "fleet_utilisation",
    ]) inputs[name] = assumed(name);
    return { chip, architecture, format, year, inputs };
  }

  // As core.hardware_ages: a run without a date starts at mid-year.
  function ageOf(chip, year) {
    const name = { name: "hardware_age_years", unit: "year", kind: "assumed", source: chip.acquired?.source ?? null };
    if (!chip.acquired) return { ...name, low: 0, value: 0, high: 0, basis: "release date not published: taken as new" };
    const [high, value, low] = chip.acquired.years.map((acquired) => f.hardware_age_years_of(year + 0.5, acquired));
    return { ...name, low, value, high, basis: `acquired ${chip.acquired.years[1].toFixed(1)}, run started ${(year + 0.5).toFixed(1)}` };
  }

  function estimate(s, data) {
    checkAmounts(s);
    if (!(s.accelerator in data.chips)) throw new Impossible("Choose an accelerator.");
    const released = data.chips[s.accelerator].released_year;
    if (s.year && released && s.year < released) {
      throw new Impossible(`Year: ${data.chips[s.accelerator].name} was released in ${released}; expected ${released} or later.`);
    }
    const { chip, architecture, format, year, inputs: i } = chooseInputs(s, data);
    const memory = checkMemory(s, chip, data);
    const used = new Map();
    const take = (...names) => names.map((name) => {
      if (i[name]) used.set(i[name].name, i[name]);
      return f.amount(i[name]);
    });
    const rows = {};
    const put = (quantity, unit, method, estimated, kind = "derived") => {
      rows[quantity] = { quantity, unit, method, kind, ...triple(estimated) };
      return rows[quantity];
    };
    const give = (quantity, unit, name) => put(quantity, unit, "given", take(name)[0], "given");

    // Compute, time and utilisation: the first method that applies.
    const hasTime = i.reported_chip_hours || (i.reported_hours && i.accelerator_count);
    const overall = i.reported_mfu ? "reported_mfu" : "assumed_mfu";
    if (i.active_params && i.training_tokens && architecture !== "encoder-decoder") {
      put("training_flop", "FLOP", "6nd", f.flop_6nd(...take("active_params", "training_tokens", "flop_6nd_ratio")));
    } else if (i.active_params && i.training_tokens) {
      put("training_flop", "FLOP", "3nd", f.flop_3nd(...take("active_params", "training_tokens", "flop_6nd_ratio")));
    } else if (i.reported_flop) {
      give("training_flop", "FLOP", "reported_flop");
    } else if (hasTime && i.dense_peak && i[overall]) {
      const spent = i.reported_chip_hours ? take("reported_chip_hours")[0]
        : f.multiply(f.multiply(...take("accelerator_count", "reported_hours")), ...take("chip_hours_ratio"));
      put("training_flop", "FLOP", "hardware", f.flop_hardware(spent, ...take("dense_peak"), utilisation(take, overall)));
    }
    const flop = rows.training_flop;
    if (i.reported_chip_hours) {
      give("chip_hours", "chip-hour", "reported_chip_hours");
    } else if (hasTime) {
      put("chip_hours", "chip-hour", "count_times_hours",
        f.multiply(f.multiply(...take("accelerator_count", "reported_hours")), ...take("chip_hours_ratio")));
    } else if (flop && flop.method !== "hardware" && i.dense_peak && i[overall]) {
      put("chip_hours", "chip-hour", "flop_over_rate", f.chip_hours_from_flop(uncertain(flop), ...take("dense_peak"), utilisation(take, overall)));
    }
    const time = rows.chip_hours;
    if (!time) throw new Impossible("The dense peak of this accelerator is not published: enter chip-hours.");
    putUtilisation(s, rows, i, take, put, give);
    putTheRest(rows, i, data, take, put, used);
    const notes = [];
    if (!rows.facility_energy_kwh) notes.push("The rated power of this accelerator is not published: no energy, emissions, water or cost of owned hardware.");
    else if (!rows.owned_cost_usd) notes.push("No purchase price of this accelerator is published: enter one for the cost of owned hardware.");
    return {
      figures: ORDER.filter((quantity) => rows[quantity]).map((quantity) => rows[quantity]),
      inputs: [...used.values()], memory, notes, choices: { format, year, architecture },
    };
  }

  // As core.overall_utilisation stores it.
  function utilisation(take, overall) {
    return uncertain(triple(take(overall)[0]));
  }

  function checkMemory(s, chip, data) {
    if (!s.params) return null;
    const needed = f.training_state_bytes_of(s.params.value, data.state_bytes_per_param);
    const available = s.count && chip.memory_bytes ? s.count.value * chip.memory_bytes : null;
    if (available !== null && needed > available) {
      throw new Impossible(`The model does not fit: training needs at least ${numbers.withPrefix(needed, "B")} for weights, gradients and `
        + `optimizer state (${data.state_bytes_per_param} bytes per parameter), and ${numbers.number(s.count.value)} of these accelerators `
        + `have ${numbers.withPrefix(available, "B")}.`);
    }
    return { needed, available };
  }

  function putUtilisation(s, rows, i, take, put, give) {
    const { training_flop: flop, chip_hours: time } = rows;
    const overTime = i.dense_peak && flop && time.method !== "flop_over_rate" && flop.method !== "hardware"
      ? f.model_flop_utilisation(uncertain(flop), uncertain(time), f.amount(i.dense_peak)) : null;
    if (overTime && f.central_of(overTime) > 1) {
      throw new Impossible(`${numbers.said(flop.value, "FLOP", "", 3)} in ${numbers.said(time.value, "chip-hour", "", 4)} needs `
        + `${numbers.number(f.central_of(overTime), 3)} times the dense peak of this accelerator.`);
    }
    if (i.reported_mfu) give("mfu", "ratio", "reported_mfu");
    else if (overTime) { take("dense_peak"); put("mfu", "ratio", "flop_over_time", overTime); }
    else if (i.dense_peak && i.assumed_mfu) put("mfu", "ratio", "prior", take("assumed_mfu")[0], "assumed");
  }

  function putTheRest(rows, i, data, take, put, used) {
    const time = uncertain(rows.chip_hours);
    if (rows.training_flop) scaled(rows, "petaflop_days", "petaFLOP-day", rows.training_flop, f.petaflop_days_of);
    if (i.accelerator_count) {
      put("wall_days", "day", "conversion", i.reported_hours ? f.divide(take("reported_hours")[0], f.exactly(24))
        : f.wall_days_of(time, ...take("accelerator_count", "chip_hours_ratio")));
    }
    if (i.cloud_price) put("cloud_cost_usd", "USD", i.cloud_price.method ?? "rental", f.cloud_cost_usd_of(time, ...take("cloud_price")));
    if (i.embodied_kg_per_accelerator && i.embodied_kg_per_server) {
      put("embodied_co2e_kg", "kg CO2e", "share_of_life", f.embodied_co2e_kg_of(time, ...take(
        "embodied_kg_per_accelerator", "embodied_kg_per_server", "embodied_lifetime_years", "fleet_utilisation")));
    }
    if (!i.tdp) return;
    const power = take("tdp", "average_power_ratio");
    const server = take("tdp", "server_power_ratio", "average_power_ratio");
    const facility = take("tdp", "server_power_ratio", "average_power_ratio", "pue");
    put("chip_energy_kwh", "kWh", "chip_hours_times_power", f.chip_energy_kwh_of(time, ...power));
    put("server_energy_kwh", "kWh", "chip_hours_times_power", f.server_energy_kwh_of(time, ...server));
    const energy = put("facility_energy_kwh", "kWh", "chip_hours_times_power", f.facility_energy_kwh_of(time, ...facility));
    used.set("home_year_kwh", data.home_year);
    scaled(rows, "home_years", "home-year", energy, (kwh) => f.home_years_of(kwh, data.home_year.value));
    if (i.chip_price) {
      take("hardware_age");
      const { low, value, high } = i.hardware_age;
      const depreciation = f.depreciation_per_hour_of(...take("price_decline"), low, value, high);
      const capital = f.capital_usd_per_chip_hour(...take("chip_price", "server_cost_ratio", "network_share"), depreciation);
      const electricity = f.electricity_usd_per_chip_hour(f.facility_energy_kwh_of(f.exactly(1), ...facility), ...take("electricity_price"));
      put("owned_cost_usd", "USD", "amortised", f.owned_cost_usd_of(time, capital, electricity));
    }
    if (i.grid_intensity) {
      const grid = take("grid_intensity")[0];
      put("location_co2e_kg", "kg CO2e", "energy_times_intensity", f.co2e_kg_of(f.facility_energy_kwh_of(time, ...facility), grid));
      if (i.carbon_free_contract_share) {
        put("market_co2e_kg", "kg CO2e", "energy_times_contracts",
          f.market_co2e_kg_of(f.facility_energy_kwh_of(time, ...facility), take("carbon_free_contract_share")[0], grid));
      }
    }
    if (i.wue_onsite && i.wue_offsite) {
      put("water_l", "L", "energy_times_water_use",
        f.water_l_of(f.server_energy_kwh_of(time, ...server), ...take("wue_onsite", "pue", "wue_offsite")));
    }
  }

  function scaled(rows, quantity, unit, row, convert) {
    rows[quantity] = {
      quantity, unit, method: "conversion", kind: "derived",
      value_low: convert(row.value_low), value: convert(row.value), value_high: convert(row.value_high),
    };
  }

  return { estimate, Impossible };
})();
