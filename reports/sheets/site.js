"use strict";
// Theme of the reader, tables that sort, lists that filter. No request is made.
(() => {
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem("ledger-theme"); } catch { return null; } };
  const store = (theme) => { try { localStorage.setItem("ledger-theme", theme); } catch { /* private window */ } };
  const wanted = stored() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset.theme = wanted === "dark" ? "dark" : "light";

  function setTheme(theme) {
    root.dataset.theme = theme;
    const button = document.getElementById("theme");
    button.setAttribute("aria-pressed", String(theme === "dark"));
    button.textContent = theme === "dark" ? "Light mode" : "Dark mode";
  }

  function sortValue(cell) {
    const raw = cell.dataset.sort ?? cell.textContent.trim();
    if (raw === "" || raw === "–") return null;
    const number = Number(raw);
    return Number.isNaN(number) ? raw.toLowerCase() : number;
  }

  // Empty cells stay at the end in both directions; rows that tie keep their order.
  function sortTable(table, column, ascending) {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [sortValue(row.cells[column]), row]);
    const sign = ascending ? 1 : -1;
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
      return a < b ? -sign : a > b ? sign : 0;
    });
    body.append(...rows.map(([, row]) => row));
  }

  function makeSortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!head.textContent.trim() || head.querySelector(".unseen")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const first = head.classList.contains("number") ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const next = head.getAttribute("aria-sort") === first ? other : first;
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", next);
        sortTable(table, column, next === "ascending");
      });
    });
  }

  // Every word of the query must be in the row's terms.
  function makeFilter(input) {
    const status = document.getElementById(input.getAttribute("aria-describedby"));
    const tables = input.getAttribute("aria-controls").split(" ").map((id) => document.getElementById(id));
    const update = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const counts = tables.map((table) => {
        let shown = 0;
        for (const row of table.tBodies[0].rows) {
          row.hidden = !words.every((word) => row.dataset.terms.includes(word));
          shown += row.hidden ? 0 : 1;
        }
        return `${shown} of ${table.tBodies[0].rows.length} ${table.dataset.noun}`;
      });
      status.textContent = counts.join(", ");
    };
    input.addEventListener("input", update);
    update();
  }

  document.addEventListener("DOMContentLoaded", () => {
    setTheme(root.dataset.theme);
    document.getElementById("theme").addEventListener("click", () => {
      setTheme(root.dataset.theme === "dark" ? "light" : "dark");
      store(root.dataset.theme);
    });
    document.querySelectorAll("table.sortable").forEach(makeSortable);
    document.querySelectorAll("input[data-filter]").forEach(makeFilter);
  });
  let before = null;
  addEventListener("beforeprint", () => { before = root.dataset.theme; root.dataset.theme = "light"; });
  addEventListener("afterprint", () => { if (before) root.dataset.theme = before; });
})();
