"use strict";
// Theme of the reader, tables that sort. No request is made.
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

  // On a phone a row becomes a block, in which each cell says the heading of its column; what is not known is left out.
  function stack(table) {
    const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent.trim());
    for (const row of table.tBodies[0].rows) {
      [...row.cells].forEach((cell, place) => {
        if (place && cell.textContent.trim() === "–") cell.classList.add("nothing");
        if (place) cell.dataset.label = heads[place];
      });
    }
    table.classList.add("stacked");
  }

  function stackAll() {
    document.querySelectorAll(".scroll > table:not(.stacked)").forEach((table) => { if (table.tHead && table.tBodies.length) stack(table); });
  }

  document.addEventListener("DOMContentLoaded", () => {
    setTheme(root.dataset.theme);
    document.getElementById("theme").addEventListener("click", () => {
      setTheme(root.dataset.theme === "dark" ? "light" : "dark");
      store(root.dataset.theme);
    });
    const narrow = matchMedia("(max-width: 640px)");
    if (narrow.matches) stackAll();
    narrow.addEventListener("change", () => { if (narrow.matches) stackAll(); });
    document.querySelectorAll("table.sortable").forEach(makeSortable);
  });
  let before = null;
  addEventListener("beforeprint", () => { before = root.dataset.theme; root.dataset.theme = "light"; });
  addEventListener("afterprint", () => { if (before) root.dataset.theme = before; });
})();
