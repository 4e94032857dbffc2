//! EXPLAIN's options, and the way from a plan to EXPLAIN's text.

use super::{planning::PlannedStatement, result::Measured, settings::parse_bool, state::Database};
use crate::{
    Error, ErrorCode,
    explain::{self, ExplainTree, Measurements, explain, write_json, write_text},
};
use alloc::{format, string::String};
use parser::ast::UtilityOption;

/// What EXPLAIN was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExplainOptions {
    pub analyze: bool,
    pub verbose: bool,
    pub costs: bool,
    pub buffers: bool,
    pub timing: bool,
    pub summary: bool,
    pub json: bool,
}

impl ExplainOptions {
    /// Reads the option list.
    ///
    /// # Errors
    /// 42601 and 22023 as PostgreSQL; 0A000 for formats that are not written.
    pub fn read(options: &[UtilityOption]) -> Result<Self, Error> {
        let (mut timing, mut summary) = (None, None);
        let mut read = Self {
            analyze: false,
            verbose: false,
            costs: true,
            buffers: false,
            timing: false,
            summary: false,
            json: false,
        };
        for option in options {
            let text = option.value.as_ref().map(|value| &*value.text);
            let flag = || {
                text.map_or(Some(true), parse_bool).ok_or_else(|| {
                    Error::new(
                        ErrorCode::SyntaxError,
                        format!("{} requires a Boolean value", option.name.text),
                    )
                    .at(option.name.span)
                })
            };
            match &*option.name.text {
                "analyze" => read.analyze = flag()?,
                "verbose" => read.verbose = flag()?,
                "costs" => read.costs = flag()?,
                "buffers" => read.buffers = flag()?,
                "timing" => timing = Some(flag()?),
                "summary" => summary = Some(flag()?),
                "wal" | "settings" => {
                    flag()?;
                }
                "format" => match text {
                    Some("text") => read.json = false,
                    Some("json") => read.json = true,
                    Some(format @ ("xml" | "yaml")) => {
                        let what = format!("EXPLAIN (FORMAT {})", format.to_ascii_uppercase());
                        return Err(Error::unsupported(&what, option.name.span));
                    }
                    other => {
                        return Err(Error::new(
                            ErrorCode::InvalidParameterValue,
                            format!(
                                "unrecognized value for EXPLAIN option \"format\": \"{}\"",
                                other.unwrap_or("")
                            ),
                        )
                        .at(option.name.span));
                    }
                },
                other => {
                    return Err(Error::new(
                        ErrorCode::SyntaxError,
                        format!("unrecognized EXPLAIN option \"{other}\""),
                    )
                    .at(option.name.span));
                }
            }
        }
        read.timing = timing.unwrap_or(read.analyze);
        read.summary = summary.unwrap_or(read.analyze);
        if timing == Some(true) && !read.analyze {
            return Err(Error::new(
                ErrorCode::InvalidParameterValue,
                "EXPLAIN option TIMING requires ANALYZE",
            ));
        }
        Ok(read)
    }
}

impl Database {
    /// The plan as EXPLAIN shows it, as data.
    #[must_use]
    pub fn explain_tree(
        &self,
        planned: &PlannedStatement,
        measured: Option<&Measured>,
        options: explain::ExplainOptions,
    ) -> ExplainTree {
        let measurements = match measured {
            Some(measured) => Measurements {
                nodes: &measured.metrics,
                ledger: Some(&measured.ledger),
                page_times: Some(measured.page_times),
                planning_ns: self.clock.as_ref().map(|_| measured.planning_ns),
                execution_ns: self.clock.as_ref().map(|_| measured.execution_ns),
            },
            None => Measurements::default(),
        };
        explain(&planned.plan, &self.catalog, options, measurements)
    }

    /// EXPLAIN's answer.
    pub(super) fn explain_text(
        &self,
        planned: &PlannedStatement,
        measured: Option<&Measured>,
        options: &ExplainOptions,
    ) -> String {
        let tree = self.explain_tree(
            planned,
            measured,
            explain::ExplainOptions {
                analyze: options.analyze,
                verbose: options.verbose,
                costs: options.costs,
                buffers: options.buffers,
                timing: options.timing && self.clock.is_some(),
                summary: options.summary && self.clock.is_some(),
            },
        );
        if options.json {
            write_json(&tree)
        } else {
            write_text(&tree).join("\n")
        }
    }
}
