//! The ranges of time that the charts can show.

use crate::i18n::Texts;

/// A range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Range {
    /// 15 minutes.
    Quarter,
    #[default]
    Hour,
    Day,
    Week,
}

impl Range {
    pub(super) const ALL: [Self; 4] = [Self::Quarter, Self::Hour, Self::Day, Self::Week];

    /// Its name in URLs and in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Quarter => "15m",
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// The range with this name. Another text is the usual one.
    pub(super) fn named(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|range| range.name() == name).unwrap_or_default()
    }

    /// What it is called on the page.
    pub(super) fn label(self) -> fn(&Texts) -> &'static str {
        match self {
            Self::Quarter => |t| t.overview.quarter,
            Self::Hour => |t| t.overview.hour,
            Self::Day => |t| t.overview.day,
            Self::Week => |t| t.overview.week,
        }
    }

    /// Its length in milliseconds.
    pub(super) fn length(self) -> f64 {
        let minutes = match self {
            Self::Quarter => 15,
            Self::Hour => 60,
            Self::Day => 1_440,
            Self::Week => 10_080,
        };
        f64::from(minutes) * 60_000.0
    }

    /// Whether it has the samples that come live.
    pub(super) fn is_live(self) -> bool {
        matches!(self, Self::Quarter | Self::Hour)
    }

    /// The seconds between two rows of the table.
    pub(super) fn row_seconds(self) -> u64 {
        match self {
            Self::Quarter => 60,
            Self::Hour => 300,
            Self::Day => 3_600,
            Self::Week => 21_600,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_range_is_found_by_its_name() {
        for range in Range::ALL {
            assert_eq!(Range::named(range.name()), range);
        }
        assert_eq!(Range::named("1y"), Range::Hour);
    }
}
