"use strict";
(() => {
  const entries = JSON.parse(document.getElementById("search-data").textContent);
  const [input, list, status] = ["search", "search-list", "search-status"].map((id) => document.getElementById(id));
  combobox(input, list, status, entries, ([, , href]) => { location.href = href; });
})();
