// Which devices run a model within a budget, the fastest first.
const finder = (() => {
  const SIZES = { m: 1e6, million: 1e6, b: 1e9, bn: 1e9, billion: 1e9, t: 1e12, trillion: 1e12 };
  const NO_FIT = -1;

  // A size such as 8B or 13 billion, as a number of parameters; null where the text is not a size.
  function sizeOf(text) {
    const [, digits, word] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)(?:\s+(?:parameters|params|model))?\s*$/i.exec(text) ?? [];
    const factor = word && Object.hasOwn(SIZES, word.toLowerCase()) ? SIZES[word.toLowerCase()] : null;
    return factor === null || digits === undefined ? null : Number(digits) * factor;
  }

  // The model of a name, or one that stands for a size: of those nearest to it, the first.
  function modelOf(text, models) {
    const named = models.find((one) => one.name === text || one.id === text);
    const size = named ? null : sizeOf(text);
    if (named || size === null) return named ?? null;
    const distance = (one) => Math.abs(Math.log(one.params / size));
    const nearest = Math.min(...models.map(distance));
    return models.find((one) => distance(one) <= nearest + 0.05) ?? null;
  }

  // Each device once, with the most bits that fit and that the query allows. A missing price or power passes no limit.
  function rank({ model, bits, usd, watts, memory }, devices) {
    const within = (value, limit) => limit === null || (value !== null && value <= limit);
    const widths = Object.keys(model.cases).map(Number).filter((width) => bits === null || width === bits).sort((a, b) => b - a);
    const rows = devices.flatMap(([id, name, count, segment, available, price, power], place) => {
      const width = widths.find((one) => model.cases[one].bound[place] !== NO_FIT);
      if (width === undefined || !within(price, usd) || !within(power, watts) || !within(available, memory)) return [];
      const { bound, measured, needed } = model.cases[width];
      return [{ id, name, count, segment, available, price, power, bits: width, speed: bound[place], measured: measured[place] ?? null, needed }];
    });
    return rows.sort((a, b) => (a.speed === null) - (b.speed === null) || b.speed - a.speed || (a.name < b.name ? -1 : 1));
  }

  return { modelOf, rank, sizeOf };
})();
