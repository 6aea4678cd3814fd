//! The name of a browser or another program, from what it says of itself.

/// The name of the browser in a `User-Agent`; for other programs the first word.
pub fn browser_name(user_agent: &str) -> &str {
    // Browsers name others for compatibility, so the order matters.
    let known = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrom", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let browser = known.iter().find(|(mark, _)| user_agent.contains(mark));
    match browser {
        Some((_, name)) => name,
        None => user_agent.split([' ', '/']).next().unwrap_or(user_agent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_recognized_by_their_user_agent() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(browser_name(chrome), "Chrome");
        assert_eq!(browser_name(&format!("{chrome} Edg/140.0")), "Edge");
        assert_eq!(browser_name("curl/8.5.0"), "curl");
    }
}
