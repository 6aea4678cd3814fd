//! Marks of rows in a list: the sorted ids of those that are marked.

/// Marks the rows with these ids, or takes their marks away if the row that was pressed is marked.
pub(super) fn toggle<'a>(
    marked: &mut Vec<String>,
    pressed: &str,
    rows: impl Iterator<Item = &'a str>,
) {
    let marks = find(marked, pressed).is_err();
    for id in rows {
        match (find(marked, id), marks) {
            (Err(place), true) => marked.insert(place, id.to_owned()),
            (Ok(place), false) => drop(marked.remove(place)),
            _ => {}
        }
    }
}

fn find(marked: &[String], id: &str) -> Result<usize, usize> {
    marked.binary_search_by(|known| known.as_str().cmp(id))
}
