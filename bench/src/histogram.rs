//! A histogram of durations with a precision of one part in 64, in a few kilobytes.

/// The number of buckets for each power of two, as a power of two.
const FINE: u32 = 6;

/// Counts durations in microseconds.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: vec![0; 64 << FINE],
            count: 0,
        }
    }
}

impl Histogram {
    /// Counts a duration.
    pub fn note(&mut self, micros: u64) {
        self.buckets[bucket(micros)] += 1;
        self.count += 1;
    }

    /// Adds what another one has counted.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *count += more;
        }
        self.count += other.count;
    }

    /// The duration in microseconds that this share (0 to 1) does not exceed. 0 if nothing was counted.
    pub fn quantile(&self, share: f64) -> f64 {
        let wanted = (self.count as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return top(index);
            }
        }
        0.0
    }
}

fn bucket(micros: u64) -> usize {
    let power = 63_u32.saturating_sub(micros.leading_zeros());
    let shift = power.saturating_sub(FINE);
    ((shift as usize) << FINE) + (micros >> shift) as usize
}

/// The largest value of a bucket.
fn top(index: usize) -> f64 {
    let shift = (index >> FINE).saturating_sub(1);
    let place = index - (shift << FINE);
    ((place as f64 + 1.0) * (shift as f64).exp2()) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_in_its_bucket() {
        for micros in (0..200_000).chain([1 << 30, (1 << 40) + 12_345]) {
            let index = bucket(micros);
            assert!(top(index) >= micros as f64, "{micros}");
            assert!(index == 0 || top(index - 1) < micros as f64, "{micros}");
        }
    }

    #[test]
    fn quantiles_are_precise() {
        let mut histogram = Histogram::default();
        (1..=10_000).for_each(|micros| histogram.note(micros));
        let half = histogram.quantile(0.5);
        assert!((5_000.0..5_100.0).contains(&half), "{half}");
        let most = histogram.quantile(0.99);
        assert!((9_900.0..10_060.0).contains(&most), "{most}");
        assert_eq!(Histogram::default().quantile(0.5), 0.0);
    }
}
