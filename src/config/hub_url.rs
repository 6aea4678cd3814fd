//! The URL of the Mercure hub.

use url::Url;

use super::{MERCURE_PATH, Settings};

impl Settings {
    /// The URL of the hub, to which everything is relative that is no whole URL. None without a public URL: nobody knows it
    /// then.
    pub fn hub_url(&self) -> Option<Url> {
        let public = self.proxy.public_url.as_ref()?;
        Url::parse(&format!("{public}{MERCURE_PATH}")).ok()
    }

    /// The same, with a host that stands for any if there is no public URL.
    pub fn hub_url_or_default(&self) -> Url {
        let default = || Url::parse(&format!("https://localhost{MERCURE_PATH}")).ok();
        let url = self.hub_url().or_else(default);
        url.unwrap_or_else(|| unreachable!("it is a URL"))
    }
}
