//! One page: from Markdown to HTML.

use std::{collections::HashSet, fmt::Write as _};

use anyhow::Result;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::{Book, Common, links::Links};

/// What surrounds the text of a page.
const FRAME: &str = include_str!("page.html");
/// The text of the API reference, before its script has shown the description.
const API: &str = include_str!("api.html");

/// Marks the link of the navigation that the page belongs to.
const HERE: &str = " aria-current=\"true\"";

/// The text of a page as HTML.
pub fn body(markdown: &str, links: &mut Links) -> Result<String> {
    let mut events = Vec::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            // Comments are marks for the checks of the documentation.
            Event::Html(text) | Event::InlineHtml(text)
                if text.trim_start().starts_with("<!--") => {}
            event => events.push(with_url(event, links)?),
        }
    }
    add_ids(&mut events);
    let mut text = String::new();
    html::push_html(&mut text, events.into_iter().flat_map(scrollable));
    Ok(text)
}

/// The same event with a URL of the server.
fn with_url<'a>(mut event: Event<'a>, links: &mut Links) -> Result<Event<'a>> {
    if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = &mut event {
        *dest_url = links.url(dest_url)?.into();
    }
    Ok(event)
}

/// Gives headings ids, as forges do, and rows that begin with a word of code that word.
fn add_ids(events: &mut [Event]) {
    let mut used = HashSet::new();
    for index in 0..events.len() {
        if let Event::Start(Tag::Heading { .. }) = events[index] {
            let anchor = slug(&heading_text(&events[index..]));
            let mut unique = anchor.clone();
            for times in 1.. {
                if used.insert(unique.clone()) {
                    break;
                }
                unique = format!("{anchor}-{times}");
            }
            if let Event::Start(Tag::Heading { id, .. }) = &mut events[index] {
                *id = Some(unique.into());
            }
        }
    }
    for index in 0..events.len() {
        if let Some(word) = first_word(&events[index..])
            && used.insert(word.to_string())
        {
            events[index] = Event::Html(format!("<tr id=\"{word}\">").into());
        }
    }
}

/// The text of the heading that starts here.
fn heading_text(events: &[Event]) -> String {
    let inside = events
        .iter()
        .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    inside
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(&**text),
            _ => None,
        })
        .collect()
}

/// The word of code that is alone in the first cell of the row that starts here.
fn first_word<'a>(events: &[Event<'a>]) -> Option<CowStr<'a>> {
    match events {
        [
            Event::Start(Tag::TableRow),
            Event::Start(Tag::TableCell),
            Event::Code(word),
            Event::End(TagEnd::TableCell),
            ..,
        ] if word.chars().all(|c| c.is_ascii_lowercase() || c == '_') => Some(word.clone()),
        _ => None,
    }
}

/// The anchor of a heading, as tests/docs/pages.py expects it.
fn slug(heading: &str) -> String {
    let heading = heading.trim().to_lowercase();
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || c.is_whitespace() || "_-".contains(*c));
    kept.map(|c| if c.is_whitespace() { '-' } else { c })
        .collect()
}

/// Blocks that may be wider than the page scroll, and can be reached by the keyboard.
fn scrollable(event: Event) -> Vec<Event> {
    let html = |text: &'static str| Event::Html(text.into());
    match event {
        Event::Start(Tag::CodeBlock(_)) => vec![html("<pre tabindex=\"0\"><code>")],
        Event::End(TagEnd::CodeBlock) => vec![html("</code></pre>\n")],
        // Without alignments, which would be inline styles.
        Event::Start(Tag::Table(_)) => vec![
            html("<div class=\"table\" role=\"group\" aria-label=\"Table\" tabindex=\"0\">"),
            Event::Start(Tag::Table(Vec::new())),
        ],
        Event::End(TagEnd::Table) => vec![event, html("</div>\n")],
        event => vec![event],
    }
}

/// The whole page with this text.
pub fn frame(book: &Book, index: usize, body: &str, common: &Common) -> String {
    let entry = &book.entries[index];
    let root = entry.root();
    let home = if root.is_empty() { "./" } else { &root };
    let mut text = body.to_owned();
    if index == 0 {
        text.push_str(&error_codes(book, &root));
    }
    filled(&[
        ("{title}", &escaped(&entry.title)),
        ("{home}", home),
        ("{script}", ""),
        ("{docs}", HERE),
        ("{api}", ""),
        ("{root}", &root),
        ("{style}", &common.style),
        ("{favicon}", &common.favicon),
        ("{contents}", &contents(book, Some(index), &root)),
        ("{turn}", &turn(book, index, &root)),
        ("{text}", &text),
    ])
}

/// The API reference. Its script shows the description that the server has.
pub fn api(book: &Book, common: &Common) -> String {
    let root = "../";
    let script = format!(
        "<script type=\"module\" src=\"{root}{}\"></script>",
        common.reader
    );
    filled(&[
        ("{title}", "API reference"),
        ("{home}", root),
        ("{script}", &script),
        ("{docs}", ""),
        ("{api}", HERE),
        ("{root}", root),
        ("{style}", &common.style),
        ("{favicon}", &common.favicon),
        ("{contents}", &contents(book, None, root)),
        ("{turn}", ""),
        ("{text}", API),
    ])
}

/// The frame with these values. The text comes last, because it may contain what looks like a place.
fn filled(values: &[(&str, &str)]) -> String {
    let fill = |html: String, (place, value): &(&str, &str)| html.replace(place, value);
    values.iter().fold(FRAME.to_owned(), fill)
}

/// The list of all pages. None: the API reference is shown.
fn contents(book: &Book, current: Option<usize>, root: &str) -> String {
    let mut html = "<ul>".to_owned();
    let mut in_sub = false;
    for (index, entry) in book.entries.iter().enumerate() {
        html.push_str(match (in_sub, entry.is_sub) {
            (false, true) => "<ul>",
            (true, false) => "</li></ul></li>",
            _ if index == 0 => "",
            _ => "</li>",
        });
        in_sub = entry.is_sub;
        let here = match Some(index) == current {
            true => " aria-current=\"page\"",
            false => "",
        };
        let title = match index {
            0 => "Introduction".to_owned(),
            _ => escaped(&entry.title),
        };
        // Writing to a String can't fail.
        let _ = write!(
            html,
            "<li><a href=\"{root}{}\"{here}>{title}</a>",
            entry.url
        );
    }
    html.push_str(if in_sub { "</li></ul></li>" } else { "</li>" });
    let here = match current {
        Some(_) => "",
        None => " aria-current=\"page\"",
    };
    let _ = write!(
        html,
        "<li><a href=\"{root}docs/api\"{here}>API, to read and to try</a></li></ul>"
    );
    html
}

/// The links to the page before and to the page after.
fn turn(book: &Book, index: usize, root: &str) -> String {
    let link = |index: usize, rel: &str| {
        book.entries.get(index).map_or_else(String::new, |entry| {
            let (url, title) = (&entry.url, escaped(&entry.title));
            format!("<a rel=\"{rel}\" href=\"{root}{url}\">{title}</a>")
        })
    };
    let before = index.checked_sub(1);
    let before = before.map_or_else(String::new, |index| link(index, "prev"));
    before + &link(index + 1, "next")
}

/// The places that the links in problem documents (`/docs#code`) lead to.
fn error_codes(book: &Book, root: &str) -> String {
    let codes = book.error_codes().into_iter();
    let items = codes.map(|code| {
        format!("<li id=\"{code}\"><a href=\"{root}docs/reference/errors#{code}\"><code>{code}</code></a></li>")
    });
    format!(
        "<details><summary>The codes of refused requests</summary><ul class=\"codes\">{}</ul></details>",
        items.collect::<String>()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{super::summary, *};

    fn html(markdown: &str) -> String {
        let entries = summary::entries("[T](introduction.md)\n- [A](a.md)\n").expect("a list");
        let mut files = BTreeMap::new();
        let mut links = Links::new(&entries, &entries[1], &mut files);
        body(markdown, &mut links).expect("a page")
    }

    #[test]
    fn headings_have_the_ids_of_forges() {
        let html = html("# `a_b`: C, d!\n\n## Same\n\n## Same\n");
        for id in ["a_b-c-d", "same", "same-1"] {
            assert!(html.contains(&format!("id=\"{id}\"")), "{html}");
        }
    }

    #[test]
    fn marks_are_left_out_and_rows_have_ids() {
        let html = html(
            "<!-- check: x -->\n\n| a | b |\n|---|---|\n| `not_found` | [c](introduction.md#x) |\n",
        );
        assert!(!html.contains("check"), "{html}");
        assert!(html.contains("<tr id=\"not_found\">"), "{html}");
    }

    #[test]
    fn what_looks_like_html_in_code_is_text() {
        let html = html("```html\n<script>\n```\n");
        assert_eq!(
            html,
            "<pre tabindex=\"0\"><code>&lt;script&gt;\n</code></pre>\n"
        );
    }
}
