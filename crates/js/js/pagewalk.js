// The entry of the package "pagewalk": finds the wasm, starts the engine once, opens databases.

import init, { Session, lastPanic } from "./glue.js";
import { Database as SessionDatabase, DatabaseError, Statement } from "./database.js";

export { DatabaseError, Statement };

let started;

/** Starts the engine: once per page or worker, and again if it did not work. */
function start(wasm) {
  started ??= load(wasm)
    .then((source) => init({ module_or_path: source }))
    .catch((error) => {
      started = undefined;
      throw error;
    });
  return started;
}

async function load(wasm) {
  // Bundlers know this form and carry the file along.
  const source = wasm ?? new URL("./pagewalk.wasm", import.meta.url);
  if (source instanceof URL && source.protocol === "file:") {
    // Node's fetch reads no files. A name that bundlers for browsers cannot see, since they have no such module.
    const files = "node:fs/promises";
    const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ files);
    return readFile(source);
  }
  return source;
}

function wholeNumber(options, name, fallback, isFine) {
  const value = options[name];
  if (value === undefined) return fallback;
  if (!Number.isSafeInteger(value) || !isFine(value)) throw new RangeError(`${name} cannot be ${value}`);
  return value;
}

export class Database extends SessionDatabase {
  static async open(options = {}) {
    const pageSize = wholeNumber(options, "pageSize", 0, (n) => n >= 512 && n <= 32768 && (n & (n - 1)) === 0);
    const bufferPages = wholeNumber(options, "bufferPages", 0, (n) => n > 0 && n < 2 ** 32);
    const memoryLimit = wholeNumber(options, "memoryLimit", 0, (n) => n > 0);
    const statementMemory = wholeNumber(options, "statementMemory", 0, (n) => n > 0);
    const { memory } = await start(options.wasm);
    const session = new Session(pageSize, bufferPages, memoryLimit, statementMemory, options.autoAnalyze === true);
    return new Database(session, memory, lastPanic);
  }
}
