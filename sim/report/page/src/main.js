// SPDX-License-Identifier: GPL-3.0-or-later
import { colourAt, css, gradient } from "./colour.js";
import { readData, valueAt } from "./data.js";
import { showSeat } from "./plots.js";
import { makeView } from "./view.js";
import "uplot/dist/uPlot.min.css";
import "./style.css";

const $ = (id) => document.getElementById(id);

function element(tag, text, attributes = {}) {
  const e = document.createElement(tag);
  if (text !== undefined) {
    e.textContent = text;
  }
  for (const [key, value] of Object.entries(attributes)) {
    e.setAttribute(key, value);
  }
  return e;
}

/// What is shown; every change ends in update()
const shown = {
  metric: null,
  band: 4,
  state: 0,
  against: -1,
  seat: -1,
  zone: -1,
  areas: new Set(),
  view: "3d",
};
let data = null;
let view = null;

/// Digits with a true minus
function digits(value, decimals) {
  return value.toFixed(decimals).replace("-", "−");
}

/// A difference of weighted levels is in plain decibels
function unitOf(metric) {
  return shown.against < 0 ? metric.unit : metric.unit.replace("(A)", "");
}

function format(metric, value, unit = metric.unit) {
  return Number.isFinite(value)
    ? `${digits(value, metric.decimals)}${unit ? " " + unit : ""}`
    : "none";
}

function shownValue(seat) {
  const v = valueAt(data, shown.state, shown.metric, shown.band, seat);
  return shown.against < 0
    ? v
    : v - valueAt(data, shown.against, shown.metric, shown.band, seat);
}

function scale() {
  const m = shown.metric;
  if (shown.against < 0) {
    return { low: m.low, high: m.high, signed: false };
  }
  const half = m.difference;
  return { low: -half, high: half, signed: true };
}

/// -1, 0 or 1: whether a listener notices how a seat differs
function shownSign(seat) {
  const m = shown.metric;
  const v = shownValue(seat);
  const step = m.relative
    ? m.notice *
      valueAt(data, shown.against, m, shown.band, seat)
    : m.notice;
  return Math.abs(v) >= step ? Math.sign(v) : 0;
}

function areaShown(seat) {
  return shown.areas.has(data.seats.area[seat]);
}

function pressed(group, value) {
  for (const b of $(group).querySelectorAll("button")) {
    b.setAttribute("aria-pressed", String(b.dataset.value === String(value)));
  }
}

function seatWords(seat) {
  const p = data.seats.position.subarray(3 * seat, 3 * seat + 3);
  const area = data.areas[data.seats.area[seat]];
  return (
    `Seat ${data.seats.id[seat]}, ${area}, at ` +
    `${[...p].map((x) => x.toFixed(1)).join(", ")} m: ` +
    `${shown.metric.label} ${format(shown.metric, shownValue(seat), unitOf(shown.metric))}`
  );
}

/// Seats that are dead in a state, as a set
function deadSeats(state) {
  return new Set((data.states[state].zones ?? []).flatMap((z) => z.seats));
}

/// What a difference means, in words and numbers
function differenceWords() {
  const m = shown.metric;
  let up = 0;
  let down = 0;
  for (let i = 0; i < data.seats.count; ++i) {
    const sign = areaShown(i) ? shownSign(i) : 0;
    up += sign > 0;
    down += sign < 0;
  }
  const step = m.relative
    ? `${(100 * m.notice).toFixed(0)} %`
    : `${m.notice}${m.unit ? ` ${unitOf(m)}` : ""}`;
  const before = deadSeats(shown.against);
  const after = deadSeats(shown.state);
  const gained = [...before].filter((i) => !after.has(i)).length;
  const lost = [...after].filter((i) => !before.has(i)).length;
  return (
    `Seats that differ by ${step} or more, which can be noticed: ` +
    `+ ${m.up}: ${up}, − ${m.down}: ${down}. ` +
    `Dead seats: ${before.size} become ${after.size}, ` +
    `${gained} gained, ${lost} lost.`
  );
}

function updateLegend() {
  const { low, high, signed } = scale();
  const m = shown.metric;
  const band = m.bands ? ` at ${data.bands[shown.band]} Hz` : "";
  const what = signed
    ? `${data.states[shown.state].name} less ${data.states[shown.against].name}`
    : data.states[shown.state].name;
  $("legend-title").textContent =
    `${m.label}${band}${m.unit ? ` [${unitOf(m)}]` : ""}, ${what}`;
  $("legend-bar").style.background = gradient(signed);
  const end = (value, word) =>
    element(
      "span",
      `${signed && value > 0 ? "+" : ""}${digits(value, m.decimals)}${word}`,
    );
  $("legend-ends").replaceChildren(
    end(low, signed ? `: ${m.down}` : ""),
    end((low + high) / 2, ""),
    end(high, signed ? `: ${m.up}` : ""),
  );
  let sum = 0;
  let n = 0;
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < data.seats.count; ++i) {
    const v = areaShown(i) ? shownValue(i) : NaN;
    if (Number.isFinite(v)) {
      sum += v;
      n += 1;
      least = Math.min(least, v);
      most = Math.max(most, v);
    }
  }
  $("legend-facts").textContent = n
    ? `${n} seats: ${digits(least, m.decimals)} to ${digits(most, m.decimals)}, mean ${digits(sum / n, m.decimals)}`
    : "no values";
  $("legend-change").textContent = signed ? differenceWords() : "";
}

function updateSeat() {
  const panel = $("panel-seat");
  const words = panel.querySelector("p");
  const plots = panel.querySelector("div");
  if (shown.seat < 0) {
    words.textContent = "Choose a seat: click or tap it, or use the arrow keys.";
    plots.replaceChildren();
    return;
  }
  words.textContent = seatWords(shown.seat);
  const states =
    shown.against < 0 ? [shown.state] : [shown.state, shown.against];
  showSeat(plots, data, states, shown.band, shown.seat);
  const zone = zonesOfState().find((z) => z.seats.includes(shown.seat));
  if (zone) {
    const button = element("button", undefined, { class: "zone" });
    button.append(
      element("strong", `In dead zone ${zone.id}: ${zone.cause}`),
      element("br"),
      document.createTextNode(zone.remedy || zone.title),
    );
    button.addEventListener("click", () => chooseZone(zone.id));
    plots.prepend(button);
  }
  const list = element("dl");
  for (const m of data.metrics) {
    const v = valueAt(data, shown.state, m, shown.band, shown.seat);
    const band = m.bands ? ` (${data.bands[shown.band]} Hz)` : "";
    list.append(element("dt", m.label + band), element("dd", format(m, v)));
  }
  plots.append(list);
}

function zonesOfState() {
  return data.states[shown.state].zones ?? [];
}

/// What taking suspects away one by one showed
function proofTable(zone) {
  const table = element("table", undefined, { class: "proofs" });
  table.createCaption().textContent =
    "What if: mean of the zone, computed again";
  const head = table.createTHead().insertRow();
  for (const text of ["", "now", "then", "change"]) {
    head.append(element("th", text, { scope: "col" }));
  }
  for (const p of zone.proofs) {
    const places = p.unit ? 1 : 2;
    const row = table.insertRow();
    const name = element("th", p.what, { scope: "row" });
    name.append(
      element(
        "small",
        `${p.quantity}${p.unit ? ` [${p.unit}]` : ""}` +
          (p.reflections === "kept" ? ", reflections left as they are" : ""),
      ),
    );
    const error = p.change_se
      ? ` ± ${Math.max(p.change_se, 10 ** -places).toFixed(places)}`
      : "";
    const change = p.after - p.before;
    row.append(
      name,
      element("td", digits(p.before, places)),
      element("td", digits(p.after, places)),
      element(
        "td",
        `${change > 0 ? "+" : ""}${digits(change, places)}${error}`,
      ),
    );
  }
  return table;
}

function zoneFacts(zone) {
  const facts = element("div", undefined, { class: "zone-facts" });
  const list = element("dl");
  for (const [term, text] of [
    ["How bad", zone.evidence],
    ["Cause", zone.cause],
    ["Remedy", zone.remedy],
  ]) {
    if (text) {
      list.append(element("dt", term), element("dd", text));
    }
  }
  facts.append(list);
  if (zone.proofs?.length) {
    facts.append(proofTable(zone));
  } else if (zone.proved === false) {
    facts.append(
      element(
        "p",
        "Not proved: the cause is what its seats look like. Only the largest zones are computed again without each suspect.",
      ),
    );
  }
  return facts;
}

function updateZones() {
  const panel = $("panel-zones");
  panel.replaceChildren();
  const zones = zonesOfState();
  if (!zones.length) {
    panel.append(element("p", "No dead zones: every seat meets the goals."));
  }
  for (const z of zones) {
    const button = element("button", undefined, {
      class: "zone",
      "aria-pressed": String(z.id === shown.zone),
      "data-zone": z.id,
    });
    button.append(
      element("strong", `Zone ${z.id}: ${z.title}`),
      element("br"),
      document.createTextNode(
        `${z.seats.length} seats, ${z.area_m2.toFixed(1)} m²${z.proved === false ? ", cause not proved" : ""}`,
      ),
    );
    button.addEventListener("click", () => chooseZone(z.id));
    panel.append(button);
    if (z.id === shown.zone) {
      panel.append(zoneFacts(z));
    }
  }
}

/// Whether single modes stand out in a band, of which rays know nothing
function isModal(band) {
  return Number(data.bands[band]) < (data.schroeder_hz ?? 0);
}

function modalWords() {
  return `Grey and slanted: below ${data.schroeder_hz.toFixed(0)} Hz, the Schroeder frequency, single modes stand out of the response; rays give no more than a mean over frequency and place.`;
}

function updateMicrophones() {
  const panel = $("panel-microphones");
  panel.replaceChildren();
  for (const t of data.states[shown.state].microphones ?? []) {
    const table = element("table");
    table.createCaption().textContent = t.name;
    const head = table.createTHead().insertRow();
    head.append(element("th", "", { scope: "col" }));
    data.bands.forEach((text, i) => {
      const cell = element("th", text, { scope: "col" });
      cell.classList.toggle("modal", isModal(i));
      head.append(cell);
    });
    for (const row of t.rows) {
      const r = table.insertRow();
      r.append(element("th", row.label, { scope: "row" }));
      row.values.forEach((v, i) => {
        const cell = element("td", v === null ? "–" : v.toFixed(row.decimals));
        cell.classList.toggle("modal", isModal(i));
        r.append(cell);
      });
    }
    const holder = element("div", undefined, {
      class: "scroll",
      tabindex: "0",
      role: "region",
      "aria-label": `Microphone ${t.name}`,
    });
    holder.append(table);
    panel.append(holder);
  }
  if (!panel.childElementCount) {
    panel.append(element("p", "The venue has no microphones."));
  } else if (isModal(0)) {
    panel.append(element("p", modalWords(), { class: "modal" }));
  }
}

function update() {
  const { low, high, signed } = scale();
  pressed("bands", shown.band);
  $("bands").classList.toggle("hidden", !shown.metric.bands);
  pressed("states", shown.state);
  pressed("views", shown.view);
  $("metric").value = shown.metric.key;
  $("against").value = String(shown.against);
  view?.colour(
    (i) =>
      areaShown(i)
        ? colourAt((shownValue(i) - low) / (high - low), signed)
        : null,
    signed ? shownSign : null,
  );
  view?.zones(zonesOfState(), shown.zone);
  view?.choose(shown.seat);
  updateLegend();
  updateSeat();
  updateZones();
  updateMicrophones();
  $("said").textContent = shown.seat >= 0 ? seatWords(shown.seat) : "";
  document.body.dataset.metric = shown.metric.key;
  document.body.dataset.band = data.bands[shown.band];
  document.body.dataset.state = data.states[shown.state].name;
  document.body.dataset.seat = shown.seat;
  document.body.dataset.zone = shown.zone;
}

function selectTab(name) {
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    const own = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(own));
    tab.tabIndex = own ? 0 : -1;
    $(tab.getAttribute("aria-controls")).classList.toggle("hidden", !own);
  }
}

function chooseSeat(seat) {
  shown.seat = seat;
  const zone = zonesOfState().find((z) => z.seats.includes(seat));
  shown.zone = zone ? zone.id : -1;
  selectTab("seat");
  update();
}

function chooseZone(id) {
  shown.zone = id;
  const zone = zonesOfState().find((z) => z.id === id);
  selectTab("zones");
  if (zone) {
    view?.focus(zone.centre);
  }
  update();
  document.querySelector(`[data-zone="${id}"]`)?.focus();
}

/// The next seat in a direction of the plan
function step(dx, dy) {
  if (shown.seat < 0) {
    return chooseSeat(0);
  }
  const p = data.seats.position;
  const at = [0, 1, 2].map((k) => p[3 * shown.seat + k]);
  let nearest = -1;
  let least = Infinity;
  for (let i = 0; i < data.seats.count; ++i) {
    const x = p[3 * i] - at[0];
    const y = p[3 * i + 1] - at[1];
    const along = x * dx + y * dy;
    if (i === shown.seat || !areaShown(i) || along <= 0.05) {
      continue;
    }
    const across = Math.abs(x * dy) + Math.abs(y * dx);
    const cost = along + 3 * across + 2 * Math.abs(p[3 * i + 2] - at[2]);
    if (cost < least) {
      least = cost;
      nearest = i;
    }
  }
  return nearest >= 0 ? chooseSeat(nearest) : undefined;
}

function moveEye(how, much) {
  view?.[how](much);
  document.body.dataset.eye = view?.eye() ?? "";
}

const keys = {
  ArrowLeft: () => step(-1, 0),
  ArrowRight: () => step(1, 0),
  ArrowUp: () => step(0, 1),
  ArrowDown: () => step(0, -1),
  "[": () => {
    shown.band = (shown.band + data.bands.length - 1) % data.bands.length;
    update();
  },
  "]": () => {
    shown.band = (shown.band + 1) % data.bands.length;
    update();
  },
  "+": () => moveEye("zoom", 0.8),
  "-": () => moveEye("zoom", 1.25),
  ",": () => moveEye("turn", -15),
  ".": () => moveEye("turn", 15),
  s: () => {
    shown.state = (shown.state + 1) % data.states.length;
    update();
  },
};

function toggles(group, entries, choose) {
  for (const [value, label] of entries) {
    const b = element("button", label, {
      "data-value": value,
      "aria-pressed": "false",
    });
    b.addEventListener("click", () => {
      choose(value);
      update();
    });
    $(group).append(b);
  }
}

function makeTools() {
  for (const m of data.metrics) {
    $("metric").append(element("option", m.label, { value: m.key }));
  }
  $("metric").addEventListener("change", (e) => {
    shown.metric = data.metrics.find((m) => m.key === e.target.value);
    update();
  });
  toggles("bands", data.bands.map((b, i) => [i, b]), (i) => {
    shown.band = Number(i);
  });
  [...$("bands").querySelectorAll("button")].forEach((button, i) => {
    if (isModal(i)) {
      button.classList.add("modal");
      button.title = modalWords();
    }
  });
  toggles("states", data.states.map((s, i) => [i, s.name]), (i) => {
    shown.state = Number(i);
    shown.zone = -1;
  });
  $("against").append(element("option", "nothing", { value: "-1" }));
  data.states.forEach((s, i) =>
    $("against").append(element("option", s.name, { value: String(i) })),
  );
  $("against").addEventListener("change", (e) => {
    shown.against = Number(e.target.value);
    update();
  });
  $("compare").classList.toggle("hidden", data.states.length < 2);
  toggles(
    "views",
    [
      ["3d", "3D"],
      ["plan", "Plan"],
      ["section", "Section"],
    ],
    (v) => {
      shown.view = v;
      view?.look(v);
    },
  );
  data.areas.forEach((name, i) => {
    shown.areas.add(i);
    const label = element("label", undefined);
    const box = element("input", undefined, { type: "checkbox" });
    box.checked = true;
    box.addEventListener("change", () => {
      if (box.checked) {
        shown.areas.add(i);
      } else {
        shown.areas.delete(i);
      }
      update();
    });
    label.append(box, ` ${name}`);
    $("areas").append(label);
  });
  $("theme").addEventListener("click", () => {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    $("theme").setAttribute(
      "aria-pressed",
      String(root.dataset.theme === "dark"),
    );
    update();
  });
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    tab.addEventListener("click", () => selectTab(tab.id.slice(4)));
    tab.addEventListener("keydown", (e) => {
      const tabs = [...document.querySelectorAll('[role="tab"]')];
      const move = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
      if (move) {
        const next =
          tabs[(tabs.indexOf(tab) + move + tabs.length) % tabs.length];
        selectTab(next.id.slice(4));
        next.focus();
        e.stopPropagation();
        e.preventDefault();
      }
    });
  }
  document.addEventListener("keydown", (e) => {
    const typing = ["SELECT", "INPUT"].includes(e.target.tagName);
    if (!typing && !e.ctrlKey && !e.altKey && !e.metaKey && keys[e.key]) {
      keys[e.key]();
      e.preventDefault();
    }
  });
}

function makeCanvas() {
  const canvas = $("canvas");
  try {
    view = makeView(canvas, data);
  } catch {
    // No WebGL: the pictures of the run instead; the panel works as before
    canvas.classList.add("hidden");
    const maps = element("div", undefined, { class: "maps", id: "maps" });
    for (const m of data.maps) {
      const figure = element("figure");
      figure.append(
        element("img", undefined, { src: m.src, alt: m.name }),
        element("figcaption", m.name),
      );
      maps.append(figure);
    }
    if (!data.maps.length) {
      maps.append(
        element("p", "This browser has no WebGL and the run has no maps."),
      );
    }
    $("views").classList.add("hidden");
    document.querySelector("main").prepend(maps);
    return;
  }
  let down = null;
  canvas.addEventListener("pointerdown", (e) => {
    down = [e.offsetX, e.offsetY];
  });
  canvas.addEventListener("pointerup", (e) => {
    if (down && Math.hypot(e.offsetX - down[0], e.offsetY - down[1]) < 5) {
      const seat = view.seatAt(e.offsetX, e.offsetY, areaShown);
      if (seat >= 0) {
        chooseSeat(seat);
      }
    }
    down = null;
  });
  canvas.addEventListener("pointermove", (e) => {
    if (!e.buttons) {
      const seat = view.seatAt(e.offsetX, e.offsetY, areaShown);
      $("hover").textContent = seat >= 0 ? seatWords(seat) : "";
    }
  });
}

function fillAbout() {
  const list = $("about");
  for (const [term, text] of data.about) {
    list.append(element("dt", term), element("dd", text));
  }
  if (data.validation) {
    const item = element("dd");
    item.append(
      element("a", "Held against measurements", { href: data.validation }),
    );
    list.append(element("dt", "Validation"), item);
  }
  for (const note of data.notes) {
    $("notes").append(element("li", note));
  }
}

async function start() {
  if (matchMedia("(prefers-color-scheme: dark)").matches) {
    document.documentElement.dataset.theme = "dark";
    $("theme").setAttribute("aria-pressed", "true");
  }
  data = await readData();
  document.title = data.title;
  $("title").textContent = data.title;
  $("subtitle").textContent = data.subtitle;
  shown.metric = data.metrics[0];
  makeTools();
  fillAbout();
  makeCanvas();
  selectTab(zonesOfState().length ? "zones" : "seat");
  update();
  document.body.dataset.ready = "true";
}

start().catch((e) => {
  $("subtitle").textContent =
    `This page could not be shown (${e.message}); a newer browser may help.`;
});
