// PGlite: prepared statements over PostgreSQL's wire protocol, called synchronously, which is faster than its `query`.
import { PGlite } from "/node_modules/@electric-sql/pglite/dist/index.js";
import { postgres } from "./dialects.mjs";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const WHOLE_NUMBERS = new Set([20, 21, 23]);

/** One message: its letter, its length, its fields (strings end with a zero, numbers are [value, bytes]). */
function message(letter, ...fields) {
  const parts = fields.map((field) => {
    if (typeof field === "string") return encoder.encode(`${field}\0`);
    if (field instanceof Uint8Array) return field;
    const [value, bytes] = field;
    const part = new Uint8Array(bytes);
    new DataView(part.buffer)[bytes === 4 ? "setInt32" : "setInt16"](0, value);
    return part;
  });
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  const out = new Uint8Array(length + 1);
  out[0] = letter.charCodeAt(0);
  new DataView(out.buffer).setInt32(1, length);
  let at = 5;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function join(messages) {
  const out = new Uint8Array(messages.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of messages) {
    out.set(one, at);
    at += one.length;
  }
  return out;
}

/** The messages of an answer: letter, begin and end of the body. */
function* answers(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const length = view.getInt32(at + 1);
    const letter = String.fromCharCode(bytes[at]);
    if (letter === "E") throw new Error(decoder.decode(bytes.subarray(at + 5, at + 1 + length)));
    yield { letter, at: at + 5, view };
    at += 1 + length;
  }
}

const SYNC = message("S");
const EXECUTE = join([message("E", "", [0, 4]), SYNC]);

export async function open() {
  const pg = await PGlite.create();
  const call = (bytes) => pg.execProtocolRawSync(bytes);

  function prepare(sql) {
    const types = [];
    for (const { letter, at, view } of answers(call(join([message("P", "s", sql, [0, 2]), message("D", encoder.encode("Ss\0")), SYNC])))) {
      if (letter !== "T") continue;
      let field = at + 2;
      for (let column = 0; column < view.getInt16(at); column++) {
        while (view.getUint8(field) !== 0) field++;
        types.push(view.getInt32(field + 7));
        field += 19;
      }
    }
    return types;
  }

  function bind(params) {
    const fields = params.flatMap((value) => {
      const text = encoder.encode(String(value));
      return [[text.length, 4], text];
    });
    return message("B", "", "s", [0, 2], [params.length, 2], ...fields, [0, 2]);
  }

  function read(bytes, types) {
    const rows = [];
    for (const { letter, at, view } of answers(bytes)) {
      if (letter !== "D") continue;
      const row = [];
      let field = at + 2;
      for (const type of types) {
        const length = view.getInt32(field);
        field += 4;
        if (length < 0) {
          row.push(null);
          continue;
        }
        const text = decoder.decode(bytes.subarray(field, field + length));
        row.push(WHOLE_NUMBERS.has(type) ? Number(text) : text);
        field += length;
      }
      rows.push(row);
    }
    return rows;
  }

  return {
    ...postgres,
    exec: (sql) => pg.exec(sql),
    rows: async (sql) => (await pg.query(sql, [], { rowMode: "array" })).rows,
    many(sql, params, sink) {
      const types = prepare(sql);
      for (const one of params) sink(read(call(join([bind(one), EXECUTE])), types));
      call(join([message("C", encoder.encode("Ss\0")), SYNC]));
    },
    plan(texts) {
      for (const sql of texts) for (const _ of answers(call(message("Q", `EXPLAIN ${sql}`))));
    },
    memoryBytes: () => pg.Module?.HEAPU8?.byteLength,
  };
}
