//! `WITH (…)`: fill factor, organization, and the state of an index.

use crate::{
    catalog::{IndexState, Organization},
    error::{Error, ErrorCode},
};
use alloc::format;
use parser::ast::StorageParameter;

/// What `WITH (…)` may say; `None` = not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) fill_factor: Option<u8>,
    pub(super) organization: Option<Organization>,
    pub(super) hypothetical: Option<bool>,
    pub(super) hidden: Option<bool>,
}

impl Parameters {
    /// Reads the list. 22023 for unknown names and bad values.
    pub(super) fn read(list: &[StorageParameter]) -> Result<Self, Error> {
        let mut read = Self::default();
        for parameter in list {
            let name = &**parameter.name.last();
            let value = parameter.value.as_ref().map(|value| &*value.text);
            match name {
                "fillfactor" => {
                    let factor = value.and_then(|text| text.parse::<u8>().ok());
                    match factor.filter(|factor| (10..=100).contains(factor)) {
                        Some(factor) => read.fill_factor = Some(factor),
                        None => {
                            let shown = value.unwrap_or("");
                            return Err(invalid(
                                format!("value {shown} out of bounds for option \"fillfactor\""),
                                parameter,
                            )
                            .with_detail("Valid values are between \"10\" and \"100\"."));
                        }
                    }
                }
                "organization" => {
                    read.organization = Some(match value {
                        Some("heap") => Organization::Heap,
                        Some("clustered") => Organization::Clustered,
                        _ => {
                            return Err(invalid(
                                format!(
                                    "invalid value for enum option \"organization\": {}",
                                    value.unwrap_or("")
                                ),
                                parameter,
                            )
                            .with_detail("Valid values are \"heap\" and \"clustered\"."));
                        }
                    });
                }
                "hypothetical" => read.hypothetical = Some(boolean(value, parameter)?),
                "hidden" => read.hidden = Some(boolean(value, parameter)?),
                "deduplicate_items"
                | "autovacuum_enabled"
                | "parallel_workers"
                | "n_distinct"
                | "n_distinct_inherited" => {}
                _ => {
                    return Err(invalid(
                        format!("unrecognized parameter \"{name}\""),
                        parameter,
                    ));
                }
            }
        }
        Ok(read)
    }

    /// As [`Self::read`], for an index: 22023 for what only a table has.
    pub(super) fn of_index(list: &[StorageParameter]) -> Result<Self, Error> {
        match organization(list) {
            Some(parameter) => Err(invalid(
                "unrecognized parameter \"organization\"".into(),
                parameter,
            )),
            None => Self::read(list),
        }
    }

    /// The state that the two words make of `before`.
    pub(super) fn state(self, before: IndexState) -> IndexState {
        match (self.hypothetical, self.hidden) {
            (Some(true), _) => IndexState::Hypothetical,
            (_, Some(true)) => IndexState::Hidden,
            (Some(false), _) if before == IndexState::Hypothetical => IndexState::Real,
            (_, Some(false)) if before == IndexState::Hidden => IndexState::Real,
            _ => before,
        }
    }
}

/// Where `organization` is said.
pub(super) fn organization(list: &[StorageParameter]) -> Option<&StorageParameter> {
    list.iter()
        .find(|parameter| &**parameter.name.last() == "organization")
}

fn boolean(value: Option<&str>, parameter: &StorageParameter) -> Result<bool, Error> {
    match value {
        None | Some("true" | "on" | "yes" | "1") => Ok(true),
        Some("false" | "off" | "no" | "0") => Ok(false),
        Some(other) => Err(invalid(
            format!(
                "invalid value for boolean option \"{}\": {other}",
                &**parameter.name.last()
            ),
            parameter,
        )),
    }
}

fn invalid(message: alloc::string::String, parameter: &StorageParameter) -> Error {
    Error::new(ErrorCode::InvalidParameterValue, message).at(parameter.span)
}
