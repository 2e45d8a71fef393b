"use strict";
(() => {
const all = (s, r = document) => [...r.querySelectorAll(s)];
const make = (tag, props) => Object.assign(document.createElement(tag), props);
const target = a => document.getElementById(decodeURIComponent(a.getAttribute("href").slice(1)));

// Whether a name such as web-137 is in a list of names and ranges such as web-1..2500.
const inRange = (list, q) => {
  const m = /^(.*?)(\d{1,15})$/.exec(q);
  return list.toLowerCase().split(" ").some(x => {
    const r = /^(.*?)(\d+)\.\.(\d+)$/.exec(x);
    return r ? m && r[1] === m[1] && +m[2] >= +r[2] && +m[2] <= +r[3] : x === q;
  });
};

// A field above a table that hides rows without the text.
all("table[data-filter]").forEach(t => {
  const box = make("div", {className: "tools"}), label = make("label", {textContent: t.dataset.filter + " "});
  const input = make("input", {type: "search"}), out = make("output");
  label.append(input);
  box.append(label, out);
  (t.closest(".wrap") || t).before(box);
  const rows = all("tbody tr", t).filter(r => !r.querySelector("[scope=rowgroup]"));
  input.addEventListener("input", () => {
    const q = input.value.trim().toLowerCase();
    let n = 0;
    rows.forEach(r => {
      const hit = !q || r.textContent.toLowerCase().includes(q) || inRange(r.dataset.names || "", q);
      r.hidden = !hit;
      n += hit;
    });
    out.textContent = q ? n + " of " + rows.length + " rows" : "";
  });
});

// Headers that sort.
all("table[data-sort] thead th").forEach(th => {
  if (!th.textContent.trim()) return;
  const b = make("button", {type: "button"});
  b.append(...th.childNodes);
  th.append(b);
  b.addEventListener("click", () => {
    const t = th.closest("table"), up = th.getAttribute("aria-sort") !== "ascending";
    all("thead th", t).forEach(h => h.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", up ? "ascending" : "descending");
    const c = [...th.parentNode.children].indexOf(th);
    const key = r => r.children[c].dataset.k ?? r.children[c].textContent.trim();
    const body = t.tBodies[0];
    [...body.rows].sort((a, b) => key(a).localeCompare(key(b), "en", {numeric: true}) * (up ? 1 : -1))
      .forEach(r => body.append(r));
  });
});

// A card with the row of a mark, on hover, touch and focus.
const card = make("div", {className: "card", hidden: true, id: "card"});
card.setAttribute("role", "tooltip");
document.body.append(card);
let timer;
const hide = () => {
  card.hidden = true;
  document.querySelector("[aria-describedby=card]")?.removeAttribute("aria-describedby");
};
const show = a => {
  const row = target(a);
  if (!row || !row.cells) return;
  const heads = all("thead th", row.closest("table")).map(h => h.textContent.trim()), dl = make("dl");
  [...row.cells].forEach((c, i) => {
    if (!c.textContent.trim() || c.textContent.trim() === "—") return;
    const dd = make("dd");
    dd.append(...[...c.childNodes].map(n => n.cloneNode(true)));
    all("[id]", dd).forEach(n => n.removeAttribute("id"));
    dl.append(make("dt", {textContent: heads[i]}), dd);
  });
  hide();
  card.replaceChildren(dl);
  card.hidden = false;
  const b = a.getBoundingClientRect(), w = card.offsetWidth;
  card.style.left = Math.max(6, Math.min(b.left + scrollX, scrollX + document.documentElement.clientWidth - w - 6)) + "px";
  card.style.top = b.bottom + scrollY + 8 + "px";
  a.setAttribute("aria-describedby", "card");
};
all(".lane a").forEach(a => {
  a.addEventListener("pointerenter", () => { clearTimeout(timer); show(a); });
  a.addEventListener("pointerleave", () => { timer = setTimeout(hide, 350); });
  a.addEventListener("focus", () => show(a));
  a.addEventListener("blur", hide);
});
card.addEventListener("pointerenter", () => clearTimeout(timer));
card.addEventListener("pointerleave", hide);
addEventListener("keydown", e => { if (e.key === "Escape") hide(); });

// One tab stop for the marks of a chart; arrow keys go from mark to mark.
all("table.lanes").forEach(t => {
  const marks = all(".lane a", t);
  marks.forEach((a, i) => { if (i) a.setAttribute("tabindex", "-1"); });
  t.addEventListener("keydown", e => {
    const i = marks.indexOf(document.activeElement);
    if (i < 0) return;
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[e.key];
    const j = e.key === "Home" ? 0 : e.key === "End" ? marks.length - 1 : step ? i + step : -1;
    if (j < 0 || j >= marks.length) return;
    e.preventDefault();
    marks[i].setAttribute("tabindex", "-1");
    marks[j].setAttribute("tabindex", "0");
    marks[j].focus();
  });
});

// The target of a link is shown; sections that contain it are opened.
const reveal = () => {
  const n = location.hash.length < 2 ? null : target({getAttribute: () => location.hash});
  for (let p = n; p; p = p.parentElement) if (p.tagName === "DETAILS") p.open = true;
  n?.scrollIntoView({block: "center"});
};
addEventListener("hashchange", reveal);
reveal();

// A table that scrolls sideways can be reached by the keyboard.
const regions = () => all(".wrap").forEach((w, i) => {
  if (w.scrollWidth > w.clientWidth + 1) {
    w.tabIndex = 0;
    w.setAttribute("role", "region");
    w.setAttribute("aria-label", (w.querySelector("caption")?.textContent || "table") + " " + (i + 1) + ", scrolls sideways");
  } else ["tabindex", "role", "aria-label"].forEach(n => w.removeAttribute(n));
});
regions();
addEventListener("resize", regions);
document.addEventListener("toggle", regions, true);

// All sections are open in print.
addEventListener("beforeprint", () => all("details").forEach(d => { if (!d.open) { d.open = true; d.dataset.o = 1; } }));
addEventListener("afterprint", () => all("details[data-o]").forEach(d => { d.open = false; delete d.dataset.o; }));
})();
