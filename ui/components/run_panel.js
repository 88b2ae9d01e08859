// A run: state, progress, figures, curve and what can be done. value: see ui/present/run.py
let drawn = "";

function redraw() { drawn = ""; draw(); }

function progress(value) {
  if (value.fraction === null || value.fraction === undefined) return null;
  return el("div", { class: "dt-progress", role: "progressbar", "aria-label": value.labels.progress,
    "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(value.fraction * 100) },
    el("div", { style: `width:${(value.fraction * 100).toFixed(1)}%` }));
}

function figures(value) {
  return el("dl", { class: "dt-figures" }, value.facts.map((one) =>
    el("div", {}, el("dt", {}, one.name), el("dd", {}, one.value))));
}

function trouble(value) {
  if (!value.failure) return null;
  return el("div", { class: "dt-trouble", role: "alert" },
    [value.failure.problem, value.failure.where, value.failure.fix].filter(Boolean).map((line) => el("p", {}, line)));
}

function buttons(value) {
  if (!value.actions.length) return null;
  return el("div", { class: "dt-actions" }, value.actions.map((one) =>
    el("button", { type: "button", class: "dt-button", "data-do": one.event }, one.label)));
}

function draw() {
  const value = props.value;
  const key = JSON.stringify(value) + root().clientWidth;
  if (key === drawn) return;
  drawn = key;
  if (!value || !value.id) {
    root().replaceChildren(...(value?.empty ? [el("p", { class: "dt-quiet" }, value.empty)] : []));
    return;
  }
  const held = document.activeElement?.dataset?.do;
  root().replaceChildren(
    el("header", {}, el("h3", { "aria-level": 2 }, value.name), el("span", { class: `dt-badge dt-${value.tone}` }, value.status)),
    ...[progress(value), el("p", { class: "dt-phase", role: "status" }, value.phase), trouble(value), figures(value),
      chart(value, value.labels), ...value.notes.map((note) => el("p", { class: "dt-note" }, note)), buttons(value)]
      .filter(Boolean));
  if (held) root().querySelector(`[data-do="${held}"]`)?.focus();
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (!button) return;
  button.disabled = true;
  if (button.dataset.do === "stop") trigger("stop", { id: props.value.id });
  if (button.dataset.do === "resume") trigger("resume", { id: props.value.id });
});
new ResizeObserver(draw).observe(element);
watch("value", draw);
draw();
