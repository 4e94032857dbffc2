//! ALTER INDEX: another name, other parameters, hidden or not.

use super::{
    Change, Work,
    names::{already_exists, relation_exists},
    parameters::Parameters,
};
use crate::{
    catalog::{Catalog, IndexState},
    error::{Error, ErrorCode},
};
use alloc::{format, vec::Vec};
use parser::ast::{AlterIndex, AlterIndexAction};

pub(super) fn alter_index(alter: &AlterIndex, catalog: &Catalog) -> Result<Change, Error> {
    let name = alter.name.last();
    let Some(index) = catalog.index_by_name(name) else {
        let message = format!("relation \"{}\" does not exist", &**name);
        if alter.if_exists {
            return Ok(Change::notice(format!("{message}, skipping")));
        }
        return Err(Error::new(ErrorCode::UndefinedTable, message).at(alter.name.span));
    };
    let mut index = (**index).clone();
    let mut work = Vec::new();
    match &alter.action {
        AlterIndexAction::RenameTo(to) => {
            if relation_exists(catalog, to) {
                return Err(already_exists(to, to.span));
            }
            index.name = to.text.clone();
        }
        AlterIndexAction::Set(list) => {
            let parameters = Parameters::of_index(list)?;
            if parameters.hypothetical == Some(true) && index.state != IndexState::Hypothetical {
                return Err(Error::new(
                    ErrorCode::InvalidParameterValue,
                    "an index that is built cannot become hypothetical",
                )
                .at(alter.name.span)
                .with_hint("Set (hidden = true) to plan without it."));
            }
            let before = index.state;
            index.state = parameters.state(before);
            if before == IndexState::Hypothetical && index.state != IndexState::Hypothetical {
                work.push(Work::BuildIndex(index.id));
            }
            if let Some(factor) = parameters.fill_factor {
                index.fill_factor = factor;
            }
        }
        AlterIndexAction::Reset(names) => {
            for name in names {
                match &**name.last() {
                    "fillfactor" => index.fill_factor = 90,
                    "hidden" if index.state == IndexState::Hidden => {
                        index.state = IndexState::Real;
                    }
                    _ => {}
                }
            }
        }
        AlterIndexAction::SetStatistics { .. } => {
            return Err(Error::unsupported(
                "ALTER INDEX … SET STATISTICS",
                alter.name.span,
            ));
        }
    }
    Ok(Change {
        indexes: Vec::from([index]),
        work,
        ..Change::default()
    })
}
