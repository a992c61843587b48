// SPDX-License-Identifier: GPL-3.0-or-later
// Scales that rise evenly in lightness; the same as in the pictures.

// Viridis at 0, 1/8 ... 1: Smith and van der Walt 2015 (CC0)
const viridis = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
];

// Lightness falls evenly from the middle to both ends; the hues stay apart for
// the colour-blind, and signs tell them apart in grey
const diverging = [
  [18, 77, 153],
  [245, 245, 245],
  [140, 69, 8],
];

const GREY = [128, 128, 128];

/// Colour of `x` (0 to 1), as three numbers 0 to 255
export function colourAt(x, signed) {
  if (!Number.isFinite(x)) {
    return GREY;
  }
  const scale = signed ? diverging : viridis;
  const at = Math.min(Math.max(x, 0), 1) * (scale.length - 1);
  const i = Math.min(Math.floor(at), scale.length - 2);
  const f = at - i;
  return scale[i].map((c, k) => c + f * (scale[i + 1][k] - c));
}

export function css(rgb) {
  return `rgb(${rgb.map((c) => Math.round(c)).join(",")})`;
}

/// Whether black stands out from a colour more than white: by the relative
/// luminance of WCAG 2, of which 0.179 has the same contrast to both
export function isLight(rgb) {
  const [r, g, b] = rgb.map((c) =>
    c > 10 ? Math.pow((c / 255 + 0.055) / 1.055, 2.4) : c / 255 / 12.92,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179;
}

/// CSS gradient of a whole scale, low to high
export function gradient(signed) {
  const steps = [];
  for (let i = 0; i <= 16; ++i) {
    steps.push(css(colourAt(i / 16, signed)));
  }
  return `linear-gradient(to right, ${steps.join(",")})`;
}
