//! The module in a real browser: `js/database.js` over a session of this very test binary.
//!
//! What needs no browser (the built package, its types) is tested under Node.js by `tests/npm`. Runs only under
//! `wasm-pack test --headless --chrome`.
#![cfg(target_arch = "wasm32")]

use js::{Session, last_panic};
use js_sys::{Array, Error, JSON, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/js/database.js")]
extern "C" {
    type Database;
    #[wasm_bindgen(constructor)]
    fn new(session: Session, memory: JsValue, last_panic: &JsValue) -> Database;
    #[wasm_bindgen(method, catch)]
    fn exec(this: &Database, sql: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn query(this: &Database, sql: &str, params: &Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn prepare(this: &Database, sql: &str) -> Result<Statement, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn explain(this: &Database, sql: &str, options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn close(this: &Database);

    type Statement;
    #[wasm_bindgen(method, catch)]
    fn run(this: &Statement, params: &Array) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn all(this: &Statement, params: &Array) -> Result<Array, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn get(this: &Statement, params: &Array) -> Result<JsValue, JsValue>;
}

fn open() -> Database {
    let say = Closure::<dyn Fn() -> String>::new(last_panic).into_js_value();
    Database::new(
        Session::new(0, 0, 0.0, 0.0, false),
        wasm_bindgen::memory(),
        &say,
    )
}

fn json(value: &JsValue) -> String {
    JSON::stringify(value).expect("plain data").into()
}

fn parse(text: &str) -> Array {
    JSON::parse(text).expect("JSON").unchecked_into()
}

fn field(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).expect("an object")
}

#[wasm_bindgen_test]
fn query_gives_columns_types_and_rows() {
    let database = open();
    let result = database
        .query(
            "select $1::int + 1 as a, $2 || 'ß😀' as b, null::date as c, true as d, 1.50 as e, date '2024-02-29' as f",
            &parse("[41, \"x\"]"),
        )
        .expect("it is right");
    assert_eq!(
        json(&result),
        r#"{"columns":["a","b","c","d","e","f"],"types":["int4","text","date","bool","numeric","date"],"rows":[[42,"xß😀",null,true,"1.50","2024-02-29"]],"affected":0}"#
    );
}

#[wasm_bindgen_test]
fn prepared_statements_insert_and_look_up() {
    let database = open();
    database
        .exec("create table t (id integer primary key, name text)")
        .expect("a table");
    let insert = database
        .prepare("insert into t values ($1, $2)")
        .expect("prepared");
    for id in 0..3000 {
        let params = Array::of2(&id.into(), &format!("name {id} – ü").into());
        assert_eq!(insert.run(&params).expect("inserted"), 1.0);
    }
    let by_id = database
        .prepare("select name, id from t where id = $1")
        .expect("prepared");
    assert_eq!(
        json(&by_id.get(&parse("[2999]")).expect("it runs")),
        r#"["name 2999 – ü",2999]"#
    );
    assert!(by_id.get(&parse("[3000]")).expect("it runs").is_undefined());
    let all = database
        .prepare("select id, name from t order by id desc")
        .expect("prepared");
    let rows = all.all(&Array::new()).expect("it runs");
    assert_eq!(rows.length(), 3000, "rows of several batches");
    assert_eq!(json(&rows.get(2990)), r#"[9,"name 9 – ü"]"#);
}

#[wasm_bindgen_test]
fn errors_carry_code_and_position() {
    let database = open();
    let thrown = database
        .query("select nope from pg_class", &Array::new())
        .expect_err("no such column");
    assert!(thrown.is_instance_of::<Error>());
    assert_eq!(field(&thrown, "code"), JsValue::from("42703"));
    assert_eq!(field(&thrown, "position"), JsValue::from(8));
    let thrown = database
        .explain("select nope", &JsValue::from(js_sys::Object::new()))
        .expect_err("no such column");
    assert_eq!(
        field(&thrown, "position"),
        JsValue::from(8),
        "in the text that was given"
    );
}

#[wasm_bindgen_test]
fn whole_numbers_beyond_doubles_are_bigints() {
    let database = open();
    let result = database
        .query(
            "select 9007199254740991, 9007199254740993::bigint",
            &Array::new(),
        )
        .expect("it is right");
    let row: Array = Reflect::get_u32(&field(&result, "rows"), 0)
        .expect("a row")
        .unchecked_into();
    assert_eq!(row.get(0), JsValue::from(9_007_199_254_740_991_f64));
    assert_eq!(row.get(1), JsValue::bigint_from_str("9007199254740993"));
}

#[wasm_bindgen_test]
fn explain_gives_an_object_with_what_ran() {
    let database = open();
    let options = JSON::parse(r#"{"analyze": true}"#).expect("JSON");
    let plan = database
        .explain("select * from generate_series(1, 10)", &options)
        .expect("it runs");
    assert_eq!(
        field(&field(&plan, "Plan"), "Actual Rows"),
        JsValue::from(10)
    );
}

#[wasm_bindgen_test]
fn closed_database_says_so() {
    let database = open();
    database.close();
    let thrown = database.exec("select 1").expect_err("closed");
    assert_eq!(field(&thrown, "code"), JsValue::from("08003"));
}
