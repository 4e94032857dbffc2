//! What an expression is compiled to.

use crate::{
    logical::{BoolTest, CastContext, CompareOp, Function, Operator, Quantifier},
    value::{DataType, Value, function::pattern::Regex},
};
use alloc::{boxed::Box, vec::Vec};
use pages::order::sort_by;

/// One step of an expression, prepared.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Const(Value),
    Column(usize),
    Param(usize),
    Compare(CompareOp, Box<[Node; 2]>),
    Operator {
        op: Operator,
        args: Vec<Node>,
        result: DataType,
    },
    /// A pattern that is the same for all rows.
    Matches {
        regex: Box<Regex>,
        arg: Box<Node>,
        negated: bool,
    },
    Function {
        function: Function,
        args: Vec<Node>,
        types: Vec<DataType>,
        result: DataType,
    },
    Cast {
        arg: Box<Node>,
        from: DataType,
        to: DataType,
        context: CastContext,
    },
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    IsNull {
        arg: Box<Node>,
        negated: bool,
    },
    BoolTest(BoolTest, Box<Node>),
    IsDistinct {
        args: Box<[Node; 2]>,
        negated: bool,
    },
    /// IN or NOT IN over sorted constants without NULL.
    InSet {
        arg: Box<Node>,
        set: Box<ConstantSet>,
        negated: bool,
    },
    InList {
        arg: Box<Node>,
        op: CompareOp,
        quantifier: Quantifier,
        list: Vec<Node>,
    },
    Case {
        branches: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
        result: DataType,
    },
    Coalesce(Vec<Node>, DataType),
    NullIf(Box<[Node; 2]>, DataType),
    GreatestLeast {
        greatest: bool,
        args: Vec<Node>,
        result: DataType,
    },
}

/// The constants of an IN list, sorted for binary search.
#[derive(Clone, Debug)]
pub(super) struct ConstantSet {
    /// In SQL order, without NULL and duplicates.
    pub values: Vec<Value>,
    /// The same as whole numbers, if all are.
    pub integers: Option<Vec<i64>>,
    /// Whether the list held a NULL: then "not found" is unknown.
    pub has_null: bool,
}

impl ConstantSet {
    pub(super) fn new(values: &[Value]) -> Self {
        let has_null = values.iter().any(Value::is_null);
        let mut values: Vec<Value> = values
            .iter()
            .filter(|value| !value.is_null())
            .cloned()
            .collect();
        sort_by(&mut values, crate::value::compare);
        values.dedup_by(|a, b| crate::value::is_same(a, b));
        let integers = values.iter().map(Value::as_i64).collect();
        Self {
            values,
            integers,
            has_null,
        }
    }

    pub(super) fn contains(&self, value: &Value) -> bool {
        self.values
            .binary_search_by(|have| crate::value::compare(have, value))
            .is_ok()
    }
}
