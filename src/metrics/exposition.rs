//! The text form of metrics: OpenMetrics 1.0, which Prometheus and its relatives read.
//!
//! It is written here and not by a library: a page of text from numbers that mostly exist already. A library would want
//! to own them, and to count everything twice.

use std::fmt::Write;

use super::HistogramSnapshot;

/// The content type of the text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The type of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It grows and shrinks.
    Gauge,
    /// Values by size.
    Histogram,
    /// A constant whose labels are what matters.
    Info,
}

/// What a metric is called, and what it means.
#[derive(Debug)]
pub struct Metric {
    /// The name of the family, without a suffix such as `_total`.
    pub name: &'static str,
    /// The type.
    pub kind: Kind,
    /// The unit, which is also the end of the name. Empty for plain numbers.
    pub unit: &'static str,
    /// The names of the labels.
    pub labels: &'static [&'static str],
    /// The meaning, in one sentence.
    pub help: &'static str,
}

impl Kind {
    /// The type as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Info => "info",
        }
    }
}

impl Metric {
    /// The name by which queries find it. Of a histogram there are three: see [`Self::sample_names`].
    pub fn sample_name(&self) -> String {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram => "",
        };
        format!("{}{suffix}", self.name)
    }

    /// All names of its samples.
    pub fn sample_names(&self) -> Vec<String> {
        match self.kind {
            Kind::Histogram => ["_bucket", "_count", "_sum"]
                .map(|suffix| format!("{}{suffix}", self.name))
                .into(),
            _ => vec![self.sample_name()],
        }
    }
}

/// The text, while it is written.
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Exposition {
    /// Adds a metric without labels.
    pub fn value(&mut self, metric: &Metric, value: f64) {
        self.family(metric, [(&[][..], value)]);
    }

    /// Adds a metric with one label.
    pub fn by_label<'a>(
        &mut self,
        metric: &Metric,
        samples: impl IntoIterator<Item = (&'a str, u64)>,
    ) {
        self.head(metric);
        for (label, value) in samples {
            self.sample(&metric.sample_name(), metric.labels, &[label], value as f64);
        }
    }

    /// Adds a metric, with the values of its labels for each sample.
    pub fn family<'a>(
        &mut self,
        metric: &Metric,
        samples: impl IntoIterator<Item = (&'a [&'a str], f64)>,
    ) {
        self.head(metric);
        for (labels, value) in samples {
            self.sample(&metric.sample_name(), metric.labels, labels, value);
        }
    }

    /// Adds a histogram.
    pub fn histogram(&mut self, metric: &Metric, snapshot: &HistogramSnapshot) {
        self.head(metric);
        let bucket = format!("{}_bucket", metric.name);
        for (bound, count) in &snapshot.buckets {
            let bound = number(*bound);
            self.sample(&bucket, &["le"], &[&bound], *count as f64);
        }
        self.sample(&bucket, &["le"], &["+Inf"], snapshot.count as f64);
        let name = metric.name;
        self.sample(&format!("{name}_count"), &[], &[], snapshot.count as f64);
        self.sample(&format!("{name}_sum"), &[], &[], snapshot.sum);
    }

    /// The whole text.
    pub fn finish(mut self) -> String {
        self.0.push_str("# EOF\n");
        self.0
    }

    fn head(&mut self, metric: &Metric) {
        let (name, kind) = (metric.name, metric.kind.as_str());
        // Writing to a string can't fail.
        let _ = writeln!(self.0, "# TYPE {name} {kind}");
        if !metric.unit.is_empty() {
            let _ = writeln!(self.0, "# UNIT {name} {}", metric.unit);
        }
        let _ = writeln!(self.0, "# HELP {name} {}", escaped(metric.help));
    }

    fn sample(&mut self, name: &str, labels: &[&str], values: &[&str], value: f64) {
        self.0.push_str(name);
        let mut mark = '{';
        for (label, text) in labels.iter().zip(values) {
            let _ = write!(self.0, "{mark}{label}=\"{}\"", escaped(text));
            mark = ',';
        }
        if mark == ',' {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {}", number(value));
    }
}

/// A number as OpenMetrics reads it: whole numbers without a fraction.
fn number(value: f64) -> String {
    format!("{value}")
}

/// The text with escapes (OpenMetrics 1.0, section "ABNF", `escaped-string`).
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written_as_open_metrics() {
        let counted = Metric {
            name: "tidings_x_bytes",
            kind: Kind::Counter,
            unit: "bytes",
            labels: &["why"],
            help: "Bytes \"of\" x.",
        };
        let mut text = Exposition::default();
        text.by_label(&counted, [("a\"b\\c\n", 7)]);
        let gauge = Metric {
            name: "tidings_y",
            kind: Kind::Gauge,
            unit: "",
            labels: &[],
            help: "Y.",
        };
        text.value(&gauge, 0.5);
        assert_eq!(
            text.finish(),
            "# TYPE tidings_x_bytes counter\n\
             # UNIT tidings_x_bytes bytes\n\
             # HELP tidings_x_bytes Bytes \\\"of\\\" x.\n\
             tidings_x_bytes_total{why=\"a\\\"b\\\\c\\n\"} 7\n\
             # TYPE tidings_y gauge\n\
             # HELP tidings_y Y.\n\
             tidings_y 0.5\n\
             # EOF\n"
        );
    }

    #[test]
    fn the_buckets_of_a_histogram_end_with_infinity() {
        let metric = Metric {
            name: "tidings_z_seconds",
            kind: Kind::Histogram,
            unit: "seconds",
            labels: &[],
            help: "Z.",
        };
        let mut text = Exposition::default();
        let snapshot = HistogramSnapshot::of([(0.5, 1), (1.0, 2)].into_iter(), 4, 9.5);
        text.histogram(&metric, &snapshot);
        let text = text.finish();
        let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            samples,
            [
                "tidings_z_seconds_bucket{le=\"0.5\"} 1",
                "tidings_z_seconds_bucket{le=\"1\"} 3",
                "tidings_z_seconds_bucket{le=\"+Inf\"} 7",
                "tidings_z_seconds_count 7",
                "tidings_z_seconds_sum 9.5",
            ]
        );
    }
}
