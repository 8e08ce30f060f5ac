"use strict";
// Lists that a search narrows: every word of the query must be in a row's name or terms. The address keeps the query.
(() => {
  const MARK = "#q=";

  function makeFilter(input) {
    const status = document.getElementById(input.getAttribute("aria-describedby"));
    const tables = input.getAttribute("aria-controls").split(" ").map((id) => document.getElementById(id));
    const found = new Map(tables.flatMap((table) => [...table.tBodies[0].rows]).map((row) =>
      [row, matching.terms(row.cells[0].textContent, row.dataset.terms)]));
    const update = () => {
      const asked = matching.words(input.value);
      status.textContent = tables.map((table) => {
        const rows = [...table.tBodies[0].rows];
        for (const row of rows) row.hidden = !matching.finds(asked, found.get(row));
        return `${rows.filter((row) => !row.hidden).length} of ${rows.length} ${table.dataset.noun}`;
      }).join(", ");
    };
    input.addEventListener("input", () => { update(); matching.keep(MARK, input.value); });
    const restore = () => { input.value = matching.asked(MARK); update(); };
    addEventListener("hashchange", () => { if (location.hash.startsWith(MARK)) restore(); });
    restore();
  }

  document.querySelectorAll("input[data-filter]").forEach(makeFilter);
})();
