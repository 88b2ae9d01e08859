// Runs before Gradio's own script. Gradio translates by the browser's locale and takes its theme
// from the address, so both are set here to what the person chose.
(() => {
  const locale = LOCALE; // put in by ui/page.py
  Object.defineProperty(navigator, "language", { get: () => locale });
  Object.defineProperty(navigator, "languages", { get: () => [locale] });
  const address = new URL(location.href);
  let theme = null;
  try { theme = localStorage.getItem("duotune-theme"); } catch { /* storage may be forbidden */ }
  if (theme && !address.searchParams.has("__theme")) {
    address.searchParams.set("__theme", theme);
    history.replaceState(null, "", address);
  }

  const touched = () => { window.duotuneTouched = true; };
  addEventListener("pointerdown", touched, { once: true, capture: true });
  addEventListener("keydown", touched, { once: true, capture: true });

  // Gradio names each message by its source text, markup included, and leaves the button that
  // opens a step without a name; both would be read out, so they are taken off again.
  const quiet = () => {
    document.querySelectorAll("[data-testid=bot][aria-label], [data-testid=user][aria-label]")
      .forEach((message) => message.removeAttribute("aria-label"));
    document.querySelectorAll(".thought-group .arrow:not([aria-hidden])").forEach((arrow) => {
      arrow.setAttribute("aria-hidden", "true");
      arrow.querySelectorAll("button").forEach((button) => button.setAttribute("tabindex", "-1"));
    });
  };
  new MutationObserver(quiet).observe(document.documentElement, { childList: true, subtree: true });
})();
