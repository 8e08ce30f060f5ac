// Numbers as a reader types them in the calculators' forms: 70e9, 70 billion, 70B, 38 %, or LOW:CENTRAL:HIGH.
const amounts = (() => {
  class Impossible extends Error {}
  const SIZES = { k: 1e3, thousand: 1e3, m: 1e6, million: 1e6, b: 1e9, billion: 1e9, t: 1e12, trillion: 1e12, "%": 0.01 };

  // Null for nothing. Zero passes where it is a share.
  function read(text, label, zero = false) {
    const trimmed = text.trim();
    if (trimmed === "") return null;
    const parts = trimmed.split(":").map((part) => {
      const found = /^([+-]?[\d.,]*\d[\d.,]*(?:e[+-]?\d+)?)\s*([a-z%]*)$/i.exec(part.trim());
      const size = found && (found[2] === "" ? 1 : SIZES[found[2].toLowerCase()]);
      if (!found || size === undefined || (found[1].match(/\./g) ?? []).length > 1) return NaN;
      return Number(found[1].replaceAll(",", "")) * size;
    });
    if (![1, 3].includes(parts.length) || parts.some(Number.isNaN)) {
      throw new Impossible(`${label}: “${trimmed}” is not a number. Enter a value such as 70e9, 70 billion, or low:central:high.`);
    }
    const least = (part) => part > 0 || (zero && part === 0);
    if (!parts.every((part) => Number.isFinite(part) && least(part))) throw new Impossible(`${label}: expected a value above zero.`);
    const [low, value, high] = parts.length === 3 ? parts : [parts[0], parts[0], parts[0]];
    if (!(low <= value && value <= high)) throw new Impossible(`${label}: expected low ≤ central ≤ high.`);
    return { low, value, high };
  }

  return { read, Impossible };
})();
