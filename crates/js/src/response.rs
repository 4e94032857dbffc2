//! What JavaScript reads: one response in a buffer that is used again, numbers little-endian and unaligned.
//!
//! ```text
//! u32 kind, then
//! ROWS      u32 more follows   f64 affected   u32 shape   u32 rows   u32 columns   column …
//! ERROR     u32 position (characters from 1; 0 = none)   text code   text message   text detail   text hint
//! PREPARED  u32 statement
//! NO_PLAN   nothing: the statement is one that only a script can run
//! SHAPE     u32 columns   (text name   text type) …
//! DONE      f64 affected   text tag
//! NOTICE    text
//! FINISHED  nothing
//!
//! text      u32 bytes   UTF-8
//! column    u8 kind   u8 has nulls   [u8 null] for each row, if it has   values
//! values    BOOL u8 …   INT i32 …   FLOAT f64 …   BIG i64 …   TEXT u32 bytes   u32 end …   UTF-8
//! ```
//! Texts of a column are end to end, and their ends are counted in UTF-16 units, so that JavaScript decodes them all at once and
//! cuts the string. Whole numbers of 64 bits go as doubles where all of a batch are exact as such.

use engine::{
    Error,
    database::ResultColumn,
    value::{Batch, Column, ColumnData, DataType, Value, text::write_text, to_text},
};

const ROWS: u32 = 0;
const ERROR: u32 = 1;
const PREPARED: u32 = 2;
const NO_PLAN: u32 = 3;
const SHAPE: u32 = 4;
const DONE: u32 = 5;
const NOTICE: u32 = 6;
const FINISHED: u32 = 7;

const BOOL: u8 = 0;
const INT: u8 = 1;
const FLOAT: u8 = 2;
const BIG: u8 = 3;
const TEXT: u8 = 4;

/// The largest whole number that is exact as a double, as are all below it.
const MAX_SAFE: i64 = (1 << 53) - 1;

/// What the rows of a response are told with.
#[derive(Clone, Copy)]
pub struct RowsHead {
    /// Another response follows.
    pub more: bool,
    /// Rows inserted, updated or deleted.
    pub affected: u64,
    /// Counts up when the columns of a prepared statement may have changed.
    pub shape: u32,
}

/// The buffer. Each method writes one whole response over the one before.
#[derive(Default)]
pub struct Response {
    bytes: Vec<u8>,
    text: String,
}

impl Response {
    /// Where the response lies in the wasm's memory.
    pub fn address(&self) -> usize {
        self.bytes.as_ptr().addr()
    }

    /// Rows of these columns.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "nobody changes 2^53 rows in a browser; the halves of a double's bits"
    )]
    pub fn rows(&mut self, head: RowsHead, columns: &[ResultColumn], batch: Option<&Batch>) {
        let number = |number: usize| u32::try_from(number).expect("addresses have 32 bits");
        let (rows, width) = batch.map_or((0, 0), |batch| (batch.rows, columns.len()));
        let affected = (head.affected as f64).to_bits();
        // In one piece: it is half of a lookup's response.
        let words = [
            ROWS,
            u32::from(head.more),
            affected as u32,
            (affected >> 32) as u32,
            head.shape,
            number(rows),
            number(width),
        ];
        self.bytes.clear();
        self.bytes
            .extend_from_slice(words.map(u32::to_le_bytes).as_flattened());
        let Some(batch) = batch else {
            return;
        };
        for (values, column) in batch.columns.iter().zip(columns) {
            self.column(values, column.data_type);
        }
    }

    /// A failure; `sql` is the text that its place is in.
    pub fn error(&mut self, error: &Error, sql: &str) {
        self.begin(ERROR);
        let position = error.span.map_or(0, |span| {
            let before = sql.get(..span.start as usize).unwrap_or(sql);
            before.chars().count() + 1
        });
        self.count(position);
        self.string(error.code.sqlstate());
        self.string(&error.message);
        self.string(error.detail.as_deref().unwrap_or_default());
        self.string(error.hint.as_deref().unwrap_or_default());
    }

    /// A statement is prepared.
    pub fn prepared(&mut self, statement: u32) {
        self.begin(PREPARED);
        self.number(statement);
    }

    /// A statement cannot be prepared, only run.
    pub fn no_plan(&mut self) {
        self.begin(NO_PLAN);
    }

    /// Names and types of columns.
    pub fn shape(&mut self, columns: &[ResultColumn]) {
        self.begin(SHAPE);
        self.count(columns.len());
        for column in columns {
            self.string(&column.name);
            self.string(column.data_type.short_name());
        }
    }

    /// A statement of a script is done.
    #[allow(
        clippy::cast_precision_loss,
        reason = "nobody changes 2^53 rows in a browser"
    )]
    pub fn done(&mut self, affected: u64, tag: &str) {
        self.begin(DONE);
        self.bytes
            .extend_from_slice(&(affected as f64).to_le_bytes());
        self.string(tag);
    }

    /// Something told besides.
    pub fn notice(&mut self, notice: &str) {
        self.begin(NOTICE);
        self.string(notice);
    }

    /// A script is at its end.
    pub fn finished(&mut self) {
        self.begin(FINISHED);
    }

    fn begin(&mut self, kind: u32) {
        self.bytes.clear();
        self.number(kind);
    }

    fn number(&mut self, number: u32) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    fn count(&mut self, count: usize) {
        self.number(u32::try_from(count).expect("addresses have 32 bits in the browser"));
    }

    fn string(&mut self, text: &str) {
        self.count(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn column(&mut self, column: &Column, data_type: DataType) {
        let nulls = &column.nulls.0;
        let kind = match &column.data {
            ColumnData::Bool(_) => BOOL,
            ColumnData::Int2(_) | ColumnData::Int4(_) => INT,
            ColumnData::Float4(_) | ColumnData::Float8(_) => FLOAT,
            ColumnData::Int8(values) => {
                let safe = values
                    .iter()
                    .all(|value| (-MAX_SAFE..=MAX_SAFE).contains(value));
                if safe { FLOAT } else { BIG }
            }
            _ => TEXT,
        };
        self.bytes
            .extend_from_slice(&[kind, u8::from(!nulls.is_empty())]);
        if !nulls.is_empty() {
            self.bytes
                .extend(nulls.iter().map(|&is_null| u8::from(is_null)));
        }
        match &column.data {
            ColumnData::Int2(values) => self.fixed(values, |value| i32::from(value).to_le_bytes()),
            #[allow(clippy::cast_precision_loss, reason = "all are exact, see above")]
            ColumnData::Int8(values) if kind == FLOAT => {
                self.fixed(values, |value| (value as f64).to_le_bytes());
            }
            ColumnData::Float4(values) => self.fixed(values, |value| widened(value).to_le_bytes()),
            ColumnData::Bool(_)
            | ColumnData::Int4(_)
            | ColumnData::Int8(_)
            | ColumnData::Float8(_) => {
                column.data.write_le(0..column.len(), &mut self.bytes);
            }
            _ => self.texts(column, data_type),
        }
    }

    fn fixed<T: Copy, const N: usize>(&mut self, values: &[T], bytes: impl Fn(T) -> [u8; N]) {
        self.bytes
            .extend(values.iter().flat_map(|&value| bytes(value)));
    }

    /// Length, ends, bytes. Values that are no texts are written as PostgreSQL writes them.
    fn texts(&mut self, column: &Column, data_type: DataType) {
        let mut end = 0;
        let padded = matches!(data_type, DataType::Char(1..));
        if let (ColumnData::Text(text), false) = (&column.data, padded) {
            self.count(text.bytes.len());
            if text.bytes.is_ascii() {
                // A sliced column would begin later than at 0; a column never is one.
                for &end in text.offsets.iter().skip(1) {
                    self.number(end);
                }
            } else {
                for row in 0..text.len() {
                    end += utf16_units(text.get(row));
                    self.count(end);
                }
            }
            self.bytes.extend_from_slice(&text.bytes);
            return;
        }
        self.text.clear();
        let length_at = self.bytes.len();
        self.number(0);
        for row in 0..column.len() {
            let before = self.text.len();
            match column.get(row) {
                Value::Null => {}
                value => write_text(&value, data_type, &mut self.text),
            }
            end += utf16_units(self.text.get(before..).unwrap_or_default());
            self.count(end);
        }
        let length = u32::try_from(self.text.len()).expect("addresses have 32 bits");
        if let Some(place) = self.bytes.get_mut(length_at..length_at + 4) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        self.bytes.extend_from_slice(self.text.as_bytes());
    }
}

fn utf16_units(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    }
}

/// The double that a `real`'s shortest digits name: 0.1, not 0.10000000149011612.
fn widened(value: f32) -> f64 {
    match to_text(&Value::Float4(value), DataType::Float4).parse() {
        Ok(double) => double,
        Err(_) => f64::from(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn rows_of(column: Column, data_type: DataType) -> Vec<u8> {
        let rows = column.len();
        let batch = Batch::new(vec![Rc::new(column)], rows);
        let columns = [ResultColumn {
            name: "a".into(),
            data_type,
        }];
        let mut response = Response::default();
        let head = RowsHead {
            more: false,
            affected: 0,
            shape: 1,
        };
        response.rows(head, &columns, Some(&batch));
        response.bytes[28..].to_vec()
    }

    #[test]
    fn ends_of_texts_count_utf16_units() {
        let values = [Value::text("aß"), Value::Null, Value::text("😀")];
        let bytes = rows_of(
            Column::from_values(DataType::Text, values.iter()),
            DataType::Text,
        );
        let mut expected = vec![TEXT, 1, 0, 1, 0];
        for number in [7_u32, 2, 2, 4] {
            expected.extend(number.to_le_bytes());
        }
        expected.extend("aß😀".as_bytes());
        assert_eq!(bytes, expected);
    }

    #[test]
    fn bigints_are_doubles_while_all_are_exact() {
        let small = rows_of(
            Column::from_data(ColumnData::Int8(vec![MAX_SAFE])),
            DataType::Int8,
        );
        assert_eq!(small[0], FLOAT);
        let large = rows_of(
            Column::from_data(ColumnData::Int8(vec![MAX_SAFE + 1])),
            DataType::Int8,
        );
        assert_eq!(
            large,
            [&[BIG, 0][..], &(MAX_SAFE + 1).to_le_bytes()].concat()
        );
    }

    #[test]
    fn reals_keep_their_shortest_digits() {
        let bytes = rows_of(
            Column::from_data(ColumnData::Float4(vec![0.1])),
            DataType::Float4,
        );
        assert_eq!(bytes, [&[FLOAT, 0][..], &0.1_f64.to_le_bytes()].concat());
    }

    #[test]
    fn dates_go_as_text() {
        let bytes = rows_of(Column::from_data(ColumnData::Date(vec![0])), DataType::Date);
        assert!(bytes.ends_with(b"2000-01-01"));
    }
}
