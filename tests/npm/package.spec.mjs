// The npm package as somebody uses it: imported by its name, compiled against, bundled, packed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const { PAGEWALK_PACKAGE, PAGEWALK_TYPESCRIPT, PAGEWALK_TOOLS } = process.env;
const here = dirname(fileURLToPath(import.meta.url));
// Somebody's project, with the package among its dependencies.
const project = join(dirname(PAGEWALK_PACKAGE), "project");
let db;

before(async () => {
  rmSync(project, { recursive: true, force: true });
  mkdirSync(join(project, "node_modules"), { recursive: true });
  symlinkSync(PAGEWALK_PACKAGE, join(project, "node_modules", "pagewalk"), "dir");
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  writeFileSync(join(project, "main.mjs"), 'export * from "pagewalk";\n');
  cpSync(join(here, "types.ts"), join(project, "types.ts"));
  const { Database } = await import(pathToFileURL(join(project, "main.mjs")).href);
  db = await Database.open();
});

after(() => db?.close());

test("the example of the README gives what it says", () => {
  db.exec("CREATE TABLE t (id integer PRIMARY KEY, name text)");
  const insert = db.prepare("INSERT INTO t VALUES ($1, $2)");
  for (const [id, name] of [[1, "one"], [2, "two"]]) assert.equal(insert.run([id, name]), 1);
  assert.deepEqual(db.query("SELECT * FROM t WHERE id = $1", [2]), {
    columns: ["id", "name"],
    types: ["int4", "text"],
    rows: [[2, "two"]],
    affected: 0,
  });
  const { Plan } = db.explain("SELECT * FROM t WHERE id = 2", { analyze: true });
  assert.equal(Plan["Node Type"], "Index Scan");
  assert.equal(Plan["Actual Rows"], 1);
});

test("values of every type come back as documented", () => {
  const { types, rows } = db.query(
    "SELECT true, 1::smallint, 2, 3::bigint, 9007199254740993::bigint, 0.1::real, 0.1::double precision, 1.10::numeric, 'ä😀', " +
      "'ab'::char(4), date '2024-02-29', timestamp '2024-02-29 12:34:56.5', interval '1 day 2 hours', " +
      "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, NULL::int",
  );
  assert.deepEqual(types, [
    "bool", "int2", "int4", "int8", "int8", "float4", "float8", "numeric", "text", "bpchar", "date", "timestamp", "interval", "uuid", "int4",
  ]);
  assert.deepEqual(rows, [
    [
      true, 1, 2, 3, 9007199254740993n, 0.1, 0.1, "1.10", "ä😀", "ab  ", "2024-02-29", "2024-02-29 12:34:56.5", "1 day 02:00:00",
      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", null,
    ],
  ]);
});

test("parameters of every kind arrive", () => {
  const long = "ü".repeat(5000);
  const statement = db.prepare("SELECT $1::int, $2::bigint, $3::float8, $4::text, $5::boolean, $6::timestamp, $7::int, $8::bigint, $9::text");
  const params = [-1, 2 ** 40, 0.5, long, false, new Date(Date.UTC(2024, 1, 29, 1, 2, 3)), null, 2n ** 62n, "short"];
  assert.deepEqual(statement.get(params), [-1, 2 ** 40, 0.5, long, false, "2024-02-29 01:02:03", null, 2n ** 62n, "short"]);
  assert.throws(() => statement.get([{}, 1, 1, "", true, null, null, 1, ""]), { code: "42804" });
  assert.throws(() => statement.get([1]), (error) => /^[0-9A-Z]{5}$/.test(error.code));
});

test("results of many batches and texts come back whole", () => {
  const rows = db.prepare("SELECT i, 'text – ' || i, CASE WHEN i % 7 = 0 THEN NULL ELSE i END FROM generate_series(1, 5000) AS g(i)").all();
  assert.equal(rows.length, 5000);
  assert.deepEqual(rows[4998], [4999, "text – 4999", 4999]);
  assert.deepEqual(rows[4899], [4900, "text – 4900", null]);
});

test("a script tells what each statement gave", () => {
  const results = db.exec("CREATE TABLE s (a int); INSERT INTO s VALUES (1), (2); SELECT a FROM s ORDER BY a; CREATE TABLE IF NOT EXISTS s (a int)");
  assert.deepEqual(results.map((result) => result.affected), [0, 2, 0, 0]);
  assert.equal(results[1].tag, "INSERT 0 2");
  assert.deepEqual(results[2].rows, [[1], [2]]);
  assert.deepEqual(results[2].columns, ["a"]);
  assert.equal(results[3].notices.length, 1);
});

test("errors carry SQLSTATE and position, and what failed changed nothing", () => {
  assert.throws(() => db.query("SELECT ä, nope FROM t"), (error) => error instanceof Error && error.code === "42703" && error.position === 8);
  assert.throws(() => db.prepare("SELEC 1"), { code: "42601", position: 1 });
  assert.throws(() => db.exec("SELECT 1; SELECT nope"), { code: "42703", position: 18 });
  assert.throws(() => db.prepare("INSERT INTO t VALUES ($1, $2)").run([1, "again"]), { code: "23505" });
  assert.equal(db.query("SELECT count(*) FROM t").rows[0][0], 2);
});

test("an index over many rows is built and used", () => {
  db.exec("CREATE TABLE n AS SELECT i FROM generate_series(1, 20000) AS g(i); CREATE INDEX ON n (i); ANALYZE n");
  assert.match(db.explain("SELECT i FROM n WHERE i = 7").Plan["Node Type"], /^Index/);
  assert.deepEqual(db.query("SELECT i FROM n WHERE i = $1", [7]).rows, [[7]]);
});

test("a kept statement follows the table when its columns change", () => {
  db.exec("CREATE TABLE k (a int); INSERT INTO k VALUES (1)");
  assert.deepEqual(db.query("SELECT * FROM k").columns, ["a"]);
  db.exec("ALTER TABLE k ADD COLUMN b text DEFAULT 'x'");
  const { columns, types, rows } = db.query("SELECT * FROM k");
  assert.deepEqual({ columns, types, rows }, { columns: ["a", "b"], types: ["int4", "text"], rows: [[1, "x"]] });
});

test("statements without a plan can be prepared, and closed ones say so", () => {
  db.prepare("BEGIN").run();
  db.query("DELETE FROM t");
  db.prepare("ROLLBACK").run();
  const count = db.prepare("SELECT count(*) FROM t");
  assert.deepEqual(count.all(), [[2]]);
  count.close();
  assert.throws(() => count.all(), { code: "26000" });
  assert.match(db.query("EXPLAIN SELECT 1").rows[0][0], /Result/);
});

test("databases do not see each other, and a closed one says so", async () => {
  const { Database } = await import(pathToFileURL(join(project, "main.mjs")).href);
  const other = await Database.open({ pageSize: 512 });
  assert.throws(() => other.query("SELECT * FROM t"), { code: "42P01" });
  other.close();
  assert.throws(() => other.query("SELECT 1"), { code: "08003" });
  await assert.rejects(Database.open({ pageSize: 1000 }), RangeError);
  assert.equal(db.query("SELECT 1").rows[0][0], 1);
});

test("TypeScript accepts what is right and refuses what is not", () => {
  const compiler = join(PAGEWALK_TYPESCRIPT, "lib", "tsc.js");
  const compilerOptions = { noEmit: true, strict: true, target: "es2022", module: "nodenext", lib: ["es2022", "dom"], types: [] };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.ts"] }));
  execFileSync(process.execPath, [compiler], { cwd: project, stdio: "inherit" });
});

test("a bundler for browsers takes it", () => {
  const out = join(project, "out");
  execFileSync(join(PAGEWALK_TOOLS, ".bin/esbuild"), [
    "main.mjs", "--bundle", "--format=esm", "--platform=browser", "--log-level=error", `--outdir=${out}`, "--out-extension:.js=.mjs",
  ], { cwd: project, stdio: "inherit" });
  assert.deepEqual(readdirSync(out), ["main.mjs"]);
});

test("npm packs the module, the wasm, the types, the words and nothing else", () => {
  const [{ files }] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--offline"], { cwd: PAGEWALK_PACKAGE, encoding: "utf8" }));
  assert.deepEqual(
    files.map((file) => file.path).sort(),
    ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json", "pagewalk.d.ts", "pagewalk.js", "pagewalk.wasm"],
  );
});
