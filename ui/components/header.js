// The page's top line. value: {status: [{text, tone}], language, labels: {theme, language, name}}
const MARK = [
  ["path", { d: "M2 15c4-12 8-12 12 0", class: "dt-mark-base" }],
  ["path", { d: "M8 15c4-12 8-12 12 0", class: "dt-mark-tuned" }],
];

function addressIn(code) {
  const address = new URL(location.href);
  address.searchParams.set("lang", code);
  return address.href;
}

function languageLink(code, label, current) {
  return el("a", {
    href: addressIn(code), lang: code, hreflang: code, "data-language": code,
    "aria-current": code === current ? "true" : null,
  }, label);
}

function draw() {
  const value = props.value;
  if (!value) return;
  const mark = svg("svg", { viewBox: "0 0 22 18", width: 26, height: 21, "aria-hidden": "true" },
    MARK.map(([name, attributes]) => svg(name, attributes)));
  const status = (value.status || []).map((one) =>
    el("span", { class: `dt-state dt-${one.tone}` }, one.text));
  root().replaceChildren(
    el("h1", { class: "dt-brand" }, mark, el("span", {}, value.labels.name)),
    el("div", { class: "dt-status", role: "status" }, status),
    el("nav", { class: "dt-languages", "aria-label": value.labels.language },
      languageLink("en", "English", value.language), languageLink("zh", "中文", value.language)),
    el("button", { type: "button", class: "dt-theme", "aria-label": value.labels.theme, title: value.labels.theme },
      svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
        svg("circle", { cx: 8, cy: 8, r: 6.25, fill: "none", stroke: "currentColor", "stroke-width": 1.5 }),
        svg("path", { d: "M8 2a6 6 0 0 1 0 12z", fill: "currentColor" }))));
}

element.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-language]");
  if (link) link.href = addressIn(link.dataset.language); // the room may have changed meanwhile
  if (!event.target.closest(".dt-theme")) return;
  const theme = document.body.classList.toggle("dark") ? "dark" : "light";
  try { localStorage.setItem("duotune-theme", theme); } catch { /* storage may be forbidden */ }
  const address = new URL(location.href);
  address.searchParams.set("__theme", theme);
  history.replaceState(null, "", address);
});
watch("value", draw);
draw();
