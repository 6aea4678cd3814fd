//! Inserts many rows into a table. Several rows are written by one execution of a statement, which costs about as much as
//! a single row.

use rusqlite::{Connection, Statement};

/// How many rows the statements write at a time.
const BATCHES: [usize; 3] = [32, 8, 1];

/// The statements of a table.
pub(super) struct BulkInsert {
    columns: usize,
    /// One for each of [`BATCHES`].
    statements: [String; BATCHES.len()],
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
            statements: BATCHES.map(insert),
        }
    }

    /// Skips rows whose key is there already.
    pub fn unless_there(mut self) -> Self {
        for statement in &mut self.statements {
            *statement = statement.replacen("INSERT", "INSERT OR IGNORE", 1);
        }
        self
    }

    /// Inserts rows, in their order, and returns how many. `bind` binds the columns of a row, of which the first is the
    /// parameter with the given number.
    pub fn write<R>(
        &self,
        conn: &Connection,
        rows: &[R],
        bind: impl Fn(&mut Statement<'_>, usize, &R) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<usize> {
        let (mut rest, mut added) = (rows, 0);
        for (insert, batch) in self.statements.iter().zip(BATCHES) {
            let chunks = rest.chunks_exact(batch);
            rest = chunks.remainder();
            if chunks.len() == 0 {
                continue;
            }
            let mut insert = conn.prepare_cached(insert)?;
            for chunk in chunks {
                for (row, at) in chunk.iter().zip((1..).step_by(self.columns)) {
                    bind(&mut insert, at, row)?;
                }
                added += insert.raw_execute()?;
            }
        }
        Ok(added)
    }
}
