//! Values in PostgreSQL's binary format. Which type a parameter has, the server said when it prepared the statement.

use std::error::Error as _;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

use crate::db::{Error, Result, Row, Value, ValueRef};

type BoxError = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match (*self, ty) {
            (Self::Null, _) => return Ok(IsNull::Yes),
            (Self::Int(value), &Type::INT8) => out.put_i64(value),
            (Self::Int(value), &Type::INT4) => out.put_i32(value.try_into()?),
            (Self::Int(value), &Type::INT2) => out.put_i16(value.try_into()?),
            (Self::Text(value), ty) if is_text(ty) => out.put_slice(value.as_bytes()),
            (Self::Blob(value), &Type::BYTEA) => out.put_slice(value),
            (Self::Id(id), &Type::UUID | &Type::BYTEA) => out.put_slice(id.as_bytes()),
            (value, ty) => return Err(format!("{value:?} does not fit a parameter of type {ty}").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn is_text(ty: &Type) -> bool {
    matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::UNKNOWN)
        || matches!(ty.kind(), Kind::Enum(_))
}

/// A row as it came.
pub(super) struct PostgresRow(pub tokio_postgres::Row);

impl Row for PostgresRow {
    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let read: Result<Option<ValueRef<'_>>, _> = self.0.try_get(index);
        read.map(|value| value.unwrap_or(ValueRef::Null)).map_err(|error| {
            let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            Error::Internal(format!("column {index}: {reason}"))
        })
    }
}

impl<'a> FromSql<'a> for ValueRef<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, BoxError> {
        Ok(match *ty {
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Self::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Self::Int(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => Self::Int(bool::from_sql(ty, raw)?.into()),
            Type::NUMERIC => Self::Int(whole(raw)?),
            Type::BYTEA | Type::UUID => Self::Blob(raw),
            ref text if is_text(text) => Self::Text(std::str::from_utf8(raw)?),
            ref other => return Err(format!("the type {other} is not one that all engines share").into()),
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A sum of `BIGINT` comes as `NUMERIC`: how many digits, the weight of the first, sign, scale, then digits to the base
/// of 10,000 without the zeros at the end.
fn whole(raw: &[u8]) -> Result<i64, BoxError> {
    let mut words = raw.chunks_exact(2).map(|word| i16::from_be_bytes([word[0], word[1]]));
    let mut word = || words.next().ok_or("a NUMERIC that ends too early");
    let (count, weight, sign, scale) = (word()?, word()?, word()?, word()?);
    if scale != 0 || !matches!(sign, 0 | 0x4000) {
        return Err("the NUMERIC is not a whole number".into());
    }
    let mut value = 0_i128;
    for place in 0..=weight {
        let digit = if place < count { word()? } else { 0 };
        value = value
            .checked_mul(10_000)
            .and_then(|value| value.checked_add(digit.into()))
            .ok_or("out of range")?;
    }
    Ok(i64::try_from(if sign == 0 { value } else { -value })?)
}
