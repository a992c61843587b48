// SPDX-License-Identifier: GPL-3.0-or-later
// Curves of one seat: spectrum, echogram, decay, modulation transfer.
import uPlot from "uplot";
import { colourAt, css, isLight } from "./colour.js";
import { echogram, modulation, valueAt } from "./data.js";

function inks() {
  const style = getComputedStyle(document.documentElement);
  return {
    text: style.getPropertyValue("--text").trim(),
    grid: style.getPropertyValue("--line").trim(),
    series: style.getPropertyValue("--accent").trim(),
    other: style.getPropertyValue("--accent-2").trim(),
  };
}

/// "1k" for 1000: names that fit under the bars
function shortName(band) {
  const hz = Number(band);
  return hz >= 1000 ? `${hz / 1000}k` : band;
}

function axis(ink, label, more) {
  return {
    label,
    stroke: ink.text,
    grid: { stroke: ink.grid, width: 1 },
    ticks: { stroke: ink.grid, width: 1 },
    labelSize: 18,
    size: 42,
    ...more,
  };
}

function plot(parent, title, x, series, axes, scales) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = title;
  figure.append(caption);
  parent.append(figure);
  new uPlot(
    {
      width: Math.max(parent.clientWidth - 8, 220),
      height: 170,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false }, ...scales },
      axes,
      series: [{}, ...series],
    },
    [x, ...series.map((s) => s.data)],
    figure,
  );
  return figure;
}

function spectrum(parent, data, states, seat) {
  const ink = inks();
  const metric = data.metrics.find((m) => m.key === "spl");
  const x = data.bands.map((_, i) => i);
  const bars = uPlot.paths.bars({ size: [states.length > 1 ? 0.4 : 0.7], align: states.length > 1 ? 1 : 0 });
  const series = states.map((state, k) => ({
    label: data.states[state].name,
    data: x.map((b) => valueAt(data, state, metric, b, seat)),
    fill: k ? ink.other : ink.series,
    stroke: k ? ink.other : ink.series,
    paths: k ? uPlot.paths.bars({ size: [0.4], align: -1 }) : bars,
    points: { show: false },
  }));
  const all = series.flatMap((s) => s.data).filter(Number.isFinite);
  const low = Math.floor((Math.min(...all) - 5) / 10) * 10;
  const high = Math.ceil((Math.max(...all) + 1) / 10) * 10;
  for (const s of series) {
    s.fillTo = low;
  }
  const figure = plot(
    parent,
    "Level per octave [dB]",
    x,
    series,
    [
      axis(ink, "Octave [Hz]", {
        splits: () => x,
        values: (_, at) => at.map((i) => shortName(data.bands[i] ?? "")),
      }),
      axis(ink, "dB"),
    ],
    { x: { time: false, range: [-0.6, 7.6] }, y: { range: [low, high] } },
  );
  const caption = figure.querySelector("figcaption");
  series.forEach((s, k) => {
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.style.background = s.fill;
    mark.title = k ? "left bars" : "right bars";
    caption.append(k ? ", less " : ": ", mark, ` ${s.label}`);
  });
}

function curves(parent, data, state, band, seat) {
  const e = echogram(data, state, seat);
  if (!e) {
    return;
  }
  const ink = inks();
  const start = e.edge_s[0];
  const t = [];
  const level = [];
  let rest = 0;
  const edc = new Array(e.energy.length);
  for (let i = e.energy.length - 1; i >= 0; --i) {
    rest += e.energy[i][band];
    edc[i] = rest;
  }
  for (let i = 0; i < e.energy.length; ++i) {
    const width = e.edge_s[i + 1] - e.edge_s[i];
    t.push((e.edge_s[i] - start) * 1000);
    // Per 10 ms, so that bins of any width can be held together
    level.push(10 * Math.log10((e.energy[i][band] * 0.01) / width + 1e-12));
  }
  const top = Math.max(...level);
  const name = `${data.bands[band]} Hz`;
  plot(
    parent,
    `Echogram at ${name} [dB per 10 ms]`,
    t,
    [
      {
        data: level.map((v) => Math.max(v - top, -60)),
        stroke: ink.series,
        fill: ink.series,
        fillTo: -60,
        paths: uPlot.paths.stepped({ align: 1 }),
        points: { show: false },
      },
    ],
    [axis(ink, "Time [ms]"), axis(ink, "dB")],
    { y: { range: [-60, 3] } },
  );
  plot(
    parent,
    `Decay at ${name} [dB]`,
    t,
    [
      {
        data: edc.map((v) => Math.max(10 * Math.log10(v / edc[0] + 1e-12), -60)),
        stroke: ink.series,
        width: 2,
        points: { show: false },
      },
    ],
    [axis(ink, "Time [ms]"), axis(ink, "dB")],
    { y: { range: [-60, 3] } },
  );
}

function transfer(parent, data, state, seat) {
  const m = modulation(data, state, seat);
  if (!m) {
    return;
  }
  const table = document.createElement("table");
  table.className = "matrix";
  const caption = table.createCaption();
  caption.textContent = "Modulation transfer (STI matrix), noise included";
  const head = table.createTHead().insertRow();
  head.append(
    ...["Hz", ...m.hz].map((text) => {
      const th = document.createElement("th");
      th.scope = "col";
      th.textContent = text;
      return th;
    }),
  );
  m.matrix.forEach((values, b) => {
    const row = table.insertRow();
    const th = document.createElement("th");
    th.scope = "row";
    th.textContent = data.bands[b + 1];
    row.append(th);
    for (const v of values) {
      const cell = row.insertCell();
      const rgb = colourAt(v, false);
      cell.textContent = v.toFixed(2).replace(/^0/, "");
      cell.style.background = css(rgb);
      cell.style.color = isLight(rgb) ? "#000" : "#fff";
    }
  });
  const holder = document.createElement("div");
  holder.className = "scroll";
  holder.tabIndex = 0;
  holder.setAttribute("role", "region");
  holder.setAttribute("aria-label", "Modulation transfer");
  holder.append(table);
  parent.append(holder);
}

/// Fill `parent` with everything about a seat
export function showSeat(parent, data, states, band, seat) {
  parent.replaceChildren();
  spectrum(parent, data, states, seat);
  curves(parent, data, states[0], band, seat);
  transfer(parent, data, states[0], seat);
}
