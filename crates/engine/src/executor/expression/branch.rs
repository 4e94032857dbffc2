//! CASE and COALESCE: results that are computed for disjoint sets of rows and put together.

use super::{
    evaluate::{self, Input, MAX_TEXTS, Operand, Selection, each_row, too_much_text},
    filter,
    node::Node,
};
use crate::{
    error::Error,
    value::{Column, ColumnData, DataType, Value},
};
use alloc::{rc::Rc, vec, vec::Vec};

/// Puts results that were computed for disjoint sets of rows together.
struct Merge {
    /// For each row, which result it comes from.
    from: Vec<u32>,
    results: Vec<Operand>,
}

impl Merge {
    fn new(rows: usize) -> Self {
        Self {
            from: vec![u32::MAX; rows],
            results: Vec::new(),
        }
    }

    fn add(&mut self, rows: impl Iterator<Item = usize>, operand: Operand) {
        let number = u32::try_from(self.results.len()).unwrap_or(u32::MAX);
        for row in rows {
            self.from[row] = number;
        }
        self.results.push(operand);
    }

    fn finish(self, result: DataType) -> Result<Operand, Error> {
        if let Some(column) = self.gathered(result)? {
            return Ok(Operand::Column(Rc::new(column)));
        }
        let mut column = Column::with_capacity(result, self.from.len());
        for (row, &from) in self.from.iter().enumerate() {
            match self.results.get(from as usize) {
                Some(operand) => column.push(&operand.get(row)),
                None => column.push_null(),
            }
        }
        Ok(Operand::Column(Rc::new(column)))
    }

    /// All results end to end, and from these the rows; `None` if a result has another type than the whole.
    fn gathered(&self, result: DataType) -> Result<Option<Column>, Error> {
        let mut all = Column::new(result);
        let mut starts = Vec::with_capacity(self.results.len());
        for operand in &self.results {
            let start = row_number(all.len());
            match operand {
                Operand::Const(value) => {
                    all.push(value);
                    starts.push((start, false));
                }
                Operand::Column(column)
                    if core::mem::discriminant(&column.data)
                        == core::mem::discriminant(&all.data) =>
                {
                    all.append(column);
                    starts.push((start, true));
                }
                Operand::Column(_) => return Ok(None),
            }
            texts_fit(&all, &[])?;
        }
        let none = row_number(all.len());
        all.push_null();
        let rows: Vec<u32> = (0_u32..)
            .zip(&self.from)
            .map(|(row, &from)| match starts.get(from as usize) {
                Some(&(start, true)) => start + row,
                Some(&(start, false)) => start,
                None => none,
            })
            .collect();
        texts_fit(&all, &rows)?;
        Ok(Some(all.gather(&rows)))
    }
}

fn row_number(row: usize) -> u32 {
    u32::try_from(row)
        .expect("a batch has some thousand rows, an expression a bounded number of branches")
}

/// Whether a column's texts, and those of the named rows together, are no more than an expression may make.
fn texts_fit(column: &Column, rows: &[u32]) -> Result<(), Error> {
    let ColumnData::Text(texts) = &column.data else {
        return Ok(());
    };
    let named: usize = rows
        .iter()
        .map(|&row| texts.bytes_at(row as usize).len())
        .sum();
    if texts.bytes.len().max(named) > MAX_TEXTS {
        return Err(too_much_text());
    }
    Ok(())
}

pub(super) fn case(
    node: &mut Node,
    input: &Input<'_>,
    selection: Selection<'_>,
) -> Result<Operand, Error> {
    let Node::Case {
        branches,
        otherwise,
        result,
    } = node
    else {
        return Ok(Operand::Const(Value::Null));
    };
    let mut merge = Merge::new(input.batch.rows);
    let mut open: Option<Vec<u32>> = None;
    for (when, then) in branches {
        let here = open.as_deref().or(selection);
        if here.is_some_and(<[u32]>::is_empty) {
            break;
        }
        let taken = filter::node(when, input, here)?;
        let value = evaluate::node(then, input, Some(&taken))?;
        let rest = filter::without(input.batch.rows, here, &taken);
        merge.add(taken.iter().map(|&row| row as usize), value);
        open = Some(rest);
    }
    let here = open.as_deref().or(selection);
    if let Some(otherwise) = otherwise {
        let value = evaluate::node(otherwise, input, here)?;
        merge.add(each_row(input.batch.rows, here), value);
    }
    merge.finish(*result)
}

pub(super) fn coalesce(
    args: &mut [Node],
    result: DataType,
    input: &Input<'_>,
    selection: Selection<'_>,
) -> Result<Operand, Error> {
    let rows = input.batch.rows;
    let mut merge = Merge::new(rows);
    let mut open: Option<Vec<u32>> = None;
    for arg in args {
        let here = open.as_deref().or(selection);
        let operand = evaluate::node(arg, input, here)?;
        let is_null = |row: usize| match &operand {
            Operand::Column(column) => column.is_null(row),
            Operand::Const(value) => value.is_null(),
        };
        let (mut found, mut rest) = (Vec::new(), Vec::new());
        for row in each_row(rows, here) {
            if is_null(row) {
                rest.push(u32::try_from(row).unwrap_or(u32::MAX));
            } else {
                found.push(row);
            }
        }
        merge.add(found.into_iter(), operand);
        open = Some(rest);
    }
    merge.finish(result)
}
