// A text field that suggests: arrows move, Enter chooses, Escape closes. What it offers are [name, what, value, further words,
// 1 for what goes last], the best known first; `offer` changes it.
function combobox(input, list, status, choose) {
  const most = 12;
  let entries = [];
  let terms = [];
  let found = [];
  let active = -1;

  function offer(offered) {
    entries = offered;
    terms = entries.map(([name, what, , further]) => matching.terms(name, `${what} ${further ?? ""}`));
  }

  // The name itself first, then names near the query; among alike ones, the order in which they are offered.
  function search(text) {
    const asked = matching.words(text);
    if (!asked.length) return [];
    const all = terms.flatMap((term, i) => {
      if (!matching.finds(asked, term)) return [];
      const distance = matching.distance(entries[i][0], text);
      return [[distance === 0 ? 0 : 1, entries[i][4] ?? 0, distance, i]];
    });
    return all.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]).map(([, , , i]) => i);
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  }

  function move(to) {
    active = to;
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
    const option = list.children[active];
    if (!option) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function show() {
    const all = search(input.value);
    found = all.slice(0, most);
    list.replaceChildren(...found.map((index, i) => {
      const [name, what] = entries[index];
      const option = document.createElement("li");
      option.id = `${list.id}-${i}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const second = document.createElement("span");
      second.textContent = what;
      option.append(name, " ", second);
      return option;
    }));
    const asked = input.value.trim() !== "";
    status.textContent = !asked ? "" : all.length === 0 ? "No entry has this name." : `${all.length} found${all.length > most ? `, ${most} shown` : ""}.`;
    if (!found.length) return close();
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    move(-1);
  }

  function pick(place) {
    const entry = entries[found[place]];
    close();
    if (entry) choose(entry);
  }

  input.addEventListener("input", show);
  input.addEventListener("focus", () => { if (input.value.trim()) show(); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    if (event.key === "ArrowDown") { if (!open) show(); move(Math.min(active + 1, list.children.length - 1)); }
    else if (event.key === "ArrowUp") { if (open) move(Math.max(active - 1, 0)); }
    else if (event.key === "Enter") { if (open) pick(Math.max(active, 0)); }
    else if (event.key === "Escape" && open) close(); // else the field clears itself
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // keeps the focus in the field
    const option = event.target.closest("[role=option]");
    if (option) pick([...list.children].indexOf(option));
  });

  return { offer, show };
}
