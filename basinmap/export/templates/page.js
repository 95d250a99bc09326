
// Changes the choice on a page that is whole without this script. It shows what Python
// computed: it ranks, compares and writes numbers, and never makes one from others.
// (The lines of the chart of stocks are drawn on a base of 100: a scale, no figure of
// the table.) No text ever becomes markup: nodes are made, texts are set.
"use strict";
(function () {

const SVG = "http://www.w3.org/2000/svg";
const THIN = "\u202f", BROAD = "\u00a0", MINUS = "\u2212", DASH = "\u2013";
const at = (id) => document.getElementById(id);
const data = JSON.parse(at("data").textContent);
const [WIDTH, HEIGHT] = data.frame;
const map = at("map"), layer = at("units"), over = at("over");

// -- what is chosen ---------------------------------------------------------------

const start = { i: data.start[0], year: data.start[1], level: data.start[2], a: null, b: null };
let now = { ...start };
let active = null;                       // the unit that the keyboard is on
let sorted = { by: "name", down: false };
let box = [0, 0, WIDTH, HEIGHT];         // what is seen of the map

const levels = new Map(data.levels.map((level) => [level.id, level]));
const indicators = new Map(data.indicators.map((one) => [one.id, one]));
for (const level of data.levels) {
  level.at = new Map(level.codes.map((code, place) => [code, place]));
}

// Outlines stand once in the page: in the map, or in the lines over it.
const outlines = new Map([[now.level, shapes(layer)]]);
for (const group of document.querySelectorAll(".lines")) {
  outlines.set(group.dataset.level, shapes(group));
}

function shapes(group) {
  return Array.from(group.children, (path) => path.getAttribute("d"));
}

function viewOf(choice) {
  const indicator = indicators.get(choice.i);
  const shown = indicator && indicator.levels[choice.level];
  const view = shown && shown.views[choice.year];
  return view ? { indicator, shown, view, level: levels.get(choice.level) } : null;
}

// -- words and numbers --------------------------------------------------------------

function digits(whole, decimals, signed) {
  const text = String(Math.abs(whole)).padStart(decimals + 1, "0");
  const cut = text.length - decimals;
  const thousands = text.slice(0, cut).replace(/\B(?=(\d{3})+$)/g, THIN);
  const sign = whole < 0 ? MINUS : signed && whole > 0 ? "+" : "";
  return sign + thousands + (decimals ? "," + text.slice(cut) : "");
}

function printed(indicator, whole, state) {
  if (whole === null || whole === undefined) return data.states[state in data.states ? state : "n"][0];
  const sign = state === "b" || state === "e" ? data.states[state][0] + THIN : "";
  const after = state === "f" ? data.states[state][0] : "";
  return sign + digits(whole, indicator.decimals, indicator.signed) + after;
}

function withUnit(indicator, text, missing) {
  if (missing || !indicator.unit) return text;
  return text + (indicator.unit.startsWith("%") ? THIN : BROAD) + indicator.unit;
}

function stateOf(view, place) {
  return view.states ? view.states[place] : ".";
}

function said(place, choice = now) {
  const { indicator, view } = viewOf(choice);
  const whole = view.values[place], state = stateOf(view, place);
  if (whole === null) return data.states[state][1].toLowerCase();
  // The words that follow say what the star of a table does.
  return withUnit(indicator, printed(indicator, whole, state === "f" ? "." : state));
}

function ordinal(rank) { return rank === 1 ? "1er" : rank + "e"; }

function ranksOf(view) {
  if (view.ranks) return view.ranks;
  const known = [];
  view.values.forEach((whole, place) => {
    if (whole !== null && !"bf".includes(stateOf(view, place))) known.push(place);
  });
  known.sort((p, q) => view.values[q] - view.values[p] || p - q);
  const ranks = new Array(view.values.length).fill(null);
  known.forEach((place, n) => {
    const before = known[n - 1];
    ranks[place] = n && view.values[before] === view.values[place] ? ranks[before] : n + 1;
  });
  view.ranks = ranks;
  view.ordered = known;
  return ranks;
}

function described(place) {
  const { view, level } = viewOf(now);
  const rank = ranksOf(view)[place];
  const place_ = rank ? `, ${ordinal(rank)} sur ${digits(view.ordered.length, 0)}` : "";
  const fragile = stateOf(view, place) === "f" ? `, ${data.states.f[1].toLowerCase()}` : "";
  return `${level.names[place]}, ${said(place)}${place_}${fragile}`;
}

const make = (name, attributes, ...inside) => fill(document.createElement(name), attributes, inside);
const draw = (name, attributes, ...inside) => fill(document.createElementNS(SVG, name), attributes, inside);

function fill(node, attributes, inside) {
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...inside);
  return node;
}

// -- the map ------------------------------------------------------------------------

let paths = [];

function fillOf(shown, view, place) {
  if (view.values[place] === null) return `url(#f${stateOf(view, place)})`;
  if (!view.classes) return "#fbfaf7";
  const rank = view.classes[place];
  return stateOf(view, place) === "f" ? `url(#c${rank})` : shown.colors[Number(rank)];
}

function layUnits() {
  paths = outlines.get(now.level).map((d) => draw("path", { d }));
  layer.replaceChildren(...paths);
  nameUnits();
}

function nameUnits() {
  paths.forEach((path, place) => {
    path.id = "u" + place;
    path.unit = place;
    path.setAttribute("role", "option");
    path.setAttribute("aria-selected", "false");
  });
}

function paint() {
  const { indicator, shown, view } = viewOf(now);
  shown.colors.forEach((color, n) => {
    const [ground, line] = at("c" + n).children;
    ground.setAttribute("fill", color);
    line.setAttribute("stroke", shown.veils[n]);
  });
  paths.forEach((path, place) => path.setAttribute("fill", fillOf(shown, view, place)));
  map.classList.toggle("circled", indicator.circled);
  circle();
}

function label() {
  paths.forEach((path, place) => path.setAttribute("aria-label", described(place)));
}

function select() {
  const level = levels.get(now.level), chosen = [now.a, now.b].map((code) => level.at.get(code));
  for (const path of layer.querySelectorAll("[aria-selected=true]")) path.setAttribute("aria-selected", "false");
  for (const place of chosen) if (place !== undefined) paths[place].setAttribute("aria-selected", "true");
}

// In pixels, of the largest circle: on a phone too, small ones must be told apart.
function radius() { return Math.max(14, data.radius * (map.clientWidth || 700) / 700); }

function circle() {
  const { indicator, shown, view, level } = viewOf(now);
  const circles = [];
  if (indicator.circled && shown.largest) {
    const largest = radius() * box[2] / (map.clientWidth || 700);
    const order = view.values.map((_, place) => place).filter((place) => view.values[place]);
    order.sort((p, q) => Math.abs(view.values[q]) - Math.abs(view.values[p]) || p - q);
    for (const place of order) {
      const r = largest * Math.sqrt(Math.abs(view.values[place]) / shown.largest);
      const below = view.values[place] < 0 ? { class: "below" } : {};
      circles.push(draw("circle", { cx: level.x[place], cy: level.y[place], r: r.toFixed(1), ...below }));
    }
  }
  at("circles").replaceChildren(...circles);
}

function limits() {
  for (const group of document.querySelectorAll(".lines")) group.remove();
  const order = data.levels.map((level) => level.id);
  for (const name of order.slice(order.indexOf(now.level) + 1, order.indexOf(now.level) + 2)) {
    const group = draw("g", { class: "lines seen", "data-level": name, "aria-hidden": "true" });
    group.append(...outlines.get(name).map((d) => draw("path", { d })));
    layer.after(group);
  }
}

// Texts, hatches and circles keep their size on the screen, whatever the zoom.
function sized() {
  const scale = box[2] / (map.clientWidth || 700);
  for (const name of ["fs", "fo", "fn", "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"]) {
    at(name).setAttribute("patternTransform", `scale(${scale.toFixed(3)})`);
  }
  at("names").setAttribute("font-size", (11 * scale).toFixed(1));
  mark();
}

function see(left, top, wide) {
  const width = Math.min(WIDTH, Math.max(WIDTH / 24, wide)), height = width * HEIGHT / WIDTH;
  const x = Math.min(Math.max(left, 0), WIDTH - width), y = Math.min(Math.max(top, 0), HEIGHT - height);
  box = [x, y, width, height];
  map.setAttribute("viewBox", box.map((one) => one.toFixed(1)).join(" "));
  map.classList.toggle("zoomed", width < WIDTH);
  circle();
  sized();
}

function zoom(factor, x = box[0] + box[2] / 2, y = box[1] + box[3] / 2) {
  const wide = Math.min(WIDTH, Math.max(WIDTH / 24, box[2] * factor)), by = wide / box[2];
  see(x - (x - box[0]) * by, y - (y - box[1]) * by, wide);
}

const whole = () => see(0, 0, WIDTH);

// The chosen and the active unit, drawn over all others.
function mark() {
  const level = levels.get(now.level), drawn = [], scale = box[2] / (map.clientWidth || 700);
  const spots = { a: level.at.get(now.a), b: level.at.get(now.b) };
  for (const [name, place] of Object.entries({ ...spots, active })) {
    if (place === undefined || place === null) continue;
    const d = outlines.get(now.level)[place];
    if (name !== "active") drawn.push(draw("path", { d, class: "under" }));
    drawn.push(draw("path", { d, class: name }));
  }
  for (const name of ["a", "b"]) {
    const place = spots[name];
    if (place === undefined) continue;
    const frame = paths[place].getBBox();
    const other = spots[name === "a" ? "b" : "a"];
    const low = other !== undefined && level.y[place] > level.y[other];
    const size = 13 * scale, half = level.names[place].length * size * 0.3;
    const x = Math.min(Math.max(frame.x + frame.width / 2, box[0] + half), box[0] + box[2] - half);
    const y = low ? frame.y + frame.height + size : frame.y - size * 0.8;
    const inside = Math.min(Math.max(y, box[1] + size), box[1] + box[3] - size);
    drawn.push(draw("text", { x: x.toFixed(1), y: inside.toFixed(1), "font-size": size.toFixed(1) }, level.names[place]));
  }
  over.replaceChildren(...drawn);
  clear(drawn.filter((node) => node.localName === "text"), scale);
}

// The names of towns that those of the chosen units would cover are taken away.
function clear(over_, scale) {
  const wide = (node, size) => node.textContent.length * size * 0.3;
  const spot = (node, name) => Number(node.getAttribute(name));
  for (const town of at("names").children) {
    town.style.visibility = over_.some((node) =>
      Math.abs(spot(node, "x") - spot(town, "x")) < wide(node, 13 * scale) + wide(town, 11 * scale)
      && Math.abs(spot(node, "y") - spot(town, "y")) < 19 * scale) || named(town) ? "hidden" : "";
  }
}

function named(town) {
  const level = levels.get(now.level);
  return [now.a, now.b].some((code) => level.at.has(code) && level.names[level.at.get(code)] === town.textContent);
}

// -- what stands beside the map -------------------------------------------------------

function tellCard() {
  const level = levels.get(now.level);
  for (const name of ["a", "b"]) {
    const place = level.at.get(now[name]), line = at("card-" + name);
    line.hidden = place === undefined && name === "b";
    if (place === undefined) {
      line.replaceChildren("Touchez un territoire, ou cherchez-le par son nom.");
      continue;
    }
    const { view } = viewOf(now), rank = ranksOf(view)[place];
    const rest = rank ? ` · ${ordinal(rank)} sur ${digits(view.ordered.length, 0)} ${level.many}` : "";
    const fragile = stateOf(view, place) === "f" ? ` · ${data.states.f[1].toLowerCase()}` : "";
    line.replaceChildren(make("strong", {}, level.names[place]), `${BROAD}: ${said(place)}${rest}${fragile}`);
  }
}

function swatch(color) {
  return draw("svg", { width: 26, height: 15, "aria-hidden": "true" }, draw("rect", { width: 26, height: 15, fill: color }));
}

function tellLegend() {
  const { indicator, shown, view } = viewOf(now), lines = [];
  const line = (sign, text, count) => lines.push(make("li", {}, sign, make("span", {}, text + " ", make("small", {}, `(${digits(count, 0)})`))));
  for (const value of shown.circles) {
    const r = radius() * Math.sqrt(value / shown.largest);
    const ring = draw("svg", { width: 60, height: Math.ceil(2 * r + 2), "aria-hidden": "true" }, draw("circle", { cx: 30, cy: "50%", r: r.toFixed(1) }));
    lines.push(make("li", { class: "ring" }, ring, make("span", {}, withUnit(indicator, printed(indicator, value, ".")))));
  }
  for (let place = shown.colors.length - 1; place >= 0; place--) {
    const held = [...view.classes].filter((rank, k) => rank === String(place) && stateOf(view, k) !== "f");
    line(swatch(shown.colors[place]), shown.labels[place], held.length);
  }
  for (const letter of Object.keys(data.states)) {
    const count = (view.states || "").split(letter).length - 1;
    if (!count) continue;
    const [sign, word] = data.states[letter];
    line("be".includes(letter) ? make("b", {}, sign) : swatch(`url(#k${letter})`), word, count);
  }
  at("legend-title").textContent = indicator.legend;
  at("legend-list").replaceChildren(...lines);
}

function tellHead() {
  const { view } = viewOf(now);
  at("heading").textContent = view.title;
  at("lead").textContent = view.lead;
  document.title = `${view.title} ${DASH} ${data.title}`;
  const sources = view.sources.map((n) => data.sources[n]).join(" ; ") || "non indiquée";
  at("source").textContent = `Source${BROAD}: ${sources}.`;
}

// -- comparing ------------------------------------------------------------------------

function lastYear(indicator, name, year) {
  const years = Object.keys(indicator.levels[name].views);
  return years.includes(year) ? year : years[years.length - 1];
}

function dated(indicator, year) {
  const unit = indicator.unit ? ` (${indicator.unit})` : "";
  return `${indicator.label}${year ? ", " + year : ""}${unit}`;
}

function wholeOf(indicator, year) {
  const found = indicator.whole[year];
  return found ? printed(indicator, found[0], found[1]) : "";
}

function tellCompared() {
  const level = levels.get(now.level);
  const mine = ["a", "b"].map((name) => level.at.get(now[name])).filter((place) => place !== undefined);
  const head = make("tr", {}, make("th", { scope: "col" }, "Indicateur"));
  for (const place of mine) head.append(make("th", { scope: "col", class: "figure" }, level.names[place]));
  if (data.whole) head.append(make("th", { scope: "col", class: "figure" }, data.whole));
  const rows = [];
  for (const indicator of data.indicators) {
    if (!indicator.levels[now.level]) continue;
    // The last year of each, but that which is chosen of the one on the map.
    const year = lastYear(indicator, now.level, indicator.id === now.i ? now.year : "last");
    const view = indicator.levels[now.level].views[year];
    const about = [year, indicator.unit].filter(Boolean).join(", ");
    const row = make("tr", {}, make("th", { scope: "row" }, indicator.label + " ", make("small", {}, about)));
    for (const place of mine) row.append(make("td", {}, printed(indicator, view.values[place], stateOf(view, place))));
    if (data.whole) row.append(make("td", {}, wholeOf(indicator, year)));
    rows.push(row);
  }
  const table = make("table", {}, make("caption", { class: "unseen" }, "Les territoires choisis, indicateur par indicateur"));
  table.append(make("thead", {}, head), make("tbody", {}, ...rows));
  at("compared").replaceChildren(mine.length || data.whole ? table : make("p", {}, "Choisissez un territoire."));
}

// -- through time ---------------------------------------------------------------------

function timed() {
  const several = (one) => one && one.levels[now.level] && !one.growth && Object.keys(one.levels[now.level].views).length > 1;
  const mine = indicators.get(now.i);
  return several(mine) ? mine : data.indicators.find(several);
}

function linesOf(indicator, years) {
  const level = levels.get(now.level), found = [];
  const add = (name, text, values) => { if (values.some((one) => one !== null)) found.push({ name, text, values }); };
  for (const name of ["a", "b"]) {
    const place = level.at.get(now[name]);
    if (place === undefined) continue;
    add(name, level.names[place], years.map((year) => {
      const view = indicator.levels[now.level].views[year];
      return stateOf(view, place) === "b" ? null : view.values[place];
    }));
  }
  if (data.whole) add("whole", data.whole, years.map((year) => (indicator.whole[year] || [null])[0]));
  return found;
}

function tellChart() {
  const indicator = timed(), title = at("chart-title"), spot = at("chart");
  title.hidden = !indicator;
  spot.replaceChildren();
  if (!indicator) return;
  const years = Object.keys(indicator.levels[now.level].views);
  const based = indicator.circled;
  const lines = linesOf(indicator, years);
  title.textContent = based ? `${indicator.label}, base 100 en ${years[0]}` : dated(indicator, "");
  if (!lines.length) { spot.append(make("p", { class: "small" }, "Choisissez un territoire pour voir son évolution.")); return; }
  const power = 10 ** indicator.decimals;
  for (const line of lines) {
    const first = line.values[0];
    line.heights = line.values.map((one) => one === null || (based && !first) ? null : based ? 100 * one / first : one / power);
  }
  spot.append(chart(years, lines, based ? 0 : indicator.decimals), figures(indicator, years, lines));
}

function steps(low, high) {
  const rough = (high - low || Math.abs(high) || 1) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const found = [];
  for (let n = Math.floor(low / step); n * step <= high + step * 0.999; n++) found.push(n * step);
  return { found, decimals: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

function chart(years, lines) {
  const known = lines.flatMap((line) => line.heights).filter((one) => one !== null);
  const { found, decimals } = steps(Math.min(...known), Math.max(...known));
  const left = 46, right = 250, top = 10, low = 150;
  const ends = years.map((year) => Number(year.slice(0, 4)));
  const x = (n) => left + (right - left) * (ends[n] - ends[0]) / (ends[ends.length - 1] - ends[0] || 1);
  const y = (value) => low - (low - top) * (value - found[0]) / (found[found.length - 1] - found[0] || 1);
  const picture = draw("svg", { viewBox: "0 0 370 172", role: "img", "aria-labelledby": "chart-title" });
  for (const value of found) {
    picture.append(draw("line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) }));
    picture.append(draw("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, digits(Math.round(value * 10 ** decimals), decimals)));
  }
  [0, years.length - 1].forEach((n) => picture.append(draw("text", { x: x(n), y: low + 18, "text-anchor": "middle" }, years[n])));
  const places = [];
  for (const line of lines) {
    const points = line.heights.map((value, n) => value === null ? null : [x(n).toFixed(1), y(value).toFixed(1)]);
    let run = [];
    for (const point of [...points, null]) {
      if (point) { run.push(point); continue; }
      if (run.length > 1) picture.append(draw("polyline", { class: line.name, points: run.join(" ") }));
      if (run.length === 1) picture.append(draw("circle", { class: line.name, cx: run[0][0], cy: run[0][1], r: 3 }));
      run = [];
    }
    const last = points.filter(Boolean).pop();
    if (last) places.push([Number(last[1]), line]);
  }
  places.sort((p, q) => p[0] - q[0]);
  places.forEach((one, n) => { if (n) one[0] = Math.max(one[0], places[n - 1][0] + 14); });
  for (const [height, line] of places) {
    const short = line.text.length > 18 ? line.text.slice(0, 17) + "…" : line.text;
    picture.append(draw("text", { x: right + 7, y: height + 4, "font-weight": line.name === "whole" ? 400 : 700 }, short));
  }
  return picture;
}

function figures(indicator, years, lines) {
  const head = make("tr", {}, make("th", { scope: "col" }, "Année"), ...lines.map((line) => make("th", { scope: "col", class: "figure" }, line.text)));
  const rows = years.map((year, n) => make("tr", {}, make("th", { scope: "row" }, year), ...lines.map((line) => make("td", {}, line.values[n] === null ? DASH : printed(indicator, line.values[n], ".")))));
  const table = make("table", {}, make("caption", {}, dated(indicator, "")), make("thead", {}, head), make("tbody", {}, ...rows));
  return make("details", {}, make("summary", {}, "Voir les chiffres"), table);
}

// -- ranking --------------------------------------------------------------------------

function tellRanking() {
  const { indicator, view, level } = viewOf(now);
  const ranks = ranksOf(view), order = view.ordered;
  const line = (place) => make("li", {}, `${ordinal(ranks[place])} ${level.names[place]}${BROAD}: ${printed(indicator, view.values[place], stateOf(view, place))}`);
  const some = Math.min(5, Math.ceil(order.length / 2));
  at("highest").replaceChildren(...order.slice(0, some).map(line));
  at("lowest").replaceChildren(...order.slice(some).slice(-some).reverse().map(line));
  at("strip").replaceChildren(...(order.length > 1 ? [strip(indicator, view, level, order)] : []));
}

function strip(indicator, view, level, order) {
  const high = view.values[order[0]], low = view.values[order[order.length - 1]];
  const logged = indicator.circled && low > 0 && high > 20 * low;
  const height = (one) => logged ? Math.log(one) : one;
  const x = (one) => 12 + 346 * (height(one) - height(low)) / (height(high) - height(low) || 1);
  const text = `Tous les territoires, de ${printed(indicator, low, ".")} à ${printed(indicator, high, ".")}`;
  const picture = draw("svg", { viewBox: "0 0 370 58", role: "img", "aria-label": text });
  order.forEach((place, n) => picture.append(draw("circle", { class: "dot", cx: x(view.values[place]).toFixed(1), cy: 26 + (n * 7) % 11 - 5, r: 3.2 })));
  for (const name of ["b", "a"]) {
    const place = level.at.get(now[name]);
    if (place === undefined || !order.includes(place)) continue;
    const cx = x(view.values[place]).toFixed(1);
    picture.append(draw("circle", { class: "mark " + name, cx, cy: 26, r: 5 }));
    picture.append(draw("text", { x: cx, y: 13, "text-anchor": "middle", "font-weight": 700 }, name.toUpperCase()));
  }
  picture.append(draw("text", { x: 6, y: 52 }, printed(indicator, low, ".")));
  picture.append(draw("text", { x: 364, y: 52, "text-anchor": "end" }, withUnit(indicator, printed(indicator, high, ".")) + (logged ? " (log)" : "")));
  return picture;
}

// -- the table ------------------------------------------------------------------------

function aboveOf(level) {
  const name = Object.keys(level.above)[0];
  return name ? { level: levels.get(name), places: level.above[name] } : null;
}

function ordered() {
  const { view, level } = viewOf(now), above = aboveOf(level), ranks = ranksOf(view);
  const keys = {
    name: (place) => place,
    rank: (place) => ranks[place],
    value: (place) => view.values[place],
    above: (place) => above.places[place],
  };
  const key = keys[sorted.by] && (sorted.by !== "above" || above) ? keys[sorted.by] : keys.name;
  const found = level.codes.map((_, place) => place);
  const lost = (one) => one === null || one === -1;
  found.sort((p, q) => {
    const one = key(p), other = key(q);
    if (lost(one) || lost(other)) return lost(one) - lost(other) || p - q;
    return (sorted.down ? other - one : one - other) || p - q;
  });
  return found;
}

function tellTable() {
  const { indicator, view, level } = viewOf(now), above = aboveOf(level), ranks = ranksOf(view);
  at("table").caption.textContent = `${view.title}. Du plus élevé (1) au plus faible, sur les valeurs imprimées.`;
  tellTableHead(indicator, level, above);
  const rows = ordered().map((place) => {
    const row = make("tr", {}, make("th", { scope: "row" }, level.names[place]));
    row.unit = place;
    const rank = ranks[place];
    row.append(make("td", {}, rank ? digits(rank, 0) : DASH), make("td", {}, printed(indicator, view.values[place], stateOf(view, place))));
    if (above) row.append(make("td", {}, above.places[place] < 0 ? "" : above.level.names[above.places[place]]));
    return row;
  });
  at("table").tBodies[0].replaceChildren(...rows);
  tellTableRows();
}

function tellTableRows() {
  const level = levels.get(now.level), a = level.at.get(now.a), b = level.at.get(now.b);
  for (const row of at("table").tBodies[0].rows) {
    row.className = row.unit === a ? "a" : row.unit === b ? "b" : "";
  }
}

// The rows that were written are there already, in the order of their names.
function takeTable() {
  const { indicator, level } = viewOf(now);
  tellTableHead(indicator, level, aboveOf(level));
  Array.from(at("table").tBodies[0].rows, (row, place) => { row.unit = place; });
}

function tellTableHead(indicator, level, above) {
  const heads = [["name", level.one[0].toUpperCase() + level.one.slice(1), ""], ["rank", "Rang", "figure"], ["value", indicator.unit || "Valeur", "figure"]];
  if (above) heads.push(["above", above.level.one, "above"]);
  const held = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.by : "";
  const row = at("table").tHead.rows[0];
  row.replaceChildren(...heads.map(([by, text, name]) => {
    const mine = sorted.by === by;
    const sign = mine ? (sorted.down ? " ▼" : " ▲") : "";
    const button = make("button", { type: "button", "data-by": by }, text, make("span", { "aria-hidden": "true" }, sign));
    button.addEventListener("click", () => {
      sorted = { by, down: mine ? !sorted.down : by === "value" };
      tellTable();
    });
    const cell = make("th", { scope: "col", class: name }, button);
    if (mine) cell.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
    return cell;
  }));
  if (held) row.querySelector(`[data-by="${held}"]`)?.focus();
}

// -- choosing -------------------------------------------------------------------------

function options(select, items, chosen) {
  const nodes = [], groups = new Map();
  for (const [value, text, group] of items) {
    const option = make("option", { value }, text);
    if (!group) { nodes.push(option); continue; }
    if (!groups.has(group)) { groups.set(group, make("optgroup", { label: group })); nodes.push(groups.get(group)); }
    groups.get(group).append(option);
  }
  select.replaceChildren(...nodes);
  select.value = chosen;
  select.disabled = items.length < 2;
}

function tellChoice() {
  const indicator = indicators.get(now.i);
  options(at("indicator"), data.indicators.map((one) => [one.id, one.label, one.theme]), now.i);
  options(at("level"), data.levels.filter((level) => indicator.levels[level.id]).map((level) => [level.id, level.many[0].toUpperCase() + level.many.slice(1)]), now.level);
  options(at("year"), Object.keys(indicator.levels[now.level].views).map((year) => [year, year || "non datée"]), now.year);
}

function live(text) { at("status").textContent = text; }

function notice(text) {
  at("notice").hidden = !text;
  at("notice").textContent = text;
  if (text) live(text);
}

// Shows a choice; what is not in the page gives way to what is.
function show(choice, { first = false } = {}) {
  const before = now;
  now = choice;
  const relaid = !first && before.level !== now.level;
  if (relaid) {
    active = null;
    map.removeAttribute("aria-activedescendant");
    layUnits();
  }
  if (relaid || first) limits();
  const changed = first || relaid || before.i !== now.i || before.year !== now.year;
  if (changed) {
    if (!first) { tellHead(); paint(); tellLegend(); }
    tellChoice();
    label();
  }
  select();
  mark();
  tellCard();
  tellCompared();
  tellChart();
  tellRanking();
  if (first) takeTable(); else if (changed) tellTable(); else tellTableRows();
  const level = levels.get(now.level);
  for (const [field, name] of [["first", "a"], ["second", "b"]]) {
    const place = level.at.get(now[name]);
    at(field).value = place === undefined ? "" : level.names[place];
  }
  if (!first) keep();
  if (changed && !first) live(`${at("heading").textContent}. ${at("lead").textContent}`);
}

function choose(place, name) {
  const level = levels.get(now.level), code = level.codes[place];
  const other = name === "a" ? "b" : "a";
  const next = { ...now, [name]: now[name] === code ? null : code };
  if (next[other] === code) next[other] = null;
  show(next);
  live(next[name] ? `${name.toUpperCase()}${BROAD}: ${described(place)}` : `${level.names[place]} n’est plus choisi`);
}

function change(part) {
  const next = { ...now, ...part }, indicator = indicators.get(next.i);
  if (!indicator.levels[next.level]) next.level = data.levels.find((level) => indicator.levels[level.id]).id;
  next.year = lastYear(indicator, next.level, next.year);
  if (next.level !== now.level) {
    const from = levels.get(now.level), place = from.at.get(now.a), up = from.above[next.level];
    const above = up && place !== undefined ? up[place] : -1;
    next.a = above >= 0 ? levels.get(next.level).codes[above] : null;
    next.b = null;
  }
  show(next);
}

at("indicator").addEventListener("change", (event) => change({ i: event.target.value }));
at("year").addEventListener("change", (event) => change({ year: event.target.value }));
at("level").addEventListener("change", (event) => change({ level: event.target.value }));

// -- the link that keeps the choice -----------------------------------------------------

function link() {
  const kept = new URLSearchParams({ i: now.i, a: now.year, n: now.level });
  if (now.a) kept.set("t", now.a);
  if (now.b) kept.set("u", now.b);
  return "#" + kept;
}

// Some browsers forbid it in a frame, or in a page that is previewed.
function keep() { try { history.replaceState(null, "", link()); } catch { /* the choice is shown all the same */ } }

function asked() {
  const kept = new URLSearchParams(location.hash.slice(1)), lost = [];
  const next = { ...start };
  const take = (key, known, set) => {
    const value = kept.get(key);
    if (value === null) return;
    if (known(value)) set(value); else lost.push(value.slice(0, 40));
  };
  take("i", (value) => indicators.has(value), (value) => { next.i = value; });
  const indicator = indicators.get(next.i);
  if (!indicator.levels[next.level]) next.level = Object.keys(indicator.levels)[0];
  take("n", (value) => Object.hasOwn(indicator.levels, value), (value) => { next.level = value; });
  next.year = lastYear(indicator, next.level, next.year);
  take("a", (value) => Object.hasOwn(indicator.levels[next.level].views, value), (value) => { next.year = value; });
  const level = levels.get(next.level);
  take("t", (value) => level.at.has(value), (value) => { next.a = value; });
  take("u", (value) => level.at.has(value) && value !== next.a, (value) => { next.b = value; });
  return { next, lost };
}

window.addEventListener("hashchange", () => {
  if (!location.hash.includes("=")) return;
  const { next, lost } = asked();
  show(next);
  notice(lost.length ? `Le lien demande ce que cette page n’a pas (${lost.join(", ")})${BROAD}: le reste est montré.` : "");
});

// -- searching --------------------------------------------------------------------------

function folded(text) {
  return text.toLowerCase().replace(/œ/g, "oe").replace(/æ/g, "ae").normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[^a-z0-9]+/g, " ").trim();
}

function found(text, names) {
  const wanted = folded(text), hits = [];
  if (!wanted) return hits;
  for (const name of names) {
    const level = levels.get(name);
    level.folded = level.folded || level.names.map(folded);
    level.folded.forEach((other, place) => {
      const code = level.codes[place].toLowerCase().startsWith(text.trim().toLowerCase());
      const rank = code ? 0 : other.startsWith(wanted) ? 1 : (" " + other).includes(" " + wanted) ? 2 : other.includes(wanted) ? 3 : 9;
      if (rank < 9) hits.push({ rank: rank + (name === now.level ? 0 : 0.5), name, place });
    });
  }
  return hits.sort((p, q) => p.rank - q.rank || p.place - q.place);
}

function searchable(field, { everywhere, take }) {
  const input = at(field), list = at(field + "-list");
  let hits = [], marked = -1;
  const close = () => {
    list.hidden = true; marked = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const pick = (hit) => { close(); take(hit); };
  const point = (n) => {
    marked = n;
    Array.from(list.children, (item, k) => item.setAttribute("aria-selected", String(k === n)));
    if (n >= 0) input.setAttribute("aria-activedescendant", `${field}-${n}`); else input.removeAttribute("aria-activedescendant");
  };
  const open = () => {
    const every = found(input.value, everywhere ? data.levels.map((level) => level.id) : [now.level]);
    hits = every.slice(0, 8);
    if (!input.value.trim()) { close(); return; }
    const items = hits.map((hit, n) => {
      const level = levels.get(hit.name), above = aboveOf(level);
      const more = hit.name !== now.level ? level.one : above && above.places[hit.place] >= 0 ? above.level.names[above.places[hit.place]] : "";
      const item = make("li", { id: `${field}-${n}`, role: "option", "aria-selected": "false" }, level.names[hit.place] + (more ? " " : ""), ...(more ? [make("small", {}, more)] : []));
      item.addEventListener("pointerdown", (event) => event.preventDefault());
      item.addEventListener("click", () => pick(hit));
      return item;
    });
    if (!items.length) items.push(make("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, "Aucun territoire de ce nom"));
    list.replaceChildren(...items);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    point(-1);
    live(every.length ? `${digits(every.length, 0)} territoire${every.length > 1 ? "s" : ""}` : "Aucun territoire de ce nom");
  };
  input.addEventListener("input", open);
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      if (list.hidden) open();
      if (hits.length && !list.hidden) point((marked + moves[event.key] + hits.length + (marked < 0 && event.key === "ArrowUp" ? 1 : 0)) % hits.length);
    } else if (event.key === "Enter" && !list.hidden && hits.length) {
      pick(hits[Math.max(marked, 0)]);
    } else if (event.key === "Escape") {
      close();
    } else {
      return;
    }
    event.preventDefault();
  });
}

function into(name) {
  return (hit) => {
    const code = levels.get(hit.name).codes[hit.place];
    if (hit.name !== now.level) change({ level: hit.name });
    const next = { ...now, [name]: code }, other = name === "a" ? "b" : "a";
    if (next[other] === code) next[other] = null;
    show(next);
    live(`${name.toUpperCase()}${BROAD}: ${described(hit.place)}`);
  };
}

searchable("search", { everywhere: true, take: (hit) => { into("a")(hit); at("search").value = ""; reveal(); } });
searchable("first", { everywhere: false, take: into("a") });
searchable("second", { everywhere: false, take: into("b") });

for (const [field, name] of [["first", "a"], ["second", "b"]]) {
  at(field).addEventListener("change", (event) => {
    if (!event.target.value.trim() && now[name]) show({ ...now, [name]: null });
  });
}

// On a phone the map is below the search: what was found is brought to the eye.
function reveal() { at("card").scrollIntoView({ block: "nearest" }); }

// -- the keyboard on the map --------------------------------------------------------------

function activate(place) {
  active = place;
  if (place === null) map.removeAttribute("aria-activedescendant");
  else { map.setAttribute("aria-activedescendant", "u" + place); follow(place); }
  mark();
  tip(place);
}

function follow(place) {
  const level = levels.get(now.level), x = level.x[place], y = level.y[place];
  const inside = x > box[0] && x < box[0] + box[2] && y > box[1] && y < box[1] + box[3];
  if (!inside) see(x - box[2] / 2, y - box[3] / 2, box[2]);
}

// The nearest in a cone; where there is none, the nearest on that side.
function towards(from, dx, dy) {
  const level = levels.get(now.level);
  let best = null, least = Infinity;
  for (const slope of [1.2, Infinity]) {
    level.codes.forEach((_, place) => {
      const x = level.x[place] - level.x[from], y = level.y[place] - level.y[from];
      const ahead = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (ahead <= 0 || aside > slope * ahead) return;
      const cost = ahead * ahead + 4 * aside * aside;
      if (cost < least) { least = cost; best = place; }
    });
    if (best !== null) return best;
  }
  return from;
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function firstPlace() {
  const level = levels.get(now.level), chosen = level.at.get(now.a);
  if (chosen !== undefined) return chosen;
  let best = 0, least = Infinity;
  level.codes.forEach((_, place) => {
    const away = (level.x[place] - WIDTH / 2) ** 2 + (level.y[place] - HEIGHT / 2) ** 2;
    if (away < least) { least = away; best = place; }
  });
  return best;
}

map.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const { view } = viewOf(now), key = event.key;
  if (key in ARROWS) {
    activate(active === null ? firstPlace() : towards(active, ...ARROWS[key]));
  } else if (key === "Home" || key === "End") {
    ranksOf(view);
    const place = key === "Home" ? view.ordered[0] : view.ordered[view.ordered.length - 1];
    if (place !== undefined) activate(place);
  } else if (key === "Enter" || key === " ") {
    if (active === null) activate(firstPlace());
    choose(active, event.shiftKey ? "b" : "a");
  } else if (key === "+" || key === "-") {
    const level = levels.get(now.level);
    zoom(key === "+" ? 0.6 : 1 / 0.6, ...(active === null ? [] : [level.x[active], level.y[active]]));
  } else if (key === "Escape") {
    activate(null);
    whole();
  } else {
    return;
  }
  event.preventDefault();
});
map.addEventListener("blur", () => { active = null; map.removeAttribute("aria-activedescendant"); mark(); tip(null); });

// -- mouse and fingers --------------------------------------------------------------------

function tip(place, x, y) {
  const note = at("tip");
  note.hidden = place === null || place === undefined;
  if (note.hidden) return;
  note.textContent = described(place);
  const frame = map.getBoundingClientRect();
  if (x === undefined) {
    const spot = paths[place].getBoundingClientRect();
    x = spot.left + spot.width / 2 - frame.left;
    y = spot.bottom - frame.top;
  }
  note.style.left = Math.max(0, Math.min(x + 12, frame.width - note.offsetWidth - 4)) + "px";
  note.style.top = Math.max(0, Math.min(y + 14, frame.height - note.offsetHeight - 4)) + "px";
}

const fingers = new Map();
let moved = false, gap = 0;
const unitAt = (event) => event.target instanceof SVGPathElement ? event.target.unit : undefined;

function ground(x, y) {
  const matrix = map.getScreenCTM();
  return new DOMPoint(x, y).matrixTransform(matrix.inverse());
}

map.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, event);
  moved = false;
  gap = apart();
});
map.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) {
    if (event.pointerType === "mouse") {
      const frame = map.getBoundingClientRect();
      tip(unitAt(event), event.clientX - frame.left, event.clientY - frame.top);
    }
    return;
  }
  const far = Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
  if (!moved && far < 6) return;
  moved = true;
  fingers.set(event.pointerId, event);
  if (fingers.size === 2) {
    const wide = apart(), [one, other] = fingers.values();
    const middle = ground((one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2);
    if (gap && wide) zoom(gap / wide, middle.x, middle.y);
    gap = wide;
  } else if (box[2] < WIDTH) {
    const one = ground(before.clientX, before.clientY), other = ground(event.clientX, event.clientY);
    see(box[0] + one.x - other.x, box[1] + one.y - other.y, box[2]);
  }
});
for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, (event) => fingers.delete(event.pointerId));
map.addEventListener("pointerleave", () => { if (active === null) tip(null); });
map.addEventListener("click", (event) => {
  const place = unitAt(event);
  if (!moved && place !== undefined) choose(place, event.shiftKey ? "b" : "a");
});
map.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const spot = ground(event.clientX, event.clientY);
  zoom(event.deltaY < 0 ? 0.8 : 1.25, spot.x, spot.y);
}, { passive: false });

function apart() {
  if (fingers.size !== 2) return 0;
  const [one, other] = fingers.values();
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}

at("nearer").addEventListener("click", () => around(0.6));
at("farther").addEventListener("click", () => around(1 / 0.6));
at("everything").addEventListener("click", whole);

function around(factor) {
  const level = levels.get(now.level), place = level.at.get(now.a);
  if (factor > 1 || place === undefined) zoom(factor);
  else see(level.x[place] - box[2] * factor / 2, level.y[place] - box[3] * factor / 2, box[2] * factor);
}

// -- taking away ----------------------------------------------------------------------------

async function copyLink() {
  const address = (data.address || location.href.split("#")[0]) + link();
  const local = !data.address && location.protocol === "file:";
  try {
    await navigator.clipboard.writeText(address);
    notice(local ? "Lien copié. Il ouvre ce fichier sur ce poste : pour l’envoyer, publiez la page ou joignez le fichier." : "Lien copié.");
  } catch {
    window.prompt("Copiez ce lien :", address);
  }
}

function csvText() {
  const { indicator, view, level } = viewOf(now), above = aboveOf(level);
  // A spreadsheet takes for a formula what begins so.
  const cell = (text) => `"${(/^[=+@\t-]/.test(text) ? "'" : "") + text.replace(/"/g, '""')}"`;
  const plain = (place) => {
    const wholly = view.values[place];
    if (wholly === null) return "";
    return (wholly < 0 ? "-" : "") + digits(Math.abs(wholly), indicator.decimals).replace(new RegExp(THIN, "g"), "");
  };
  const lines = [["code", level.one, dated(indicator, now.year), "état", ...(above ? [above.level.one] : [])].map(cell).join(";")];
  for (const place of ordered()) {
    const state = stateOf(view, place), row = [cell(level.codes[place]), cell(level.names[place]), plain(place), cell(state in data.states ? data.states[state][1] : "")];
    if (above) row.push(cell(above.places[place] < 0 ? "" : above.level.names[above.places[place]]));
    lines.push(row.join(";"));
  }
  lines.push(cell(at("source").textContent));
  return "\ufeff" + lines.join("\r\n") + "\r\n";
}

function saveCsv() {
  const file = new Blob([csvText()], { type: "text/csv;charset=utf-8" });
  const address = URL.createObjectURL(file);
  const anchor = make("a", { href: address, download: `${now.i}-${now.year || "tableau"}-${now.level}.csv` });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

at("link").addEventListener("click", copyLink);
at("csv").addEventListener("click", saveCsv);
at("print").addEventListener("click", () => window.print());
window.addEventListener("beforeprint", whole);

// -- beginning ------------------------------------------------------------------------------

document.documentElement.classList.add("script");
map.setAttribute("role", "listbox");
map.setAttribute("aria-multiselectable", "true");
map.setAttribute("tabindex", "0");
paths = Array.from(layer.children);
nameUnits();
show(now, { first: true });
sized();
if (location.hash.includes("=")) {
  const { next, lost } = asked();
  show(next);
  if (lost.length) notice(`Le lien demande ce que cette page n’a pas (${lost.join(", ")})${BROAD}: le reste est montré.`);
}
new ResizeObserver(() => {
  sized();
  if (viewOf(now).indicator.circled) { circle(); tellLegend(); }
}).observe(map);
window.READY = performance.now();

})();
