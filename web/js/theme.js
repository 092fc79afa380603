// Runs before the first paint, so that there is no flash of the wrong colours, sizes or language. What is chosen in one tab is so in the others.
(() => {
  const values = { theme: ["system", "light", "dark"], size: ["small", "normal", "large", "largest"] };
  const chosen = { theme: "system", size: "normal" };
  const read = (name) => {
    let value = null;
    try { value = localStorage.getItem(`apus.${name}`); } catch { /* no storage: the default applies */ }
    chosen[name] = values[name].includes(value) ? value : values[name][name === "theme" ? 0 : 1];
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const isDark = chosen.theme === "dark" || (chosen.theme === "system" && dark.matches);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    document.documentElement.dataset.size = chosen.size;
    document.dispatchEvent(new Event("apus:look"));
  };
  const setter = (name) => (value) => {
    chosen[name] = value;
    try { localStorage.setItem(`apus.${name}`, value); } catch { /* the choice lasts until reload */ }
    apply();
  };
  dark.addEventListener("change", apply);
  window.addEventListener("storage", (event) => {
    const name = Object.keys(values).find((one) => event.key === `apus.${one}`);
    if (name || event.key === null) { read("theme"); read("size"); apply(); }
  });
  window.apusTheme = { get: () => chosen.theme, set: setter("theme"), size: () => chosen.size, setSize: setter("size") };
  read("theme");
  read("size");
  apply();

  // The language, for pages that speak several: what was chosen, or the first of the browser's that there is.
  const names = { en: "English", de: "Deutsch" };
  const automatic = navigator.languages.map((one) => one.split("-")[0]).find((one) => Object.hasOwn(names, one)) ?? "en";
  let language = null;
  try { language = localStorage.getItem("apus.language"); } catch { /* as the browser */ }
  if (!Object.hasOwn(names, language ?? "")) language = null;
  if (document.documentElement.hasAttribute("data-spoken")) document.documentElement.lang = language ?? automatic;
  window.apusLanguage = { names, chosen: language, automatic, choose(value) {
    try { if (value) localStorage.setItem("apus.language", value); else localStorage.removeItem("apus.language"); } catch { /* as the browser */ }
  } };
})();
