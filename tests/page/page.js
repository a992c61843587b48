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

async function open(args, wantErrors, file = report) {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [...quiet, ...args],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
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
  await page.selectOption("#against", "1");
  const legend = await page.textContent("#legend-title");
  check(legend.includes(" less "), `no difference: ${legend}`);
  await page.selectOption("#against", "-1");

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
  } else {
    check(
      (await page.textContent("#panel-zones")).includes("No dead zones"),
      "neither zones nor a word about them",
    );
  }
  await page.click("#tab-microphones");
  check(await page.$("#panel-microphones table"), "no table of a microphone");
  await page.click("#theme");

  await page.evaluate(readFileSync(axe, "utf8"));
  const found_by_axe = await page.evaluate(() => window.axe.run());
  const serious = found_by_axe.violations.filter((v) =>
    ["serious", "critical"].includes(v.impact),
  );
  check(
    !serious.length,
    `axe: ${serious.map((v) => `${v.id} ${v.nodes[0].html}`)}`,
  );
  await close();
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
await largeHouse();
await withoutWebGl();
console.log("the report page works");
