// Runs before Gradio's own script. Gradio translates by the browser's locale and takes its theme
// from the address, so both are set here to what the person chose.
(() => {
  const locale = LOCALE;
  Object.defineProperty(navigator, "language", { get: () => locale });
  Object.defineProperty(navigator, "languages", { get: () => [locale] });
  const address = new URL(location.href);
  let theme = null;
  try { theme = localStorage.getItem("duotune-theme"); } catch { /* storage may be forbidden */ }
  if (theme && !address.searchParams.has("__theme")) {
    address.searchParams.set("__theme", theme);
    history.replaceState(null, "", address);
  }
})();
