// sql.js: its prepared statements. It is a script, not a module: the worker is a module, so it is evaluated by hand.
import { sqlite } from "./dialects.mjs";

const FOLDER = "/node_modules/sql.js/dist/";

export async function open() {
  const source = await (await fetch(`${FOLDER}sql-wasm-browser.js`)).text();
  const initSqlJs = new Function(`${source}; return initSqlJs;`)();
  const SQL = await initSqlJs({ locateFile: (file) => FOLDER + file });
  const db = new SQL.Database();
  return {
    ...sqlite,
    exec: (sql) => void db.run(sql),
    rows: (sql) => db.exec(sql)[0]?.values ?? [],
    many(sql, params, sink) {
      const statement = db.prepare(sql.replaceAll("$", "?"));
      for (const one of params) {
        statement.bind(one);
        const found = [];
        while (statement.step()) found.push(statement.get());
        sink(found);
      }
      statement.free();
    },
    plan(texts) {
      for (const sql of texts) db.prepare(sql).free();
    },
  };
}
