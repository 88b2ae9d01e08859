// A run: state, progress, figures, curve and what can be done. value: see ui/present/run.py
let drawn = "";
const PAUSE_MS = 4000; // after this, a button that got no answer can be pressed again

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

// Why it ended badly: cause, the line that shows it, what to do, and the change with both values.
function doctor(value) {
  const found = value.doctor;
  if (!found) return null;
  return el("section", { class: "dt-doctor", role: "alert", "aria-label": found.title },
    el("p", { class: "dt-cause" }, found.cause),
    found.evidence ? el("figure", {}, el("pre", {}, found.evidence), el("figcaption", {}, found.where)) : null,
    el("p", {}, found.fix),
    found.changes.length ? el("dl", { class: "dt-changes", "aria-label": found.labels.change }, found.changes.map((one) =>
      el("div", {}, el("dt", {}, one.name), el("dd", {}, el("del", {}, one.before), " → ", el("ins", {}, one.after))))) : null);
}

function buttons(value) {
  if (!value.actions.length) return null;
  return el("div", { class: "dt-actions" }, value.actions.map((one) =>
    el("button", { type: "button", class: `dt-button${one.primary ? " dt-primary" : ""}`, "data-do": one.do }, one.label)));
}

// What can be done next, with what going on comes to before the button that does it.
const steps = (value) => [value.next ? el("p", { class: "dt-note dt-next" }, value.next) : null, buttons(value)];

function parts(value) {
  const state = [value.phase, value.sign].filter(Boolean).join(" · ");
  return [
    el("header", {}, el("h3", { "aria-level": 2 }, value.name), el("span", { class: `dt-badge dt-${value.tone}` }, value.status)),
    progress(value), el("p", { class: "dt-phase", role: "status" }, state), trouble(value),
    ...(value.doctor ? [doctor(value), ...steps(value)] : []),
    figures(value), chart(value, value.labels),
    value.health ? el("p", { class: `dt-health dt-tone-${value.health.tone}` }, value.health.text) : null,
    ...value.notes.map((note) => el("p", { class: "dt-note" }, note)),
    ...(value.doctor ? [] : steps(value)),
  ].filter(Boolean);
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
  const held = root().contains(document.activeElement) ? document.activeElement.dataset.do : null;
  root().replaceChildren(...parts(value));
  if (held) root().querySelector(`[data-do="${held}"]`)?.focus();
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (!button) return;
  button.disabled = true;
  setTimeout(() => { button.disabled = false; }, PAUSE_MS);
  trigger("act", { do: button.dataset.do, id: props.value.id });
});
new ResizeObserver(draw).observe(element);
watch("value", draw);
draw();
