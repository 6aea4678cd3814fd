//! Inserts many rows into a table. Several rows are written by one execution of a statement, which costs about as much as
//! a single row.

use rusqlite::{Connection, Statement};

/// Rows written by one execution of the statement.
const BATCH: usize = 32;

/// The statements of a table.
pub(super) struct BulkInsert {
    columns: usize,
    many: String,
    one: String,
}

impl BulkInsert {
    /// Statements that insert these columns.
    pub fn into(table: &str, columns: &[&str]) -> Self {
        let row = format!("({})", vec!["?"; columns.len()].join(", "));
        let names = columns.join(", ");
        let insert = |rows: usize| {
            let rows = vec![row.as_str(); rows].join(", ");
            format!("INSERT INTO {table} ({names}) VALUES {rows}")
        };
        Self {
            columns: columns.len(),
            many: insert(BATCH),
            one: insert(1),
        }
    }

    /// Inserts rows, in their order. `bind` binds the columns of a row, of which the first is the parameter with the given
    /// number.
    pub fn write<R>(
        &self,
        conn: &Connection,
        rows: &[R],
        bind: impl Fn(&mut Statement<'_>, usize, &R) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let chunks = rows.chunks_exact(BATCH);
        let rest = chunks.remainder().chunks_exact(1);
        for (insert, chunks) in [(&self.many, chunks), (&self.one, rest)] {
            if chunks.len() == 0 {
                continue;
            }
            let mut insert = conn.prepare_cached(insert)?;
            for chunk in chunks {
                for (row, at) in chunk.iter().zip((1..).step_by(self.columns)) {
                    bind(&mut insert, at, row)?;
                }
                insert.raw_execute()?;
            }
        }
        Ok(())
    }
}
