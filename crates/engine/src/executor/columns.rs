//! Building, copying and reading typed columns.
//!
//! Why a file of its own: sorts, joins, groupings and inserts all move rows between columns, and each move is one tight
//! loop per physical type. Every allocation that grows with the data is asked for first, so that a lack of memory is an
//! error and not a trap.

use crate::{
    Error, ErrorCode,
    value::{Batch, Column, ColumnData, DataType, Interval, NullMask, Numeric, TextData, Value},
};
use alloc::{rc::Rc, vec::Vec};
use pages::{loops, order::strings::Strings, short};

/// Row number that stands for "no row" in [`gather_or_null`].
pub(crate) const NO_ROW: u32 = u32::MAX;

/// Runs one body for each fixed-width vector and another for texts.
macro_rules! each {
    ($data:expr, $v:ident => $fixed:expr, $t:ident => $text:expr) => {
        match $data {
            ColumnData::Bool($v) => $fixed,
            ColumnData::Int2($v) => $fixed,
            ColumnData::Int4($v) => $fixed,
            ColumnData::Int8($v) => $fixed,
            ColumnData::Date($v) => $fixed,
            ColumnData::Timestamp($v) => $fixed,
            ColumnData::Float4($v) => $fixed,
            ColumnData::Float8($v) => $fixed,
            ColumnData::Numeric($v) => $fixed,
            ColumnData::Interval($v) => $fixed,
            ColumnData::Uuid($v) => $fixed,
            ColumnData::Text($t) => $text,
        }
    };
}

/// The error for a lack of memory.
pub(crate) fn out_of_memory() -> Error {
    Error::new(ErrorCode::OutOfMemory, "out of memory")
}

fn reserve<T>(vec: &mut Vec<T>, more: usize) -> Result<(), Error> {
    vec.try_reserve(more).map_err(|_| out_of_memory())
}

fn mixed() -> Error {
    Error::new(
        ErrorCode::InternalError,
        "columns of different physical types were mixed",
    )
}

/// An empty column for values of `data_type`.
pub(crate) fn empty(data_type: DataType) -> Column {
    Column {
        data: ColumnData::with_capacity(data_type, 0),
        nulls: NullMask::default(),
    }
}

/// An empty column of the same physical type.
pub(crate) fn empty_like(column: &Column) -> Column {
    empty(column.data.data_type())
}

/// Rows in a column.
pub(crate) fn len(column: &Column) -> usize {
    each!(&column.data, v => v.len(), t => t.offsets.len().saturating_sub(1))
}

/// Whether a row is NULL.
#[inline]
pub(crate) fn is_null(column: &Column, row: usize) -> bool {
    column.nulls.0.get(row).copied().unwrap_or(false)
}

/// The text of a row; empty where there is none.
#[inline]
pub(crate) fn text_at(texts: &TextData, row: usize) -> &[u8] {
    match (texts.offsets.get(row), texts.offsets.get(row + 1)) {
        (Some(&from), Some(&to)) => texts.bytes.get(from as usize..to as usize).unwrap_or(&[]),
        _ => &[],
    }
}

/// Memory that the column takes, in bytes.
pub(crate) fn bytes(column: &Column) -> usize {
    fn of<T>(v: &[T]) -> usize {
        core::mem::size_of_val(v)
    }
    column.nulls.0.len()
        + each!(&column.data, v => of(v.as_slice()), t => t.bytes.len() + 4 * t.offsets.len())
}

/// One value.
pub(crate) fn value(column: &Column, row: usize, data_type: DataType) -> Value {
    if is_null(column, row) {
        return Value::Null;
    }
    let _ = data_type;
    column.get(row)
}

/// Appends one value; NULL fits every column.
///
/// # Errors
/// Out of memory; a value of another physical type.
pub(crate) fn push(column: &mut Column, value: &Value) -> Result<(), Error> {
    let rows = len(column);
    if value.is_null() {
        grow_nulls(column, rows + 1)?;
        if let Some(last) = column.nulls.0.last_mut() {
            *last = true;
        }
        return push_default(column);
    }
    if !column.nulls.0.is_empty() {
        reserve(&mut column.nulls.0, 1)?;
        column.nulls.0.push(false);
    }
    macro_rules! put {
        ($v:expr, $x:expr) => {{
            reserve($v, 1)?;
            $v.push($x);
        }};
    }
    match (&mut column.data, value) {
        (ColumnData::Bool(v), Value::Bool(x)) => put!(v, *x),
        (ColumnData::Int2(v), Value::Int2(x)) => put!(v, *x),
        (ColumnData::Int4(v), Value::Int4(x)) | (ColumnData::Date(v), Value::Date(x)) => {
            put!(v, *x)
        }
        (ColumnData::Int8(v), Value::Int8(x)) => put!(v, *x),
        (ColumnData::Timestamp(v), Value::Timestamp(x)) => put!(v, *x),
        (ColumnData::Float4(v), Value::Float4(x)) => put!(v, *x),
        (ColumnData::Float8(v), Value::Float8(x)) => put!(v, *x),
        (ColumnData::Numeric(v), Value::Numeric(x)) => put!(v, *x),
        (ColumnData::Interval(v), Value::Interval(x)) => put!(v, *x),
        (ColumnData::Uuid(v), Value::Uuid(x)) => put!(v, *x),
        (ColumnData::Text(t), Value::Text(x)) => push_text(t, x.as_bytes())?,
        // Widths of one family meet where a literal was folded without a cast.
        (ColumnData::Int2(v), other) => put!(v, narrow(other)?),
        (ColumnData::Int4(v), other) => put!(v, narrow(other)?),
        (ColumnData::Int8(v), other) => put!(v, narrow(other)?),
        _ => return Err(mixed()),
    }
    Ok(())
}

fn narrow<T: TryFrom<i64>>(value: &Value) -> Result<T, Error> {
    let wide = match value {
        Value::Int2(x) => i64::from(*x),
        Value::Int4(x) | Value::Date(x) => i64::from(*x),
        Value::Int8(x) | Value::Timestamp(x) => *x,
        _ => return Err(mixed()),
    };
    T::try_from(wide).map_err(|_| mixed())
}

/// Appends what a NULL row holds, without saying that it is NULL.
pub(crate) fn push_zero(column: &mut Column) -> Result<(), Error> {
    push_default(column)
}

fn push_default(column: &mut Column) -> Result<(), Error> {
    each!(&mut column.data, v => {
        reserve(v, 1)?;
        v.push(Zero::zero());
    }, t => push_text(t, &[])?);
    Ok(())
}

pub(crate) fn push_text(texts: &mut TextData, text: &[u8]) -> Result<(), Error> {
    reserve(&mut texts.bytes, text.len())?;
    reserve(&mut texts.offsets, 1)?;
    short::extend(&mut texts.bytes, text);
    texts
        .offsets
        .push(u32::try_from(texts.bytes.len()).map_err(|_| out_of_memory())?);
    Ok(())
}

/// Makes the mask as long as `rows`.
fn grow_nulls(column: &mut Column, rows: usize) -> Result<(), Error> {
    let have = column.nulls.0.len();
    if have < rows {
        reserve(&mut column.nulls.0, rows - have)?;
        column.nulls.0.resize(rows, false);
    }
    Ok(())
}

/// What a NULL row holds.
trait Zero {
    fn zero() -> Self;
}
macro_rules! zero {
    ($($t:ty = $x:expr),*) => { $(impl Zero for $t { fn zero() -> Self { $x } })* };
}
zero!(
    bool = false,
    i16 = 0,
    i32 = 0,
    i64 = 0,
    f32 = 0.0,
    f64 = 0.0,
    [u8; 16] = [0; 16],
    Interval = Interval::default(),
    Numeric = Numeric {
        mantissa: 0,
        scale: 0
    }
);

/// Appends all rows of `from`, or those of `selection`.
///
/// # Errors
/// Out of memory; different physical types.
pub(crate) fn append(
    to: &mut Column,
    from: &Column,
    selection: Option<&[u32]>,
) -> Result<(), Error> {
    let before = len(to);
    let more = selection.map_or_else(|| len(from), <[u32]>::len);
    append_nulls(to, from, selection, before, more)?;
    macro_rules! fixed {
        ($to:expr, $from:expr, $gather:path) => {{
            reserve($to, more)?;
            match selection {
                None => $to.extend_from_slice($from),
                Some(rows) => $gather($to, $from, rows),
            }
        }};
        ($to:expr, $from:expr) => {{
            reserve($to, more)?;
            match selection {
                None => $to.extend_from_slice($from),
                Some(rows) => $to.extend(
                    rows.iter()
                        .map(|&row| $from.get(row as usize).copied().unwrap_or_else(Zero::zero)),
                ),
            }
        }};
    }
    match (&mut to.data, &from.data) {
        (ColumnData::Bool(a), ColumnData::Bool(b)) => fixed!(a, b),
        (ColumnData::Int2(a), ColumnData::Int2(b)) => fixed!(a, b),
        (ColumnData::Int4(a), ColumnData::Int4(b)) | (ColumnData::Date(a), ColumnData::Date(b)) => {
            fixed!(a, b, loops::gather_i32)
        }
        (ColumnData::Int8(a), ColumnData::Int8(b))
        | (ColumnData::Timestamp(a), ColumnData::Timestamp(b)) => {
            fixed!(a, b, loops::gather_i64)
        }
        (ColumnData::Float4(a), ColumnData::Float4(b)) => fixed!(a, b),
        (ColumnData::Float8(a), ColumnData::Float8(b)) => fixed!(a, b),
        (ColumnData::Numeric(a), ColumnData::Numeric(b)) => fixed!(a, b),
        (ColumnData::Interval(a), ColumnData::Interval(b)) => fixed!(a, b),
        (ColumnData::Uuid(a), ColumnData::Uuid(b)) => fixed!(a, b),
        (ColumnData::Text(a), ColumnData::Text(b)) => append_text(a, b, selection)?,
        _ => return Err(mixed()),
    }
    Ok(())
}

fn append_nulls(
    to: &mut Column,
    from: &Column,
    selection: Option<&[u32]>,
    before: usize,
    more: usize,
) -> Result<(), Error> {
    if to.nulls.0.is_empty() && from.nulls.0.is_empty() {
        return Ok(());
    }
    grow_nulls(to, before)?;
    reserve(&mut to.nulls.0, more)?;
    if from.nulls.0.is_empty() {
        to.nulls.0.resize(before + more, false);
    } else {
        match selection {
            None => to.nulls.0.extend_from_slice(&from.nulls.0),
            Some(rows) => to
                .nulls
                .0
                .extend(rows.iter().map(|&row| is_null(from, row as usize))),
        }
    }
    Ok(())
}

fn append_text(to: &mut TextData, from: &TextData, selection: Option<&[u32]>) -> Result<(), Error> {
    match selection {
        None => {
            let base = u32::try_from(to.bytes.len()).map_err(|_| out_of_memory())?;
            let total = to.bytes.len() + from.bytes.len();
            u32::try_from(total).map_err(|_| out_of_memory())?;
            reserve(&mut to.bytes, from.bytes.len())?;
            reserve(&mut to.offsets, from.offsets.len())?;
            to.bytes.extend_from_slice(&from.bytes);
            to.offsets
                .extend(from.offsets.iter().skip(1).map(|&offset| offset + base));
        }
        Some(rows) => {
            reserve(&mut to.offsets, rows.len())?;
            let more: usize = rows
                .iter()
                .map(|&row| text_at(from, row as usize).len())
                .sum();
            u32::try_from(to.bytes.len() + more).map_err(|_| out_of_memory())?;
            reserve(&mut to.bytes, more)?;
            let from = Strings {
                bytes: &from.bytes,
                offsets: &from.offsets,
            };
            loops::gather_strings(&mut to.bytes, &mut to.offsets, from, rows);
        }
    }
    Ok(())
}

/// The rows of `rows`, in that order.
///
/// # Errors
/// Out of memory.
pub(crate) fn gather(from: &Column, rows: &[u32]) -> Result<Column, Error> {
    let mut to = empty_like(from);
    append(&mut to, from, Some(rows))?;
    Ok(to)
}

/// As [`gather`]; [`NO_ROW`] gives NULL.
///
/// # Errors
/// Out of memory.
pub(crate) fn gather_or_null(from: &Column, rows: &[u32]) -> Result<Column, Error> {
    let mut to = gather(from, rows)?;
    if rows.contains(&NO_ROW) {
        grow_nulls(&mut to, rows.len())?;
        for (null, &row) in to.nulls.0.iter_mut().zip(rows) {
            if row == NO_ROW {
                *null = true;
            }
        }
    }
    Ok(to)
}

/// `rows` copies of a value.
///
/// # Errors
/// Out of memory; a value that does not fit the type.
pub(crate) fn constant(value: &Value, data_type: DataType, rows: usize) -> Result<Column, Error> {
    let mut one = empty(data_type);
    push(&mut one, value)?;
    if rows == 1 {
        return Ok(one);
    }
    let mut to = empty(data_type);
    let mut zeros: Vec<u32> = Vec::new();
    reserve(&mut zeros, rows)?;
    zeros.resize(rows, 0);
    append(&mut to, &one, Some(&zeros))?;
    Ok(to)
}

/// The batch without its selection: every row is in.
///
/// # Errors
/// Out of memory.
pub(crate) fn dense(batch: Batch) -> Result<Batch, Error> {
    let Some(rows) = batch.selection else {
        return Ok(batch);
    };
    if rows.len() == batch.rows {
        return Ok(Batch {
            columns: batch.columns,
            rows: batch.rows,
            selection: None,
        });
    }
    let mut columns = Vec::with_capacity(batch.columns.len());
    for column in &batch.columns {
        // A column that nobody reads is empty, and stays so.
        columns.push(if column.is_empty() {
            Rc::clone(column)
        } else {
            Rc::new(gather(column, &rows)?)
        });
    }
    Ok(Batch {
        columns,
        rows: rows.len(),
        selection: None,
    })
}

/// Row numbers that are in.
pub(crate) fn selected_rows(batch: &Batch) -> Vec<u32> {
    match &batch.selection {
        Some(rows) => rows.clone(),
        None => (0..u32::try_from(batch.rows).unwrap_or(u32::MAX)).collect(),
    }
}

/// Rows kept end to end: what sorts, hash tables and materialised inputs hold.
#[derive(Debug, Default)]
pub(crate) struct RowStore {
    /// The columns; none before the first batch.
    pub columns: Vec<Column>,
    /// Rows in each.
    pub rows: usize,
}

impl RowStore {
    /// Appends a batch's selected rows, and returns by how many bytes the store grew.
    ///
    /// # Errors
    /// Out of memory, also when there are more rows than 32 bits number.
    pub fn append(&mut self, batch: &Batch) -> Result<usize, Error> {
        if self.columns.is_empty() && self.rows == 0 {
            self.columns = batch.columns.iter().map(|c| empty_like(c)).collect();
        }
        let selected = batch.selected();
        if self.rows + selected >= NO_ROW as usize {
            return Err(out_of_memory());
        }
        let mut grown = 0;
        for (to, from) in self.columns.iter_mut().zip(&batch.columns) {
            let before = bytes(to);
            append(to, from, batch.selection.as_deref())?;
            grown += bytes(to) - before;
        }
        self.rows += selected;
        Ok(grown)
    }

    /// A batch of the rows `rows`.
    ///
    /// # Errors
    /// Out of memory.
    pub fn batch(&self, rows: &[u32]) -> Result<Batch, Error> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            columns.push(Rc::new(gather(column, rows)?));
        }
        Ok(Batch {
            columns,
            rows: rows.len(),
            selection: None,
        })
    }

    /// Rows `from..to` as a batch.
    ///
    /// # Errors
    /// Out of memory.
    pub fn range(&self, from: usize, to: usize) -> Result<Batch, Error> {
        let rows: Vec<u32> = (from..to)
            .map(|row| u32::try_from(row).unwrap_or(NO_ROW))
            .collect();
        self.batch(&rows)
    }

    /// Forgets all rows; memory is kept for the next ones.
    pub fn clear(&mut self) {
        self.columns.clear();
        self.rows = 0;
    }
}
