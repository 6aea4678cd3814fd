//! Two costs from two measurements.

/// `counts.0` times the first cost and `counts.1` times the second one make `sum`.
#[derive(Clone, Copy, Debug)]
pub struct Equation {
    pub counts: (f64, f64),
    pub sum: f64,
}

/// The two costs. The first one should weigh more in `first`, and the second one in `second`. A cost that the noise makes
/// negative is 0, and the other one follows from its own measurement.
pub fn solve(first: Equation, second: Equation) -> (f64, f64) {
    let ((a, b), (c, d)) = (first.counts, second.counts);
    let determinant = a * d - b * c;
    let x = (first.sum * d - b * second.sum) / determinant;
    let y = (a * second.sum - first.sum * c) / determinant;
    match (x > 0.0, y > 0.0) {
        (true, true) => (x, y),
        (true, false) => ((first.sum / a).max(0.0), 0.0),
        _ => (0.0, (second.sum / d).max(0.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equation(a: f64, b: f64, sum: f64) -> Equation {
        Equation {
            counts: (a, b),
            sum,
        }
    }

    #[test]
    fn both_costs_are_found() {
        // A record costs 100, and a push 3.
        let singles = equation(10.0, 10.0, 1_030.0);
        let batches = equation(2.0, 1_000.0, 3_200.0);
        let (record, push) = solve(singles, batches);
        assert!((record - 100.0).abs() < 1e-6 && (push - 3.0).abs() < 1e-6);
    }

    #[test]
    fn a_cost_is_never_negative() {
        let found = solve(
            equation(10.0, 10.0, 1_000.0),
            equation(10.0, 1_000.0, 900.0),
        );
        assert_eq!(found, (100.0, 0.0));
        let found = solve(equation(10.0, 10.0, 10.0), equation(1.0, 1_000.0, 3_000.0));
        assert_eq!(found, (0.0, 3.0));
    }
}
