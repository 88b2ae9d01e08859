// HTML that the server wrote. Whatever in it carries `data-do` says what a click on it asks for:
// "act" tells it with the element's own data and the fields of the `data-form` around it.
// value: {html}
function fields(form) {
  const named = form ? [...form.querySelectorAll("[name]")] : [];
  return Object.fromEntries(named.map((field) => [field.name, field.value]));
}

function showRow() {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const row = document.querySelector("#data-browser");
  row?.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

function draw() {
  root().innerHTML = (props.value || {}).html || "";
}

element.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-do], [data-decide]");
  if (!asked || asked.disabled) return;
  event.preventDefault();
  const job = asked.closest("[data-job]")?.dataset.job;
  const values = fields(asked.closest("[data-form]"));
  trigger("act", { do: "decide", job, ...asked.dataset, values });
  if (asked.dataset.do === "row") showRow();
});
watch("value", draw);
draw();
