// Numbers for people, as pipelines/charts/number_format.py and pipelines/sheets/words.py write them: rounded half up on
// the shortest decimal. A test compares both on thousands of values.
const numbers = (() => {
  const NBSP = "\u00a0";
  const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const PREFIXES = ["", "k", "M", "G", "T", "P", "E", "Z"];
  const PREFIXED = {
    W: "W", B: "B", byte: "B", J: "J", "FLOP/s": "FLOP/s", "FLOP/s per chip": "FLOP/s", "FLOP/J": "FLOP/J", "B/s": "B/s",
    "OP/s": "OP/s", "OP/J": "OP/J", "J/token": "J/token", "J/request": "J/request",
  };
  const PLURAL = {
    "chip-hour": "chip-hours", hour: "hours", day: "days", "home-year": "home-years", year: "years",
    parameter: "parameters", token: "tokens", "petaFLOP-day": "petaFLOP-days", example: "examples",
  };

  // Digits of a positive number, so many of them, and the power of ten of the first.
  function significant(value, digits) {
    const [mantissa, power] = value.toExponential().split("e");
    let figures = mantissa.replace(".", "");
    let exponent = Number(power);
    if (figures.length > digits) {
      const up = figures[digits] >= "5";
      figures = figures.slice(0, digits);
      if (up) {
        const carried = String(BigInt(figures) + 1n);
        if (carried.length > digits) exponent += 1;
        figures = carried.slice(0, digits);
      }
    }
    return { figures: figures.padEnd(digits, "0"), exponent };
  }

  function grouped(whole) {
    return whole.replace(/\B(?=(\d{3})+$)/g, ",");
  }

  function plain(value, digits = 2) {
    if (value === 0) return "0.0";
    const { figures, exponent } = significant(value, digits);
    if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${figures}`;
    if (exponent >= digits - 1) return grouped(figures + "0".repeat(exponent - digits + 1));
    return `${grouped(figures.slice(0, exponent + 1))}.${figures.slice(exponent + 1)}`;
  }

  function powerOfTen(value, digits = 2) {
    const { figures, exponent } = significant(value, digits);
    const mantissa = digits > 1 ? `${figures[0]}.${figures.slice(1)}` : figures;
    return `${mantissa}×10${[...String(exponent)].map((c) => RAISED[c]).join("")}`;
  }

  function withPrefix(value, unit, digits = 3) {
    const { figures, exponent } = significant(value, digits);
    const step = Math.min(Math.max(Math.floor(exponent / 3), 0), PREFIXES.length - 1);
    const scaled = Number(`${figures[0]}.${figures.slice(1)}e${exponent - 3 * step}`);
    return `${plain(scaled, digits)}${NBSP}${PREFIXES[step]}${unit}`;
  }

  function money(value, digits = 2) {
    for (const [size, word] of [[1e9, `${NBSP}billion`], [1e6, `${NBSP}million`], [1e3, "k"]]) {
      if (value >= size) return `$${plain(value / size, digits)}${word}`;
    }
    return `$${plain(value, digits)}`;
  }

  function compact(value, digits = 3) {
    if (value === null || value === undefined) return "–";
    if (value !== 0 && (value >= 1e15 || value < 1e-3)) return powerOfTen(value, digits);
    return value ? plain(value, digits) : "0";
  }

  function trimmed(value, digits = 4) {
    if (value === 0) return "0";
    if (value >= 1e9 || value < 1e-3) {
      const [mantissa, power] = powerOfTen(value, digits).split("×");
      return `${mantissa.includes(".") ? mantissa.replace(/0+$/, "").replace(/\.$/, "") : mantissa}×${power}`;
    }
    const text = plain(value, digits);
    return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
  }

  function count(value, digits = 2) {
    for (const [size, word] of [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]]) {
      if (size <= value && value < 1e15) return `${plain(value / size, digits)}${NBSP}${word}`;
    }
    return compact(value, digits);
  }

  function said(value, unit, quantity = "", digits = 2) {
    if (unit === "FLOP") return `${value >= 1e6 ? powerOfTen(value, digits) : count(value, digits)}${NBSP}FLOP`;
    if (unit === "kWh") return withPrefix(value * 1000, "Wh", digits);
    if (unit === "kg CO2e") {
      const tonnes = value > 0 && significant(value, digits).exponent >= 3;
      return `${compact(tonnes ? value / 1000 : value, digits)}${NBSP}${tonnes ? "t" : "kg"}${NBSP}CO₂e`;
    }
    if (unit === "USD") return money(value, digits);
    if (quantity === "mfu" || quantity === "hfu") return `${plain(value * 100, digits)}${NBSP}%`;
    if (unit in PREFIXED) return value >= 1 ? withPrefix(value, PREFIXED[unit], digits) : `${compact(value, digits)}${NBSP}${PREFIXED[unit]}`;
    const number = count(value, digits);
    if (["", "1", "ratio", "share", "count"].includes(unit)) return number;
    return `${number}${NBSP}${(PLURAL[unit] ?? unit).replace("CO2e", "CO₂e")}`;
  }

  return { plain, powerOfTen, withPrefix, money, compact, trimmed, count, said };
})();
