// SPDX-License-Identifier: GPL-3.0-or-later
// The report in headless Chromium: page.js REPORT.html AXE.js
// Every step that a person would take, no error in the console, no request
// outside, no serious finding of axe; and the same without WebGL.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [report, axe, large] = process.argv.slice(2);
const quiet = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
];
const software = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
const none = ["--disable-gpu", "--disable-software-rasterizer"];

function check(is, words) {
  if (!is) {
    throw new Error(words);
  }
}

async function serious(page) {
  await page.evaluate(readFileSync(axe, "utf8"));
  const found = await page.evaluate(() => window.axe.run());
  const list = found.violations.filter((v) =>
    ["serious", "critical"].includes(v.impact),
  );
  check(!list.length, `axe: ${list.map((v) => `${v.id} ${v.nodes[0].html}`)}`);
}

async function open(args, wantErrors, file = report, screen = {}) {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [...quiet, ...args],
  });
  const page = await browser.newPage({
    viewport: { width: 1280, height: 860 },
    ...screen,
  });
  page.setDefaultTimeout(240000);
  const errors = [];
  const outside = [];
  page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
  page.on("pageerror", (e) => errors.push(String(e)));
  page.on("request", (r) => {
    if (!/^(file|data|blob):/.test(r.url())) {
      outside.push(r.url());
    }
  });
  const start = Date.now();
  await page.goto(`file://${file}`);
  await page.waitForSelector('body[data-ready="true"]');
  const ready_ms = Date.now() - start;
  const data = (name) => page.evaluate((n) => document.body.dataset[n], name);
  return {
    page,
    data,
    ready_ms,
    async close() {
      check(!outside.length, `requests outside: ${outside}`);
      check(wantErrors || !errors.length, `console: ${errors}`);
      await browser.close();
    },
  };
}

async function everyStep() {
  const { page, data, close } = await open(software, false);
  await page.selectOption("#metric", "spl");
  await page.click('#bands button[data-value="6"]');
  check((await data("band")) === "4000", "the octave was not chosen");
  await page.click("#states button >> nth=1");
  const second = await data("state");
  await page.click("#states button >> nth=0");
  check((await data("state")) !== second, "the state was not switched");
  const names = await page.$$eval("#states button", (all) =>
    all.map((one) => one.textContent),
  );
  check(
    names.join() === "full,empty,50 % full",
    `the states of the run and another run: ${names}`,
  );
  await page.selectOption("#against", "1");
  const legend = await page.textContent("#legend-title");
  check(
    legend.includes("[dB], full less empty"),
    `no difference: ${legend}`,
  );
  const ends = await page.textContent("#legend-ends");
  check(
    ends.includes("−6.0: quieter") && ends.includes("+6.0: louder"),
    `the scale does not say which way is louder: ${ends}`,
  );
  const change = await page.textContent("#legend-change");
  const counts = change.match(/louder: (\d+), − quieter: (\d+)\. Dead/);
  check(
    counts && Number(counts[1]) < Number(counts[2]),
    `people make no seat quieter: ${change}`,
  );
  check(/\d+ gained, \d+ lost/.test(change), `no seats gained: ${change}`);
  await serious(page);
  await page.selectOption("#against", "-1");
  check(!(await page.textContent("#legend-change")), "a change of nothing");

  // A seat by the keyboard, then by the pointer
  await page.click("#title");
  await page.keyboard.press("ArrowUp");
  check((await data("seat")) === "0", "the keyboard chose no seat");
  await page.keyboard.press("ArrowUp");
  const byKeys = await data("seat");
  check(byKeys !== "-1" && byKeys !== "0", "the next seat was not reached");
  await page.click("#tab-seat");
  check((await page.$$("#panel-seat canvas")).length >= 3, "curves are missing");
  const cells = await page.$$("#panel-seat table.matrix td");
  check(cells.length === 98, `${cells.length} cells of the STI matrix, not 98`);
  await page.click('#views button[data-value="plan"]');
  const box = await (await page.$("#canvas")).boundingBox();
  let found = false;
  for (let i = 1; i < 20 && !found; ++i) {
    for (let k = 1; k < 20 && !found; ++k) {
      await page.mouse.click(
        box.x + (box.width * i) / 20,
        box.y + (box.height * k) / 20,
      );
      found = (await data("seat")) !== byKeys;
    }
  }
  check(found, "no seat could be clicked");

  await page.click("#tab-zones");
  const zones = await page.$$("#panel-zones .zone");
  if (zones.length) {
    await zones[0].click();
    check((await data("zone")) !== "-1", "the zone was not chosen");
    check(await page.$("#panel-zones .zone-facts"), "no cause was shown");
    const facts = await page.textContent("#panel-zones .zone-facts");
    check(
      (await page.$("#panel-zones .proofs td")) ||
        facts.includes("no single thing"),
      `neither a proof nor a word about it: ${facts}`,
    );
  } else {
    check(
      (await page.textContent("#panel-zones")).includes("No dead zones"),
      "neither zones nor a word about them",
    );
  }
  await page.click("#tab-microphones");
  check(await page.$("#panel-microphones table"), "no table of a microphone");
  await page.click("#theme");

  await serious(page);
  await close();
}

/// Every control can be reached by Tab alone, and the view moved by keys
async function byKeyboard() {
  const { page, data, close } = await open(software, false);
  const wanted = await page.$$eval(
    "button, select, input, [tabindex='0']",
    (all) =>
      all.filter((e) => e.offsetParent && e.tabIndex >= 0).map((e) => e.outerHTML),
  );
  const reached = new Set();
  for (let i = 0; i < 2 * wanted.length; ++i) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => document.activeElement.outerHTML));
  }
  const missed = wanted.filter((html) => !reached.has(html));
  check(!missed.length, `Tab does not reach ${missed[0]}`);
  await page.click("#title");
  const before = await data("eye");
  await page.keyboard.press("+");
  const nearer = await data("eye");
  await page.keyboard.press(".");
  check(
    before !== nearer && nearer !== (await data("eye")),
    "keys do not move the view",
  );
  await page.keyboard.press("s");
  check((await data("state")) === "empty", "s does not switch the state");
  await close();
}

/// Tablets, both ways up: nothing beside the screen, all of it to be touched
async function onTablets() {
  for (const [width, height] of [
    [1024, 768],
    [820, 1180],
  ]) {
    const { page, data, close } = await open(software, false, report, {
      viewport: { width, height },
      hasTouch: true,
      colorScheme: "dark",
    });
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth,
    );
    check(wide <= width, `${wide} pixels on a screen of ${width}`);
    for (const part of ["#canvas", "aside", "#legend-title"]) {
      const box = await (await page.$(part)).boundingBox();
      check(
        box && box.y >= 0 && box.y + Math.min(box.height, 100) <= height,
        `${part} is not on a screen of ${width} x ${height}`,
      );
    }
    const small = await page.$$eval("button", (all) =>
      all
        .filter((b) => b.offsetParent && b.getBoundingClientRect().height < 44)
        .map((b) => b.textContent),
    );
    check(!small.length, `too small for a finger: ${small}`);
    await page.tap('#views button[data-value="plan"]');
    const box = await (await page.$("#canvas")).boundingBox();
    for (let i = 1; i < 20 && (await data("seat")) === "-1"; ++i) {
      for (let k = 1; k < 20 && (await data("seat")) === "-1"; ++k) {
        await page.touchscreen.tap(
          box.x + (box.width * i) / 20,
          box.y + (box.height * k) / 20,
        );
      }
    }
    check((await data("seat")) !== "-1", "no seat could be tapped");
    await serious(page);
    await close();
  }
}

async function withoutWebGl() {
  // Chromium itself complains in the console that there is no WebGL
  const { page, data, close } = await open(none, true);
  check(await page.$("#maps img"), "no pictures in place of the view");
  await page.click("#title");
  await page.keyboard.press("ArrowUp");
  check((await data("seat")) === "0", "the panel does not work without WebGL");
  await close();
}

/// A large house: it opens, and its zones and seats belong together
async function largeHouse() {
  const { page, data, ready_ms, close } = await open(software, false, large);
  console.log(`${large}: ready after ${ready_ms} ms`);
  await page.click("#tab-zones");
  await page.click("#panel-zones .zone >> nth=0");
  const zone = await data("zone");
  check(zone !== "-1", "the zone was not chosen");
  await page.click('#views button[data-value="plan"]');
  const box = await (await page.$("#canvas")).boundingBox();
  let found = false;
  for (let i = 1; i < 30 && !found; ++i) {
    for (let k = 1; k < 30 && !found; ++k) {
      await page.mouse.click(
        box.x + (box.width * i) / 30,
        box.y + (box.height * k) / 30,
      );
      found = (await data("seat")) !== "-1" && (await data("zone")) !== "-1";
    }
  }
  check(found, "no dead seat could be clicked");
  const button = await page.$("#panel-seat .zone");
  check(button, "a dead seat does not tell of its zone");
  await button.click();
  check(await page.$("#panel-zones .zone-facts"), "the zone was not opened");
  await close();
}

await everyStep();
await byKeyboard();
await onTablets();
await largeHouse();
await withoutWebGl();
console.log("the report page works");
