//! A list of clients that is too long to be had: the windows of it that somebody looks at.

use std::{collections::HashMap, ops::Range, sync::Arc};

use crate::wire::ClientInfo;

/// So many clients are one window.
pub(crate) const WINDOW: u64 = 100;
/// So many windows are kept.
const KEPT: usize = 12;

/// What is known of the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientList {
    /// How long the whole list is; none until somebody has said so.
    length: Option<u64>,
    windows: HashMap<u64, Window>,
    /// Whether another list was asked for. What is known stays on the screen until that comes.
    void: bool,
}

#[derive(Clone, Debug)]
struct Window {
    clients: Vec<Arc<ClientInfo>>,
    stale: bool,
}

impl ClientList {
    /// How long the list is.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// The client in a row, where that is known.
    pub(crate) fn row(&self, n: u64) -> Option<&Arc<ClientInfo>> {
        let window = self.windows.get(&(n / WINDOW))?;
        window.clients.get((n % WINDOW) as usize)
    }

    /// The first window to ask for, so that these rows can be shown as they are.
    pub(crate) fn wanted(&self, rows: &Range<u64>) -> Option<u64> {
        let end = match self.length {
            Some(length) if !self.void => rows.end.min(length),
            _ => rows.end,
        };
        let mut windows = rows.start / WINDOW..end.div_ceil(WINDOW).max(1);
        windows.find(|n| self.void || self.windows.get(n).is_none_or(|window| window.stale))
    }

    /// Another list is asked for.
    pub(crate) fn invalidate(&mut self) {
        self.void = true;
    }

    /// Something has changed, and nobody knows where.
    pub(crate) fn mark_stale(&mut self) {
        for window in self.windows.values_mut() {
            window.stale = true;
        }
    }

    /// A window has come, and how long the whole list is.
    pub(crate) fn merge(&mut self, n: u64, clients: Vec<ClientInfo>, length: u64) {
        if self.void {
            self.windows.clear();
            self.void = false;
        }
        let window = Window {
            clients: clients.into_iter().map(Arc::new).collect(),
            stale: false,
        };
        self.length = Some(length);
        self.windows.insert(n, window);
        while self.windows.len() > KEPT {
            let far = |other: &&u64| other.abs_diff(n);
            let Some(farthest) = self.windows.keys().max_by_key(far).copied() else {
                return;
            };
            self.windows.remove(&farthest);
        }
    }

    /// Newer accounts of clients. Those that are known here change at once, wherever they will stand
    /// when the list is asked for again. Says whether one was.
    pub(crate) fn tell(&mut self, clients: &[ClientInfo]) -> bool {
        let mut known_one = false;
        for known in self
            .windows
            .values_mut()
            .flat_map(|window| &mut window.clients)
        {
            let news = clients
                .iter()
                .find(|client| client.client_id == known.client_id);
            if let Some(news) = news.filter(|news| news.version > known.version) {
                *known = Arc::new(news.clone());
                known_one = true;
            }
        }
        known_one
    }
}

/// When the oldest of its connections was opened.
pub(crate) fn since(client: &ClientInfo) -> Option<u64> {
    client.connections.iter().map(|c| c.since).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(id: u64, version: u64) -> ClientInfo {
        ClientInfo {
            client_id: id.to_string(),
            version,
            connections: Vec::new(),
            last_seen: None,
        }
    }

    fn window(n: u64) -> Vec<ClientInfo> {
        (n * WINDOW..(n + 1) * WINDOW)
            .map(|id| client(id, 1))
            .collect()
    }

    fn id(client_list: &ClientList, n: u64) -> Option<&str> {
        client_list.row(n).map(|client| client.client_id.as_str())
    }

    #[test]
    fn only_what_is_looked_at_is_asked_for() {
        let mut client_list = ClientList::default();
        assert_eq!(client_list.wanted(&(0..20)), Some(0));
        client_list.merge(0, window(0), 100_000);
        assert_eq!(client_list.wanted(&(0..20)), None);
        assert_eq!(client_list.wanted(&(90..120)), Some(1));
        client_list.merge(700, window(700), 100_000);
        assert_eq!(client_list.wanted(&(70_000..70_030)), None);
        assert_eq!(id(&client_list, 70_007), Some("70007"));
        assert_eq!(id(&client_list, 5_000), None);
    }

    #[test]
    fn the_list_ends_where_it_ends() {
        let mut client_list = ClientList::default();
        client_list.merge(0, vec![client(1, 1)], 1);
        assert_eq!(client_list.wanted(&(0..300)), None);
        client_list.merge(0, Vec::new(), 0);
        assert_eq!(
            (client_list.wanted(&(0..300)), client_list.length()),
            (None, Some(0))
        );
    }

    #[test]
    fn windows_far_away_are_forgotten() {
        let mut client_list = ClientList::default();
        for n in 0..=KEPT as u64 {
            client_list.merge(n, window(n), 100_000);
        }
        assert_eq!(id(&client_list, 0), None);
        assert_eq!(id(&client_list, 100), Some("100"));
    }

    #[test]
    fn another_list_is_shown_when_it_comes_and_not_before() {
        let mut client_list = ClientList::default();
        client_list.merge(0, window(0), 300);
        client_list.merge(1, window(1), 300);
        client_list.invalidate();
        assert_eq!(id(&client_list, 0), Some("0"));
        assert_eq!(client_list.wanted(&(0..20)), Some(0));
        client_list.merge(0, vec![client(42, 1)], 1);
        assert_eq!(
            (id(&client_list, 0), id(&client_list, 100)),
            (Some("42"), None)
        );
    }

    #[test]
    fn a_client_that_is_known_changes_at_once_and_never_back() {
        let mut client_list = ClientList::default();
        client_list.merge(0, window(0), 100);
        assert!(client_list.tell(&[client(7, 3), client(5_000, 3)]));
        assert_eq!(client_list.row(7).map(|client| client.version), Some(3));
        assert!(!client_list.tell(&[client(7, 2)]));
        client_list.mark_stale();
        assert_eq!(client_list.wanted(&(0..20)), Some(0));
        assert_eq!(
            id(&client_list, 7),
            Some("7"),
            "until then it is shown as it was"
        );
    }
}
