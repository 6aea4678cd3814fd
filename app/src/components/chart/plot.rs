//! Coordinates and SVG paths of a chart. No I/O.

/// The width of the plot in SVG units.
pub(crate) const WIDTH: f64 = 6_000.0;
/// The height of the plot in SVG units.
pub(crate) const HEIGHT: f64 = 1_000.0;

/// A time in milliseconds since 1970, and the value if there is one.
pub(crate) type Point = (f64, Option<f64>);

/// The range of times and values that a chart shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    /// The time at the left edge.
    pub(crate) from: f64,
    /// The time at the right edge.
    pub(crate) until: f64,
    /// The value at the upper edge. The lower edge is 0.
    pub(crate) top: f64,
}

impl Frame {
    /// The last `length` milliseconds before `until`, high enough for all these values.
    pub(crate) fn around<'a>(
        points: impl IntoIterator<Item = &'a Point>,
        until: f64,
        length: f64,
    ) -> Self {
        let values = points.into_iter().filter_map(|(_, value)| *value);
        Self {
            from: until - length,
            until,
            top: round_up(values.fold(0.0, f64::max)),
        }
    }

    /// The x coordinate of a time.
    pub(crate) fn x(&self, at: f64) -> f64 {
        (at - self.from) / (self.until - self.from) * WIDTH
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - value / self.top * HEIGHT
    }

    /// The SVG path of a line. It is broken where a value is missing, and where two points are more than
    /// `apart` milliseconds apart: the node was not running. A value alone is a dot.
    pub(crate) fn line(&self, points: &[Point], apart: f64) -> String {
        let mut path = String::new();
        let mut last = f64::NEG_INFINITY;
        for (at, value) in points.iter().filter(|(at, _)| *at >= self.from) {
            let Some(value) = value else {
                last = f64::NEG_INFINITY;
                continue;
            };
            let step = if at - last > apart { 'M' } else { 'L' };
            path.push(step);
            // Integers are precise enough, and need less code than fractions.
            path.push_str(&(self.x(*at) as i64).to_string());
            path.push(' ');
            path.push_str(&(self.y(*value) as i64).to_string());
            if step == 'M' {
                path.push_str("h0");
            }
            last = *at;
        }
        path
    }

    /// The time at a horizontal position (0 to 1).
    pub(crate) fn at(&self, share: f64) -> f64 {
        self.from + share * (self.until - self.from)
    }

    /// The SVG path of upright lines at these times, as far as they are in the range.
    pub(crate) fn upright(&self, times: impl Iterator<Item = f64>) -> String {
        let mut path = String::new();
        for at in times.filter(|at| (self.from..=self.until).contains(at)) {
            path.push('M');
            path.push_str(&(self.x(at) as i64).to_string());
            path.push_str(" 0V1000");
        }
        path
    }
}

/// The index of the point that is nearest to a time.
pub(crate) fn nearest(points: &[Point], at: f64) -> Option<usize> {
    let after = points.partition_point(|(other, _)| *other < at);
    let before = after.checked_sub(1);
    let candidates = before
        .into_iter()
        .chain((after < points.len()).then_some(after));
    candidates.min_by(|a, b| {
        let far = |n: usize| (points[n].0 - at).abs();
        far(*a).total_cmp(&far(*b))
    })
}

/// Rounds up to 1, 2 or 5 times a power of ten; 1 if there are no values.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let mut unit = 1e-3;
    while unit * 10.0 < value {
        unit *= 10.0;
    }
    let steps = [1.0, 2.0, 5.0, 10.0];
    let fits = steps.into_iter().find(|step| step * unit >= value);
    fits.unwrap_or(10.0) * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_edge_is_a_round_number_above_all_values() {
        for (value, top) in [
            (0.0, 1.0),
            (1.0, 1.0),
            (3.0, 5.0),
            (1_234.0, 2_000.0),
            (51.0, 100.0),
        ] {
            let frame = Frame::around(&[(0.0, Some(value)), (1.0, None)], 1.0, 1.0);
            assert!((frame.top - top).abs() < 1e-9, "{value}: {}", frame.top);
        }
    }

    #[test]
    fn points_are_mapped_to_coordinates() {
        let points = [(0.0, Some(0.0)), (5.0, Some(5.0)), (10.0, Some(10.0))];
        let frame = Frame::around(&points, 10.0, 10.0);
        assert_eq!(frame.line(&points, 6.0), "M0 1000h0L3000 500L6000 0");
    }

    #[test]
    fn a_line_is_broken_where_values_are_missing() {
        let points = [
            (0.0, Some(1.0)),
            (1.0, None),
            (2.0, Some(1.0)),
            (3.0, Some(1.0)),
            (9.0, Some(1.0)),
        ];
        let frame = Frame::around(&points, 10.0, 10.0);
        assert_eq!(frame.line(&points, 2.0), "M0 0h0M1200 0h0L1800 0M5400 0h0");
    }

    #[test]
    fn points_before_the_range_are_not_drawn() {
        let points = [(0.0, Some(1.0)), (95.0, Some(1.0))];
        let frame = Frame::around(&points, 100.0, 10.0);
        assert_eq!(frame.line(&points, 1e9), "M3000 0h0");
    }

    #[test]
    fn the_nearest_point_is_found_from_both_sides() {
        let points = [(0.0, None), (4.0, None), (10.0, None)];
        assert_eq!(nearest(&points, 0.0), Some(0));
        assert_eq!(nearest(&points, 3.0), Some(1));
        assert_eq!(nearest(&points, 9.0), Some(2));
        assert_eq!(nearest(&points, 99.0), Some(2));
        assert_eq!(nearest(&[], 5.0), None);
    }

    #[test]
    fn marks_are_upright_lines_in_the_range() {
        let frame = Frame::around(&[], 100.0, 10.0);
        let path = frame.upright([80.0, 95.0, 100.0, 101.0].into_iter());
        assert_eq!(path, "M3000 0V1000M6000 0V1000");
    }
}
