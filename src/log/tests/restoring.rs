//! Cursors after the file was put back to an older copy, or lost its newest messages.

use std::{fs, path::Path};

use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Bed {
    fn push_to_all(&self, count: usize) {
        (0..count).for_each(|_| _ = self.push(Audience::Everyone, "x"));
    }

    /// Closes the log, and copies its folder.
    fn copy(&mut self) -> TempDir {
        drop(self.log.take());
        let copy = tempfile::tempdir().expect("a folder");
        copy_files(self.folder.path(), copy.path());
        self.reopen();
        copy
    }

    /// Puts a copy back.
    fn restore(&mut self, copy: &TempDir) {
        drop(self.log.take());
        copy_files(copy.path(), self.folder.path());
        self.reopen();
    }

    fn cursor(&self, seq: Seq) -> Cursor {
        self.log().cursor(seq)
    }

    fn check(&self, cursor: &Cursor) -> Standing {
        self.log().check(cursor)
    }

    fn openings_in_file(&self) -> i64 {
        let conn = rusqlite::Connection::open(self.database()).expect("a file");
        let count = "SELECT count(*) FROM openings";
        conn.query_row(count, [], |row| row.get(0))
            .expect("a number")
    }

    fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("tidings.sqlite3")
    }
}

fn copy_files(from: &Path, to: &Path) {
    for old in fs::read_dir(to).expect("a folder") {
        fs::remove_file(old.expect("a file").path()).expect("removed");
    }
    for file in fs::read_dir(from).expect("a folder") {
        let file = file.expect("a file");
        fs::copy(file.path(), to.join(file.file_name())).expect("copied");
    }
}

#[test]
fn a_restart_leaves_all_cursors_exact() {
    let mut bed = Bed::new();
    let start = bed.cursor(0);
    bed.push_to_all(3);
    let had = [1, 2, 3].map(|seq| bed.cursor(seq));
    for _ in 0..3 {
        bed.reopen();
        bed.push_to_all(1);
        for cursor in &had {
            assert_eq!(bed.check(cursor), Standing::Exact);
            assert_eq!(bed.cursor(cursor.seq), *cursor, "ids stay the same");
        }
        assert_eq!(bed.check(&start), Standing::Exact);
    }
}

#[test]
fn a_cursor_beyond_a_restored_copy_is_rolled_back_to_where_the_histories_part() {
    let mut bed = Bed::new();
    bed.push_to_all(5);
    let copy = bed.copy();
    bed.push_to_all(5);
    let had = [5, 6, 10].map(|seq| bed.cursor(seq));
    bed.restore(&copy);
    for pushed in [0, 20] {
        bed.push_to_all(pushed);
        assert_eq!(bed.check(&had[0]), Standing::Exact);
        let rolled_back = |to| Standing::RolledBack { from: 6, to };
        assert_eq!(bed.check(&had[1]), rolled_back(6));
        assert_eq!(bed.check(&had[2]), rolled_back(10));
    }
}

#[test]
fn a_rollback_is_noticed_after_any_number_of_restarts_before_and_after_it() {
    let mut bed = Bed::new();
    bed.push_to_all(3);
    let copy = bed.copy();
    for _ in 0..4 {
        bed.push_to_all(2);
        bed.reopen();
    }
    let had = bed.cursor(11);
    bed.restore(&copy);
    for _ in 0..8 {
        let rolled_back = Standing::RolledBack { from: 4, to: 11 };
        assert_eq!(bed.check(&had), rolled_back);
        bed.push_to_all(3);
        bed.reopen();
    }
}

#[test]
fn a_copy_that_is_restored_twice_rolls_back_twice() {
    let mut bed = Bed::new();
    bed.push_to_all(2);
    let copy = bed.copy();
    bed.push_to_all(2);
    let first = bed.cursor(4);
    bed.restore(&copy);
    bed.push_to_all(2);
    let second = bed.cursor(4);
    bed.restore(&copy);
    bed.push_to_all(2);
    for cursor in [first, second] {
        let rolled_back = Standing::RolledBack { from: 3, to: 4 };
        assert_eq!(bed.check(&cursor), rolled_back);
    }
    assert_eq!(bed.check(&bed.cursor(4)), Standing::Exact);
}

#[test]
fn messages_that_a_crash_has_lost_are_rolled_back() {
    let mut bed = Bed::with(|options| options.durability = Durability::Os);
    bed.push_to_all(9);
    let had = bed.cursor(9);
    drop(bed.log.take());
    // As after power loss: the last commits have not reached the disk.
    let conn = rusqlite::Connection::open(bed.database()).expect("a file");
    for lost in ["messages WHERE seq > 6", "posts WHERE seq > 6"] {
        conn.execute(&format!("DELETE FROM {lost}"), [])
            .expect("lost");
    }
    let uncount = "UPDATE log SET counted = 6, counted_to = 6";
    conn.execute(uncount, []).expect("lost");
    drop(conn);
    bed.reopen();
    assert_eq!(bed.push(Audience::Everyone, "other"), 7);
    assert_eq!(bed.check(&had), Standing::RolledBack { from: 7, to: 9 });
}

#[test]
fn a_file_of_an_older_version_takes_the_cursors_that_it_gave() {
    let mut bed = Bed::new();
    bed.push_to_all(4);
    drop(bed.log.take());
    let conn = rusqlite::Connection::open(bed.database()).expect("a file");
    take_back_version_3(&conn);
    let id: String = conn
        .query_row("SELECT epoch FROM log", [], |row| row.get(0))
        .expect("an id");
    drop(conn);
    bed.reopen();
    bed.push_to_all(4);
    let old = |seq| Cursor::parse(&format!("{id}-{seq}")).expect("a cursor");
    assert_eq!(bed.cursor(4), old(4));
    assert_ne!(bed.cursor(5), old(5));
    assert_eq!(bed.check(&old(4)), Standing::Exact);
    assert_eq!(bed.check(&old(6)), Standing::RolledBack { from: 5, to: 6 });
}

#[test]
fn the_table_of_openings_does_not_grow_with_restarts_alone() {
    let mut bed = Bed::new();
    bed.push_to_all(1);
    for _ in 0..5 {
        bed.reopen();
    }
    assert_eq!(bed.openings_in_file(), 2);
}

#[test]
fn a_cursor_of_an_opening_whose_messages_are_gone_is_still_compared() {
    let mut bed = Bed::new();
    bed.push_to_all(2);
    let copy = bed.copy();
    bed.push_to_all(2);
    let had = bed.cursor(4);
    bed.restore(&copy);
    bed.push_to_all(4);
    bed.reopen();
    bed.pass(8 * DAY);
    bed.push_to_all(1);
    bed.log().run_maintenance().expect("maintenance");
    assert_eq!(bed.log().tail_start(), 7);
    bed.reopen();
    assert_eq!(bed.check(&had), Standing::RolledBack { from: 3, to: 4 });
}
