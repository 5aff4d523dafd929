// Inicio keeps itself up to date, and never moves what somebody reads: what would move it waits until they look up, or ask for it.
(() => {
  const now = document.querySelector("#now"), pill = document.querySelector("#pill"), said = document.querySelector("#said");
  let seen = now.dataset.seen, asking = false, waiting = "";

  const pulses = document.querySelector("#pulses");
  const at = (each) => !!each && (each.matches(":hover") || each.contains(document.activeElement));
  const reading = () => scrollY > 8 || at(now) || at(pulses) || !getSelection().isCollapsed;
  const inSight = (each) => { const box = each.getBoundingClientRect(); return box.bottom > document.querySelector(".top").offsetHeight && box.top < innerHeight; };

  // What is to stand still: what has the focus, else what is pointed at, else what is first in sight; a card rather than its frame.
  const anchor = () => {
    const all = [...document.querySelectorAll("main [id]:is(article, section), main .line")];
    return all.findLast((each) => each.contains(document.activeElement)) ?? all.findLast((each) => each.matches(":hover"))
      ?? all.find((each) => inSight(each) && !each.querySelector("article, .line"));
  };

  const ask = async () => {
    if (waiting && !reading()) put(waiting);
    if (asking) return;
    asking = true;
    try {
      const url = new URL(now.dataset.live, location);
      url.searchParams.set("seen", seen);
      const answer = await fetch(url, { redirect: "manual" }).catch(() => null); // the network is away: the next tick asks again
      if (answer?.ok) seen = answer.headers.get("X-Seen") ?? seen;
      if (answer?.status === 200) put(await answer.text());
    } finally { asking = false; }
  };

  const put = (text, asked = false) => {
    const page = document.createElement("template");
    page.innerHTML = text;
    const fresh = [...page.content.querySelectorAll("template[data-part]")].map((each) => [document.getElementById(each.dataset.part), each.content]).filter(([part]) => part);
    const old = fresh.map(([part]) => [part, [...part.childNodes]]);
    const known = new Set([...now.querySelectorAll("article")].map((each) => each.id));
    const still = !asked && reading() ? anchor() : null, before = still?.getBoundingClientRect().top;
    const focus = document.activeElement, card = [now, pulses].some((each) => each?.contains(focus)) && focus.closest("article, .pulse, section"), height = scrollY;
    fresh.forEach(([part, content]) => part.replaceChildren(content));
    if (still && !stands(still, before)) {
      old.forEach(([part, nodes]) => part.replaceChildren(...nodes));
      scrollTo({ top: height, behavior: "instant" });
      if (card) focus.focus({ preventScroll: true });
      waiting = text;
      pill.hidden = false;
      return;
    }
    waiting = "";
    pill.hidden = true;
    htmx.process(now);
    badge(page.content.querySelector("template[data-badge]").content);
    if (card) again(focus, card).focus({ preventScroll: true });
    if ([...now.querySelectorAll("article")].some((each) => !known.has(each.id))) said.textContent = said.dataset.new;
  };

  // Scrolled by as much as it has moved; where the page is too short for that, it is made longer.
  const stands = (still, before) => {
    const there = still.isConnected ? still : still.id && document.getElementById(still.id);
    if (!there) return false;
    const moved = there.getBoundingClientRect().top - before, needed = scrollY + innerHeight + moved;
    if (moved > 0 && document.documentElement.scrollHeight < needed) document.body.style.minHeight = `${needed}px`;
    scrollBy({ top: moved, behavior: "instant" });
    return Math.abs(there.getBoundingClientRect().top - before) <= 1;
  };

  // The same link, button or time in the same card; never a button that has come in its place.
  const again = (focus, card) => {
    const there = document.getElementById(card.id);
    const alike = (where) => [...where?.querySelectorAll(focus.tagName) ?? []];
    const same = focus.tagName === "TIME" ? alike(there)[alike(card).indexOf(focus)]
      : alike(there).find((each) => each.getAttribute("href") === focus.getAttribute("href") && each.textContent === focus.textContent);
    const heading = document.querySelector("main h1");
    heading.tabIndex = -1;
    return same ?? there?.querySelector("a") ?? heading;
  };

  const badge = (content) => {
    const item = document.querySelector('.item[href="/"]');
    item.querySelector(".badge")?.remove();
    item.append(content);
  };

  // The chart is drawn anew once a minute, not while somebody looks at its numbers.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const days = event.target;
    if (days.id === "days" && !days.querySelector(".skeleton") && (at(days) || days.querySelector("details[open]"))) event.preventDefault();
  });
  now.addEventListener("tick", ask);
  pill.addEventListener("click", () => {
    put(waiting, true);
    document.body.style.minHeight = "";
    scrollTo({ top: 0 });
    now.querySelector("a")?.focus({ preventScroll: true });
  });
})();
