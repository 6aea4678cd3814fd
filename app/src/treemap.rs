//! A squarified treemap (Bruls, Huizing and van Wijk, *Squarified Treemaps*, 2000): rectangles whose areas are proportional to
//! values, and which are as square as possible. No I/O.

/// A rectangle. The unit is that of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tile {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Divides a rectangle of this size among values, which are greater than 0 and sorted, the largest first. Returns a tile for
/// each, in the same order.
pub(crate) fn layout(values: &[f64], width: f64, height: f64) -> Vec<Tile> {
    let total: f64 = values.iter().sum();
    let mut tiles = Vec::with_capacity(values.len());
    let mut free = Tile {
        width,
        height,
        ..Tile::default()
    };
    let scale = match total > 0.0 {
        true => width * height / total,
        false => 0.0,
    };
    let mut rest = values;
    while !rest.is_empty() {
        let side = free.width.min(free.height);
        let count = row_length(rest, side, scale);
        let (row, others) = rest.split_at(count);
        free = place(row, free, scale, &mut tiles);
        rest = others;
    }
    tiles
}

/// How many of the next values make the best row along this side.
fn row_length(values: &[f64], side: f64, scale: f64) -> usize {
    let (mut count, mut sum, mut best) = (0, 0.0, f64::INFINITY);
    let largest = values.first().copied().unwrap_or_default() * scale;
    for value in values {
        let next = sum + value * scale;
        let worst = worst_ratio(largest, value * scale, next, side);
        if count > 0 && worst > best {
            break;
        }
        (count, sum, best) = (count + 1, next, worst);
    }
    count
}

/// The longest of all tiles of a row with this area, as the ratio of its sides.
fn worst_ratio(largest: f64, smallest: f64, area: f64, side: f64) -> f64 {
    let (side, area) = (side * side, area * area);
    (side * largest / area).max(area / (side * smallest))
}

/// Places a row along the shorter side of what is free. Returns what is free then.
fn place(row: &[f64], free: Tile, scale: f64, tiles: &mut Vec<Tile>) -> Tile {
    let area: f64 = row.iter().sum::<f64>() * scale;
    let beside = free.width >= free.height;
    let side = if beside { free.height } else { free.width };
    let thickness = if side > 0.0 { area / side } else { 0.0 };
    let mut along = 0.0;
    for value in row {
        let length = match thickness > 0.0 {
            true => value * scale / thickness,
            false => 0.0,
        };
        tiles.push(match beside {
            true => Tile {
                x: free.x,
                y: free.y + along,
                width: thickness,
                height: length,
            },
            false => Tile {
                x: free.x + along,
                y: free.y,
                width: length,
                height: thickness,
            },
        });
        along += length;
    }
    match beside {
        true => Tile {
            x: free.x + thickness,
            width: (free.width - thickness).max(0.0),
            ..free
        },
        false => Tile {
            y: free.y + thickness,
            height: (free.height - thickness).max(0.0),
            ..free
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(tile: &Tile) -> f64 {
        tile.width * tile.height
    }

    fn overlap(a: &Tile, b: &Tile) -> bool {
        let apart = |a: f64, length: f64, b: f64| a + length <= b + 1e-6;
        !(apart(a.x, a.width, b.x)
            || apart(b.x, b.width, a.x)
            || apart(a.y, a.height, b.y)
            || apart(b.y, b.height, a.y))
    }

    #[test]
    fn the_example_of_the_paper_is_laid_out_as_there() {
        let tiles = layout(&[6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0], 6.0, 4.0);
        let near = |tile: &Tile, x, y, width: f64, height: f64| {
            let differences = [
                tile.x - x,
                tile.y - y,
                tile.width - width,
                tile.height - height,
            ];
            differences.iter().all(|d: &f64| d.abs() < 1e-9)
        };
        assert!(near(&tiles[0], 0.0, 0.0, 3.0, 2.0), "{tiles:?}");
        assert!(near(&tiles[1], 0.0, 2.0, 3.0, 2.0), "{tiles:?}");
        assert!(
            near(&tiles[2], 3.0, 0.0, 12.0 / 7.0, 7.0 / 3.0),
            "{tiles:?}"
        );
    }

    #[test]
    fn areas_are_proportional_and_fill_the_whole_without_overlaps() {
        for values in [
            vec![1.0],
            vec![1_000_000.0, 1.0, 1.0],
            (1..=60).rev().map(f64::from).collect(),
            vec![1.0; 60],
        ] {
            let tiles = layout(&values, 800.0, 300.0);
            let total: f64 = values.iter().sum();
            assert_eq!(tiles.len(), values.len());
            for (tile, value) in tiles.iter().zip(&values) {
                let expected = value / total * 240_000.0;
                assert!((area(tile) - expected).abs() < 1e-3, "{tile:?}");
                assert!(tile.x + tile.width < 800.001 && tile.y + tile.height < 300.001);
            }
            for (n, a) in tiles.iter().enumerate() {
                assert!(tiles[n + 1..].iter().all(|b| !overlap(a, b)), "{a:?}");
            }
        }
    }

    #[test]
    fn equal_values_become_nearly_square() {
        let tiles = layout(&[1.0; 12], 400.0, 300.0);
        for tile in &tiles {
            let ratio = tile.width / tile.height;
            assert!((0.5..=2.0).contains(&ratio), "{tile:?}");
        }
    }

    #[test]
    fn nothing_has_no_tiles() {
        assert!(layout(&[], 100.0, 100.0).is_empty());
    }
}
