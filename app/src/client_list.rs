//! The model of the client list: a long list of which only some windows are loaded.

use std::{collections::HashMap, ops::Range, sync::Arc};

use crate::wire::ClientInfo;

/// Clients per window.
pub(crate) const WINDOW: u64 = 100;
/// Windows that are kept.
const KEPT: usize = 12;

/// The loaded part of the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientList {
    /// The length of the whole list; none until the server has sent it.
    length: Option<u64>,
    windows: HashMap<u64, Window>,
    /// Whether the query has changed. The old rows stay visible until the new ones arrive.
    void: bool,
}

#[derive(Clone, Debug)]
struct Window {
    clients: Vec<Arc<ClientInfo>>,
    stale: bool,
}

impl ClientList {
    /// The length of the whole list.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// The client in a row, if it is loaded.
    pub(crate) fn row(&self, n: u64) -> Option<&Arc<ClientInfo>> {
        let window = self.windows.get(&(n / WINDOW))?;
        window.clients.get((n % WINDOW) as usize)
    }

    /// The first window that has to be loaded to show these rows.
    pub(crate) fn wanted(&self, rows: &Range<u64>) -> Option<u64> {
        let end = match self.length {
            Some(length) if !self.void => rows.end.min(length),
            _ => rows.end,
        };
        let mut windows = rows.start / WINDOW..end.div_ceil(WINDOW).max(1);
        windows.find(|n| self.void || self.windows.get(n).is_none_or(|window| window.stale))
    }

    /// The query has changed: all windows have to be loaded again.
    pub(crate) fn invalidate(&mut self) {
        self.void = true;
    }

    /// Something has changed in the list: all windows have to be loaded again.
    pub(crate) fn mark_stale(&mut self) {
        for window in self.windows.values_mut() {
            window.stale = true;
        }
    }

    /// Stores a loaded window and the length of the whole list.
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

    /// Applies newer versions of clients to the loaded rows. The order of the rows stays until the list
    /// is loaded again. Returns whether a loaded row has changed.
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

/// When the oldest connection of a client was opened.
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
    fn only_visible_windows_are_requested() {
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
    fn no_window_after_the_end_is_requested() {
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
    fn distant_windows_are_dropped() {
        let mut client_list = ClientList::default();
        for n in 0..=KEPT as u64 {
            client_list.merge(n, window(n), 100_000);
        }
        assert_eq!(id(&client_list, 0), None);
        assert_eq!(id(&client_list, 100), Some("100"));
    }

    #[test]
    fn old_rows_stay_visible_until_the_new_list_is_loaded() {
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
    fn a_loaded_client_changes_at_once_and_never_to_an_older_version() {
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
