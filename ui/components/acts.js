// HTML that the server wrote. Whatever in it carries `data-do` says what a click on it asks for:
// "act" tells it with the element's own data and the fields of the `data-form` around it.
// value: {html, file: {id, url, name} to be saved by the browser}
let written = "";

// Boxes of one name that are ticked give their values with commas between them.
function fields(form) {
  const found = {};
  for (const field of form ? form.querySelectorAll("[name]") : []) {
    if (field.type === "checkbox" && !field.checked) continue;
    found[field.name] = field.type === "checkbox" && found[field.name] ? `${found[field.name]},${field.value}` : field.value;
  }
  return found;
}

function showRow() {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const row = document.querySelector("#data-browser");
  row?.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

// What is being typed is not taken away by the clock; the new HTML comes once the field is left.
function typing() {
  const field = document.activeElement;
  return root().contains(field) && field.matches("input, textarea") && field.value !== field.defaultValue;
}

function draw() {
  const html = (props.value || {}).html || "";
  if (props.value?.file) fetchFile(props.value.file);
  if (html === written || typing()) return;
  written = html;
  const ticked = [...root().querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value);
  const open = [...root().querySelectorAll(".dt-fold[open] > summary")].map((summary) => summary.textContent);
  root().innerHTML = html;
  root().querySelectorAll("input[type=checkbox]").forEach((box) => { box.checked ||= ticked.includes(box.value); });
  root().querySelectorAll(".dt-fold > summary").forEach((one) => { one.parentElement.open ||= open.includes(one.textContent); });
}

element.addEventListener("focusout", () => setTimeout(draw, 400));
element.addEventListener("keydown", (event) => {
  const form = event.target.closest("[data-form]");
  if (event.key !== "Enter" || !form || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  form.querySelector(".dt-primary[data-do], [data-do]")?.click();
  event.target.blur();
});
element.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-do], [data-decide]");
  if (!asked || asked.disabled) return;
  event.preventDefault();
  const job = asked.closest("[data-job]")?.dataset.job;
  const values = fields(asked.closest("[data-form]"));
  const fold = asked.closest(".dt-fold");
  if (fold) fold.open = false; // it has said what it had to
  trigger("act", { do: "decide", job, ...asked.dataset, values });
  if (asked.dataset.do === "row") showRow();
});
watch("value", draw);
draw();
