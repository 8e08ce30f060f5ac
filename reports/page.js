"use strict";
// Draws the charts in the theme of the reader, and lets chips highlight a group. No request is made.
(async () => {
  const { specs, themes } = JSON.parse(document.getElementById("payload").textContent);
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const views = new Map();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 480px)");

  function fewerLabels(spec) {
    spec.layer = spec.layer.filter((l) => !(l.mark.type === "text" && l.mark.align === "left"));
    for (const layer of spec.layer.filter((l) => l.mark.type === "text")) {
      const rows = spec.datasets?.[layer.data.name] ?? layer.data.values;
      layer.data = { values: rows.slice(-2) };
    }
  }

  async function draw(theme) {
    for (const [id, spec] of Object.entries(specs)) {
      const copy = structuredClone(spec);
      if (narrow.matches) fewerLabels(copy);
      const old = views.get(id);
      const chosen = old ? old.signal("hl") : "all";
      if (old) old.finalize();
      const { view } = await vegaEmbed(`#chart-${id}`, copy, {
        actions: false, ast: true, config: themes[theme], renderer: "svg", tooltip: { theme: "custom" },
      });
      view.signal("hl", chosen);
      await view.runAsync();
      views.set(id, view);
    }
    root.dataset.drawn = theme;
  }

  function setTheme(theme) {
    root.dataset.theme = theme;
    button.setAttribute("aria-pressed", String(theme === "dark"));
    button.textContent = theme === "dark" ? "Light mode" : "Dark mode";
    return draw(theme);
  }

  document.querySelectorAll(".chips").forEach((group) => group.addEventListener("click", (event) => {
    const chip = event.target.closest(".chip");
    const view = views.get(group.dataset.chart);
    if (!chip || !view) return;
    group.querySelectorAll(".chip").forEach((c) => c.setAttribute("aria-pressed", String(c === chip)));
    view.signal("hl", chip.dataset.value).runAsync();
  }));
  button.addEventListener("click", () => setTheme(root.dataset.theme === "dark" ? "light" : "dark"));
  addEventListener("beforeprint", () => setTheme("light"));

  await Promise.all([document.fonts.load("400 12px Inter"), document.fonts.load("600 12px Inter")]);
  await setTheme(dark.matches ? "dark" : "light");
})();
