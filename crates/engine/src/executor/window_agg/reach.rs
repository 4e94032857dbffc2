//! How far behind a row its window functions look: the row can go out when so much is read.
//!
//! Why exact: with a LIMIT or a run condition above, rows that PostgreSQL does not read must not be read here either. Its habits are kept,
//! such as looking for the end of the peers whatever the functions, when the frame is bounded by them.
//!
//! Source: PostgreSQL 15 `nodeWindowAgg.c` (`ExecWindowAgg`, `eval_windowaggregates`, `update_frametailpos`), `windowfuncs.c`.

use crate::{
    logical::{Expr, ExprKind, FrameBound, FrameUnits, WindowCall, WindowFrame, WindowFunction},
    value::Value,
};

/// How far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// So many rows behind it, if the partition has them.
    Rows(usize),
    /// To the row behind its peers.
    Peers,
    /// To the row behind its partition.
    Partition,
}

impl Reach {
    /// Of some calls over one window; `ordered` says whether it has ORDER BY.
    pub fn new<'c>(
        calls: impl Iterator<Item = &'c WindowCall>,
        frame: &WindowFrame,
        ordered: bool,
    ) -> Self {
        let by_peers = frame.units != FrameUnits::Rows && ordered;
        let bounded_by_peers = by_peers
            && (frame.end == FrameBound::CurrentRow || frame.start == FrameBound::CurrentRow);
        let least = if bounded_by_peers {
            Self::Peers
        } else {
            Self::Rows(0)
        };
        calls.fold(least, |reach, call| {
            reach.and(Self::of_call(call, frame, ordered))
        })
    }

    fn of_call(call: &WindowCall, frame: &WindowFrame, ordered: bool) -> Self {
        match call.function {
            WindowFunction::RowNumber | WindowFunction::Rank | WindowFunction::DenseRank => {
                Self::Rows(0)
            }
            WindowFunction::Lag => match distance(call.args.get(1)) {
                Some(rows) if rows >= 0 => Self::Rows(0),
                _ => Self::Partition,
            },
            WindowFunction::Lead => distance(call.args.get(1))
                .and_then(|rows| usize::try_from(rows).ok())
                .map_or(Self::Partition, Self::Rows),
            WindowFunction::PercentRank | WindowFunction::CumeDist | WindowFunction::Ntile => {
                Self::Partition
            }
            WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::NthValue => {
                Self::of_frame(frame, ordered)
            }
            // An aggregate takes rows in until one lies behind the frame.
            WindowFunction::Aggregate(_) => match Self::of_frame(frame, ordered) {
                Self::Rows(ahead) => Self::Rows(ahead.saturating_add(1)),
                reach => reach,
            },
        }
    }

    fn of_frame(frame: &WindowFrame, ordered: bool) -> Self {
        match (&frame.end, frame.units) {
            (FrameBound::CurrentRow | FrameBound::Preceding(_), FrameUnits::Rows) => Self::Rows(0),
            (FrameBound::Following(offset), FrameUnits::Rows) => distance(Some(offset))
                .and_then(|rows| usize::try_from(rows).ok())
                .map_or(Self::Partition, Self::Rows),
            (FrameBound::CurrentRow, _) if ordered => Self::Peers,
            _ => Self::Partition,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Partition, _) | (_, Self::Partition) => Self::Partition,
            (Self::Rows(one), Self::Rows(another)) => Self::Rows(one.max(another)),
            // Peers may be fewer than the rows wanted: then those are not looked at.
            (Self::Peers, Self::Rows(0 | 1)) | (Self::Rows(0 | 1), Self::Peers) => Self::Peers,
            (Self::Peers, Self::Peers) => Self::Peers,
            _ => Self::Partition,
        }
    }
}

/// A distance in rows that is written as a constant; one row if none is written.
fn distance(offset: Option<&Expr>) -> Option<i64> {
    match offset.map(|offset| &offset.kind) {
        None => Some(1),
        Some(ExprKind::Const(Value::Int8(rows))) => Some(*rows),
        Some(ExprKind::Const(Value::Int4(rows))) => Some(i64::from(*rows)),
        Some(_) => None,
    }
}
