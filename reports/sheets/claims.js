// A claim about one subject or class, judged as `ledger audit` judges it: the same meanings, bounds and verdicts, by the
// formulas of sql/macros. A test compares both on random claims.
const claims = (() => {
  const accentless = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const plainName = (text) => accentless(text).replace(/([0-9])\.([0-9])/g, "$1p$2").replace(/[^a-z0-9]/g, "");
  const VERDICTS = ["supported", "partly", "unsupported", "contradicted"];
  const inOrder = (a, b) => { for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1; return 0; };
  const least = (rows, key) => rows.map((row) => [key(row), row]).sort(([a], [b]) => inOrder(a, b)).map(([, row]) => row);

  // What a name may mean for a quantity: one subject, or several that are equally likely.
  function meanings(name, quantity, data) {
    const spelling = plainName(name);
    const found = Object.hasOwn(data.spellings, spelling) ? data.spellings[spelling] : [];
    const rank = ([subject, precedence]) => {
      const { kind, evidence } = data.subjects[subject];
      return [evidence[quantity] ? 0 : 1, kind === "class" ? 0 : 1, kind === "training_run" ? 0 : 1, precedence];
    };
    const ranked = least(found, rank);
    return ranked.filter((one) => inOrder(rank(one), rank(ranked[0])) === 0);
  }

  function centreOf({ comparison, low, high }) {
    if (comparison === "at most") return high;
    return comparison === "range" ? (low > 0 ? Math.sqrt(low * high) : high) : low;
  }

  // The published figure of one boundary that a claim repeats: of the makers first, then the nearest.
  function repeated(published, bounds, centre) {
    const inside = published.filter(([value]) => bounds.low <= value && value <= bounds.high);
    const [first] = least(inside, ([value, byMakers]) => [1 - byMakers, Math.abs(Math.log(value / centre))]);
    return first && { value: first[0], byMakers: first[1] === 1, isDoubted: first[2] === 1, title: first[3] };
  }

  function test(figure, claim, isClass, rules) {
    const [boundary, low, value, high, kind, titles, published] = figure;
    const bounds = formulas.claim_bounds(claim.comparison, claim.low, claim.high, rules.aboutLow, rules.aboutHigh);
    const centre = centreOf(claim);
    const verdict = formulas.claim_verdict(low, value, high, bounds.low, bounds.high, isClass ? Infinity : rules.widest);
    const repeats = claim.comparison === "about" && !isClass && centre > 0 ? repeated(published, bounds, centre) : undefined;
    return { boundary, low, value, high, kind, titles, verdict, repeats, ratio: centre > 0 ? value / centre : null };
  }

  // {subject, quantity, comparison, low, high, unit} -> what it was taken for, the verdict, and a test for each boundary.
  function judge({ subject, quantity, comparison, low, high, unit }, data) {
    const found = meanings(subject, quantity, data);
    if (found.length !== 1) return { verdict: "untestable", meanings: found.map(([one]) => data.subjects[one]), tests: [] };
    const [[place, , takenFor]] = found;
    const meant = data.subjects[place];
    const factor = data.units[unit].factor;
    const claim = { comparison, low: low === null ? null : low * factor, high: high === null ? null : high * factor };
    const isClass = meant.kind === "class";
    const tests = least(
      (meant.evidence[quantity] ?? []).map((figure) => test(figure, claim, isClass, data.rules)),
      (one) => [
        VERDICTS.indexOf(one.verdict), -(one.repeats ? Number(one.repeats.byMakers) : -1), one.boundary === "unstated" ? 1 : 0,
        one.ratio === null ? Infinity : Math.abs(Math.log(one.ratio)), one.boundary,
      ],
    );
    const best = tests[0];
    const isPublishedElsewhere = best?.verdict === "contradicted" && best.repeats?.byMakers && !best.repeats.isDoubted;
    return { verdict: isPublishedElsewhere ? "partly" : best?.verdict ?? "unsupported", meant, takenFor, tests, factor };
  }

  return { judge, meanings, plainName };
})();
