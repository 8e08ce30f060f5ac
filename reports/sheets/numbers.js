// Numbers for people, to the letter as pipelines/answers/numbers.py and labels.py write them: rounded half up on the
// shortest decimal. A test compares both on thousands of values.
const numbers = (() => {
  const NBSP = "\u00a0";
  const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const PREFIXES = ["", "k", "M", "G", "T", "P", "E", "Z"];
  const PREFIXED = {
    W: "W", B: "B", byte: "B", J: "J", "FLOP/s": "FLOP/s", "FLOP/s per chip": "FLOP/s", "FLOP/J": "FLOP/J", "B/s": "B/s",
    "OP/s": "OP/s", "OP/J": "OP/J", "J/token": "J/token", "J/request": "J/request",
  };
  const COUNTED = [
    "chip-day", "chip-hour", "day", "example", "home-year", "hour", "month", "parameter", "petaFLOP-day", "token", "year",
  ];
  const BARE = ["", "1", "ratio", "fraction", "share", "times", "x", "count"];

  // Sign of a number, so many digits of it, and the power of ten of the first.
  function significant(value, digits) {
    const [mantissa, power] = Math.abs(value).toExponential().split("e");
    const sign = value < 0 ? "-" : "";
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
    return { sign, figures: figures.replace(/0+$/, "") || "0", exponent };
  }

  // All digits, with separators and no zeros at the end of a fraction.
  function written({ sign, figures, exponent }) {
    if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${figures}`;
    const whole = figures.slice(0, exponent + 1).padEnd(exponent + 1, "0").replace(/\B(?=(\d{3})+$)/g, ",");
    return sign + whole + (figures.length > exponent + 1 ? `.${figures.slice(exponent + 1)}` : "");
  }

  function scaled(rounded, power) {
    return { ...rounded, exponent: rounded.exponent + power };
  }

  function asPower(rounded) {
    const raised = [...String(rounded.exponent)].map((c) => RAISED[c]).join("");
    return `${written({ ...rounded, exponent: 0 })}×10${raised}`;
  }

  function roundedNumber(rounded) {
    return rounded.exponent >= -3 && rounded.exponent < 9 ? written(rounded) : asPower(rounded);
  }

  function roundedWithPrefix(rounded, unit) {
    const step = Math.floor(rounded.exponent / 3);
    if (!(step in PREFIXES)) return `${roundedNumber(rounded)}${NBSP}${unit}`;
    return `${written(scaled(rounded, -3 * step))}${NBSP}${PREFIXES[step]}${unit}`;
  }

  function number(value, digits = 4) {
    return value === null || value === undefined ? "–" : roundedNumber(significant(value, digits));
  }

  function plain(value, digits = 2) {
    return written(significant(value, digits));
  }

  function powerOfTen(value, digits = 2) {
    return asPower(significant(value, digits));
  }

  function withPrefix(value, unit, digits = 3) {
    return roundedWithPrefix(significant(value, digits), unit);
  }

  function money(value, digits = 2) {
    const rounded = significant(Math.abs(value), digits);
    const dollars = value < 0 ? "-$" : "$";
    for (const [power, word] of [[9, `${NBSP}billion`], [6, `${NBSP}million`], [3, "k"]]) {
      if (power <= rounded.exponent && rounded.exponent < 15) return `${dollars}${written(scaled(rounded, -power))}${word}`;
    }
    const text = roundedNumber(rounded);
    return `${dollars}${text}${text.at(-2) === "." ? "0" : ""}`;
  }

  function mass(value, digits) {
    const rounded = significant(value, digits);
    return rounded.exponent >= 3 ? `${roundedNumber(scaled(rounded, -3))}${NBSP}t` : `${roundedNumber(rounded)}${NBSP}kg`;
  }

  function count(value, digits = 2) {
    const rounded = significant(value, digits);
    for (const [power, word] of [[12, "trillion"], [9, "billion"], [6, "million"]]) {
      if (power <= rounded.exponent && rounded.exponent < 15) return `${written(scaled(rounded, -power))}${NBSP}${word}`;
    }
    return roundedNumber(rounded);
  }

  function said(value, unit, quantity = "", digits = 2) {
    const rounded = significant(value, digits);
    if (unit === "FLOP") return `${rounded.exponent >= 6 ? asPower(rounded) : count(value, digits)}${NBSP}FLOP`;
    if (unit === "kWh") return roundedWithPrefix(value ? scaled(rounded, 3) : rounded, "Wh");
    if (unit === "kg CO2e") return `${mass(value, digits)}${NBSP}CO₂e`;
    if (unit === "USD") return money(value, digits);
    if (quantity === "mfu" || quantity === "hfu") return `${written(value ? scaled(rounded, 2) : rounded)}${NBSP}%`;
    if (unit in PREFIXED) return withPrefix(value, PREFIXED[unit], digits);
    const amount = count(value, digits);
    if (BARE.includes(unit)) return amount;
    return `${amount}${NBSP}${unit}${!["1", "-1"].includes(amount) && COUNTED.includes(unit) ? "s" : ""}`.replaceAll("CO2e", "CO₂e");
  }

  function span(low, high, unit, quantity = "", digits = 2) {
    let first = said(low, unit, quantity, digits);
    const last = said(high, unit, quantity, digits);
    if (first === last) return first;
    if (!first.startsWith("$")) {
      const [amount, ...words] = first.split(NBSP);
      const [, ...ending] = last.split(NBSP);
      if ([words.join(NBSP), `${words.join(NBSP)}s`].includes(ending.join(NBSP))) first = amount;
      else if (words.length && words.at(-1) === ending.at(-1)) first = [amount, ...words.slice(0, -1)].join(NBSP);
    }
    return `${first} to ${last}`;
  }

  return { number, plain, powerOfTen, withPrefix, money, count, said, span };
})();
