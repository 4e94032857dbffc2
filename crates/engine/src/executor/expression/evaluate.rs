//! Values of an expression for all selected rows of a batch.
//!
//! Branches (AND, OR, CASE, COALESCE) pass on a narrower selection to what follows, so that nothing is computed for rows that do not need it.

use super::{arithmetic::arithmetic, branch, convert, kernels, node::Node, texts};
use crate::{
    error::{Error, ErrorCode},
    logical::{BoolTest, CompareOp, Operator, Quantifier},
    value::{
        Batch, Column, ColumnData, DataType, NullMask, Value, cast_value, compare,
        compare::holds,
        compare_sql,
        function::{eval_function, eval_operator},
        is_same,
    },
};
use alloc::{rc::Rc, vec, vec::Vec};

/// Bytes of text that one expression makes for one batch: a batch is not counted to a statement's memory, so it must stay small.
pub(super) const MAX_TEXTS: usize = 256 << 20;

#[cold]
pub(super) fn too_much_text() -> Error {
    Error::new(ErrorCode::OutOfMemory, "out of memory").with_detail(
        "An expression makes more than 256 MiB of text for a thousand rows that are worked on together.",
    )
}

/// What an expression reads.
pub(super) struct Input<'a> {
    pub batch: &'a Batch,
    pub params: &'a [Value],
}

/// Rows to compute; `None` = all.
pub(super) type Selection<'a> = Option<&'a [u32]>;

/// A value for each row, or one for all.
pub(super) enum Operand {
    Column(Rc<Column>),
    Const(Value),
}

impl Operand {
    pub(super) fn into_column(self, data_type: DataType, rows: usize) -> Result<Rc<Column>, Error> {
        match self {
            Self::Column(column) => Ok(column),
            Self::Const(Value::Text(text)) if text.len().saturating_mul(rows) > MAX_TEXTS => {
                Err(too_much_text())
            }
            Self::Const(value) => Ok(Rc::new(Column::repeat(&value, data_type, rows))),
        }
    }

    pub(super) fn get(&self, row: usize) -> Value {
        match self {
            Self::Column(column) => column.get(row),
            Self::Const(value) => value.clone(),
        }
    }

    /// A boolean; `None` = NULL.
    pub(super) fn truth(&self, row: usize) -> Option<bool> {
        match self {
            Self::Column(column) => match &column.data {
                ColumnData::Bool(values) if !column.is_null(row) => values.get(row).copied(),
                _ => None,
            },
            Self::Const(value) => value.as_bool(),
        }
    }
}

/// The selected rows in order.
pub(super) fn each_row(rows: usize, selection: Selection<'_>) -> impl Iterator<Item = usize> + '_ {
    let all = selection.is_none().then_some(0..rows);
    let some = selection.into_iter().flatten().map(|&row| row as usize);
    all.into_iter().flatten().chain(some)
}

/// Builds a boolean column from an answer for each selected row.
pub(super) fn booleans(
    rows: usize,
    selection: Selection<'_>,
    mut answer: impl FnMut(usize) -> Result<Option<bool>, Error>,
) -> Result<Operand, Error> {
    let mut values = vec![false; rows];
    let mut nulls = Vec::new();
    for row in each_row(rows, selection) {
        match answer(row)? {
            Some(value) => values[row] = value,
            None => {
                if nulls.is_empty() {
                    nulls = vec![false; rows];
                }
                nulls[row] = true;
            }
        }
    }
    Ok(Operand::Column(Rc::new(Column {
        data: ColumnData::Bool(values),
        nulls: NullMask(nulls),
    })))
}

/// Builds a column from a value for each selected row.
fn per_row(
    data_type: DataType,
    rows: usize,
    selection: Selection<'_>,
    mut value: impl FnMut(usize) -> Result<Value, Error>,
) -> Result<Operand, Error> {
    let mut column = Column::with_capacity(data_type, rows);
    for row in each_row(rows, selection) {
        column.pad_to(row);
        column.push(&value(row)?);
        if let ColumnData::Text(texts) = &column.data
            && texts.bytes.len() > MAX_TEXTS
        {
            return Err(too_much_text());
        }
    }
    column.pad_to(rows);
    Ok(Operand::Column(Rc::new(column)))
}

/// Whether a loop over all rows takes less time than one over the selected ones, which reads a value at a time.
fn worth_all_rows(selection: Selection<'_>, rows: usize) -> bool {
    selection.is_none_or(|selection| selection.len() * 16 >= rows)
}

fn operands(
    nodes: &mut [Node],
    input: &Input<'_>,
    selection: Selection<'_>,
) -> Result<Vec<Operand>, Error> {
    nodes
        .iter_mut()
        .map(|arg| node(arg, input, selection))
        .collect()
}

fn all_constant(args: &[Operand]) -> Option<Vec<Value>> {
    args.iter()
        .map(|arg| match arg {
            Operand::Const(value) => Some(value.clone()),
            Operand::Column(_) => None,
        })
        .collect()
}

/// Evaluates; recursion is as deep as the expression, so the arms that need room are functions of their own.
pub(super) fn node(
    node: &mut Node,
    input: &Input<'_>,
    selection: Selection<'_>,
) -> Result<Operand, Error> {
    // Nothing selected: nothing may fail, and nothing is read.
    if selection.is_some_and(<[u32]>::is_empty) {
        return Ok(Operand::Const(Value::Null));
    }
    match node {
        Node::Const(value) => Ok(Operand::Const(value.clone())),
        Node::Column(at) => column(*at, input),
        Node::Param(at) => Ok(Operand::Const(
            input.params.get(*at).cloned().unwrap_or(Value::Null),
        )),
        Node::Compare(op, args) => comparison(*op, args, input, selection),
        Node::Operator { .. } => operator(node, input, selection),
        Node::Matches {
            regex,
            arg,
            negated,
        } => {
            let (regex, negated) = (&*regex, *negated);
            let arg = self::node(arg, input, selection)?;
            booleans(input.batch.rows, selection, |row| {
                Ok(arg
                    .get(row)
                    .as_str()
                    .map(|text| regex.is_match(text) != negated))
            })
        }
        Node::Function { .. } => function(node, input, selection),
        Node::Cast { .. } => cast(node, input, selection),
        Node::And(args) => connective(args, input, selection, false),
        Node::Or(args) => connective(args, input, selection, true),
        Node::Not(arg) => {
            let arg = self::node(arg, input, selection)?;
            booleans(input.batch.rows, selection, |row| {
                Ok(arg.truth(row).map(|value| !value))
            })
        }
        Node::IsNull { arg, negated } => {
            let negated = *negated;
            let arg = self::node(arg, input, selection)?;
            booleans(input.batch.rows, selection, |row| {
                let null = match &arg {
                    Operand::Column(column) => column.is_null(row),
                    Operand::Const(value) => value.is_null(),
                };
                Ok(Some(null != negated))
            })
        }
        Node::BoolTest(test, arg) => {
            let test = *test;
            let arg = self::node(arg, input, selection)?;
            booleans(input.batch.rows, selection, |row| {
                Ok(Some(passes(test, arg.truth(row))))
            })
        }
        Node::IsDistinct { args, negated } => {
            let negated = *negated;
            let args = operands(&mut args[..], input, selection)?;
            booleans(input.batch.rows, selection, |row| {
                Ok(Some(
                    is_same(&args[0].get(row), &args[1].get(row)) == negated,
                ))
            })
        }
        Node::InSet { .. } => in_set(node, input, selection),
        Node::InList { .. } => in_list(node, input, selection),
        Node::Case { .. } => branch::case(node, input, selection),
        Node::Coalesce(args, result) => branch::coalesce(args, *result, input, selection),
        Node::NullIf(args, result) => {
            let args = operands(&mut args[..], input, selection)?;
            per_row(*result, input.batch.rows, selection, |row| {
                let (left, right) = (args[0].get(row), args[1].get(row));
                let equal = compare_sql(&left, &right).is_some_and(core::cmp::Ordering::is_eq);
                Ok(if equal { Value::Null } else { left })
            })
        }
        Node::GreatestLeast {
            greatest,
            args,
            result,
        } => {
            let (greatest, result) = (*greatest, *result);
            let args = operands(args, input, selection)?;
            per_row(result, input.batch.rows, selection, |row| {
                let present = args
                    .iter()
                    .map(|arg| arg.get(row))
                    .filter(|value| !value.is_null());
                let chosen = if greatest {
                    present.max_by(compare)
                } else {
                    present.min_by(compare)
                };
                Ok(chosen.unwrap_or(Value::Null))
            })
        }
    }
}

pub(super) const fn passes(test: BoolTest, value: Option<bool>) -> bool {
    match test {
        BoolTest::True => matches!(value, Some(true)),
        BoolTest::NotTrue => !matches!(value, Some(true)),
        BoolTest::False => matches!(value, Some(false)),
        BoolTest::NotFalse => !matches!(value, Some(false)),
        BoolTest::Unknown => value.is_none(),
        BoolTest::NotUnknown => value.is_some(),
    }
}

fn column(at: usize, input: &Input<'_>) -> Result<Operand, Error> {
    input.batch.columns.get(at).map_or_else(
        || {
            Err(Error::new(
                crate::ErrorCode::InternalError,
                alloc::format!("the input has no column {at}"),
            ))
        },
        |column| Ok(Operand::Column(Rc::clone(column))),
    )
}

fn comparison(
    op: CompareOp,
    args: &mut [Node; 2],
    input: &Input<'_>,
    selection: Selection<'_>,
) -> Result<Operand, Error> {
    let args = operands(args, input, selection)?;
    if let [Operand::Const(left), Operand::Const(right)] = &args[..] {
        let answer = compare_sql(left, right).map(|ordering| holds(op, ordering));
        return Ok(Operand::Const(answer.map_or(Value::Null, Value::Bool)));
    }
    if let Some(column) = kernels::compare(op, &args[0], &args[1]) {
        return Ok(Operand::Column(Rc::new(column)));
    }
    booleans(input.batch.rows, selection, |row| {
        Ok(compare_sql(&args[0].get(row), &args[1].get(row)).map(|ordering| holds(op, ordering)))
    })
}

fn operator(
    node: &mut Node,
    input: &Input<'_>,
    selection: Selection<'_>,
) -> Result<Operand, Error> {
    let Node::Operator { op, args, result } = node else {
        return Ok(Operand::Const(Value::Null));
    };
    let args = operands(args, input, selection)?;
    if let Some(values) = all_constant(&args) {
        return eval_operator(*op, &values, *result).map(Operand::Const);
    }
    if let Some(found) = texts::like(*op, &args, input.batch.rows, selection) {
        return found;
    }
    if let [left, right] = &args[..]
        && worth_all_rows(selection, input.batch.rows)
    {
        let column = match op {
            Operator::Concat => texts::concat(left, right, input.batch.rows, MAX_TEXTS),
            _ => arithmetic(*op, left, right, *result),
        };
        if let Some(column) = column {
            return Ok(Operand::Column(Rc::new(column)));
        }
    }
    let mut values = vec![Value::Null; args.len()];
    per_row(*result, input.batch.rows, selection, |row| {
        for (value, arg) in values.iter_mut().zip(&args) {
            *value = arg.get(row);
        }
        eval_operator(*op, &values, *result)
    })
}

fn function(
    node: &mut Node,
    input: &Input<'_>,
    selection: Selection<'_>,
) -> Result<Operand, Error> {
    let Node::Function {
        function,
        args,
        types,
        result,
    } = node
    else {
        return Ok(Operand::Const(Value::Null));
    };
    let args = operands(args, input, selection)?;
    let mut values = vec![Value::Null; args.len()];
    per_row(*result, input.batch.rows, selection, |row| {
        for (value, arg) in values.iter_mut().zip(&args) {
            *value = arg.get(row);
        }
        eval_function(*function, &values, types, *result)
    })
}

fn cast(node: &mut Node, input: &Input<'_>, selection: Selection<'_>) -> Result<Operand, Error> {
    let Node::Cast {
        arg,
        from,
        to,
        context,
    } = node
    else {
        return Ok(Operand::Const(Value::Null));
    };
    let arg = self::node(arg, input, selection)?;
    match &arg {
        Operand::Const(value) => {
            return cast_value(value, *from, *to, *context).map(Operand::Const);
        }
        Operand::Column(column) => {
            if worth_all_rows(selection, input.batch.rows)
                && let Some(cast) = convert::cast(column, *from, *to)
            {
                return Ok(Operand::Column(cast));
            }
        }
    }
    per_row(*to, input.batch.rows, selection, |row| {
        cast_value(&arg.get(row), *from, *to, *context)
    })
}

/// AND (`decisive` = false) or OR (`decisive` = true): a decisive value settles a row, the rest go on to the next argument.
fn connective(
    args: &mut [Node],
    input: &Input<'_>,
    selection: Selection<'_>,
    decisive: bool,
) -> Result<Operand, Error> {
    let rows = input.batch.rows;
    let mut values = vec![!decisive; rows];
    let mut nulls = vec![false; rows];
    let mut any_null = false;
    let mut open: Option<Vec<u32>> = None;
    for arg in args {
        let here = open.as_deref().or(selection);
        let operand = node(arg, input, here)?;
        let mut next = Vec::new();
        for row in each_row(rows, here) {
            match operand.truth(row) {
                Some(value) if value == decisive => {
                    values[row] = decisive;
                    nulls[row] = false;
                    continue;
                }
                Some(_) => {}
                None => {
                    nulls[row] = true;
                    any_null = true;
                }
            }
            next.push(u32::try_from(row).unwrap_or(u32::MAX));
        }
        open = Some(next);
    }
    Ok(Operand::Column(Rc::new(Column {
        data: ColumnData::Bool(values),
        nulls: NullMask(if any_null { nulls } else { Vec::new() }),
    })))
}

fn in_set(node: &mut Node, input: &Input<'_>, selection: Selection<'_>) -> Result<Operand, Error> {
    let Node::InSet { arg, set, negated } = node else {
        return Ok(Operand::Const(Value::Null));
    };
    let arg = self::node(arg, input, selection)?;
    booleans(input.batch.rows, selection, |row| {
        let value = arg.get(row);
        if value.is_null() {
            return Ok(None);
        }
        let found = match (&set.integers, value.as_i64()) {
            (Some(integers), Some(value)) => integers.binary_search(&value).is_ok(),
            _ => set.contains(&value),
        };
        Ok(if found {
            Some(!*negated)
        } else if set.has_null {
            None
        } else {
            Some(*negated)
        })
    })
}

fn in_list(node: &mut Node, input: &Input<'_>, selection: Selection<'_>) -> Result<Operand, Error> {
    let Node::InList {
        arg,
        op,
        quantifier,
        list,
    } = node
    else {
        return Ok(Operand::Const(Value::Null));
    };
    let arg = self::node(arg, input, selection)?;
    let list = operands(list, input, selection)?;
    let decisive = *quantifier == Quantifier::Any;
    booleans(input.batch.rows, selection, |row| {
        let value = arg.get(row);
        let mut unknown = false;
        for element in &list {
            match compare_sql(&value, &element.get(row)) {
                Some(ordering) if holds(*op, ordering) == decisive => return Ok(Some(decisive)),
                Some(_) => {}
                None => unknown = true,
            }
        }
        Ok(if unknown { None } else { Some(!decisive) })
    })
}
