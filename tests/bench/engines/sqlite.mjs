// @sqlite.org/sqlite-wasm: its object-oriented interface, in memory.
import init from "/node_modules/@sqlite.org/sqlite-wasm/dist/index.mjs";
import { sqlite } from "./dialects.mjs";

export async function open() {
  const sqlite3 = await init({ print: () => {}, printErr: () => {} });
  const db = new sqlite3.oo1.DB(":memory:", "c");
  return {
    ...sqlite,
    exec: (sql) => void db.exec(sql),
    rows: (sql) => db.selectArrays(sql),
    many(sql, params, sink) {
      const statement = db.prepare(sql.replaceAll("$", "?"));
      const columns = statement.columnCount;
      for (const one of params) {
        statement.bind(one);
        const found = [];
        while (statement.step()) if (columns > 0) found.push(statement.get([]));
        statement.reset();
        sink(found);
      }
      statement.finalize();
    },
    plan(texts) {
      for (const sql of texts) db.prepare(sql).finalize();
    },
    memoryBytes: () => sqlite3.wasm.heap8u().byteLength,
  };
}
