// The driver: serves the folders on the loopback, starts Chromium, drives a worker per engine, compares answers, prints the table.
import { mkdirSync, readFileSync, statSync, writeFileSync, existsSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { parseArgs } from "node:util";

import { build } from "esbuild";
import { chromium } from "playwright-core";

import { OPERATIONS } from "./operations.mjs";
import { profileTable } from "./profile.mjs";

const ENGINES = ["pagewalk", "sqlite", "sqljs", "pglite", "duckdb"];
const TITLES = { pagewalk: "pagewalk", sqlite: "sqlite-wasm", sqljs: "sql.js", pglite: "PGlite", duckdb: "duckdb-wasm" };
const BROWSER_FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };
const START_GOAL = 0.5;
const WIRE_GOAL_MB = 0.25;

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    engines: { type: "string" },
    rows: { type: "string", default: "1000000" },
    repeat: { type: "string", default: "5" },
    profile: { type: "string" },
    "as-built": { type: "boolean" },
    help: { type: "boolean" },
  },
});
const here = dirname(fileURLToPath(import.meta.url));
const kept = process.env.PAGEWALK_BENCH;
const rows = Number(options.rows);
const repeat = Number(options.repeat);
const only = options.only?.split(",");
const engines = options.engines?.split(",") ?? ENGINES;
const known = ["start", "wire", ...OPERATIONS.filter((one) => !one.hidden).map((one) => one.name)];

if (options.help) {
  console.log(readFileSync(join(here, "README.md"), "utf8"));
  console.log(`operations: ${known.join(", ")}\nengines: ${ENGINES.join(", ")}`);
  process.exit(0);
}
for (const [given, all] of [[only ?? [], known], [engines, ENGINES], [options.profile ? [options.profile] : [], known]]) {
  const odd = given.find((name) => !all.includes(name));
  if (odd !== undefined) {
    console.error(`there is no ${odd}; there are: ${all.join(", ")}`);
    process.exit(2);
  }
}
if (!(rows >= 1000 && rows % 1000 === 0 && repeat >= 1)) {
  console.error("--rows wants thousands, --repeat at least 1");
  process.exit(2);
}

const wanted = (name) => only === undefined || only.includes(name);
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

mkdirSync(join(kept, "bundles"), { recursive: true });
if (engines.includes("duckdb")) {
  await build({
    entryPoints: [join(here, "engines/duckdb.mjs")],
    outfile: join(kept, "bundles/duckdb.mjs"),
    bundle: true,
    minify: true,
    format: "esm",
    logLevel: "warning",
  });
}

const requested = new Set();
const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url.split("?")[0]);
  const file = fileFor(path);
  if (path === "/") {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>bench</title>");
  } else if (file === null || !existsSync(file)) {
    response.statusCode = 404;
    response.end();
  } else {
    requested.add(file);
    response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
    response.end(readFileSync(file));
  }
});

function fileFor(path) {
  const [, first, ...rest] = normalize(path).split(sep);
  if (first === "pagewalk") return join(process.env.PAGEWALK_PACKAGE, ...rest);
  if (first === "bundles") return join(kept, "bundles", ...rest);
  return first === ".." ? null : join(here, first, ...rest);
}

await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const address = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: BROWSER_FLAGS });

/** A page of a context of its own, so that nothing is cached, with a worker that is open. */
async function open(engine) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error(`${engine}: ${error.message}`));
  await page.goto(address);
  const session = options.profile && engine === engines[0] ? await profiler(context, page) : null;
  const startMs = await page.evaluate(
    ([engine, rows]) =>
      new Promise((resolve, reject) => {
        const began = performance.now();
        globalThis.worker = new Worker(`/worker.mjs?engine=${engine}&rows=${rows}`, { type: "module" });
        worker.onerror = (event) => reject(new Error(event.message ?? "the worker does not start"));
        worker.onmessage = ({ data }) => {
          if (data.ready) resolve(performance.now() - began);
          else reject(new Error(data.error ?? "SELECT 1 is not 1"));
        };
      }),
    [engine, rows],
  );
  const run = (operation, round) =>
    page.evaluate(
      ([operation, round]) =>
        new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
          worker.postMessage({ operation, round });
        }),
      [operation, round],
    );
  return { startMs, run, session, close: () => context.close() };
}

/** Chromium's profiler, attached to the page's worker as soon as there is one. */
async function profiler(context, page) {
  const session = await context.newCDPSession(page);
  const attached = new Promise((resolve) => {
    session.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
      if (targetInfo.type === "worker") resolve(sessionId);
    });
  });
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  let next = 1;
  const waiting = new Map();
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, result, error } = JSON.parse(message);
    if (error) console.error(error.message);
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  return async (method, params = {}) => {
    const sessionId = await attached;
    const id = next++;
    const answer = new Promise((resolve) => waiting.set(id, resolve));
    await session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method, params }) });
    return answer;
  };
}

const results = {};
const record = (engine, name, ms, answer) => ((results[name] ??= {})[engine] = { ms, answer });

for (const engine of engines) {
  console.error(`${TITLES[engine]} …`);
  requested.clear();
  const starts = [];
  if (wanted("start")) {
    for (let round = 0; round < repeat; round++) {
      const opened = await open(engine);
      starts.push(opened.startMs);
      await opened.close();
    }
    record(engine, "start", starts);
  }
  const { run, session, close } = await open(engine);
  if (wanted("wire")) record(engine, "wire", [wireBytes([...requested]) / 1e6]);
  for (const operation of OPERATIONS) {
    if (!operation.lasting && !wanted(operation.name)) continue;
    const rounds = wanted(operation.name) ? Math.min(operation.repeat ?? repeat, repeat) : 1;
    const profiled = session !== null && options.profile === operation.name;
    if (profiled) {
      await session("Profiler.enable");
      await session("Profiler.setSamplingInterval", { interval: 200 });
      await session("Profiler.start");
    }
    const times = [];
    let answer;
    for (let round = 0; round < rounds; round++) {
      const found = await run(operation.name, round);
      if (found.ms !== undefined) times.push(found.ms);
      answer = found.answer;
    }
    if (profiled) {
      const { profile } = await session("Profiler.stop");
      writeFileSync(join(kept, `${operation.name}.cpuprofile`), JSON.stringify(profile));
      console.log(profileTable(profile));
    }
    if (times.length > 0) console.error(`  ${operation.name}: ${times.map((ms) => ms.toFixed(2)).join(", ")}`);
    if (times.length > 0 && wanted(operation.name) && !operation.hidden) record(engine, operation.name, times, answer);
  }
  await close();
}
await browser.close();
server.close();

const differing = Object.entries(results).flatMap(([name, byEngine]) => {
  const [[first, { answer }], ...others] = Object.entries(byEngine);
  return others
    .filter(([, other]) => JSON.stringify(other.answer) !== JSON.stringify(answer))
    .map(([engine, other]) => `${name}: ${first} says ${JSON.stringify(answer)?.slice(0, 300)}, ${engine} ${JSON.stringify(other.answer)?.slice(0, 300)}`);
});

print();
const stamp = new Date().toISOString().replaceAll(":", "-").slice(0, 19);
const summary = { rows, repeat, version: browser.version?.(), results };
for (const name of [`bench-${stamp}.json`, "latest.json"]) writeFileSync(join(kept, name), JSON.stringify(summary, null, 1));
if (differing.length > 0) {
  console.error(`\nanswers differ:\n${differing.join("\n")}`);
  process.exit(1);
}

/** Brotli bytes of what an engine loaded, our own drivers left out. Compressing 35 MB takes a minute, so it is remembered. */
function wireBytes(files) {
  const memory = join(kept, "brotli.json");
  const sizes = existsSync(memory) ? JSON.parse(readFileSync(memory, "utf8")) : {};
  let sum = 0;
  for (const file of files) {
    if (dirname(file) === here || dirname(file) === join(here, "engines")) continue;
    const { size, mtimeMs } = statSync(file);
    const key = `${file} ${size} ${mtimeMs}`;
    sizes[key] ??= brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 } }).length;
    sum += sizes[key];
  }
  writeFileSync(memory, JSON.stringify(sizes));
  return sum;
}

function print() {
  const lines = [
    { name: "start", title: "cold start: new Worker → SELECT 1", goal: START_GOAL },
    ...OPERATIONS.filter((one) => !one.hidden),
    { name: "wire", title: "engine over the wire, brotli", goalText: `≤ ${WIRE_GOAL_MB} MB`, unit: "MB" },
  ].filter(({ name }) => results[name] !== undefined);
  const table = [["operation", ...engines.map((engine) => TITLES[engine]), "ours / best", "goal", ""]];
  for (const line of lines) {
    const medians = Object.fromEntries(Object.entries(results[line.name]).map(([engine, { ms }]) => [engine, median(ms)]));
    const best = Math.min(...Object.entries(medians).flatMap(([engine, ms]) => (engine === "pagewalk" ? [] : [ms])));
    const ratio = medians.pagewalk / best;
    const isCompared = Number.isFinite(ratio) && Number.isFinite(best);
    const meets = line.name === "wire" ? medians.pagewalk <= WIRE_GOAL_MB : ratio <= line.goal;
    table.push([
      line.title,
      ...engines.map((engine) => (medians[engine] === undefined ? "–" : shown(medians[engine], line))),
      isCompared ? ratio.toFixed(2) : "–",
      line.goalText ?? `≤ ${line.goal}`,
      isCompared || line.name === "wire" ? (meets ? "met" : "missed") : "",
    ]);
  }
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table) {
    console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join("  "));
  }
}

function shown(ms, { rate, unit }) {
  if (unit !== undefined) return `${ms.toFixed(unit === "MB" ? 2 : 0)} ${unit}`;
  if (rate === undefined) return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
  const each = (ms * 1000) / rate;
  return `${each.toFixed(each < 10 ? 2 : 1)} µs`;
}
