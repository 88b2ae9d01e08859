// A report in a frame where no script runs, as tall as its text. value: {html, title, id}
let shown = null;

function draw() {
  const value = props.value || {};
  const key = value.html ? value.id : "";
  if (key === shown) return;
  shown = key;
  if (!key) { root().replaceChildren(); return; }
  const frame = el("iframe", { sandbox: "allow-same-origin allow-popups", srcdoc: value.html, title: value.title });
  frame.addEventListener("load", () => {
    const fit = () => { frame.style.height = `${frame.contentDocument.documentElement.scrollHeight + 2}px`; };
    fit();
    new ResizeObserver(fit).observe(frame.contentDocument.body);
  });
  root().replaceChildren(frame);
}
watch("value", draw);
draw();
