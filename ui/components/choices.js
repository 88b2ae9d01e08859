// A list of things to choose from. value: {items: [{id, title, detail, badge, tone}], selected, empty, label}
function item(one, selected) {
  const current = one.id === selected;
  return el("button",
    { type: "button", class: "dt-choice", "data-id": one.id, "aria-current": current ? "true" : null },
    el("span", { class: "dt-choice-title" }, one.title),
    one.badge ? el("span", { class: `dt-badge dt-${one.tone || "plain"}` }, one.badge) : null,
    one.detail ? el("span", { class: "dt-choice-detail" }, one.detail) : null);
}

function draw() {
  const value = props.value || {};
  const items = value.items || [];
  const focused = document.activeElement?.dataset?.id;
  const nodes = items.map((one) => item(one, value.selected));
  root().replaceChildren(...(nodes.length ? nodes : value.empty ? [el("p", { class: "dt-quiet" }, value.empty)] : []));
  root().setAttribute("role", "group");
  root().setAttribute("aria-label", value.label || "");
  if (focused) root().querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-id]");
  if (button) trigger("choose", { id: button.dataset.id });
});
watch("value", draw);
draw();
