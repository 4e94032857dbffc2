// One engine in one worker: opened at once, so that the page can measure a cold start, then driven operation by operation.
import { OPERATIONS } from "./operations.mjs";

const parameters = new URLSearchParams(location.search);
const name = parameters.get("engine");
const rows = Number(parameters.get("rows"));

let engine;
try {
  // An adapter that needs other people's bare imports comes bundled.
  const { open } = await import(name === "duckdb" ? "/bundles/duckdb.mjs" : `./engines/${name}.mjs`);
  engine = await open();
  const [[one]] = await engine.rows("SELECT 1");
  postMessage({ ready: Number(one) === 1 });
} catch (error) {
  postMessage({ error: `${error.stack ?? error}` });
}

onmessage = async ({ data: { operation, round } }) => {
  try {
    const { run } = OPERATIONS.find((one) => one.name === operation);
    const result = await run({ engine, rows, round });
    postMessage({ ms: result?.ms, answer: plain(result?.answer) });
  } catch (error) {
    postMessage({ error: `${operation}: ${error.code ?? ""} ${error.stack ?? error}` });
  }
};

/** Whole numbers come as numbers, as bigints or as texts, booleans as 0 and 1: all alike. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "boolean") return Number(value);
  return value ?? null;
}
