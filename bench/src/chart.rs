//! The chart: for the floor, Tidings and each peer, the cost of an event, the memory of a connection, and the events
//! per second. An SVG with its own colours, for light and dark pages.

use std::fmt::Write as _;

use crate::report::{Chart, Report, number};

/// Sizes in pixels.
const WIDTH: f64 = 760.0;
const NAMES: f64 = 170.0;
const FIGURES: f64 = 90.0;
const BAR: f64 = 18.0;
const STEP: f64 = 26.0;
const TITLE: f64 = 42.0;

/// The margin. The chart has its own background, because the page that shows it may be lighter or darker than the
/// colour scheme of the reader.
const MARGIN: f64 = 16.0;

const STYLE: &str = "\
.ground{fill:#fff}text{font:14px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.figure{fill:#59636e}\
.peer{fill:#8c959f}.floor{fill:#d1d9e0}.tidings{fill:#0969da}\
@media(prefers-color-scheme:dark){.ground{fill:#0d1117}text{fill:#f0f6fc}.figure{fill:#9198a1}\
.peer{fill:#656c76}.floor{fill:#3d444d}.tidings{fill:#4493f8}}";

/// Draws the bars of a report. None if it has no bars.
pub fn draw(report: &Report) -> Option<String> {
    let charts = [
        (
            Chart::Cpu,
            "Processor time of the server per delivered event, us",
        ),
        (Chart::Memory, "Memory of one idle connection, bytes"),
        (
            Chart::Events,
            "Events per second, one message to 10,000 after another",
        ),
    ];
    let (mut body, mut top) = (String::new(), 0.0);
    for (chart, title) in charts {
        let bars = report.bars(chart);
        if !bars.is_empty() {
            top += panel(&mut body, top, title, &bars);
        }
    }
    (top > 0.0).then(|| svg(top, &body))
}

/// Draws one chart at `top`, and returns its height.
fn panel(body: &mut String, top: f64, title: &str, bars: &[(&str, f64)]) -> f64 {
    let most = bars.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let room = WIDTH - NAMES - FIGURES;
    // Writing to a String can't fail.
    let _ = writeln!(
        body,
        "<text class=\"title\" x=\"0\" y=\"{}\">{title}</text>",
        top + 26.0
    );
    for (place, (who, value)) in bars.iter().enumerate() {
        let y = top + TITLE + STEP * place as f64 - 6.0;
        let width = (room * value / most).max(1.0);
        let class = match who.split(',').next().unwrap_or_default() {
            "floor" => "floor",
            "Tidings" => "tidings",
            _ => "peer",
        };
        let (base, end) = (y + 14.0, NAMES + width + 8.0);
        let _ = writeln!(
            body,
            "<text x=\"0\" y=\"{base:.0}\">{who}</text>\
             <rect class=\"{class}\" x=\"{NAMES}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"3\"/>\
             <text class=\"figure\" x=\"{end:.1}\" y=\"{base:.0}\">{}</text>",
            number(*value)
        );
    }
    TITLE + STEP * bars.len() as f64
}

/// An SVG of this height. `body` is drawn inside the margin.
fn svg(height: f64, body: &str) -> String {
    let (width, height) = (WIDTH + 2.0 * MARGIN, height + 2.0 * MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\">\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n{body}</g>\n</svg>\n"
    )
}
