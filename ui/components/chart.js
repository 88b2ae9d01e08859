// The loss curve as SVG, redrawn in place. series: [{name, label, points: [[step, loss], ...]}]
const CHART = { height: 220, left: 44, right: 14, top: 12, bottom: 26 };

function niceTicks(low, high, wanted) {
  const span = high - low || Math.abs(high) || 1;
  const raw = span / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const ticks = [];
  for (let t = Math.ceil(low / step) * step; t <= high + step / 1e6; t += step) ticks.push(+t.toPrecision(12));
  return ticks;
}

function chartScale(series, total, width) {
  const points = series.flatMap((one) => one.points);
  const steps = points.map((p) => p[0]);
  const losses = points.map((p) => p[1]);
  const x1 = Math.max(total || 0, ...steps, 1);
  const top = Math.max(...losses), bottom = Math.min(0, ...losses);
  const y1 = top + (top - bottom) * 0.06 || 1;
  const { left, right, top: t, bottom: b, height } = CHART;
  return {
    x1, y0: bottom, y1,
    x: (step) => left + (step / x1) * (width - left - right),
    y: (loss) => height - b - ((loss - bottom) / (y1 - bottom)) * (height - t - b),
    step: (x) => ((x - left) / (width - left - right)) * x1,
  };
}

function chartAxes(scale, width, labels) {
  const base = CHART.height - CHART.bottom;
  const rows = niceTicks(scale.y0, scale.y1, 4).map((loss) => [
    svg("line", { class: "dt-grid", x1: CHART.left, x2: width - CHART.right, y1: scale.y(loss), y2: scale.y(loss) }),
    svg("text", { class: "dt-tick", x: CHART.left - 8, y: scale.y(loss) + 4, "text-anchor": "end" }, String(loss)),
  ]);
  const columns = niceTicks(0, scale.x1, width < 420 ? 3 : 6).filter(Number.isInteger).map((step) =>
    svg("text", { class: "dt-tick", x: scale.x(step), y: base + 18, "text-anchor": "middle" }, String(step)));
  return [...rows.flat(), ...columns,
    svg("text", { class: "dt-tick", x: CHART.left - 8, y: base + 18, "text-anchor": "end" }, labels.step)];
}

function chartLine(one, scale) {
  const path = one.points.map(([step, loss], i) =>
    `${i ? "L" : "M"}${scale.x(step).toFixed(1)} ${scale.y(loss).toFixed(1)}`).join("");
  const dots = one.points.length <= 24 && one.name === "validation"
    ? one.points.map(([s, l]) => svg("circle", { class: `dt-dot dt-${one.name}`, cx: scale.x(s), cy: scale.y(l), r: 3 })) : [];
  return [svg("path", { class: `dt-line dt-${one.name}`, d: path }), ...dots];
}

function nearest(points, step) {
  return points.reduce((best, p) => (Math.abs(p[0] - step) < Math.abs(best[0] - step) ? p : best));
}

function chartReadout(series, scale, labels, figure) {
  return (event) => {
    const box = figure.querySelector("svg").getBoundingClientRect();
    const step = scale.step(event.clientX - box.left);
    const found = series.map((one) => [one, nearest(one.points, step)]);
    const at = found[0][1][0];
    const line = figure.querySelector(".dt-cursor");
    line.setAttribute("x1", scale.x(at)); line.setAttribute("x2", scale.x(at));
    line.style.opacity = 1;
    figure.querySelector(".dt-readout").textContent = `${labels.step} ${at}`;
    found.forEach(([one, p]) => {
      figure.querySelector(`[data-series=${one.name}] b`).textContent = p[1].toPrecision(4);
    });
  };
}

function chart(value, labels) {
  const series = (value.series || []).filter((one) => one.points.length);
  const figure = el("figure", { class: "dt-chart" });
  if (!series.length) return figure;
  const width = Math.max(root().clientWidth - 32, 240);
  const scale = chartScale(series, value.total, width);
  const drawing = svg("svg", { width, height: CHART.height, role: "img", "aria-label": labels.chart },
    chartAxes(scale, width, labels), series.map((one) => chartLine(one, scale)),
    svg("line", { class: "dt-cursor", y1: CHART.top, y2: CHART.height - CHART.bottom }));
  const legend = el("figcaption", {}, series.map((one) =>
    el("span", { class: `dt-key dt-${one.name}`, "data-series": one.name }, `${one.label} `,
      el("b", {}, one.points.at(-1)[1].toPrecision(4)))), el("span", { class: "dt-readout" }));
  figure.append(legend, drawing);
  drawing.addEventListener("pointermove", chartReadout(series, scale, labels, figure));
  drawing.addEventListener("pointerleave", () => redraw());
  return figure;
}
