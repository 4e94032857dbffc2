// Ours, through the package that people install.
import { Database } from "/pagewalk/pagewalk.js";
import { postgres } from "./dialects.mjs";

export async function open() {
  const db = await Database.open();
  return {
    ...postgres,
    exec: (sql) => db.exec(sql),
    rows: (sql) => db.query(sql).rows,
    many(sql, params, sink) {
      const statement = db.prepare(sql);
      for (const one of params) sink(statement.all(one));
      statement.close();
    },
    plan(texts) {
      for (const sql of texts) db.prepare(sql).close();
    },
    memoryBytes: () => db.memoryBytes,
  };
}
