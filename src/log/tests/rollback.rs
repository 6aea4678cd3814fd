//! Cursors after an older copy of the file was restored, or after the newest messages were lost.

use std::{fs, path::Path};

use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl TestLog {
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

    /// Restores a copy.
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

    /// Restarts an hour later.
    fn reopen_later(&mut self) {
        self.pass(Duration::from_secs(3600));
        self.reopen();
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
fn cursors_are_exact_after_a_restart() {
    let mut test = TestLog::new();
    let start = test.cursor(0);
    test.push_to_all(3);
    let had = [1, 2, 3].map(|seq| test.cursor(seq));
    for _ in 0..3 {
        test.reopen();
        test.push_to_all(1);
        for cursor in &had {
            assert_eq!(test.check(cursor), Standing::Exact);
            assert_eq!(test.cursor(cursor.seq), *cursor, "ids stay the same");
        }
        assert_eq!(test.check(&start), Standing::Exact);
    }
}

#[test]
fn a_cursor_after_the_end_of_a_restored_copy_is_rolled_back() {
    let mut test = TestLog::new();
    test.push_to_all(5);
    let copy = test.copy();
    test.push_to_all(5);
    let had = [5, 6, 10].map(|seq| test.cursor(seq));
    test.restore(&copy);
    for pushed in [0, 20] {
        test.push_to_all(pushed);
        assert_eq!(test.check(&had[0]), Standing::Exact);
        let rolled_back = |to| Standing::RolledBack { from: 6, to };
        assert_eq!(test.check(&had[1]), rolled_back(6));
        assert_eq!(test.check(&had[2]), rolled_back(10));
    }
}

#[test]
fn a_rollback_is_detected_after_any_number_of_restarts() {
    let mut test = TestLog::new();
    test.push_to_all(3);
    let copy = test.copy();
    for _ in 0..4 {
        test.push_to_all(2);
        test.reopen();
    }
    let had = test.cursor(11);
    test.restore(&copy);
    for _ in 0..8 {
        let rolled_back = Standing::RolledBack { from: 4, to: 11 };
        assert_eq!(test.check(&had), rolled_back);
        test.push_to_all(3);
        test.reopen();
    }
}

#[test]
fn restoring_a_copy_twice_rolls_back_twice() {
    let mut test = TestLog::new();
    test.push_to_all(2);
    let copy = test.copy();
    test.push_to_all(2);
    let first = test.cursor(4);
    test.restore(&copy);
    test.push_to_all(2);
    let second = test.cursor(4);
    test.restore(&copy);
    test.push_to_all(2);
    for cursor in [first, second] {
        let rolled_back = Standing::RolledBack { from: 3, to: 4 };
        assert_eq!(test.check(&cursor), rolled_back);
    }
    assert_eq!(test.check(&test.cursor(4)), Standing::Exact);
}

#[test]
fn messages_lost_in_a_crash_are_rolled_back() {
    let mut test = TestLog::with(|options| options.durability = Durability::Os);
    test.push_to_all(9);
    let had = test.cursor(9);
    drop(test.log.take());
    // Like a power failure: the last commits were not written to the disk.
    let conn = rusqlite::Connection::open(test.database()).expect("a file");
    for lost in ["messages WHERE seq > 6", "posts WHERE seq > 6"] {
        conn.execute(&format!("DELETE FROM {lost}"), [])
            .expect("lost");
    }
    let uncount = "UPDATE log SET counted = 6, counted_to = 6";
    conn.execute(uncount, []).expect("lost");
    drop(conn);
    test.reopen();
    assert_eq!(test.push(Audience::Everyone, "other"), 7);
    assert_eq!(test.check(&had), Standing::RolledBack { from: 7, to: 9 });
}

#[test]
fn cursors_of_an_older_version_stay_valid() {
    let mut test = TestLog::new();
    test.push_to_all(4);
    drop(test.log.take());
    let conn = rusqlite::Connection::open(test.database()).expect("a file");
    downgrade_to_version_2(&conn);
    let id: String = conn
        .query_row("SELECT epoch FROM log", [], |row| row.get(0))
        .expect("an id");
    drop(conn);
    test.reopen();
    test.push_to_all(4);
    let old = |seq| Cursor::parse(&format!("{id}-{seq}")).expect("a cursor");
    assert_eq!(test.cursor(4), old(4));
    assert_ne!(test.cursor(5), old(5));
    assert_eq!(test.check(&old(4)), Standing::Exact);
    assert_eq!(test.check(&old(6)), Standing::RolledBack { from: 5, to: 6 });
}

#[test]
fn restarts_without_messages_add_no_openings() {
    let mut test = TestLog::new();
    test.push_to_all(1);
    for _ in 0..5 {
        test.reopen();
    }
    assert_eq!(test.openings_in_file(), 2);
}

#[test]
fn cursors_of_pruned_openings_are_compared() {
    let mut test = TestLog::new();
    test.push_to_all(2);
    let copy = test.copy();
    test.push_to_all(2);
    let had = test.cursor(4);
    test.restore(&copy);
    test.push_to_all(4);
    test.reopen_later();
    test.pass(8 * DAY);
    test.push_to_all(1);
    test.log().run_maintenance().expect("maintenance");
    assert_eq!(test.log().tail_start(), 7);
    test.reopen_later();
    assert_eq!(test.check(&had), Standing::RolledBack { from: 3, to: 4 });
}

#[test]
fn the_newest_thousand_openings_are_kept_when_their_messages_are_pruned() {
    let mut test = TestLog::new();
    test.push_to_all(1);
    let conn = rusqlite::Connection::open(test.database()).expect("a file");
    let older = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1500)
                 INSERT INTO openings (ordinal, random, first) SELECT n * 60000, 'aaaaaa', 1 FROM n";
    conn.execute(older, []).expect("older openings");
    drop(conn);
    test.reopen_later();
    test.push_to_all(1);
    test.pass(8 * DAY);
    test.log().run_maintenance().expect("maintenance");
    assert_eq!(test.log().tail_start(), 3);
    assert_eq!(test.openings_in_file(), 1_000);
}
