#include "host/answers/report_assets.h"

#include "host/support/markup.h"

namespace friedel {

const char* const report_style = R"(
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1d20; --soft: #565d66; --line: #d3d7dc; --first: #12508f; --second: #b3441a; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181c; --ink: #e8eaed; --soft: #a5acb5; --line: #3a4048; --first: #7db8f0; --second: #f0a070; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 16px; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .5rem; padding-top: .6rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0 0 .3rem; }
.pair + h3 { margin-top: 1.6rem; }
p { margin: .4rem 0; max-width: 72ch; overflow-wrap: anywhere; }
.soft, figcaption { color: var(--soft); font-size: .875rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { vertical-align: bottom; color: var(--soft); font-weight: 600; }
.numbers td, .numbers tbody th { white-space: nowrap; }
.facts th { font-weight: 400; color: var(--soft); white-space: nowrap; }
.facts td { overflow-wrap: anywhere; }
.pair { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 1.6rem 2.4rem; }
figure { margin: 0; min-width: 0; max-width: 640px; }
figcaption { overflow-wrap: anywhere; margin-top: .3rem; }
figcaption b { color: var(--ink); font-weight: 600; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); }
svg .small { font-size: 10px; }
path, .frame { fill: none; stroke: var(--ink); }
.grid { stroke: var(--line); }
.first { stroke: var(--first); stroke-width: 2; }
.second { stroke: var(--second); stroke-width: 2; stroke-dasharray: 6 4; }
.diagonal { stroke: var(--soft); stroke-dasharray: 2 3; }
.mark { fill: var(--first); stroke: var(--paper); }
.whisker { stroke: var(--first); }
.faint { opacity: .35; }
.bar { fill: var(--soft); }
.group { fill: var(--first); fill-opacity: .15; stroke: var(--first); }
.mean { stroke: var(--second); stroke-width: 2.2; }
.pattern { stroke: var(--first); stroke-width: .8; stroke-linejoin: round; }
.below { stroke: var(--second); stroke-width: .8; stroke-linejoin: round; }
.base { stroke-width: .6; }
.cell { fill: var(--first); stroke: var(--line); }
.diagonal-cell { fill: none; stroke: var(--ink); stroke-width: 1.4; }
svg .none { fill: var(--soft); fill-opacity: .6; }
.zoom { border: 1px solid var(--line); touch-action: pan-y; cursor: zoom-in; }
.zoom.near { touch-action: none; cursor: grab; }
.sheet { fill: none; stroke: var(--ink); vector-effect: non-scaling-stroke; }
.matrix-line { stroke: var(--line); vector-effect: non-scaling-stroke; }
.matrix-diagonal { stroke: var(--soft); stroke-dasharray: 2 3; vector-effect: non-scaling-stroke; }
.matrix-label { font-size: 70px; }
.pair-cell rect { fill: var(--ink); stroke: var(--ink); stroke-width: 1.6px; vector-effect: non-scaling-stroke; }
.pair-cell text { font-size: 5px; text-anchor: middle; }
.group-numbers text { font-size: 3px; }
.zoom:not(.near) .group-numbers { display: none; }
.zoom .full text { fill: var(--paper); }
.zoom .part text { paint-order: stroke; stroke: var(--paper); stroke-width: 1.5px; }
.controls { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; margin-top: .4rem; font-size: .875rem; }
.controls[hidden] { display: none; }
button { font: inherit; color: inherit; background: none; border: 1px solid var(--soft); border-radius: 4px; min-width: 2.4rem; padding: .25rem .6rem; }
.key { display: inline-block; width: 2.2em; height: 0; border-top: 2px solid var(--first); vertical-align: middle; margin-right: .4em; }
.key.dashed { border-top: 2px dashed var(--second); }
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #333; --line: #bbb; --first: #000; --second: #000; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  .pair { grid-template-columns: 1fr 1fr; }
  figure, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .wide { overflow: visible; }
  .controls { display: none; }
  .group, .whisker { stroke: #888; }
  .mean { stroke-width: 3; }
}
)";

const char* const report_script = R"(
for (const svg of document.querySelectorAll("svg.zoom")) {
  const box = svg.viewBox.baseVal, whole = { x: box.x, y: box.y, w: box.width, h: box.height };
  const controls = svg.parentNode.querySelector(".controls"), readout = controls.querySelector("output");
  const fingers = new Map();
  let view = { ...whole };

  const within = (value, low, high) => Math.max(low, Math.min(high, value));
  function show(x, y, w) {
    const span = within(w, whole.w / 60, whole.w), tall = span * whole.h / whole.w;
    view = { x: within(x, whole.x, whole.x + whole.w - span), y: within(y, whole.y, whole.y + whole.h - tall), w: span, h: tall };
    svg.setAttribute("viewBox", [view.x, view.y, view.w, view.h].join(" "));
    svg.classList.toggle("near", whole.w > span * 1.001);
    const groups = (from, length) => within(Math.floor(from / 10) + 1, 1, 230) + " to " + within(Math.ceil((from + length) / 10), 1, 230);
    readout.value = "Shown: true " + groups(view.y, view.h) + ", answered " + groups(view.x, view.w);
  }
  // What lies under the point of the screen stays there.
  function zoom(factor, clientX, clientY) {
    const place = svg.getBoundingClientRect();
    const u = (clientX - place.left) / place.width, v = (clientY - place.top) / place.height;
    const span = within(view.w / factor, whole.w / 60, whole.w);
    show(view.x + u * (view.w - span), view.y + v * (view.w - span) * whole.h / whole.w, span);
  }
  function zoom_middle(factor) {
    const place = svg.getBoundingClientRect();
    zoom(factor, place.left + place.width / 2, place.top + place.height / 2);
  }
  const whole_view = () => show(whole.x, whole.y, whole.w);
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return { length: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };

  // The wheel scrolls the page until the figure is clicked.
  svg.addEventListener("wheel", event => {
    if (document.activeElement !== svg) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), event.clientX, event.clientY);
  }, { passive: false });
  svg.addEventListener("dblclick", whole_view);
  svg.addEventListener("pointerdown", event => {
    svg.focus({ preventScroll: true });
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const cell = event.target.closest(".pair-cell");
    if (cell) readout.value = cell.querySelector("title").textContent;
  });
  svg.addEventListener("pointermove", event => {
    const last = fingers.get(event.pointerId);
    if (!last) {
      const cell = event.target.closest(".pair-cell");
      if (cell) readout.value = cell.querySelector("title").textContent;
      return;
    }
    const before = fingers.size === 2 ? spread() : null;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const scale = view.w / svg.getBoundingClientRect().width;
    if (before) {
      const after = spread();
      show(view.x - (after.x - before.x) * scale, view.y - (after.y - before.y) * scale, view.w);
      zoom(after.length / Math.max(before.length, 1), after.x, after.y);
    } else if (Math.hypot(event.clientX - last.x, event.clientY - last.y) > 0) {
      show(view.x - (event.clientX - last.x) * scale, view.y - (event.clientY - last.y) * scale, view.w);
    }
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"])
    svg.addEventListener(end, event => fingers.delete(event.pointerId));
  const [closer, farther, all] = controls.querySelectorAll("button");
  closer.addEventListener("click", () => zoom_middle(2));
  farther.addEventListener("click", () => zoom_middle(0.5));
  all.addEventListener("click", whole_view);
  controls.hidden = false;
}
)";

std::string page_head(const std::string& title) {
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" +
           escaped(title) + "</title>\n<style>" + report_style + "</style></head>\n<body><main>\n";
}

std::string page_foot() { return std::string("</main>\n<script>") + report_script + "</script></body></html>\n"; }

std::string figure(const std::string& heading, const std::string& drawing, const std::string& caption) {
    const std::string title = heading.empty() ? "" : "<h3>" + heading + "</h3>\n";
    return "<figure>" + title + drawing + "<figcaption>" + caption + "</figcaption></figure>\n";
}

}  // namespace friedel
