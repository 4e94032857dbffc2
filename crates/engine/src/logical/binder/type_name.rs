//! From a written type to a [`DataType`]. PostgreSQL: `parse_type.c`, and the modifier checks of each type.

use crate::{
    error::{Error, ErrorCode},
    value::DataType,
};
use alloc::{format, vec::Vec};
use parser::ast::{ExpressionKind, TypeName};

/// The type that `name` means.
///
/// # Errors
/// 42704 for an unknown type, 0A000 for one that PostgreSQL has and we have not, 22023 for bad modifiers.
pub fn data_type(name: &TypeName) -> Result<DataType, Error> {
    if name.array_dimensions > 0 {
        return Err(Error::unsupported("an array type", name.span));
    }
    element_type(name)
}

/// The type, or the type of its elements if it is an array.
///
/// # Errors
/// As [`data_type`], but for arrays.
pub fn element_type(name: &TypeName) -> Result<DataType, Error> {
    let modifiers = modifiers(name)?;
    let plain = |data_type| {
        if modifiers.is_empty() {
            Ok(data_type)
        } else {
            Err(Error::new(
                ErrorCode::SyntaxError,
                format!(
                    "type modifier is not allowed for type \"{}\"",
                    &**name.name.last()
                ),
            )
            .at(name.span))
        }
    };
    match &**name.name.last() {
        "bool" | "boolean" => plain(DataType::Bool),
        "int2" | "smallint" => plain(DataType::Int2),
        "int4" | "int" | "integer" => plain(DataType::Int4),
        "int8" | "bigint" => plain(DataType::Int8),
        "float4" | "real" => plain(DataType::Float4),
        "float8" => plain(DataType::Float8),
        "text" => plain(DataType::Text),
        "date" => plain(DataType::Date),
        "uuid" => plain(DataType::Uuid),
        "name" => plain(DataType::Text),
        "interval" => Ok(DataType::Interval),
        "timestamp" | "timestamptz" => Ok(DataType::Timestamp),
        "numeric" | "decimal" => numeric(name, &modifiers),
        "varchar" => Ok(DataType::Varchar(length(name, &modifiers, "varchar")?)),
        "bpchar" | "char" => {
            Ok(length(name, &modifiers, "char")?.map_or(DataType::Varchar(None), DataType::Char))
        }
        "time" | "timetz" | "json" | "jsonb" | "bytea" | "money" | "inet" | "cidr" | "macaddr"
        | "point" | "xml" | "bit" | "varbit" | "tsvector" | "tsquery" | "oid" | "regclass"
        | "int4range" | "daterange" | "xid" | "hstore" => Err(Error::unsupported(
            &format!("type \"{}\"", &**name.name.last()),
            name.span,
        )),
        other => Err(Error::new(
            ErrorCode::UndefinedObject,
            format!("type \"{other}\" does not exist"),
        )
        .at(name.span)),
    }
}

fn modifiers(name: &TypeName) -> Result<Vec<i64>, Error> {
    name.modifiers
        .iter()
        .map(|modifier| match modifier.kind {
            ExpressionKind::Integer(value) => Ok(value),
            _ => Err(Error::new(
                ErrorCode::InvalidParameterValue,
                "type modifiers must be simple constants or identifiers",
            )
            .at(modifier.span)),
        })
        .collect()
}

fn numeric(name: &TypeName, modifiers: &[i64]) -> Result<DataType, Error> {
    let (precision, scale) = match modifiers {
        [] => return Ok(DataType::Numeric(None)),
        [precision] => (*precision, 0),
        [precision, scale] => (*precision, *scale),
        _ => {
            return Err(Error::new(
                ErrorCode::InvalidParameterValue,
                "invalid NUMERIC type modifier",
            )
            .at(name.span));
        }
    };
    if !(1..=1000).contains(&precision) {
        return Err(Error::new(
            ErrorCode::InvalidParameterValue,
            format!("NUMERIC precision {precision} must be between 1 and 1000"),
        )
        .at(name.span));
    }
    if !(-1000..=1000).contains(&scale) {
        return Err(Error::new(
            ErrorCode::InvalidParameterValue,
            format!("NUMERIC scale {scale} must be between -1000 and 1000"),
        )
        .at(name.span));
    }
    let (Ok(precision), Ok(scale)) = (u16::try_from(precision), u16::try_from(scale)) else {
        return Err(Error::unsupported("a negative numeric scale", name.span));
    };
    Ok(DataType::Numeric(Some((precision, scale))))
}

fn length(name: &TypeName, modifiers: &[i64], shown: &str) -> Result<Option<u32>, Error> {
    match modifiers {
        [] => Ok(None),
        [length] if *length < 1 => Err(Error::new(
            ErrorCode::InvalidParameterValue,
            format!("length for type {shown} must be at least 1"),
        )
        .at(name.span)),
        [length] if *length > 10_485_760 => Err(Error::new(
            ErrorCode::InvalidParameterValue,
            format!("length for type {shown} cannot exceed 10485760"),
        )
        .at(name.span)),
        [length] => Ok(u32::try_from(*length).ok()),
        _ => {
            Err(Error::new(ErrorCode::InvalidParameterValue, "invalid type modifier").at(name.span))
        }
    }
}
