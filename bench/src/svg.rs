//! Common parts of the charts.

/// The margin. The chart has its own background, because the page that shows it may be lighter or darker than the
/// colour scheme of the reader.
const EDGE: f64 = 16.0;

/// A chart of this size in pixels with its style. `body` is drawn inside the margin.
pub fn picture(width: f64, height: f64, style: &str, body: &str) -> String {
    let (width, height) = (width + 2.0 * EDGE, height + 2.0 * EDGE);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\">\n<style>{style}</style>\n\
         <rect class=\"ground\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n\
         <g transform=\"translate({EDGE} {EDGE})\">\n{body}</g>\n</svg>\n"
    )
}
