// The search box of the front page: leads to a fact sheet, and keeps its query in the address.
(() => {
  const MARK = "#search=";
  const entries = JSON.parse(document.getElementById("search-data").textContent);
  const [input, list, status] = ["search", "search-list", "search-status"].map((id) => document.getElementById(id));
  const box = combobox(input, list, status, ([, , href]) => { location.href = href; });
  box.offer(entries);
  input.addEventListener("input", () => matching.keep(MARK, input.value));
  const restore = () => {
    if (!location.hash.startsWith(MARK)) return;
    input.value = matching.asked(MARK);
    input.focus();
    box.show();
  };
  addEventListener("hashchange", restore);
  restore();
})();
