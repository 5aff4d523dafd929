// The window of a step opens where it was asked for; without this the link is a page of its own.
document.body.addEventListener("htmx:afterSwap", (event) => {
  const window_ = document.getElementById("window");
  if (event.detail.target === window_ && !window_.open) window_.showModal();
});
// "/" goes to the search, as people expect.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  const field = document.querySelector(".search input");
  if (field) { event.preventDefault(); field.focus(); }
});
// A URL to paste is chosen whole.
document.querySelectorAll("[data-copy]").forEach((field) => field.addEventListener("focus", () => field.select()));
