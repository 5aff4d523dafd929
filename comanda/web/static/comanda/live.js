// The history keeps itself up to date, and never moves what somebody reads. Also the menus of the filters: they close as menus do.
(() => {
  const rows = document.querySelector("#rows[data-live]");
  const pill = document.querySelector("#pill"), said = document.querySelector("#said");
  const MOST = 60; // rows that the server is told of, besides those in sight
  let mark = rows?.dataset.mark, asking = false, unseen = 0;

  // Down to where the frame covers what is scrolled: its head, and the filter where that stays in place.
  const bar = () => {
    const filter = document.querySelector(".filter");
    return getComputedStyle(filter).position === "sticky" ? filter.getBoundingClientRect().bottom : document.querySelector(".top").offsetHeight;
  };
  const inSight = (each) => { const box = each.getBoundingClientRect(); return box.bottom > bar() && box.top < innerHeight; };
  // Somebody reads where they have scrolled, point at the list, stand in it, or have marked some of it.
  const reading = () => scrollY > 8 || rows.matches(":hover") || rows.contains(document.activeElement)
    || !getSelection().isCollapsed || !!document.querySelector("dialog[open]");

  const have = () => [...rows.querySelectorAll("tr[id]")].filter((each, at) => at < MOST || inSight(each)).slice(0, 200)
    .map((each) => each.id.slice(4) + ("open" in each.dataset ? ":" + each.dataset.state : "")).join(",");

  // The last of the rows that the server is told of, where there are more below it: those are old, not new.
  const end = () => {
    const all = rows.querySelectorAll("tr[id]"), last = all[Math.min(MOST, all.length) - 1];
    return last && (all.length > MOST || rows.querySelector(".more")) ? `${last.querySelector("time").dateTime}|${last.id.slice(4)}` : "";
  };

  const ask = async () => {
    if (asking) return;
    asking = true;
    try {
      const url = new URL(rows.dataset.live, location);
      url.searchParams.set("mark", mark);
      url.searchParams.set("have", have());
      url.searchParams.set("end", end());
      const answer = await fetch(url, { redirect: "manual" }).catch(() => null); // the network is away: the next tick asks again
      if (answer?.type === "opaqueredirect") location.reload(); // the session has ended: the entrance comes
      if (answer?.status === 200) put(await answer.text());
      if (answer?.ok) mark = answer.headers.get("X-Mark") ?? mark;
    } finally { asking = false; }
  };

  const put = (text) => {
    const page = document.createElement("template");
    page.innerHTML = text;
    const part = (name) => page.content.querySelector(`template[data-${name}]`);
    const fresh = [...part("new").content.querySelectorAll("tr")].filter((each) => !document.getElementById(each.id));
    const still = reading();
    keep(() => {
      for (const each of part("changed").content.querySelectorAll("tr")) swap(document.getElementById(each.id), each);
      rows.prepend(...fresh);
      for (const each of page.content.querySelectorAll("template[data-part]")) replace(document.getElementById(each.dataset.part), each.content);
    }, still);
    fresh.forEach((each) => each.classList.add("fresh"));
    const many = "many" in part("new").dataset;
    tell(many, fresh.length);
  };

  // What somebody reads stays where it is on the screen, whatever comes above it; where the page is too short for that, it is made longer.
  const keep = (change, still) => {
    const all = [...rows.children];
    const anchor = still ? all.find((each) => each.contains(document.activeElement) || each.matches(":hover")) ?? all.find(inSight) : null;
    const before = anchor?.getBoundingClientRect().top;
    change();
    const there = anchor && (anchor.isConnected ? anchor : document.getElementById(anchor.id));
    if (!there) return;
    const moved = there.getBoundingClientRect().top - before;
    const needed = scrollY + innerHeight + moved;
    if (document.documentElement.scrollHeight < needed) document.body.style.minHeight = `${needed}px`;
    scrollBy({ top: moved, behavior: "instant" });
  };

  const swap = (old, row) => {
    if (!old) return;
    const focused = old.contains(document.activeElement) && document.activeElement.matches("a");
    old.replaceWith(row);
    row.classList.add("fresh");
    if (focused) row.querySelector("a").focus({ preventScroll: true });
  };

  const replace = (old, content) => {
    if (!old || old.open || old.contains(document.activeElement)) return;
    old.replaceChildren(content);
    old.hidden = false;
    htmx.process(old);
  };

  const tell = (many, number) => {
    if (!many && !number) return;
    unseen += number;
    const words = (count) => many ? pill.dataset.many : count === 1 ? pill.dataset.one : pill.dataset.several.replace("%s", count);
    said.textContent = words(number);
    if (!many && inSight(rows.firstElementChild)) { seen(); return; }
    pill.querySelector("span").textContent = words(unseen);
    pill.dataset.reload = many ? "1" : "";
    pill.hidden = false;
  };

  const seen = () => { unseen = 0; pill.hidden = true; };

  if (rows) {
    rows.addEventListener("tick", ask);
    pill.addEventListener("click", () => {
      if (pill.dataset.reload) { location.reload(); return; }
      seen();
      document.body.style.minHeight = "";
      scrollTo({ top: 0 });
      rows.querySelector("a")?.focus({ preventScroll: true });
    });
    addEventListener("scroll", () => { if (!pill.hidden && !pill.dataset.reload && rows.firstElementChild && inSight(rows.firstElementChild)) seen(); }, { passive: true });
  }

  // "hace 5 minutos" goes on being true.
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  const UNITS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  setInterval(() => {
    for (const each of document.querySelectorAll("time[data-ago]")) {
      const seconds = Math.round((new Date(each.dateTime) - Date.now()) / 1000);
      const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) / length >= 0.85) ?? UNITS.at(-1);
      const text = words.format(Math.sign(seconds) * Math.max(1, Math.round(Math.abs(seconds) / size)), unit);
      if (each.textContent !== text) each.textContent = text;
    }
  }, 20000);

  // A menu of the filters closes when one turns to something else, and with Escape, which goes back to its name.
  const menus = () => document.querySelectorAll("details.drop[open]");
  document.addEventListener("click", (event) => menus().forEach((each) => { if (!each.contains(event.target)) each.open = false; }));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menus().forEach((each) => { each.open = false; if (each.contains(document.activeElement)) each.querySelector("summary").focus(); });
  });
})();
