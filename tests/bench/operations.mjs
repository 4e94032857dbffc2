// What is measured, in this order, in one worker per engine. Each operation returns its time and an answer that all engines share.
//
// `lasting` operations change what later ones find, so they are done even when they are not asked for. Goals are those of our own:
// our time by the best time of the others.
import { CREATE_ORDERS, email, insertCustomers, insertOrders, keys, singleRow } from "./rows.mjs";

const INSERT_SINGLE = (name) => `INSERT INTO ${name} VALUES ($1, $2, $3, $4, $5, $6, $7)`;
const SINGLE_INDEXES = ["customer_id", "order_date", "status", "amount", "email"];

const now = () => performance.now();

async function timed(work) {
  const began = now();
  const answer = await work();
  return { ms: now() - began, answer };
}

const query = (title, name, goal, sql) => ({
  name,
  title,
  goal,
  run: ({ engine }) => timed(() => engine.rows(sql)),
});

const createIndex = (title, name, goal, columns) => ({
  name,
  title,
  goal,
  lasting: true,
  async run({ engine }) {
    await engine.exec(`DROP INDEX IF EXISTS orders_${name.replaceAll("-", "_")}`);
    return timed(async () => {
      await engine.exec(`CREATE INDEX orders_${name.replaceAll("-", "_")} ON orders (${columns})`);
    });
  },
});

/**
 * Calls one after the other; fewer for an engine that says so, and the time as if all were made. In one transaction, because without one
 * sql.js asks its file system for a journal at each call.
 */
const calls = (title, name, goal, count, sql, paramsOf) => ({
  name,
  title,
  goal,
  rate: count,
  async run({ engine, rows }) {
    const made = Math.max(1, Math.round(count * (engine.calls ?? 1)));
    const params = keys(made, rows).map((id) => paramsOf(id, rows));
    const found = [];
    await engine.exec("BEGIN");
    const { ms } = await timed(() => engine.many(sql, params, (result) => found.push(result)));
    await engine.exec("COMMIT");
    return { ms: (ms * count) / made, answer: found.slice(0, 100) };
  },
});

const singleInserts = (indexes, goal) => ({
  name: `insert-${indexes}`,
  title: `insert 20k rows one by one, ${indexes} indexes`,
  goal,
  async run({ engine }) {
    const count = 20000;
    const made = Math.round(count * (engine.calls ?? 1));
    await engine.exec("DROP TABLE IF EXISTS single");
    await engine.exec(CREATE_ORDERS("single").replace(" PRIMARY KEY", ""));
    for (const column of SINGLE_INDEXES.slice(0, indexes)) await engine.exec(`CREATE INDEX single_${column} ON single (${column})`);
    const params = Array.from({ length: made }, (_, i) => singleRow(i, engine));
    await engine.exec("BEGIN");
    const { ms } = await timed(() => engine.many(INSERT_SINGLE("single"), params, () => {}));
    await engine.exec("COMMIT");
    const answer = await engine.rows("SELECT count(*), CAST(sum(amount) AS bigint), max(email) FROM single WHERE id < 1000");
    await engine.exec("DROP TABLE single");
    return { ms: (ms * count) / made, answer };
  },
});

export const OPERATIONS = [
  {
    name: "load",
    title: "load the rows, INSERT … SELECT",
    goal: 0.5,
    lasting: true,
    repeat: 3,
    async run({ engine, rows }) {
      await engine.exec("DROP TABLE IF EXISTS orders");
      await engine.exec(CREATE_ORDERS("orders"));
      const { ms } = await timed(() => engine.exec(insertOrders(engine, rows)));
      const answer = await engine.rows("SELECT count(*), CAST(sum(amount) AS bigint), CAST(sum(customer_id) AS bigint), min(email) FROM orders");
      return { ms, answer };
    },
  },
  {
    name: "customers",
    hidden: true,
    lasting: true,
    repeat: 1,
    async run({ engine, rows }) {
      await engine.exec("CREATE TABLE customers (id integer PRIMARY KEY, name text, country text)");
      return timed(() => engine.exec(insertCustomers(engine, rows)));
    },
  },
  {
    name: "statistics",
    hidden: true,
    lasting: true,
    repeat: 1,
    async run({ engine }) {
      return timed(async () => {
        for (const table of ["orders", "customers"]) await engine.exec(`ANALYZE ${table}`);
      });
    },
  },
  query("full scan: count where amount > x", "count", 1.0, "SELECT count(*) FROM orders WHERE amount > 50000"),
  query("group by status: count, sum", "group", 0.8, "SELECT status, count(*), CAST(sum(amount) AS bigint) FROM orders GROUP BY status ORDER BY status"),
  query("sum where is_active (90 %)", "sum-active", 1.0, "SELECT CAST(sum(amount) AS bigint) FROM orders WHERE is_active"),
  query(
    "join with customers, group by country",
    "join",
    0.9,
    "SELECT c.country, count(*), CAST(sum(o.amount) AS bigint) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country ORDER BY c.country",
  ),
  query("top 10 by amount", "top", 0.7, "SELECT id, amount FROM orders ORDER BY amount DESC, id LIMIT 10"),
  {
    ...query("", "", 0, ""),
    name: "sort",
    title: "full sort by email, OFFSET n/2",
    goal: 0.5,
    run: ({ engine, rows }) => timed(() => engine.rows(`SELECT id, email FROM orders ORDER BY email LIMIT 5 OFFSET ${Math.floor(rows / 2)}`)),
  },
  createIndex("create index on an integer", "index-integer", 0.5, "customer_id"),
  createIndex("create index on a text", "index-text", 0.5, "email"),
  createIndex("create index on two columns", "index-two", 0.4, "status, order_date"),
  {
    // With the indexes there: SQLite reads those, not the tables.
    name: "analyze",
    title: "analyze",
    goal: 0.4,
    lasting: true,
    async run({ engine }) {
      const { ms } = await timed(() => engine.exec("ANALYZE orders"));
      return { ms };
    },
  },
  {
    name: "memory",
    title: "wasm heap with the data and 3 indexes",
    goal: 0.9,
    unit: "MiB",
    repeat: 1,
    async run({ engine }) {
      const bytes = engine.memoryBytes?.();
      return bytes === undefined ? null : { ms: bytes / 2 ** 20 };
    },
  },
  calls("point lookup by primary key", "lookup", 0.4, 20000, "SELECT amount, email FROM orders WHERE id = $1", (id) => [id]),
  calls("point lookup by text index", "lookup-text", 0.3, 20000, "SELECT id, amount FROM orders WHERE email = $1", (id, rows) => [email(id, rows)]),
  calls(
    "index range scan, ORDER BY … LIMIT 20",
    "range",
    0.4,
    5000,
    "SELECT id, email FROM orders WHERE email >= $1 ORDER BY email LIMIT 20",
    (id, rows) => [email(id, rows)],
  ),
  {
    name: "plan",
    title: "plan a two-table join",
    goal: 1.0,
    rate: 500,
    async run({ engine }) {
      const count = 500;
      const made = Math.round(count * (engine.calls ?? 1));
      const texts = Array.from(
        { length: made },
        (_, k) => `SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.amount > ${90000 + k} AND c.country = 'country 7'`,
      );
      await engine.exec("BEGIN");
      const { ms } = await timed(() => engine.plan(texts));
      await engine.exec("COMMIT");
      return { ms: (ms * count) / made };
    },
  },
  {
    name: "update",
    title: "update 10k rows of an indexed column",
    goal: 0.6,
    async run({ engine, rows, round }) {
      const many = rows / 100;
      const first = round * many + 1;
      const { ms } = await timed(() => engine.exec(`UPDATE orders SET customer_id = customer_id + 1 WHERE id BETWEEN ${first} AND ${first + many - 1}`));
      return { ms, answer: await engine.rows("SELECT CAST(sum(customer_id) AS bigint) FROM orders") };
    },
  },
  {
    name: "delete",
    title: "delete 10k rows by key range",
    goal: 0.9,
    async run({ engine, rows, round }) {
      const many = rows / 100;
      const first = rows / 2 + round * many + 1;
      const { ms } = await timed(() => engine.exec(`DELETE FROM orders WHERE id BETWEEN ${first} AND ${first + many - 1}`));
      return { ms, answer: await engine.rows("SELECT count(*), CAST(sum(amount) AS bigint) FROM orders") };
    },
  },
  singleInserts(0, 0.7),
  singleInserts(1, 0.7),
  singleInserts(5, 0.6),
];
