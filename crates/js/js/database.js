// Database and Statement: the engine's session (src/session.rs) in JavaScript's terms.
//
// Why by hand and not by wasm-bindgen: one call into wasm per lookup or insert, with numbers only. Parameters are written
// straight into the engine's memory, results are read straight out of it; the layouts are those of src/params.rs and
// src/response.rs. Nothing here loads anything: that is pagewalk.js.

// Kinds of responses, src/response.rs.
const ROWS = 0;
const ERROR = 1;
const NO_PLAN = 3;
const SHAPE = 4;
const DONE = 5;
const NOTICE = 6;
const FINISHED = 7;

// Tags of parameters, src/params.rs.
const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const INT = 3;
const SAFE_INT = 4;
const FLOAT = 5;
const BIG_INT = 6;
const TEXT = 7;

// A tag and the longest value of fixed length.
const FIXED_BYTES = 9;
// Texts up to this length are written and read without a call of the coders, which is faster.
const SHORT_TEXT = 24;
// How many statements `query` keeps prepared.
const KEPT_STATEMENTS = 64;

const NO_PARAMS = [];
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const letters = String.fromCharCode;

/** What the engine refuses: `code` is the SQLSTATE, `position` counts characters of the SQL text from 1. */
export class DatabaseError extends Error {
  constructor(message, { code, position, detail, hint } = {}) {
    super(message);
    this.name = "DatabaseError";
    this.code = code;
    this.position = position;
    this.detail = detail;
    this.hint = hint;
  }
}

/** The engine's memory and the calls into it. */
class Wire {
  constructor(session, memory, lastPanic) {
    this.session = session;
    this.memory = memory;
    this.lastPanic = lastPanic;
    this.input = session.input(0);
    this.room = 0;
    this.grow(1024);
  }

  /** Looks at the memory anew: a buffer is detached whenever the memory grows. */
  look() {
    this.bytes = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
  }

  /** Makes room for so many bytes of input; what is written stays. */
  grow(bytes) {
    this.input = this.session.input(bytes);
    this.room = bytes;
    this.look();
  }

  /** Writes SQL as input; returns its length in bytes. */
  writeText(text) {
    if (typeof text !== "string") throw new TypeError("SQL must be a string");
    if (this.room < text.length * 3) this.grow(text.length * 3);
    if (this.bytes.length === 0) this.look();
    return encoder.encodeInto(text, this.bytes.subarray(this.input, this.input + this.room)).written;
  }

  /** Writes parameters as input; returns their length in bytes. */
  writeParams(params) {
    if (this.bytes.length === 0) this.look();
    let at = 0;
    for (let i = 0; i < params.length; i++) {
      const value = params[i];
      if (at + FIXED_BYTES > this.room) this.grow(this.room * 2);
      const address = this.input + at;
      switch (typeof value) {
        case "number":
          if ((value | 0) === value) {
            this.bytes[address] = INT;
            this.view.setInt32(address + 1, value, true);
            at += 5;
          } else {
            this.bytes[address] = Number.isSafeInteger(value) ? SAFE_INT : FLOAT;
            this.view.setFloat64(address + 1, value, true);
            at += 9;
          }
          break;
        case "string":
          at = this.writeString(at, value);
          break;
        case "boolean":
          this.bytes[address] = value ? TRUE : FALSE;
          at += 1;
          break;
        case "bigint":
          if (BigInt.asIntN(64, value) !== value) {
            // Too wide for a bigint: the engine reads it as the text of a numeric.
            at = this.writeString(at, String(value));
            break;
          }
          this.bytes[address] = BIG_INT;
          this.view.setBigInt64(address + 1, value, true);
          at += 9;
          break;
        default:
          if (value === null) {
            this.bytes[address] = NULL;
            at += 1;
          } else if (value instanceof Date) {
            at = this.writeString(at, value.toISOString().slice(0, -1));
          } else {
            throw new DatabaseError(`parameter $${i + 1} is neither null, boolean, number, bigint, string nor Date`, {
              code: "42804",
            });
          }
      }
    }
    return at;
  }

  writeString(at, text) {
    const most = at + 5 + text.length * 3;
    if (most + FIXED_BYTES > this.room) this.grow(most * 2);
    const { bytes } = this;
    const address = this.input + at;
    bytes[address] = TEXT;
    const begin = address + 5;
    let length = 0;
    if (text.length <= SHORT_TEXT) {
      while (length < text.length) {
        const unit = text.charCodeAt(length);
        if (unit > 127) break;
        bytes[begin + length] = unit;
        length++;
      }
    }
    if (length < text.length) {
      length = encoder.encodeInto(text, bytes.subarray(begin, begin + text.length * 3)).written;
    }
    this.view.setUint32(address + 1, length, true);
    return at + 5 + length;
  }

  /** Kind of the response at an address; throws if it is a failure. */
  open(address) {
    if (this.bytes.length === 0) this.look();
    const kind = this.view.getUint32(address, true);
    if (kind === ERROR) throw this.failure(address);
    return kind;
  }

  failure(address) {
    this.at = address + 8;
    const code = this.readString();
    const message = this.readString();
    const detail = this.readString();
    const hint = this.readString();
    const position = this.view.getUint32(address + 4, true);
    return new DatabaseError(message, {
      code,
      position: position || undefined,
      detail: detail || undefined,
      hint: hint || undefined,
    });
  }

  /** The text at `this.at`, which moves behind it. */
  readString() {
    const length = this.view.getUint32(this.at, true);
    const begin = this.at + 4;
    this.at = begin + length;
    return decoder.decode(this.bytes.subarray(begin, this.at));
  }

  /** Appends the rows of a ROWS response to `rows`. */
  readRows(address, rows) {
    const { view } = this;
    const count = view.getUint32(address + 20, true);
    const columns = view.getUint32(address + 24, true);
    const first = rows.length;
    for (let row = 0; row < count; row++) rows.push(new Array(columns));
    let at = address + 28;
    for (let column = 0; column < columns; column++) at = this.readColumn(at, column, count, rows, first);
  }

  /** Reads one column into its place of each row; returns where the next one begins. */
  readColumn(address, column, count, rows, first) {
    const { view, bytes } = this;
    const kind = bytes[address];
    const nulls = bytes[address + 1] === 0 ? 0 : address + 2;
    let at = nulls === 0 ? address + 2 : nulls + count;
    switch (kind) {
      case 0: // BOOL
        for (let row = 0; row < count; row++) rows[first + row][column] = bytes[at + row] !== 0;
        at += count;
        break;
      case 1: // INT
        for (let row = 0; row < count; row++, at += 4) rows[first + row][column] = view.getInt32(at, true);
        break;
      case 2: // FLOAT
        for (let row = 0; row < count; row++, at += 8) rows[first + row][column] = view.getFloat64(at, true);
        break;
      case 3: // BIG
        for (let row = 0; row < count; row++, at += 8) {
          const value = view.getBigInt64(at, true);
          const number = Number(value);
          rows[first + row][column] = Number.isSafeInteger(number) ? number : value;
        }
        break;
      default:
        at = this.readTexts(at, column, count, rows, first);
    }
    if (nulls !== 0) {
      for (let row = 0; row < count; row++) if (bytes[nulls + row] !== 0) rows[first + row][column] = null;
    }
    return at;
  }

  readTexts(address, column, count, rows, first) {
    const { view } = this;
    const length = view.getUint32(address, true);
    const ends = address + 4;
    const begin = ends + count * 4;
    const text = this.readText(begin, length, count === 0 ? 0 : view.getUint32(begin - 4, true));
    let start = 0;
    for (let row = 0; row < count; row++) {
      const end = view.getUint32(ends + row * 4, true);
      rows[first + row][column] = text.slice(start, end);
      start = end;
    }
    return begin + length;
  }

  /** A text of so many bytes and UTF-16 units; where these are as many, it is ASCII. */
  readText(begin, length, units) {
    const { bytes } = this;
    if (length > SHORT_TEXT || length !== units) return decoder.decode(bytes.subarray(begin, begin + length));
    return asciiText(bytes, begin, length);
  }

  /** Names and types of a SHAPE response. */
  readShape(address) {
    const count = this.view.getUint32(address + 4, true);
    this.at = address + 8;
    const columns = [];
    const types = [];
    for (let column = 0; column < count; column++) {
      columns.push(this.readString());
      types.push(this.readString());
    }
    return { columns, types };
  }

  /** Runs a script; what each statement gave. */
  script(sql) {
    this.enter(() => this.session.execute(this.writeText(sql)));
    const results = [];
    let result = emptyResult();
    for (;;) {
      const address = this.enter(() => this.session.next());
      switch (this.open(address)) {
        case SHAPE:
          Object.assign(result, this.readShape(address));
          break;
        case ROWS:
          this.readRows(address, result.rows);
          break;
        case NOTICE:
          this.at = address + 4;
          result.notices.push(this.readString());
          break;
        case DONE:
          result.affected = this.view.getFloat64(address + 4, true);
          this.at = address + 12;
          result.tag = this.readString();
          results.push(result);
          result = emptyResult();
          break;
        case FINISHED:
          return results;
      }
    }
  }

  /** Calls into wasm where speed does not matter. */
  enter(call) {
    if (this.session === null) throw closed();
    try {
      return call();
    } catch (error) {
      throw this.trapped(error);
    }
  }

  /** What to throw for something thrown out of wasm. */
  trapped(error) {
    if (this.session === null) return closed();
    if (!(error instanceof WebAssembly.RuntimeError)) return error;
    this.session = null;
    const message = this.lastPanic() || error.message;
    return new DatabaseError(`the engine failed and this database is lost: ${message}`, { code: "XX000" });
  }
}

/**
 * A text of at most SHORT_TEXT letters, all ASCII: always as many letters in one call, of which the first ones count. A letter at a time
 * would make a string for each beginning of it, which takes five times as long.
 */
function asciiText(b, at, length) {
  // prettier-ignore
  const text = length <= 8
    ? letters(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7])
    : letters(
        b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7],
        b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13], b[at + 14], b[at + 15],
        b[at + 16], b[at + 17], b[at + 18], b[at + 19], b[at + 20], b[at + 21], b[at + 22], b[at + 23],
      );
  return text.slice(0, length);
}

function emptyResult() {
  return { tag: "", affected: 0, columns: [], types: [], rows: [], notices: [] };
}

function closed() {
  return new DatabaseError("the database is closed", { code: "08003" });
}

/** A statement that is parsed and planned once. */
export class Statement {
  #wire;
  #sql;
  // Number in the session; -1: it has no plan and runs as a script.
  #number = -1;
  #shape = null;
  #shapeNumber = 0;
  #closed = false;
  #affected = 0;

  constructor(wire, sql) {
    this.#wire = wire;
    this.#sql = sql;
    const address = wire.enter(() => wire.session.prepare(wire.writeText(sql)));
    if (wire.open(address) !== NO_PLAN) this.#number = wire.view.getUint32(address + 4, true);
  }

  /** Runs it; returns how many rows were inserted, updated or deleted. */
  run(params = NO_PARAMS) {
    if (this.#number < 0) return this.#asScript(params).affected;
    const wire = this.#wire;
    const address = this.#start(params);
    if (wire.view.getUint32(address + 4, true) !== 0) this.#rest([]);
    return wire.view.getFloat64(address + 8, true);
  }

  /** Runs it; returns all rows. */
  all(params = NO_PARAMS) {
    if (this.#number < 0) return this.#asScript(params).rows;
    const wire = this.#wire;
    const address = this.#start(params);
    const rows = [];
    wire.readRows(address, rows);
    if (wire.view.getUint32(address + 4, true) !== 0) this.#rest(rows);
    return rows;
  }

  /** Runs it; returns the first row, if there is one. */
  get(params = NO_PARAMS) {
    return this.all(params)[0];
  }

  /** Runs it; returns names and types with the rows. */
  query(params = NO_PARAMS) {
    if (this.#number < 0) {
      const { columns, types, rows, affected } = this.#asScript(params);
      return { columns, types, rows, affected };
    }
    const wire = this.#wire;
    const address = this.#start(params);
    const shapeNumber = wire.view.getUint32(address + 16, true);
    this.#affected = wire.view.getFloat64(address + 8, true);
    const rows = [];
    wire.readRows(address, rows);
    if (wire.view.getUint32(address + 4, true) !== 0) this.#rest(rows);
    if (shapeNumber !== this.#shapeNumber) {
      const shape = wire.enter(() => wire.session.shape(this.#number));
      wire.open(shape);
      this.#shape = wire.readShape(shape);
      this.#shapeNumber = shapeNumber;
    }
    const { columns, types } = this.#shape;
    return { columns: columns.slice(), types: types.slice(), rows, affected: this.#affected };
  }

  /** Forgets the plan. The statement cannot run again. */
  close() {
    if (this.#number >= 0 && !this.#closed && this.#wire.session !== null) this.#wire.session.forget(this.#number);
    this.#closed = true;
  }

  /** The hot path: parameters in, one call, the response's address out. */
  #start(params) {
    if (this.#closed) throw new DatabaseError("the statement is closed", { code: "26000" });
    const wire = this.#wire;
    if (wire.session === null) throw closed();
    const length = wire.writeParams(params);
    let address;
    try {
      address = wire.session.run(this.#number, params.length, length);
    } catch (error) {
      throw wire.trapped(error);
    }
    wire.open(address);
    return address;
  }

  #rest(rows) {
    const wire = this.#wire;
    for (;;) {
      const address = wire.enter(() => wire.session.next());
      wire.open(address);
      wire.readRows(address, rows);
      if (wire.view.getUint32(address + 4, true) === 0) return;
    }
  }

  #asScript(params) {
    if (this.#closed) throw new DatabaseError("the statement is closed", { code: "26000" });
    if (params.length > 0) {
      throw new DatabaseError("a statement of this kind takes no parameters", { code: "42P02" });
    }
    return this.#wire.script(this.#sql)[0] ?? emptyResult();
  }
}

/** A database in memory. */
export class Database {
  #wire;
  #kept = new Map();

  constructor(session, memory, lastPanic) {
    this.#wire = new Wire(session, memory, lastPanic);
  }

  /** Runs one statement or many; returns what each gave. */
  exec(sql) {
    return this.#wire.script(sql);
  }

  /** Runs one statement; the last few dozen are kept prepared. */
  query(sql, params = NO_PARAMS) {
    const kept = this.#kept.get(sql);
    if (kept === undefined) return this.#keep(sql).query(params);
    try {
      return kept.query(params);
    } catch (error) {
      // As in PostgreSQL a prepared statement is refused when its columns are no longer the same; here nobody prepared one.
      if (error.code !== "0A000") throw error;
      kept.close();
      this.#kept.delete(sql);
      return this.#keep(sql).query(params);
    }
  }

  #keep(sql) {
    const statement = new Statement(this.#wire, sql);
    if (this.#kept.size >= KEPT_STATEMENTS) {
      const [oldest, forgotten] = this.#kept.entries().next().value;
      forgotten.close();
      this.#kept.delete(oldest);
    }
    this.#kept.set(sql, statement);
    return statement;
  }

  /** Prepares one statement with parameters $1, $2, … */
  prepare(sql) {
    return new Statement(this.#wire, sql);
  }

  /** The plan as an object, as EXPLAIN (FORMAT JSON) of PostgreSQL gives it; with `analyze` the statement runs. */
  explain(sql, { analyze = false, buffers = analyze, verbose = false, costs = true } = {}) {
    const options = Object.entries({ analyze, buffers, verbose, costs }).map(([name, on]) => `${name} ${on}`);
    const prefix = `EXPLAIN (FORMAT JSON, ${options.join(", ")}) `;
    try {
      const [result] = this.#wire.script(prefix + sql);
      return JSON.parse(result.rows[0][0])[0];
    } catch (error) {
      if (error.position > prefix.length) error.position -= prefix.length;
      throw error;
    }
  }

  /** Bytes of memory that the engine has from the browser, shared by all databases of this module. It never shrinks. */
  get memoryBytes() {
    return this.#wire.memory.buffer.byteLength;
  }

  /** Gives the database's memory back to the engine. Whatever is called afterwards throws. */
  close() {
    const { session } = this.#wire;
    this.#wire.session = null;
    this.#kept.clear();
    session?.free();
  }

  [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() {
    this.close();
  }
}
