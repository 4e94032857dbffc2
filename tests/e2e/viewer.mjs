// EXPLAIN's answers before the parser of a plan viewer that people use.
//
// `cargo xtask test` runs it after installing the npm packages. pev2 exports its component only, so the parser is taken out of
// the very version that is pinned.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bundle = join(root, "web/editor/node_modules/pev2/dist/pev2.es.js");

async function parser() {
  const text = readFileSync(bundle, "utf8");
  const method = text.indexOf("createPlan(e, n, i) {");
  const [, name] = [...text.slice(0, method).matchAll(/class (\w+) \{/g)].pop();
  // Beside the bundle, so that it finds what it imports.
  const file = join(dirname(bundle), "parser.mjs");
  writeFileSync(file, `${text}\nexport { ${name} as PlanService };`);
  const { PlanService } = await import(pathToFileURL(file));
  return new PlanService();
}

const setup = `create table a (id integer primary key, g integer, t text);
insert into a select i, i % 100, 'x' || i from generate_series(1, 2000) as s(i);
create index a_g on a (g); analyze a;`;

const queries = [
  "select * from a where g = 5 and t > 'x1' order by t desc limit 3",
  "with w as materialized (select g, count(*) as n from a group by g) select a.id, w.n from a join w on w.g = a.g where a.id < 50",
  "select g, (select max(t) from a as b where b.g = a.g) from a where id in (1, 2, 3) or exists (select 1 from a as c where c.id = a.g)",
  "select id from a union all select g from a order by 1 limit 5",
  "select a.id, b.id from a full join a as b on a.id = b.g",
  "select distinct g from a except select id from a",
  "update a set t = t where id = (select min(id) from a)",
  "insert into a values (1, 1, 'y') on conflict (id) do update set t = excluded.t",
];

function answers(form) {
  const lines = queries.map((sql) => JSON.stringify({ sql: `explain (${form}) ${sql}` }));
  const input = [JSON.stringify({ sql: setup }), ...lines].join("\n");
  const out = execFileSync("cargo", ["run", "--quiet", "-p", "cli", "--", "--json-lines"], { cwd: root, input });
  return out
    .toString()
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const answer = JSON.parse(line);
      const result = answer.results?.at(-1) ?? answer;
      return result.rows.map((row) => (Array.isArray(row) ? row[0] : Object.values(row)[0])).join("\n");
    });
}

const nodes = (plan) => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

mkdirSync(join(root, "target"), { recursive: true });

test("a plan viewer reads every plan alike from text and from JSON", async () => {
  const service = await parser();
  const read = (source) => {
    const content = service.fromSource(source);
    return nodes(service.createPlan("", content, "").content.Plan);
  };
  const json = answers("analyze, buffers, format json").map(read);
  const text = answers("analyze, buffers").map(read);
  assert.equal(json.length, queries.length);
  json.forEach((plan, at) => {
    const rows = (plan) => plan.map((node) => [node["Plan Rows"], node["Actual Rows"], node["Actual Loops"]]);
    assert.deepEqual(rows(plan), rows(text[at]), queries[at]);
    assert.ok(plan.every((node) => node["Node Type"] && node["Total Cost"] >= 0), queries[at]);
  });
});
