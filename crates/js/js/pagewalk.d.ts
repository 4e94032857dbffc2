/** A SQL database in memory: PostgreSQL's dialect, in a page, a worker or Node.js. */

/** What may be given for a parameter. A `Date` is written as a timestamp in UTC. */
export type Param = null | boolean | number | bigint | string | Date;

/**
 * What comes out of a column:
 * - boolean: `boolean`
 * - smallint, integer, real, double precision: `number`
 * - bigint: `number` up to 2^53 - 1, `bigint` beyond
 * - everything else (text, numeric, date, timestamp, interval, uuid): `string`, in PostgreSQL's text form
 * - NULL of any type: `null`
 */
export type Value = null | boolean | number | bigint | string;

/** The values of one row, in the order of the columns. */
export type Row = Value[];

export interface QueryResult<R extends Row = Row> {
  /** Names of the columns; two may be the same. */
  columns: string[];
  /** PostgreSQL's short names of their types: "int4", "text", "numeric", … */
  types: string[];
  rows: R[];
  /** Rows inserted, updated or deleted. */
  affected: number;
}

export interface StatementResult extends QueryResult {
  /** PostgreSQL's tag: "INSERT 0 100". */
  tag: string;
  /** What was told besides: 'relation "t" already exists, skipping'. */
  notices: string[];
}

export interface OpenOptions {
  /** Bytes in a page: a power of two from 512 to 32768; 8192 if not given. */
  pageSize?: number;
  /** Capacity of the buffer pool in pages; 16384 if not given. */
  bufferPages?: number;
  /** Ceiling for pages and undo in bytes; 2 GiB if not given. */
  memoryLimit?: number;
  /** Ceiling for what one statement keeps (sorts, hash tables) in bytes; 1 GiB if not given. */
  statementMemory?: number;
  /** Analyse a table by itself after much of it has changed. */
  autoAnalyze?: boolean;
  /** Where the wasm is, or what it is; by default the file beside the module. Counts for the first database only. */
  wasm?: string | URL | Response | Promise<Response> | BufferSource | WebAssembly.Module;
}

export interface ExplainOptions {
  /** Run the statement and tell what happened. It does what it says: an INSERT inserts. */
  analyze?: boolean;
  /** Pages hit and read; as `analyze` if not given. */
  buffers?: boolean;
  verbose?: boolean;
  costs?: boolean;
}

/** A node of a plan, with PostgreSQL's keys: "Node Type", "Total Cost", "Plans", … */
export interface PlanNode {
  "Node Type": string;
  "Startup Cost"?: number;
  "Total Cost"?: number;
  "Plan Rows"?: number;
  "Plan Width"?: number;
  "Actual Rows"?: number;
  "Actual Loops"?: number;
  Plans?: PlanNode[];
  [key: string]: unknown;
}

export interface Explanation {
  Plan: PlanNode;
  "Planning Time"?: number;
  "Execution Time"?: number;
  [key: string]: unknown;
}

/** What the engine refuses. */
export class DatabaseError extends Error {
  /** SQLSTATE, five letters: "42P01". */
  code: string;
  /** Where in the SQL text, in characters from 1. */
  position?: number;
  detail?: string;
  hint?: string;
}

/** A statement that is parsed and planned once. Statements without a plan (CREATE, BEGIN, …) are run as they stand. */
export class Statement {
  private constructor();
  /** Runs it; returns how many rows were inserted, updated or deleted. */
  run(params?: readonly Param[]): number;
  /** Runs it; returns all rows. */
  all<R extends Row = Row>(params?: readonly Param[]): R[];
  /** Runs it; returns the first row, if there is one. */
  get<R extends Row = Row>(params?: readonly Param[]): R | undefined;
  /** Runs it; returns names and types with the rows. */
  query<R extends Row = Row>(params?: readonly Param[]): QueryResult<R>;
  /** Forgets the plan. The statement cannot run again. */
  close(): void;
}

export class Database {
  private constructor();
  /** Starts the engine if this is the first, and opens an empty database. */
  static open(options?: OpenOptions): Promise<Database>;
  /**
   * Runs one statement or many, separated by semicolons; returns what each gave.
   * If one fails it is undone, those before it stay done, and those behind it do not run.
   */
  exec(sql: string): StatementResult[];
  /** Runs one statement with parameters $1, $2, … The last few dozen texts are kept prepared. */
  query<R extends Row = Row>(sql: string, params?: readonly Param[]): QueryResult<R>;
  /** Prepares one statement with parameters $1, $2, … */
  prepare(sql: string): Statement;
  /** The plan as EXPLAIN (FORMAT JSON) gives it. */
  explain(sql: string, options?: ExplainOptions): Explanation;
  /** Bytes of memory that the engine has from the browser, shared by all databases of this module. It never shrinks. */
  readonly memoryBytes: number;
  /** Gives the database's memory back to the engine. Whatever is called afterwards throws. */
  close(): void;
}
