// Shared by all widgets: builds elements whose texts can't be injected into.
const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

const el = (name, attributes, ...children) =>
  fill(document.createElement(name), attributes, children);

const svg = (name, attributes, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

const root = () => element.querySelector("[class^=dt-]") || element;

// Save a file that the server has made; each is saved once.
let fetched = "";
function fetchFile(file) {
  if (file.id === fetched) return;
  fetched = file.id;
  const link = el("a", { href: file.url, download: file.name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
}
