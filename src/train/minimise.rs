//! Minimises a smooth function by L-BFGS (Liu and Nocedal, Mathematical Programming 45,
//! 1989) with backtracking.

/// Steps that are remembered.
const MEMORY: usize = 8;

/// A step that was taken: how far, how much the slope changed, and the inverse of their product.
struct Past {
    moved: Vec<f64>,
    bent: Vec<f64>,
    inverse: f64,
}

/// The point at which `objective` is least, as far as `steps` from `at` lead. It returns its
/// value and writes its slope.
pub(super) fn minimise(
    mut objective: impl FnMut(&[f64], &mut [f64]) -> f64,
    mut at: Vec<f64>,
    steps: usize,
) -> Vec<f64> {
    let mut slope = vec![0.0; at.len()];
    let mut value = objective(&at, &mut slope);
    let mut history: Vec<Past> = Vec::new();
    let mut next_slope = slope.clone();
    for _ in 0..steps {
        let direction = descent(&slope, &history);
        let decline = dot(&direction, &slope);
        // Nothing is known yet of how far to go: a step of length 1 at most.
        let first = if history.is_empty() {
            1.0 / dot(&slope, &slope).sqrt().max(1.0)
        } else {
            1.0
        };
        let mut length = first;
        let (next, next_value) = loop {
            let ahead = at.iter().zip(&direction);
            let next: Vec<f64> = ahead.map(|(x, d)| x + length * d).collect();
            let next_value = objective(&next, &mut next_slope);
            if next_value <= value + 1e-4 * length * decline || length < 1e-10 {
                break (next, next_value);
            }
            length *= 0.5;
        };
        remember(
            &mut history,
            difference(&next, &at),
            difference(&next_slope, &slope),
        );
        let gain = value - next_value;
        at = next;
        value = next_value;
        std::mem::swap(&mut slope, &mut next_slope);
        if gain < 1e-5 * value.abs() {
            break;
        }
    }
    at
}

fn remember(history: &mut Vec<Past>, moved: Vec<f64>, bent: Vec<f64>) {
    let curve = dot(&moved, &bent);
    if curve > 1e-12 {
        if history.len() == MEMORY {
            history.remove(0);
        }
        let inverse = 1.0 / curve;
        history.push(Past {
            moved,
            bent,
            inverse,
        });
    }
}

/// The direction to go: down the slope, corrected by what past steps told.
fn descent(slope: &[f64], history: &[Past]) -> Vec<f64> {
    let mut direction: Vec<f64> = slope.iter().map(|x| -x).collect();
    let mut shares = Vec::with_capacity(history.len());
    for past in history.iter().rev() {
        let share = past.inverse * dot(&past.moved, &direction);
        add(&mut direction, -share, &past.bent);
        shares.push(share);
    }
    if let Some(last) = history.last() {
        let scale = 1.0 / (last.inverse * dot(&last.bent, &last.bent));
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for (past, share) in history.iter().zip(shares.iter().rev()) {
        let back = past.inverse * dot(&past.bent, &direction);
        add(&mut direction, share - back, &past.moved);
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(x, y)| x - y).collect()
}

fn add(sums: &mut [f64], times: f64, terms: &[f64]) {
    sums.iter_mut()
        .zip(terms)
        .for_each(|(sum, term)| *sum += times * term);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley: its floor is curved and nearly flat, its least point (1, 1).
    #[test]
    fn finds_the_end_of_a_curved_valley() {
        let valley = |at: &[f64], slope: &mut [f64]| {
            let (x, y) = (at[0], at[1]);
            let off = y - x * x;
            slope.copy_from_slice(&[-2.0 * (1.0 - x) - 400.0 * x * off, 200.0 * off]);
            (1.0 - x).powi(2) + 100.0 * off * off
        };
        let found = minimise(valley, vec![-1.2, 1.0], 200);
        assert!(
            (found[0] - 1.0).abs() < 1e-3 && (found[1] - 1.0).abs() < 1e-3,
            "{found:?}"
        );
    }

    #[test]
    fn stays_where_nothing_is_to_gain() {
        let flat = |_: &[f64], slope: &mut [f64]| {
            slope.fill(0.0);
            0.0
        };
        assert_eq!(minimise(flat, vec![3.0], 10), [3.0]);
    }
}
