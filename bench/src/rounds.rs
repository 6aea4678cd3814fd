//! Rounds: all variants take turns, so that other load on the machine affects them alike.

use anyhow::{Context, Result};

use crate::{
    Setting,
    contender::{Kind, Variant},
    median::median,
};

/// The results of each variant.
#[derive(Debug)]
pub struct Results<T>(Vec<(Variant, Vec<T>)>);

/// Runs the installed `kinds` in turns. Peers take part only in the first rounds, and their failures are noted.
pub fn run_rounds<T>(
    setting: &Setting,
    kinds: &[Kind],
    mut turn: impl FnMut(Kind) -> Result<Vec<(Variant, T)>>,
) -> Result<Results<T>> {
    let mut found: Vec<(Variant, Vec<T>)> = Vec::new();
    for round in 0..setting.rounds {
        for kind in kinds {
            if kind.is_peer() && (round >= setting.peer_rounds || !kind.is_there()) {
                continue;
            }
            let of_turn = match turn(*kind) {
                Err(error) if kind.is_peer() => {
                    setting.notes.add(format!("{}: {error:#}", kind.name()));
                    continue;
                }
                result => result?,
            };
            for (variant, one) in of_turn {
                match found.iter_mut().find(|(of, _)| *of == variant) {
                    Some((_, rounds)) => rounds.push(one),
                    None => found.push((variant, vec![one])),
                }
            }
        }
    }
    Ok(Results(found))
}

impl<T> Results<T> {
    /// The variants in the order of their turns.
    pub fn variants(&self) -> impl Iterator<Item = (Variant, &[T])> {
        self.0
            .iter()
            .map(|(variant, rounds)| (*variant, &rounds[..]))
    }

    /// The results of the first variant of a kind.
    pub fn of(&self, kind: Kind) -> Option<&[T]> {
        let mut variants = self.variants();
        variants.find_map(|(variant, rounds)| (variant.kind == kind).then_some(rounds))
    }

    /// The results of the floor.
    pub fn floor(&self) -> Result<&[T]> {
        self.of(Kind::Floor).context("the floor is always measured")
    }
}

/// The median of one value of the results.
pub fn middle<T>(rounds: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    median(&rounds.iter().map(figure).collect::<Vec<_>>())
}
