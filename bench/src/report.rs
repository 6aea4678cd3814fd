//! The results: values, baselines and targets.

use std::fmt::Write as _;

use anyhow::Result;
use serde::Serialize;

use crate::machine::Machine;

/// A row of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    scenario: String,
    unit: &'static str,
    measured: f64,
    against: Option<Against>,
    /// The measured value divided by its baseline.
    ratio: Option<f64>,
    target: Option<String>,
    met: Option<bool>,
    /// The bottleneck, as far as counters show it.
    note: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bar: Option<Bar>,
}

/// A bar of a chart.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    pub chart: Chart,
    pub who: String,
}

/// The charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Chart {
    Cpu,
    Memory,
    Events,
}

/// The baseline of a row: the floor or a peer.
#[derive(Clone, Debug, Serialize)]
struct Against {
    what: String,
    value: f64,
}

impl Row {
    /// A row with a value. Other functions add its baseline and target.
    pub fn new(scenario: impl Into<String>, measured: f64, unit: &'static str) -> Self {
        Self {
            scenario: scenario.into(),
            unit,
            measured,
            against: None,
            ratio: None,
            target: None,
            met: None,
            note: String::new(),
            bar: None,
        }
    }

    /// Sets the baseline, measured in the same run.
    #[must_use]
    pub fn against(mut self, what: impl Into<String>, value: f64) -> Self {
        self.ratio = Some(self.measured / value);
        let what = what.into();
        self.against = Some(Against { what, value });
        self
    }

    /// Sets the minimum ratio.
    #[must_use]
    pub fn at_least_times(self, times: f64) -> Self {
        let met = self.ratio.is_some_and(|ratio| ratio >= times);
        self.target(format!("at least {times} times"), met)
    }

    /// Sets the maximum ratio.
    #[must_use]
    pub fn at_most_times(self, times: f64) -> Self {
        let met = self.ratio.is_some_and(|ratio| ratio <= times);
        self.target(format!("at most {times} times"), met)
    }

    /// Sets the minimum value.
    #[must_use]
    pub fn at_least(self, value: f64) -> Self {
        let (met, text) = (self.measured >= value, number(value));
        self.target(format!("at least {text}"), met)
    }

    /// Sets the maximum value.
    #[must_use]
    pub fn at_most(self, value: f64) -> Self {
        let (met, text) = (self.measured <= value, number(value));
        self.target(format!("at most {text}"), met)
    }

    fn target(mut self, text: String, met: bool) -> Self {
        (self.target, self.met) = (Some(text), Some(met));
        self
    }

    /// Adds a remark.
    #[must_use]
    pub fn note(mut self, note: impl AsRef<str>) -> Self {
        if !self.note.is_empty() {
            self.note.push_str("; ");
        }
        self.note.push_str(note.as_ref());
        self
    }

    /// Adds the value of another server, relative to this one.
    #[must_use]
    pub fn part(self, who: &str, value: f64) -> Self {
        let part = number(value / self.measured);
        self.note(format!("{who}: {part} of it"))
    }

    /// Adds this value to a chart.
    #[must_use]
    pub fn bar(mut self, chart: Chart, who: String) -> Self {
        self.bar = Some(Bar { chart, who });
        self
    }

    fn cells(&self) -> [String; 7] {
        let against = self.against.as_ref();
        let met = self.met.map(|met| if met { "yes" } else { "NO" });
        [
            self.scenario.clone(),
            format!("{} {}", number(self.measured), self.unit),
            against.map_or_else(String::new, |a| format!("{}: {}", a.what, number(a.value))),
            self.ratio
                .map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            self.target.clone().unwrap_or_default(),
            met.unwrap_or_default().to_owned(),
            self.note.clone(),
        ]
    }
}

/// The results of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    full: bool,
    rounds: u64,
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Report {
    /// An empty report.
    pub fn new(machine: Machine, full: bool, rounds: u64) -> Self {
        Self {
            machine,
            full,
            rounds,
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The machine in one line.
    pub fn machine(&self) -> String {
        self.machine.to_string()
    }

    /// Adds the rows of a scenario.
    pub fn add(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows);
    }

    /// Reads the load average again, and adds the notes.
    pub fn end(&mut self, notes: Vec<String>) {
        self.machine.note_end();
        self.notes = notes;
    }

    /// The bars of a chart.
    pub fn bars(&self, chart: Chart) -> Vec<(&str, f64)> {
        let bars = self.rows.iter();
        let bars = bars.filter_map(|row| Some((row.bar.as_ref()?, row.measured)));
        let bars = bars.filter(|(bar, _)| bar.chart == chart);
        bars.map(|(bar, measured)| (&bar.who[..], measured))
            .collect()
    }

    /// The report as a table, which is also valid Markdown.
    pub fn table(&self) -> String {
        let head = [
            "scenario",
            "measured",
            "floor or peer",
            "ratio",
            "target",
            "met",
            "note",
        ];
        let mut lines = vec![head.map(str::to_owned)];
        lines.extend(self.rows.iter().map(Row::cells));
        let widths: [usize; 7] = std::array::from_fn(|i| {
            lines
                .iter()
                .map(|cells| cells[i].chars().count())
                .max()
                .unwrap_or_default()
        });
        let mut text = format!("\n{}, medians of {} rounds\n\n", self.machine, self.rounds);
        for (i, cells) in lines.iter().enumerate() {
            for (cell, width) in cells.iter().zip(widths) {
                // Writing to a String can't fail.
                let _ = write!(text, "| {cell:<width$} ");
            }
            text.push_str("|\n");
            if i == 0 {
                let rules = widths.map(|width| "-".repeat(width + 2));
                let _ = writeln!(text, "|{}|", rules.join("|"));
            }
        }
        for note in &self.notes {
            let _ = write!(text, "\n- {note}");
        }
        text
    }

    /// The report as JSON.
    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// Formats a number, such as 12,345 or 1.23.
pub fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        let text = format!("{value:.2}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let digits = format!("{value:.0}");
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_with_separators() {
        assert_eq!(number(1_234_567.4), "1,234,567");
        assert_eq!(number(123.0), "123");
        assert_eq!(number(1.5), "1.5");
        assert_eq!(number(20.0), "20");
    }

    #[test]
    fn a_target_applies_to_the_ratio() {
        let row = |measured| Row::new("x", measured, "/s").against("floor", 10.0);
        assert_eq!(row(200.0).at_least_times(20.0).met, Some(true));
        assert_eq!(row(199.0).at_least_times(20.0).met, Some(false));
        assert_eq!(row(30.0).at_most_times(3.0).met, Some(true));
        assert_eq!(row(31.0).at_most_times(3.0).met, Some(false));
    }
}
