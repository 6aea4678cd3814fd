//! Which items of a list move in the page when the list changes.

/// Where each of the new items was before. None: it was not there. Most changes add or remove some items between others, so each
/// one is looked for first after the one that was found last.
pub(super) fn places(old: &[&str], new: &[&str]) -> Vec<Option<usize>> {
    let mut taken = vec![false; old.len()];
    let mut expected = 0;
    let find = |key: &&str| {
        let mut from_there = (expected..old.len()).chain(0..expected);
        let place = from_there.find(|place| !taken[*place] && old[*place] == *key)?;
        taken[place] = true;
        expected = place + 1;
        Some(place)
    };
    new.iter().map(find).collect()
}

/// Which of the new items stay where they are in the page, so that as few as possible move: the longest subsequence that is in
/// the same order as before. An item that moves is laid out again, and loses the focus.
pub(super) fn staying(places: &[Option<usize>]) -> Vec<bool> {
    // The last item of the best subsequence of each length, and for each item the one before it in its subsequence.
    let mut last: Vec<usize> = Vec::new();
    let mut before = vec![None; places.len()];
    for (n, place) in places
        .iter()
        .enumerate()
        .filter(|(_, place)| place.is_some())
    {
        let length = last.partition_point(|item| places[*item] < *place);
        before[n] = length.checked_sub(1).map(|shorter| last[shorter]);
        match last.get_mut(length) {
            Some(item) => *item = n,
            None => last.push(n),
        }
    }
    let mut stays = vec![false; places.len()];
    let mut next = last.last().copied();
    while let Some(n) = next {
        stays[n] = true;
        next = before[n];
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<&str> {
        text.split("").filter(|key| !key.is_empty()).collect()
    }

    /// The new items. Those that are new have a plus, and those that move are in capital letters.
    fn changed(old: &str, new: &str) -> String {
        let new = keys(new);
        let places = places(&keys(old), &new);
        let stays = staying(&places);
        let shown = |(n, key): (usize, &&str)| match (places[n], stays[n]) {
            (None, _) => format!("+{key}"),
            (_, true) => (*key).to_owned(),
            (_, false) => key.to_uppercase(),
        };
        new.iter().enumerate().map(shown).collect()
    }

    #[test]
    fn items_that_are_added_and_removed_move_no_other_ones() {
        assert_eq!(changed("abcd", "abcd"), "abcd");
        assert_eq!(changed("abcd", "xyzab"), "+x+y+zab");
        assert_eq!(changed("abcd", "axbyd"), "a+xb+yd");
        assert_eq!(changed("abcd", "bd"), "bd");
        assert_eq!(changed("abcd", ""), "");
        assert_eq!(changed("", "ab"), "+a+b");
    }

    #[test]
    fn as_few_items_as_possible_move() {
        assert_eq!(changed("abcde", "eabcd"), "Eabcd");
        assert_eq!(changed("abcde", "bcdea"), "bcdeA");
        assert_eq!(changed("abcde", "aecbd"), "aECbd");
        assert_eq!(changed("abc", "cxba"), "C+xBa");
    }

    #[test]
    fn a_key_that_is_there_twice_is_found_once() {
        assert_eq!(places(&["a"], &["a", "a"]), [Some(0), None]);
    }
}
