// Runs before the first paint, so that there is no flash of the wrong colours.
(() => {
  let choice = "system";
  try { choice = localStorage.getItem("apus.theme") ?? "system"; } catch { /* no storage: the default applies */ }
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const isDark = choice === "dark" || (choice === "system" && dark.matches);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
  };
  dark.addEventListener("change", apply);
  window.apusTheme = {
    get: () => choice,
    set(value) {
      choice = value;
      try { localStorage.setItem("apus.theme", value); } catch { /* the choice lasts until reload */ }
      apply();
    },
  };
  apply();
})();
