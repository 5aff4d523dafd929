// What pages cannot do without a script: the window, keys, copying, and looking again every two seconds. All else is links and forms.
const find = (what, where = document) => where.querySelector(what);

// The window opens where it was asked for, and gives the focus back; without a script its link is a page of its own.
document.addEventListener("htmx:afterSwap", (event) => {
  const window_ = find("#window");
  if (event.detail.target !== window_ || window_.open) return;
  window_.showModal();
});
document.addEventListener("click", (event) => {
  if (event.target.matches("dialog")) event.target.close(); // beside it
});

// Where the entrance comes instead of a part (the session has ended), or nothing does, the page or the link is opened whole.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!new URL(event.detail.xhr.responseURL || location, location).pathname.startsWith("/cuenta/")) return;
  event.detail.shouldSwap = false;
  location.reload();
});
const openWhole = (event) => {
  const link = event.detail.elt.closest("a[href]");
  if (link) location.assign(link.href);
};
document.addEventListener("htmx:responseError", openWhole);
document.addEventListener("htmx:sendError", openWhole);

// A form that comes back goes on where it is wrong.
document.addEventListener("DOMContentLoaded", () => find("main [aria-invalid=true]")?.focus());

// "/" goes to the search, as people expect.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select, dialog")) return;
  const field = find(".search input");
  if (field) { event.preventDefault(); field.focus(); }
});

// [data-copy="#id"] copies what that field or text holds.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = find(button.dataset.copy);
  if (!navigator.clipboard) { // only over https and on localhost
    if (source.select) source.select();
    return;
  }
  await navigator.clipboard.writeText("value" in source ? source.value : source.textContent);
  const before = button.textContent;
  button.textContent = document.body.dataset.copied;
  setTimeout(() => { button.textContent = before; }, 1500);
});

// [data-live] hears "tick" every two seconds while somebody looks: hx-trigger="tick".
setInterval(() => {
  if (document.visibilityState !== "visible" || find("dialog[open]")) return; // nothing moves behind a window
  document.querySelectorAll("[data-live]").forEach((each) => each.dispatchEvent(new CustomEvent("tick")));
}, 2000);

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => { delete form.dataset.sent; }));
