//! Values in MariaDB's binary format.

use mysql_async::consts::ColumnType;
use mysql_async::{Params, Value as Wire};

use crate::db::{Error, Result, Row, Value, ValueRef};

/// Character set number of columns that hold bytes.
const BINARY: u16 = 63;

/// The values of a statement.
pub(super) fn bind(values: &[Value<'_>]) -> Params {
    if values.is_empty() {
        return Params::Empty;
    }
    let wire = |value: &Value<'_>| match *value {
        Value::Null => Wire::NULL,
        Value::Int(value) => Wire::Int(value),
        Value::Text(value) => Wire::Bytes(value.as_bytes().to_vec()),
        Value::Blob(value) => Wire::Bytes(value.to_vec()),
        Value::Id(id) => Wire::Bytes(id.as_bytes().to_vec()),
    };
    Params::Positional(values.iter().map(wire).collect())
}

/// A row as it came.
pub(super) struct MariaDbRow(pub mysql_async::Row);

impl Row for MariaDbRow {
    fn value(&self, index: usize) -> Result<ValueRef<'_>> {
        let defect = |what: &str| Error::Internal(format!("column {index}: {what}"));
        let column = self.0.columns_ref().get(index).ok_or_else(|| defect("there is no such column"))?;
        match self.0.as_ref(index) {
            Some(Wire::NULL) => Ok(ValueRef::Null),
            Some(Wire::Int(value)) => Ok(ValueRef::Int(*value)),
            Some(Wire::UInt(value)) => {
                let value =
                    i64::try_from(*value).map_err(|_| defect("an unsigned integer above the range"))?;
                Ok(ValueRef::Int(value))
            }
            // A sum of BIGINT comes as a DECIMAL in letters.
            Some(Wire::Bytes(digits)) if column.column_type() == ColumnType::MYSQL_TYPE_NEWDECIMAL => {
                let whole = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
                whole.map(ValueRef::Int).ok_or_else(|| defect("the DECIMAL is not a whole number in range"))
            }
            Some(Wire::Bytes(bytes)) if is_bytes_or_text(column.column_type()) => {
                if column.character_set() == BINARY {
                    return Ok(ValueRef::Blob(bytes));
                }
                let text = std::str::from_utf8(bytes).map_err(|_| defect("text that is not UTF-8"))?;
                Ok(ValueRef::Text(text))
            }
            _ => {
                Err(defect(&format!("the type {:?} is not one that all engines share", column.column_type())))
            }
        }
    }
}

fn is_bytes_or_text(column: ColumnType) -> bool {
    use ColumnType::{
        MYSQL_TYPE_BLOB, MYSQL_TYPE_LONG_BLOB, MYSQL_TYPE_MEDIUM_BLOB, MYSQL_TYPE_STRING,
        MYSQL_TYPE_TINY_BLOB, MYSQL_TYPE_VAR_STRING, MYSQL_TYPE_VARCHAR,
    };
    matches!(
        column,
        MYSQL_TYPE_BLOB
            | MYSQL_TYPE_LONG_BLOB
            | MYSQL_TYPE_MEDIUM_BLOB
            | MYSQL_TYPE_STRING
            | MYSQL_TYPE_TINY_BLOB
            | MYSQL_TYPE_VAR_STRING
            | MYSQL_TYPE_VARCHAR
    )
}
