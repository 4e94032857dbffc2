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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// So many rows behind it, if the partition has them.
    pub rows: usize,
    /// To the row behind its peers.
    pub peers: bool,
    /// To the row behind its partition.
    pub partition: bool,
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
        let least = Self {
            peers: bounded_by_peers,
            ..Self::default()
        };
        calls.fold(least, |reach, call| {
            let other = Self::of_call(call, frame, ordered);
            Self {
                rows: reach.rows.max(other.rows),
                peers: reach.peers || other.peers,
                partition: reach.partition || other.partition,
            }
        })
    }

    fn ahead(rows: usize) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }

    fn to_the_end() -> Self {
        Self {
            partition: true,
            ..Self::default()
        }
    }

    fn of_call(call: &WindowCall, frame: &WindowFrame, ordered: bool) -> Self {
        match call.function {
            WindowFunction::RowNumber | WindowFunction::Rank | WindowFunction::DenseRank => {
                Self::default()
            }
            WindowFunction::Lag => match distance(call.args.get(1)) {
                Some(rows) if rows >= 0 => Self::default(),
                _ => Self::to_the_end(),
            },
            WindowFunction::Lead => distance(call.args.get(1))
                .and_then(|rows| usize::try_from(rows).ok())
                .map_or_else(Self::to_the_end, Self::ahead),
            WindowFunction::PercentRank | WindowFunction::CumeDist | WindowFunction::Ntile => {
                Self::to_the_end()
            }
            // The first row of a frame by rows is there; whether it is in the frame needs no further one.
            WindowFunction::FirstValue
                if frame.units == FrameUnits::Rows
                    && !matches!(frame.start, FrameBound::Following(_)) =>
            {
                Self::default()
            }
            WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::NthValue => {
                Self::of_frame(frame, ordered)
            }
            // An aggregate takes rows in until one lies behind the frame.
            WindowFunction::Aggregate(_) => {
                let reach = Self::of_frame(frame, ordered);
                let more = usize::from(!reach.peers && !reach.partition);
                Self {
                    rows: reach.rows.saturating_add(more),
                    ..reach
                }
            }
        }
    }

    fn of_frame(frame: &WindowFrame, ordered: bool) -> Self {
        match (&frame.end, frame.units) {
            (FrameBound::CurrentRow | FrameBound::Preceding(_), FrameUnits::Rows) => {
                Self::default()
            }
            (FrameBound::Following(offset), FrameUnits::Rows) => distance(Some(offset))
                .and_then(|rows| usize::try_from(rows).ok())
                .map_or_else(Self::to_the_end, Self::ahead),
            (FrameBound::CurrentRow, _) if ordered => Self {
                peers: true,
                ..Self::default()
            },
            _ => Self::to_the_end(),
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
