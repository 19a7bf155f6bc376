"use strict";
// Draws the charts of the page from the values, ranges and ticks in it, answers to pointer and keyboard, and follows a run
// that goes on.
(() => {
  const root = document.documentElement;
  const view = { log: true, bands: true, at: {} }; // at: where the cursor of each chart was put; paper: drawn for print
  let charts = [];

  const known = v => v !== null && v !== undefined && isFinite(v);

  // number prints v as the tables of the page do.
  function number(v) {
    if (v === null || v === undefined) return "~";
    if (!isFinite(v)) return v > 0 ? "inf" : "-inf";
    const a = Math.abs(v);
    if (a >= 1e6 || a > 0 && a < 5e-4) return v.toExponential(2).replace(/e([+-])(\d)$/, "e$10$2");
    const s = v.toFixed(a >= 1000 ? 0 : a >= 100 ? 1 : a >= 10 ? 2 : 3);
    return /^-[0.]*$/.test(s) ? s.slice(1) : s;
  }
  const grouped = v => String(v).replace(/\B(?=(\d{3})+$)/g, ",");

  function make(name, attributes, parent, text) {
    const svg = parent.namespaceURI.endsWith("svg") || name === "svg";
    const e = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const k in attributes) e.setAttribute(k, attributes[k]);
    if (text !== undefined) e.textContent = text;
    parent.append(e);
    return e;
  }
  // tinted are the attributes of what is drawn in the colour of a curve.
  const tinted = c => c.colour.startsWith("#") ? { style: "--c: " + c.colour } : { class: "c-" + c.colour };

  // position takes a value to where it stands along an axis, whose range and ticks are positions.
  function position(axis, v) {
    const k = axis.knee, a = Math.abs(v);
    switch (axis.scale) {
      case "steps": return v < 1 ? (v - 1) / 2 : Math.log10(v);
      case "log": return v > 0 ? Math.log10(v) : -Infinity;
      case "knee": return a > k ? Math.sign(v) * (1 + Math.log(a / k)) : v / k;
    }
    return v;
  }
  // apart keeps the labels that do not touch: those that come first win.
  function apart(ticks, place, size) {
    const taken = [];
    return ticks.map(t => {
      const at = place(t.at), room = size(t.text || "");
      const text = t.text && taken.every(o => Math.abs(at - o.at) >= (room + o.room) / 2) ? t.text : "";
      if (text) taken.push({ at, room });
      return { at, text };
    });
  }
  // stretches are the ranges of consecutive observations at which all lists are known, by the given test.
  function stretches(test, ...lists) {
    const out = [];
    let run = null;
    lists[0].forEach((_, i) => {
      if (!lists.every(l => test(l[i]))) { run = null; return; }
      if (!run) out.push(run = []);
      run.push(i);
    });
    return out;
  }

  function draw(chart) {
    const { box, svg } = chart, narrow = box.closest(".three") ? 270 : 420;
    const width = view.paper ? narrow : Math.max(240, box.clientWidth), height = Math.round(Math.min(360, Math.max(230, width * 0.6)));
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const x = view.log || !chart.plain ? chart.x : chart.plain, y = chart.y;
    const left = 14 + 7 * Math.max(1, ...y.ticks.map(t => (t.text || "").length)), right = width - 14, top = 24, bottom = height - 40;
    const along = (axis, from, to) => at => from + Math.max(-9, Math.min(10, (at - axis.lo) / (axis.hi - axis.lo))) * (to - from);
    const px = along(x, left, right), py = along(y, bottom, top);
    const X = v => px(position(x, v)), Y = v => py(position(y, v));
    Object.assign(chart, { X, Y, top, bottom });

    const clip = make("clipPath", { id: "clip-" + chart.id }, svg);
    make("rect", { x: left, y: top - 2, width: right - left, height: bottom - top + 4 }, clip);
    make("text", { x: 2, y: 13 }, svg, y.label);
    for (const t of apart(y.ticks, py, () => 16)) {
      if (!t.text) continue;
      make("line", { class: "grid", x1: left, x2: right, y1: t.at, y2: t.at }, svg);
      make("text", { x: left - 6, y: t.at + 4, "text-anchor": "end" }, svg, t.text);
    }
    for (const t of apart(x.ticks, px, s => 7.2 * s.length + 10)) {
      make("line", { class: "axis", x1: t.at, x2: t.at, y1: bottom, y2: bottom + (t.text ? 6 : 3) }, svg);
      if (t.text) make("text", { x: Math.min(t.at, width - 4 * t.text.length), y: bottom + 19, "text-anchor": "middle" }, svg, t.text);
    }
    make("path", { class: "axis", d: `M${left} ${top}V${bottom}H${right}` }, svg);
    make("text", { x: (left + right) / 2, y: height - 5, "text-anchor": "middle" }, svg, x.label);

    const plot = make("g", { "clip-path": `url(#clip-${chart.id})` }, svg);
    for (const l of chart.levels || []) make("line", { class: "level", x1: left, x2: right, y1: Y(l.at), y2: Y(l.at) }, plot);
    const path = (c, list, run) => run.map((i, n) => (n ? "L" : "M") + X(c.at[i]).toFixed(2) + " " + Y(list[i]).toFixed(2)).join("");
    const between = (c, low, high, kind, g) => {
      for (const run of stretches(v => v !== null, low, high)) {
        const [i] = run;
        if (run.length === 1) make("rect", { class: kind, x: X(c.at[i]) - 3, width: 6, y: Y(high[i]), height: Math.max(0, Y(low[i]) - Y(high[i])) }, g);
        else make("path", { class: kind, d: path(c, high, run) + path(c, low, [...run].reverse()).replace("M", "L") + "Z" }, g);
      }
    };
    const lines = (c, list, attributes, dots, g) => {
      for (const run of stretches(known, list)) {
        const line = make("path", { d: path(c, list, run), ...attributes }, g);
        make("title", {}, line, c.name);
        if (dots && !c.quiet && c.width > 1 && (!c.dash && c.at.length <= 60 || run.length === 1)) for (const i of run) make("circle", { class: "dot", r: run.length === 1 ? 3 : 1.8, cx: X(c.at[i]), cy: Y(list[i]) }, g);
      }
    };
    for (const c of chart.curves) {
      const g = make("g", tinted(c), plot);
      if (c.upper) between(c, c.y, c.upper, "area", g);
      if (c.lo && view.bands) {
        if (c.upper) for (const list of [c.lo, c.hi]) lines(c, list, { class: "line outline" }, false, g);
        else if (c.bars) c.at.forEach((at, i) => {
          if (c.lo[i] !== null && c.hi[i] !== null) make("path", { class: "bar", d: `M${X(at)} ${Y(c.lo[i])}V${Y(c.hi[i])}M${X(at) - 3} ${Y(c.lo[i])}h6M${X(at) - 3} ${Y(c.hi[i])}h6` }, g);
        });
        else between(c, c.lo, c.hi, "band", g);
      }
    }
    for (const c of chart.curves) {
      const g = make("g", tinted(c), plot), look = { class: "line", "stroke-width": c.width * 1.3, "stroke-dasharray": (c.dash || ["none"]).join(" ") };
      for (const list of [c.y, c.upper]) if (list) lines(c, list, look, true, g);
      for (const v of c.nulls || []) if (v !== null) make("path", { class: "null", d: `M${right - 9} ${Y(v)}l9 -4.5v9Z` }, g);
    }
    chart.cursor = make("g", {}, svg);
    point(chart, chart.index);
  }

  // nearest is the index of the value in a list that is closest to x on the axis.
  function nearest(chart, list, x) {
    let best = 0;
    list.forEach((v, i) => { if (Math.abs(chart.X(v) - x) < Math.abs(chart.X(list[best]) - x)) best = i; });
    return best;
  }

  // point puts the cursor of a chart on its i-th observation and shows the values there.
  function point(chart, i) {
    i = Math.max(0, Math.min(chart.xs.length - 1, i));
    chart.index = i;
    const x = chart.xs[i], g = chart.cursor, body = chart.readout, said = [];
    g.replaceChildren();
    make("line", { class: "cursor", x1: chart.X(x), x2: chart.X(x), y1: chart.top, y2: chart.bottom }, g);
    body.replaceChildren();
    chart.caption.textContent = `${chart.x.label} ${grouped(x)}`;
    for (const c of chart.curves) {
      if (c.quiet) continue;
      const n = nearest(chart, c.at, chart.X(x)), here = c.at[n] === x;
      const row = make("tr", tinted(c), body);
      swatch(make("td", { class: "key" }, row), c);
      const name = make("th", { scope: "row" }, row, here ? c.name : `${c.name}, at ${grouped(c.at[n])}`);
      for (const w of c.warnings || []) make("a", { href: "#warning-" + w, "aria-label": "warning " + w }, make("sup", {}, name), String(w));
      const value = make("td", { class: "value" }, row), range = make("td", { class: "range" }, row);
      const put = (cell, v, before) => { cell.append(before); make("data", { value: v === null ? "" : String(v) }, cell, number(v)); };
      put(value, c.y[n], "");
      if (c.upper) put(value, c.upper[n], " to ");
      if (c.lo && c.lo[n] !== c.hi[n]) { put(range, c.lo[n], "["); put(range, c.hi[n], ", "); range.append("]"); }
      if (c.nulls) {
        const below = make("tr", {}, body);
        make("td", {}, below);
        make("th", { class: "chance", colspan: 3 }, below, "null, at the end: 95 % below " + c.nulls.map(number).join(" and "));
      }
      said.push(`${c.name} ${value.textContent} ${range.textContent}`.trim());
      for (const list of [c.y, c.upper]) {
        const y = list && known(list[n]) ? chart.Y(list[n]) : NaN;
        if (here && y >= chart.top - 1 && y <= chart.bottom + 1) make("circle", { class: "spot", r: 4, cx: chart.X(x), cy: y }, make("g", tinted(c), g));
      }
    }
    for (const l of chart.levels || []) {
      const row = make("tr", { class: "c-black" }, body);
      swatch(make("td", { class: "key" }, row), { dash: [5, 3], width: 1 });
      make("th", { scope: "row", colspan: 3 }, row, l.name);
    }
    chart.svg.setAttribute("aria-valuenow", i);
    chart.svg.setAttribute("aria-valuetext", `${chart.caption.textContent}: ${said.join("; ")}`);
  }
  function swatch(cell, c) {
    const svg = make("svg", { viewBox: "0 0 22 10", "aria-hidden": "true", class: "plot" }, cell);
    if (c.upper) make("rect", { class: "area", width: 22, height: 10 }, svg);
    make("path", { class: "line", d: "M0 5H22", "stroke-width": Math.max(1.2, c.width * 1.3), "stroke-dasharray": (c.dash || ["none"]).join(" ") }, svg);
  }

  // move puts the cursor and remembers where; at the newest observation it follows the run.
  function move(chart, i) {
    point(chart, i);
    view.at[chart.id] = chart.index === chart.xs.length - 1 ? undefined : chart.xs[chart.index];
  }
  function under(chart, event) {
    const r = chart.svg.getBoundingClientRect();
    return nearest(chart, chart.xs, (event.clientX - r.left) * chart.svg.viewBox.baseVal.width / r.width);
  }
  const keys = { ArrowLeft: i => i - 1, ArrowDown: i => i - 1, ArrowRight: i => i + 1, ArrowUp: i => i + 1, PageDown: i => i - 5, PageUp: i => i + 5, Home: () => 0, End: () => Infinity, Escape: () => Infinity };

  // begin takes the charts out of the page and draws them in the place of the still pictures.
  function begin() {
    const source = document.getElementById("charts");
    charts = source ? JSON.parse(source.textContent) || [] : [];
    root.classList.toggle("scripted", charts.length > 0);
    for (const chart of charts) {
      const panel = document.getElementById("panel-" + chart.id);
      chart.xs = [...new Set(chart.curves.flatMap(c => c.at))].sort((a, b) => a - b);
      chart.box = make("div", { class: "chart" }, panel);
      make("h3", {}, chart.box, chart.title);
      chart.svg = make("svg", { class: "plot", role: "slider", tabindex: 0, "aria-label": chart.title, "aria-valuemin": 0, "aria-valuemax": chart.xs.length - 1 }, chart.box);
      const table = make("table", { class: "readout" }, chart.box);
      chart.caption = make("caption", {}, table);
      chart.readout = make("tbody", {}, table);
      if (chart.notes) make("p", { class: "remarks" }, chart.box, chart.notes.join("\n"));
      const was = chart.xs.indexOf(view.at[chart.id]);
      chart.index = was < 0 ? chart.xs.length - 1 : was;
      const follow = e => move(chart, under(chart, e));
      chart.svg.addEventListener("pointermove", follow);
      chart.svg.addEventListener("pointerdown", follow);
      chart.svg.addEventListener("keydown", e => {
        const to = keys[e.key];
        if (!to) return;
        e.preventDefault();
        move(chart, to(chart.index));
      });
      draw(chart);
    }
    controls();
    document.body.dataset.charts = charts.length;
  }

  function controls() {
    const bar = document.getElementById("controls");
    bar.hidden = false;
    const themes = ["auto", "light", "dark"];
    const show = () => {
      bar.querySelector("[data-do=log]").setAttribute("aria-pressed", view.log);
      bar.querySelector("[data-do=bands]").setAttribute("aria-pressed", view.bands);
      bar.querySelector("[data-do=theme]").textContent = "Colours: " + (root.dataset.theme || "auto");
    };
    bar.onclick = e => {
      const what = e.target.dataset.do;
      if (what === "theme") {
        const next = themes[(themes.indexOf(root.dataset.theme || "auto") + 1) % themes.length];
        if (next === "auto") delete root.dataset.theme; else root.dataset.theme = next;
      } else if (what) {
        view[what] = !view[what];
        charts.forEach(draw);
      }
      show();
    };
    show();
  }

  // followHash obeys an address that ends in #hover=CHART,OBSERVATION, and the settings &log=0, &bands=0 and &theme=dark after it.
  function followHash() {
    const wish = new URLSearchParams(location.hash.slice(1));
    if (wish.has("log")) view.log = wish.get("log") !== "0";
    if (wish.has("bands")) view.bands = wish.get("bands") !== "0";
    if (["light", "dark"].includes(wish.get("theme"))) root.dataset.theme = wish.get("theme");
    if (wish.has("log") || wish.has("bands") || wish.has("theme")) { charts.forEach(draw); controls(); }
    const [id, i] = (wish.get("hover") || "").split(",");
    const chart = charts.find(c => c.id === id);
    if (chart) move(chart, Number(i) || 0);
  }

  // live follows a run that goes on: each event brings the page anew.
  function live(address) {
    const events = new EventSource(address), note = text => { const p = document.getElementById("progress"); if (p) p.textContent = text; };
    events.addEventListener("progress", e => note(e.data));
    events.addEventListener("page", e => {
      const open = [...document.querySelectorAll("details")].map(d => d.open), focus = document.activeElement?.closest?.("[id^=panel-]")?.id;
      const fresh = new DOMParser().parseFromString(JSON.parse(e.data), "text/html");
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
      document.title = fresh.title;
      document.querySelectorAll("details").forEach((d, i) => { d.open = open[i]; });
      begin();
      if (focus) document.querySelector(`#${focus} .plot`)?.focus();
    });
    events.addEventListener("end", () => events.close());
    events.onerror = () => note("no connection to the run");
  }

  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; charts.forEach(draw); } });
  const folded = document.querySelectorAll("#reproduce details:not([open])");
  addEventListener("beforeprint", () => { view.paper = true; charts.forEach(draw); folded.forEach(d => { d.open = true; }); });
  addEventListener("afterprint", () => { view.paper = false; charts.forEach(draw); folded.forEach(d => { d.open = false; }); });
  addEventListener("hashchange", followHash);
  begin();
  followHash();
  if (document.body.dataset.live) live(document.body.dataset.live);
})();
