// SPDX-License-Identifier: GPL-3.0-or-later
// The data of a report as it lies in the page: JSON whose arrays are base64 of
// zlib streams, {"type": "f32" | "u32" | "i16" | "u8", "zlib": "..."}.

const views = {
  f32: Float32Array,
  u32: Uint32Array,
  i16: Int16Array,
  u8: Uint8Array,
};

/// Stands for "no value" in arrays of type i16
export const NO_VALUE = -32768;

async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

/// Replace every packed array below `node` by a typed one
async function unpack(node) {
  if (!node || typeof node !== "object") {
    return node;
  }
  if (typeof node.zlib === "string") {
    return new views[node.type](await inflate(node.zlib));
  }
  for (const key of Object.keys(node)) {
    node[key] = await unpack(node[key]);
  }
  return node;
}

export async function readData() {
  return unpack(JSON.parse(document.getElementById("data").textContent));
}

/// Value of a metric at a seat, or NaN
export function valueAt(data, state, metric, band, seat) {
  const values = data.states[state].values[metric.key];
  if (!values) {
    return NaN;
  }
  const n = metric.bands ? data.bands.length : 1;
  const raw = values[seat * n + (metric.bands ? band : 0)];
  return raw === NO_VALUE ? NaN : raw * metric.step;
}

/// Energies of a seat's echogram, [bins][bands], relative to the loudest
export function echogram(data, state, seat) {
  const e = data.states[state].echogram;
  if (!e) {
    return null;
  }
  const n = data.bands.length;
  const bins = e.edge_s.length - 1;
  const energy = [];
  for (let i = 0; i < bins; ++i) {
    const row = [];
    for (let b = 0; b < n; ++b) {
      const level = e.level[(seat * bins + i) * n + b];
      // 0 is silence; a step is half a decibel, 255 the loudest
      row.push(level ? Math.pow(10, (level - 255) * 0.05) : 0);
    }
    energy.push(row);
  }
  return { edge_s: e.edge_s, energy };
}

const MODULATION_HZ = [
  0.63, 0.8, 1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8, 10, 12.5,
];

/// Modulation transfer of a seat, [7 octaves from 125 Hz][14], noise included
export function modulation(data, state, seat) {
  const e = echogram(data, state, seat);
  if (!e) {
    return null;
  }
  const levels = data.metrics.find((m) => m.key === "spl");
  const matrix = [];
  for (let b = 1; b < 8; ++b) {
    const snr =
      valueAt(data, state, levels, b, seat) - data.venue.noise_db[b];
    const noise = 1 / (1 + Math.pow(10, -snr / 10));
    matrix.push(
      MODULATION_HZ.map((hz) => {
        let re = 0;
        let im = 0;
        let sum = 0;
        for (let i = 0; i < e.energy.length; ++i) {
          const width = e.edge_s[i + 1] - e.edge_s[i];
          const t = 0.5 * (e.edge_s[i] + e.edge_s[i + 1]);
          const x = Math.PI * hz * width;
          const w = e.energy[i][b] * (x > 1e-6 ? Math.sin(x) / x : 1);
          re += w * Math.cos(2 * Math.PI * hz * t);
          im += w * Math.sin(2 * Math.PI * hz * t);
          sum += e.energy[i][b];
        }
        return sum > 0 ? (Math.hypot(re, im) / sum) * noise : 0;
      }),
    );
  }
  return { hz: MODULATION_HZ, matrix };
}
