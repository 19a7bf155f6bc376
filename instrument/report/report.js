"use strict";
// Draws the charts of the page from the values in it, answers to pointer and keyboard, and follows a run that goes on.
(() => {
  const root = document.documentElement;
  const view = { log: true, bands: true, at: {} }; // at: where the cursor of each chart was put; paper: drawn for print
  const zeroGap = 0.5; // decades between step 0 and step 1
  let charts = [];

  const known = v => v !== null && isFinite(v);

  // number prints v as the tables of the page do.
  function number(v) {
    if (v === null || v === undefined) return "~";
    if (!isFinite(v)) return v > 0 ? "inf" : "-inf";
    const a = Math.abs(v);
    if (a >= 1e6 || a > 0 && a < 5e-4) return v.toExponential(2).replace(/e([+-])(\d)$/, "e$10$2");
    const s = v.toFixed(a >= 1000 ? 0 : a >= 100 ? 1 : a >= 10 ? 2 : 3);
    return /^-[0.]*$/.test(s) ? s.slice(1) : s;
  }
  const grouped = v => Number.isInteger(v) && Math.abs(v) < 1e15 ? String(v).replace(/\B(?=(\d{3})+$)/g, ",") : number(v);

  function make(name, attributes, parent, text) {
    const svg = parent.namespaceURI.endsWith("svg") || name === "svg";
    const e = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const k in attributes) e.setAttribute(k, attributes[k]);
    if (text !== undefined) e.textContent = text;
    parent.append(e);
    return e;
  }

  // Scales: position along an axis, and labelled ticks [value, label].
  const stepPosition = x => !view.log ? x : x < 1 ? zeroGap * (x - 1) : Math.log10(x);
  const kneePosition = k => v => Math.abs(v) > k ? Math.sign(v) * (1 + Math.log(Math.abs(v) / k)) : v / k;

  function linearTicks(lo, hi) {
    if (!(hi > lo) || !isFinite(hi - lo)) return [];
    const e = Math.floor(Math.log10((hi - lo) / 4));
    const m = [5, 2, 1].find(m => m * 10 ** e <= (hi - lo) / 4) || 1;
    const unit = m * 10 ** e, ticks = [];
    for (let i = Math.ceil(lo / unit); i * unit <= hi && ticks.length < 20; i++) {
      const v = i * unit;
      let label = e < -6 || Math.abs(v) >= 1e6 ? v.toPrecision(3) : v.toFixed(Math.max(0, -e));
      if (Number.isInteger(v) && Math.abs(v) >= 1000 && Math.abs(v) < 1e6) label = grouped(v);
      ticks.push([v, /^-[0.]*$/.test(label) ? label.slice(1) : label.replace("-", "−")]);
    }
    return ticks;
  }
  function stepTicks(lo, hi) {
    if (!view.log) return linearTicks(lo, hi).filter(t => Number.isInteger(t[0]));
    const ticks = lo <= 0 ? [[0, "0"]] : [];
    const short = Math.log10(hi / Math.max(lo, 1)) < 2.2;
    for (let d = 1; d <= hi; d *= 10)
      for (let m = 1; m < 10; m++)
        if (m * d >= lo && m * d <= hi) ticks.push([m * d, m === 1 || short && (m === 2 || m === 5) ? grouped(m * d) : ""]);
    return ticks;
  }
  function kneeTicks(k, lo, hi) {
    const e = Math.floor(Math.log10(k));
    const unit = [1, .5, .2, .1].map(u => u * 10 ** e).find(u => k / u >= 3);
    const ticks = [[0, "0"]], add = v => ticks.push([v, String(+v.toPrecision(4))], [-v, "−" + +v.toPrecision(4)]);
    for (let i = 1; i * unit <= k; i++) add(i * unit);
    for (let d = e; 10 ** d <= Math.max(hi, -lo); d++)
      for (const m of [1, 2, 5]) if (m * 10 ** d > k) add(+(m * 10 ** d).toPrecision(3));
    return ticks.filter(t => t[0] >= lo && t[0] <= hi);
  }
  // apart keeps the labels that do not touch: those that come first in the list win.
  function apart(ticks, place, room) {
    const taken = [];
    return ticks.map(([v, label]) => {
      const p = place(v);
      if (label && taken.some(q => Math.abs(p - q[0]) < room(label, q[1]))) label = "";
      if (label) taken.push([p, label]);
      return [v, label];
    });
  }

  // extent is the range of what a chart shows.
  function extent(chart) {
    let lo = Infinity, hi = -Infinity;
    const include = list => (list || []).forEach(v => { if (known(v)) { lo = Math.min(lo, v); hi = Math.max(hi, v); } });
    const all = s => { include(s.v); include(s.v2); if (s.under) include([0]); if (view.bands) { include(s.lo); include(s.hi); } };
    chart.series.filter(s => !s.beyond).forEach(s => { all(s); include((s.chance || []).slice(-1)); });
    (chart.levels || []).filter(l => !l.vertical).forEach(l => include(l.at));
    if (!(hi >= lo)) return [0, 1];
    if (hi - lo <= 1e-9 * Math.max(Math.abs(lo), Math.abs(hi))) {
      const room = Math.max(Math.abs(hi) / 20, 0.5);
      return [lo - room, hi + room];
    }
    return [lo, hi];
  }

  // stretches are the ranges of consecutive observations at which all lists are known.
  function stretches(...lists) {
    const out = [];
    let run = null;
    lists[0].forEach((_, i) => {
      if (!lists.every(l => known(l[i]))) { run = null; return; }
      if (!run) out.push(run = []);
      run.push(i);
    });
    return out;
  }

  function draw(chart) {
    const box = chart.box, width = view.paper ? (box.closest(".three") ? 270 : 420) : Math.max(240, box.clientWidth), height = Math.round(Math.min(360, Math.max(230, width * 0.6)));
    const svg = chart.svg;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const [lo, hi] = extent(chart);
    const py = chart.knee ? kneePosition(chart.knee[0]) : v => v;
    const px = chart.steps ? stepPosition : v => v;
    const yTicks = chart.knee ? kneeTicks(chart.knee[0], lo, hi) : linearTicks(lo, hi);
    const left = 14 + 7 * Math.max(1, ...yTicks.map(t => t[1].length)), right = width - 14, top = 24, bottom = height - 40;
    const xs = chart.xs, margin = (py(hi) - py(lo)) * 0.04;
    let a = px(xs[0]), b = px(xs[xs.length - 1]);
    if (!(b > a)) { a -= 0.5; b += 0.5; }
    const X = v => left + (px(v) - a) / (b - a) * (right - left);
    const Y = v => bottom - (py(v) - py(lo) + margin) / (py(hi) - py(lo) + 2 * margin) * (bottom - top);
    Object.assign(chart, { X, Y, left, right, top, bottom });

    const clip = make("clipPath", { id: "clip-" + chart.id }, svg);
    make("rect", { x: left - 4, y: top - 4, width: right - left + 8, height: bottom - top + 8 }, clip);
    make("text", { x: 2, y: 13 }, svg, chart.y);
    for (const [v, label] of apart(yTicks, Y, () => 16)) {
      if (!label) continue;
      make("line", { class: "grid", x1: left, x2: right, y1: Y(v), y2: Y(v) }, svg);
      make("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end" }, svg, label);
    }
    const xTicks = chart.steps ? stepTicks(xs[0], xs[xs.length - 1]) : linearTicks(a, b);
    for (const [v, label] of apart(xTicks, X, (s, t) => 3.6 * (s.length + t.length) + 10)) {
      make("line", { class: "axis", x1: X(v), x2: X(v), y1: bottom, y2: bottom + (label ? 6 : 3) }, svg);
      if (label) make("text", { x: Math.min(X(v), width - 4 * label.length), y: bottom + 19, "text-anchor": "middle" }, svg, label);
    }
    make("path", { class: "axis", d: `M${left} ${top}V${bottom}H${right}` }, svg);
    make("text", { x: (left + right) / 2, y: height - 5, "text-anchor": "middle" }, svg, chart.x);

    const plot = make("g", { "clip-path": `url(#clip-${chart.id})` }, svg);
    for (const l of chart.levels || []) {
      const at = l.at[0];
      make("line", l.vertical ? { class: "level", x1: X(at), x2: X(at), y1: top, y2: bottom } : { class: "level", x1: left, x2: right, y1: Y(at), y2: Y(at) }, plot);
    }
    const path = (s, list, run) => run.map((i, n) => (n ? "L" : "M") + X(s.at[i]).toFixed(2) + " " + Y(list[i]).toFixed(2)).join("");
    const between = (s, low, high, kind, g) => {
      for (const run of stretches(s.at, low, high)) {
        if (run.length === 1) make("rect", { class: kind, x: X(s.at[run[0]]) - 3, width: 6, y: Y(high[run[0]]), height: Math.max(0, Y(low[run[0]]) - Y(high[run[0]])) }, g);
        else make("path", { class: kind, d: path(s, high, run) + path(s, low, [...run].reverse()).replace("M", "L") + "Z" }, g);
      }
    };
    for (const s of chart.series) {
      const g = make("g", { class: "c-" + s.colour }, plot);
      if (s.v2) between(s, s.v, s.v2, "area", g);
      if (s.under) between(s, s.v.map(() => 0), s.v, "area", g);
      if (s.lo && view.bands) {
        if (s.bars) s.at.forEach((x, i) => {
          if (known(s.lo[i]) && known(s.hi[i])) make("path", { class: "bar", d: `M${X(x)} ${Y(s.lo[i])}V${Y(s.hi[i])}M${X(x) - 3} ${Y(s.lo[i])}h6M${X(x) - 3} ${Y(s.hi[i])}h6` }, g);
        });
        else if (s.v2) { between(s, s.lo, s.v, "band", g); between(s, s.v2, s.hi, "band", g); }
        else between(s, s.lo, s.hi, s.outline ? "band outline" : "band", g);
      }
      for (const list of [s.v, s.v2]) {
        for (const run of list ? stretches(s.at, list) : []) {
          make("path", { class: "line", d: path(s, list, run), "stroke-width": s.width, "stroke-dasharray": s.dash || "none" }, g);
          if (s.name && !s.under && (!s.dash || run.length === 1)) for (const i of run) make("circle", { class: "dot", r: run.length === 1 ? 3 : 1.8, cx: X(s.at[i]), cy: Y(list[i]) }, g);
        }
      }
    }
    for (const s of chart.series)
      for (const v of s.chance || []) {
        const y = known(v) ? Y(v) : NaN;
        if (y >= top && y <= bottom) make("path", { class: "chance c-" + s.colour, d: `M${right - 9} ${y}L${right} ${y - 4.5}V${y + 4.5}Z` }, svg);
      }
    chart.cursor = make("g", {}, svg);
    point(chart, chart.index);
  }

  // nearest is the observation of a series that is closest to x on the axis.
  function nearest(chart, s, x) {
    let best = 0;
    s.at.forEach((v, i) => { if (v !== null && Math.abs(chart.X(v) - chart.X(x)) < Math.abs(chart.X(s.at[best]) - chart.X(x))) best = i; });
    return best;
  }

  // point puts the cursor of a chart on its i-th observation and shows the values there.
  function point(chart, i) {
    i = Math.max(0, Math.min(chart.xs.length - 1, i));
    chart.index = i;
    const x = chart.xs[i], g = chart.cursor, said = [];
    g.replaceChildren();
    make("line", { class: "cursor", x1: chart.X(x), x2: chart.X(x), y1: chart.top, y2: chart.bottom }, g);
    const body = chart.readout;
    body.replaceChildren();
    chart.caption.textContent = `${chart.x} ${grouped(x)}`;
    for (const s of chart.series) {
      if (!s.name) continue;
      const n = nearest(chart, s, x), here = s.at[n] === x;
      const row = make("tr", { class: "c-" + s.colour }, body);
      swatch(make("td", { class: "key" }, row), s);
      const name = make("th", { scope: "row" }, row, here ? s.name : `${s.name}, at ${grouped(s.at[n])}`);
      for (const w of s.warnings || []) make("a", { href: "#warning-" + w, "aria-label": "warning " + w }, make("sup", {}, name), String(w));
      const value = make("td", { class: "value" }, row), range = make("td", { class: "range" }, row);
      const put = (cell, v, before) => { cell.append(before); make("data", { value: v === null ? "" : String(v) }, cell, number(v)); };
      put(value, s.v[n], "");
      if (s.v2) put(value, s.v2[n], " to ");
      if (s.lo && (known(s.lo[n]) || known(s.hi[n]))) { put(range, s.lo[n], "["); put(range, s.hi[n], ", "); range.append("]"); }
      if (s.chance) {
        const below = make("tr", {}, body);
        make("td", {}, below);
        make("th", { class: "chance", colspan: 3 }, below, "at the end, labels dealt at random: below " + s.chance.map(number).join(" and "));
      }
      said.push(`${s.name} ${value.textContent} ${range.textContent}`);
      for (const list of [s.v, s.v2]) {
        const y = list && known(list[n]) ? chart.Y(list[n]) : NaN;
        if (here && y >= chart.top - 1 && y <= chart.bottom + 1) make("circle", { class: "spot c-" + s.colour, r: 4, cx: chart.X(x), cy: y }, g);
      }
    }
    for (const l of chart.levels || []) {
      if (!l.name) continue;
      const row = make("tr", { class: "c-black" }, body);
      swatch(make("td", { class: "key" }, row), { dash: "5 3", width: 1 });
      make("th", { scope: "row", colspan: 3 }, row, l.name);
    }
    chart.svg.setAttribute("aria-valuenow", i);
    chart.svg.setAttribute("aria-valuetext", `${chart.caption.textContent}: ${said.join("; ")}`);
  }
  function swatch(cell, s) {
    const svg = make("svg", { viewBox: "0 0 22 10", "aria-hidden": "true", class: "plot" }, cell);
    if (s.v2 || s.under) make("rect", { class: "area", width: 22, height: 10 }, svg);
    make("path", { class: "line", d: "M0 5H22", "stroke-width": Math.max(1.2, s.width), "stroke-dasharray": s.dash || "none" }, svg);
  }

  // home is where the cursor of a chart is until it is moved: at the newest observation, or nearest to 0 where x is none.
  function home(chart) {
    if (chart.steps) return chart.xs.length - 1;
    let best = 0;
    chart.xs.forEach((v, i) => { if (Math.abs(v) < Math.abs(chart.xs[best])) best = i; });
    return best;
  }

  // move puts the cursor and remembers where.
  function move(chart, i) {
    point(chart, i);
    view.at[chart.id] = chart.index === home(chart) ? undefined : chart.xs[chart.index];
  }
  function under(chart, event) {
    const r = chart.svg.getBoundingClientRect(), x = (event.clientX - r.left) * chart.svg.viewBox.baseVal.width / r.width;
    let best = 0;
    chart.xs.forEach((v, i) => { if (Math.abs(chart.X(v) - x) < Math.abs(chart.X(chart.xs[best]) - x)) best = i; });
    return best;
  }
  const keys = { ArrowLeft: i => i - 1, ArrowDown: i => i - 1, ArrowRight: i => i + 1, ArrowUp: i => i + 1, PageDown: i => i - 5, PageUp: i => i + 5, Home: () => 0, End: () => Infinity, Escape: (_, chart) => home(chart) };

  // begin takes the charts out of the page and draws them in the place of the still pictures.
  function begin() {
    const source = document.getElementById("charts");
    charts = source ? JSON.parse(source.textContent) || [] : [];
    root.classList.toggle("scripted", charts.length > 0);
    for (const chart of charts) {
      const panel = document.getElementById("panel-" + chart.id);
      chart.xs = [...new Set(chart.series.flatMap(s => s.at.filter((x, i) => known(x) && (known(s.v[i]) || s.v2 && known(s.v2[i])))))].sort((a, b) => a - b);
      chart.box = make("div", { class: "chart" }, panel);
      make("h3", {}, chart.box, chart.title);
      chart.svg = make("svg", { class: "plot", role: "slider", tabindex: 0, "aria-label": chart.title, "aria-valuemin": 0, "aria-valuemax": chart.xs.length - 1 }, chart.box);
      const table = make("table", { class: "readout" }, chart.box);
      chart.caption = make("caption", {}, table);
      chart.readout = make("tbody", {}, table);
      if ((chart.notes || []).length) make("p", { class: "remarks" }, chart.box, chart.notes.join(" "));
      const was = chart.xs.indexOf(view.at[chart.id]);
      chart.index = was < 0 ? home(chart) : was;
      const follow = e => move(chart, under(chart, e));
      chart.svg.addEventListener("pointermove", follow);
      chart.svg.addEventListener("pointerdown", follow);
      chart.svg.addEventListener("keydown", e => {
        const to = keys[e.key];
        if (!to) return;
        e.preventDefault();
        move(chart, to(chart.index, chart));
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
  addEventListener("beforeprint", () => { view.paper = true; charts.forEach(draw); });
  addEventListener("afterprint", () => { view.paper = false; charts.forEach(draw); });
  addEventListener("hashchange", followHash);
  begin();
  followHash();
  if (document.body.dataset.live) live(document.body.dataset.live);
})();
