//! Windows: `(PARTITION BY … ORDER BY … ROWS BETWEEN …)`.

use crate::ast::{FrameBound, FrameExclusion, FrameUnit, WindowFrame, WindowSpecification};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::{boxed::Box, vec::Vec};

impl Parser<'_> {
    pub(crate) fn window_specification(&mut self) -> Result<WindowSpecification> {
        let start = self.start();
        self.expect(TokenKind::LeftParenthesis)?;
        let unit = self.frame_unit();
        let begins_clause = self.at_word(K::Partition) || unit.is_some();
        let base = if !begins_clause && self.at_name() {
            Some(self.name()?)
        } else {
            None
        };
        let partition_by = if self.accept_words(&[K::Partition, K::By]) {
            self.list(Self::expression)?
        } else {
            Vec::new()
        };
        let order_by = self.optional_order_by()?;
        let frame = match self.frame_unit() {
            Some(unit) => Some(self.frame(unit)?),
            None => None,
        };
        self.expect(TokenKind::RightParenthesis)?;
        let span = self.since(start);
        Ok(WindowSpecification {
            base,
            partition_by,
            order_by,
            frame,
            span,
        })
    }

    fn frame_unit(&mut self) -> Option<FrameUnit> {
        match self.keyword()? {
            K::Rows => Some(FrameUnit::Rows),
            K::Range => Some(FrameUnit::Range),
            K::Groups => Some(FrameUnit::Groups),
            _ => None,
        }
    }

    fn frame(&mut self, unit: FrameUnit) -> Result<WindowFrame> {
        let first = self.advance().span.start;
        let (start, end);
        if self.accept_word(K::Between) {
            start = self.frame_bound()?;
            self.expect_word(K::And)?;
            end = self.frame_bound()?;
        } else {
            start = self.frame_bound()?;
            end = FrameBound::CurrentRow;
        }
        let span = self.since(first);
        let message = match (&start, &end) {
            (FrameBound::UnboundedFollowing, _) => "frame start cannot be UNBOUNDED FOLLOWING",
            (_, FrameBound::UnboundedPreceding) => "frame end cannot be UNBOUNDED PRECEDING",
            (FrameBound::CurrentRow, FrameBound::Preceding(_)) => {
                "frame starting from current row cannot have preceding rows"
            }
            (FrameBound::Following(_), FrameBound::Preceding(_) | FrameBound::CurrentRow) => {
                "frame starting from following row cannot have preceding rows"
            }
            _ => "",
        };
        if !message.is_empty() {
            return Err(self.windowing(message, span));
        }
        let exclusion = self.frame_exclusion()?;
        Ok(WindowFrame {
            unit,
            start,
            end,
            exclusion,
            span: self.since(first),
        })
    }

    fn frame_bound(&mut self) -> Result<FrameBound> {
        if self.accept_words(&[K::Unbounded, K::Preceding]) {
            return Ok(FrameBound::UnboundedPreceding);
        }
        if self.accept_words(&[K::Unbounded, K::Following]) {
            return Ok(FrameBound::UnboundedFollowing);
        }
        if self.accept_words(&[K::Current, K::Row]) {
            return Ok(FrameBound::CurrentRow);
        }
        let distance = Box::new(self.expression()?);
        if self.accept_word(K::Preceding) {
            return Ok(FrameBound::Preceding(distance));
        }
        self.expect_word(K::Following)?;
        Ok(FrameBound::Following(distance))
    }

    fn frame_exclusion(&mut self) -> Result<FrameExclusion> {
        if !self.accept_word(K::Exclude) {
            return Ok(FrameExclusion::NoOthers);
        }
        if self.accept_words(&[K::Current, K::Row]) {
            return Ok(FrameExclusion::CurrentRow);
        }
        if self.accept_word(K::Group) {
            return Ok(FrameExclusion::Group);
        }
        if self.accept_word(K::Ties) {
            return Ok(FrameExclusion::Ties);
        }
        self.expect_words(&[K::No, K::Others])?;
        Ok(FrameExclusion::NoOthers)
    }
}
