//! Rounds: all who are measured take turns, so that whatever else the machine does meets them alike.

use anyhow::{Context, Result};

use crate::{
    Setting,
    contender::{Kind, Variant},
    report::median,
};

/// What the rounds have found of each variant.
#[derive(Debug)]
pub struct Found<T>(Vec<(Variant, Vec<T>)>);

/// Lets those of `kinds` that are there take turns. Peers take part in the first rounds only, and one that
/// fails is noted.
pub fn take_turns<T>(
    setting: &Setting,
    kinds: &[Kind],
    mut turn: impl FnMut(Kind) -> Result<Vec<(Variant, T)>>,
) -> Result<Found<T>> {
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
    Ok(Found(found))
}

impl<T> Found<T> {
    /// Each variant, in the order in which they took turns.
    pub fn variants(&self) -> impl Iterator<Item = (Variant, &[T])> {
        self.0
            .iter()
            .map(|(variant, rounds)| (*variant, &rounds[..]))
    }

    /// What was found of the first variant of a kind.
    pub fn of(&self, kind: Kind) -> Option<&[T]> {
        let mut variants = self.variants();
        variants.find_map(|(variant, rounds)| (variant.kind == kind).then_some(rounds))
    }

    /// What was found of the floor.
    pub fn floor(&self) -> Result<&[T]> {
        self.of(Kind::Floor).context("the floor is always measured")
    }
}

/// The middle of what the rounds have found, by one figure of each.
pub fn middle<T>(rounds: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    median(&rounds.iter().map(figure).collect::<Vec<_>>())
}
