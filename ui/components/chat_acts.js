// Buttons inside chat messages. Gradio strips every attribute that it does not know from a message,
// so what a press does stands in a class: `dt-do-` and base64url of {text, verb, arguments}.
const PREFIX = "dt-do-";
const PAUSE_MS = 2500;

function decoded(name) {
  const code = name.slice(PREFIX.length).replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(code), (sign) => sign.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function pressed(event) {
  if (!element.isConnected) {
    document.removeEventListener("click", pressed);
    return;
  }
  const button = event.target.closest("#chat-messages .dt-act");
  const name = button && [...button.classList].find((one) => one.startsWith(PREFIX));
  if (!name || button.disabled) return;
  button.disabled = true; // a second press while the first is on its way is a slip
  setTimeout(() => { button.disabled = false; }, PAUSE_MS);
  trigger("act", decoded(name));
}
document.addEventListener("click", pressed);
