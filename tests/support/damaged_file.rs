//! Damages pages of the file of a log.

use std::{fs::File, os::unix::fs::FileExt, path::Path};

use rusqlite::Connection;

/// Bytes of a page.
pub const PAGE: u64 = 4096;

/// The pages of a table or an index, in order.
pub fn pages(file: &Path, name: &str, kind: &str) -> Vec<u64> {
    let conn = Connection::open(file).expect("a database");
    let find = "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = ?2 ORDER BY path";
    let mut find = conn.prepare(find).expect("dbstat");
    let pages = find.query_map((name, kind), |row| row.get(0));
    pages
        .expect("pages")
        .collect::<Result<_, _>>()
        .expect("pages")
}

/// Overwrites a page with random bytes.
pub fn damage(file: &Path, page: u64) {
    let file = File::options().write(true).open(file);
    let mut random = 0x9E37_79B9_7F4A_7C15_u64 ^ page;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as u8
    })
    .take(PAGE as usize)
    .collect();
    let written = file
        .expect("a file")
        .write_all_at(&bytes, (page - 1) * PAGE);
    written.expect("written");
}
