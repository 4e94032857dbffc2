// duckdb-wasm: AsyncDuckDB, which runs the engine in a worker of its own. Bundled by bench.mjs, since it imports Arrow by name.
import * as duckdb from "@duckdb/duckdb-wasm";
import { postgres } from "./dialects.mjs";

const FOLDER = `${location.origin}/node_modules/@duckdb/duckdb-wasm/dist/`;

const arrays = (table) => table.toArray().map((row) => Object.values(row.toJSON()));

export async function open() {
  const worker = new Worker(`${FOLDER}duckdb-browser-eh.worker.js`);
  const db = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), worker);
  await db.instantiate(`${FOLDER}duckdb-eh.wasm`);
  const connection = await db.connect();
  return {
    ...postgres,
    // A call takes half a millisecond: a tenth of the calls, scaled.
    calls: 0.1,
    insertSeries: (table, rows, columns) => `INSERT INTO ${table} SELECT ${columns.join(", ")} FROM range(1, ${rows + 1}) AS g(i)`,
    exec: (sql) => connection.query(sql),
    rows: async (sql) => arrays(await connection.query(sql)),
    async many(sql, params, sink) {
      const statement = await connection.prepare(sql);
      for (const one of params) sink(arrays(await statement.query(...one)));
      await statement.close();
    },
    async plan(texts) {
      for (const sql of texts) await (await connection.prepare(sql)).close();
    },
  };
}
