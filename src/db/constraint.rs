//! The name of a violated constraint, from what each engine says.

/// SQLite names columns, not constraints: `UNIQUE constraint failed: accounts.email_key` becomes
/// `uq_accounts_email_key`, and two columns `uq_tasks_account_id_title`. A check keeps its own name.
pub(super) fn from_sqlite(message: &str) -> Option<String> {
    if let Some(columns) = message.strip_prefix("UNIQUE constraint failed: ") {
        let mut columns = columns.split(", ");
        let (table, first) = columns.next()?.split_once('.')?;
        let mut name = format!("uq_{table}_{first}");
        for column in columns {
            name.push('_');
            name.push_str(column.split_once('.')?.1);
        }
        return Some(name);
    }
    if let Some(column) = message.strip_prefix("NOT NULL constraint failed: ") {
        return column.split_once('.').map(|(table, column)| format!("nn_{table}_{column}"));
    }
    // SQLite does not say which foreign key.
    if message == "FOREIGN KEY constraint failed" {
        return Some("fk".into());
    }
    message.strip_prefix("CHECK constraint failed: ").map(Into::into)
}

/// MariaDB: `… for key 'uq_…'` (some servers write `'table.uq_…'`) for 1062, otherwise ``CONSTRAINT `fk_…` ``,
/// in double quotes under `ANSI_QUOTES`. The value in front of the key came from outside, so the last `for key` is
/// the server's own.
pub(super) fn from_mariadb(code: u16, message: &str) -> Option<String> {
    let name = match code {
        1062 | 1586 => message.rsplit_once("for key '")?.1.strip_suffix('\'')?.rsplit('.').next()?,
        1451 | 1452 | 4025 => message.split_once("CONSTRAINT ")?.1.split(['`', '"']).nth(1)?,
        _ => return None,
    };
    Some(name.into())
}

#[cfg(test)]
mod tests {
    use super::{from_mariadb, from_sqlite};

    #[test]
    fn sqlite_columns_become_the_name() {
        let name = |message| from_sqlite(message).expect("a name");
        assert_eq!(name("UNIQUE constraint failed: accounts.email_key"), "uq_accounts_email_key");
        assert_eq!(
            name("UNIQUE constraint failed: tasks.account_id, tasks.title"),
            "uq_tasks_account_id_title"
        );
        assert_eq!(name("CHECK constraint failed: ck_tasks_done"), "ck_tasks_done");
        assert_eq!(name("FOREIGN KEY constraint failed"), "fk");
        assert_eq!(name("NOT NULL constraint failed: accounts.role"), "nn_accounts_role");
    }

    #[test]
    fn mariadb_quotes_names_in_two_ways() {
        for message in [
            "a foreign key constraint fails (`db`.`tasks`, CONSTRAINT `fk_tasks_account_id` FOREIGN KEY (`account_id`)",
            r#"a foreign key constraint fails ("db"."tasks", CONSTRAINT "fk_tasks_account_id" FOREIGN KEY ("account_id")"#,
        ] {
            assert_eq!(from_mariadb(1452, message).as_deref(), Some("fk_tasks_account_id"));
        }
    }

    #[test]
    fn a_value_cannot_forge_a_mariadb_name() {
        let forged = "Duplicate entry 'x' for key 'uq_other'' for key 'uq_accounts_email_key'";
        assert_eq!(from_mariadb(1062, forged).as_deref(), Some("uq_accounts_email_key"));
        let qualified = "Duplicate entry 'x' for key 'accounts.uq_accounts_email_key'";
        assert_eq!(from_mariadb(1062, qualified).as_deref(), Some("uq_accounts_email_key"));
        assert_eq!(from_mariadb(1048, "Column 'email_key' cannot be null"), None);
    }
}
