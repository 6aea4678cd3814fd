//! What both sides of Tidings share: the JSON of the API, its typed client, and the pages.

pub mod wire;
