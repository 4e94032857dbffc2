// What a person writes against the package. Compiled by the test; what must not compile says so.
import { Database, DatabaseError, type QueryResult, type Row, type Value } from "pagewalk";

const db: Database = await Database.open({ pageSize: 4096, autoAnalyze: true });
const result: QueryResult = db.query("SELECT $1, $2, $3", [1, null, new Date(0)]);
const first: Value | undefined = result.rows[0]?.[0];
const typed: [number, string][] = db.prepare("SELECT 1, 'a'").all<[number, string]>();
const one: Row | undefined = db.prepare("SELECT 1").get();
const affected: number = db.prepare("DELETE FROM t WHERE id = $1").run([10n]);
const node: string = db.explain("SELECT 1", { analyze: true }).Plan["Node Type"];
const tags: string[] = db.exec("SELECT 1; SELECT 2").map((done) => done.tag);
try {
  db.exec("oops");
} catch (error) {
  if (error instanceof DatabaseError) {
    const code: string = error.code;
    const position: number | undefined = error.position;
    console.log(code, position);
  }
}
console.log(first, typed, one, affected, node, tags, db.memoryBytes);
db.close();

// @ts-expect-error an object is no parameter
db.query("SELECT $1", [{}]);
// @ts-expect-error a database is opened, not made
new Database();
// @ts-expect-error there is no such option
await Database.open({ pagesize: 4096 });
