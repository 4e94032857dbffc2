//! Windows: named ones, their extension, frames. PostgreSQL: `parse_clause.c` (transformWindowDefinitions).

use super::{scope::Clause, state::Binder};
use crate::{
    error::{Error, ErrorCode},
    logical::{Expr, FrameBound, FrameUnits, WindowDef, WindowFrame, columns_of},
    value::{DataType, TypeClass},
};
use alloc::{format, vec::Vec};
use parser::ast::{self, FrameExclusion, FrameUnit, NamedWindow, Over, WindowSpecification};

impl Binder<'_> {
    /// The WINDOW clause.
    pub(crate) fn bind_named_windows(&mut self, windows: &[NamedWindow]) -> Result<(), Error> {
        for window in windows {
            if self.named_window(&window.name).is_some() {
                return Err(Error::new(
                    ErrorCode::WindowingError,
                    format!("window \"{}\" is already defined", &*window.name),
                )
                .at(window.name.span));
            }
            let mut bound = self.bind_window(&window.window)?;
            bound.name = Some(window.name.text.clone());
            self.scope().windows.push(bound);
        }
        Ok(())
    }

    /// The window of a call: its position among the level's windows.
    pub(crate) fn bind_over(&mut self, over: &Over) -> Result<usize, Error> {
        match over {
            Over::Name(name) => self.named_window(name).ok_or_else(|| missing_window(name)),
            Over::Specification(specification) => {
                let bound = self.bind_window(specification)?;
                let windows = &mut self.scope().windows;
                // Calls over equal windows share one.
                if let Some(at) = windows.iter().position(|known| {
                    known.partition_by == bound.partition_by
                        && known.order_by == bound.order_by
                        && known.frame == bound.frame
                }) {
                    return Ok(at);
                }
                windows.push(bound);
                Ok(windows.len() - 1)
            }
        }
    }

    fn named_window(&mut self, name: &str) -> Option<usize> {
        self.scope()
            .windows
            .iter()
            .position(|window| window.name.as_deref() == Some(name))
    }

    fn bind_window(&mut self, window: &WindowSpecification) -> Result<WindowDef, Error> {
        let base = match &window.base {
            Some(name) => {
                let at = self
                    .named_window(name)
                    .ok_or_else(|| missing_window(name))?;
                self.scope().windows.get(at).cloned()
            }
            None => None,
        };
        let mut partition_by = self.in_clause(Clause::WindowPartition, |binder| {
            window
                .partition_by
                .iter()
                .map(|expr| {
                    let expr = binder.bind_expr(expr)?;
                    binder.settle_unknown(expr)
                })
                .collect::<Result<alloc::vec::Vec<Expr>, Error>>()
        })?;
        let mut order_by = self.in_clause(Clause::WindowOrder, |binder| {
            binder.bind_sort_exprs(&window.order_by)
        })?;
        if let Some(base) = base {
            let name = window.base.as_ref().map_or("", |name| &name.text);
            let complaint = if !partition_by.is_empty() {
                Some(format!(
                    "cannot override PARTITION BY clause of window \"{name}\""
                ))
            } else if !order_by.is_empty() && !base.order_by.is_empty() {
                Some(format!(
                    "cannot override ORDER BY clause of window \"{name}\""
                ))
            } else if base.frame != default_frame() {
                Some(format!(
                    "cannot copy window \"{name}\" because it has a frame clause"
                ))
            } else {
                None
            };
            if let Some(message) = complaint {
                return Err(Error::new(ErrorCode::WindowingError, message).at(window.span));
            }
            partition_by = base.partition_by;
            if order_by.is_empty() {
                order_by = base.order_by;
            }
        }
        let frame = match &window.frame {
            Some(frame) => self.bind_frame(frame, &order_by)?,
            None => default_frame(),
        };
        Ok(WindowDef {
            name: None,
            partition_by,
            order_by,
            frame,
            run_condition: Vec::new(),
        })
    }

    fn bind_frame(
        &mut self,
        frame: &ast::WindowFrame,
        order_by: &[(Expr, bool, bool)],
    ) -> Result<WindowFrame, Error> {
        let fail =
            |message: &str| Err(Error::new(ErrorCode::WindowingError, message).at(frame.span));
        if frame.exclusion != FrameExclusion::NoOthers {
            return Err(Error::unsupported("EXCLUDE in a window frame", frame.span));
        }
        let units = match frame.unit {
            FrameUnit::Rows => FrameUnits::Rows,
            FrameUnit::Range => FrameUnits::Range,
            FrameUnit::Groups => FrameUnits::Groups,
        };
        match (&frame.start, &frame.end) {
            (ast::FrameBound::UnboundedFollowing, _) => {
                return fail("frame start cannot be UNBOUNDED FOLLOWING");
            }
            (_, ast::FrameBound::UnboundedPreceding) => {
                return fail("frame end cannot be UNBOUNDED PRECEDING");
            }
            (ast::FrameBound::CurrentRow, ast::FrameBound::Preceding(_)) => {
                return fail("frame starting from current row cannot have preceding rows");
            }
            (
                ast::FrameBound::Following(_),
                ast::FrameBound::Preceding(_) | ast::FrameBound::CurrentRow,
            ) => {
                return fail("frame starting from following row cannot have preceding rows");
            }
            _ => {}
        }
        let with_offset = [&frame.start, &frame.end].iter().any(|bound| {
            matches!(
                bound,
                ast::FrameBound::Preceding(_) | ast::FrameBound::Following(_)
            )
        });
        if units == FrameUnits::Groups && order_by.is_empty() {
            return fail("GROUPS mode requires an ORDER BY clause");
        }
        let offset_type = match (units, order_by) {
            (FrameUnits::Range, [(key, _, _)]) => match key.data_type.class() {
                TypeClass::DateTime | TypeClass::Interval => DataType::Interval,
                _ => key.data_type,
            },
            (FrameUnits::Range, _) if with_offset => {
                return fail(
                    "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column",
                );
            }
            _ => DataType::Int8,
        };
        Ok(WindowFrame {
            units,
            start: self.bind_bound(&frame.start, offset_type)?,
            end: self.bind_bound(&frame.end, offset_type)?,
        })
    }

    fn bind_bound(
        &mut self,
        bound: &ast::FrameBound,
        offset_type: DataType,
    ) -> Result<FrameBound, Error> {
        let mut offset = |expr: &ast::Expression| {
            let offset = self.in_clause(Clause::WindowFrame, |binder| {
                let offset = binder.bind_expr(expr)?;
                binder.coerce_implicit(offset, offset_type)
            })?;
            if columns_of(&offset).is_empty() {
                Ok(offset)
            } else {
                Err(Error::new(
                    ErrorCode::InvalidColumnReference,
                    "argument of frame offset must not contain variables",
                )
                .at(expr.span))
            }
        };
        Ok(match bound {
            ast::FrameBound::UnboundedPreceding => FrameBound::UnboundedPreceding,
            ast::FrameBound::Preceding(expr) => FrameBound::Preceding(offset(expr)?),
            ast::FrameBound::CurrentRow => FrameBound::CurrentRow,
            ast::FrameBound::Following(expr) => FrameBound::Following(offset(expr)?),
            ast::FrameBound::UnboundedFollowing => FrameBound::UnboundedFollowing,
        })
    }
}

const fn default_frame() -> WindowFrame {
    WindowFrame {
        units: FrameUnits::Range,
        start: FrameBound::UnboundedPreceding,
        end: FrameBound::CurrentRow,
    }
}

fn missing_window(name: &ast::Identifier) -> Error {
    Error::new(
        ErrorCode::UndefinedObject,
        format!("window \"{}\" does not exist", &**name),
    )
    .at(name.span)
}
