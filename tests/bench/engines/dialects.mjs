// How the dialects say the same thing.

export const postgres = {
  date: (days) => `date '2015-01-01' + CAST(${days} AS integer)`,
  dateValue: (days) => new Date(Date.UTC(2015, 0, 1 + days)).toISOString().slice(0, 10),
  boolean: (value) => value,
  insertSeries: (table, rows, columns) =>
    `INSERT INTO ${table} SELECT ${columns.join(", ")} FROM generate_series(CAST(1 AS bigint), CAST(${rows} AS bigint)) AS g(i)`,
};

/** Dates are kept as days: SQLite has no dates, and texts would be slower. */
export const sqlite = {
  date: (days) => days,
  dateValue: (days) => days,
  boolean: Number,
  insertSeries: (table, rows, columns) =>
    `INSERT INTO ${table} WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < ${rows}) SELECT ${columns.join(", ")} FROM g`,
};
