// Arithmetic as SQL has it: null where an operand is null. Extremes leave nulls out. The printed formulas call these.
const sql = (() => {
  const isNull = (value) => value === null || value === undefined;
  const strict = (f) => (...values) => values.some(isNull) ? null : f(...values);
  const ofKnown = (f) => (...values) => { const known = values.filter((one) => !isNull(one)); return known.length ? f(...known) : null; };
  return {
    isNull,
    add: strict((a, b) => a + b), sub: strict((a, b) => a - b), mul: strict((a, b) => a * b), div: strict((a, b) => a / b),
    pow: strict(Math.pow), neg: strict((a) => -a), not: strict((a) => !a), float: strict(Math.fround), log: strict((base, x) => base === 2 ? Math.log2(x) : Math.log(x) / Math.log(base)),
    gt: strict((a, b) => a > b), gte: strict((a, b) => a >= b), lt: strict((a, b) => a < b), lte: strict((a, b) => a <= b),
    eq: strict((a, b) => a === b), neq: strict((a, b) => a !== b), within: strict((x, low, high) => low <= x && x <= high),
    ln: strict(Math.log), exp: strict(Math.exp), sqrt: strict(Math.sqrt), abs: strict(Math.abs), sin: strict(Math.sin), asin: strict(Math.asin), ceil: strict(Math.ceil),
    greatest: ofKnown(Math.max), least: ofKnown(Math.min),
  };
})();
