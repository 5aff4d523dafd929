// The entrance and Mi acceso: passwords that can be shown, passkeys where the browser has them, and what went wrong with one.
document.querySelectorAll("[data-show]").forEach((button) => {
  const field = document.querySelector(button.dataset.show);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    field.focus();
  });
});

if (window.PublicKeyCredential) document.querySelectorAll("[data-passkey]").forEach((each) => { each.hidden = false; });
else document.querySelectorAll("[data-no-passkey]").forEach((each) => { each.hidden = false; });

document.addEventListener("allauth.error", (event) => {
  const place = document.querySelector("[data-passkey-fault]");
  if (!place) return;
  event.preventDefault(); // it is said on the page
  const name = event.detail.exception.name;
  const words = document.querySelector(`[data-passkey-words="${CSS.escape(name)}"]`) || document.querySelector('[data-passkey-words="else"]');
  place.textContent = words.content.textContent;
  place.hidden = false;
});
