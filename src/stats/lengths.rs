//! How long things are: a histogram of steps that grow with the length, from which any quantile
//! comes to within a sixteenth of itself, in the same memory for any number of things.

use serde::Serialize;

/// Steps for each doubling.
const STEPS: usize = 8;

/// So many are one in what is told.
const TOLD: usize = 4;

/// One step for nothing, and for each length of 64 bits.
const COUNT: usize = 1 + 64 * STEPS;

#[derive(Clone, Debug)]
pub(super) struct Lengths {
    counts: Box<[u64; COUNT]>,
    count: u64,
    sum: u128,
    least: u64,
    most: u64,
}

/// How long things are.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Distribution {
    /// How many there are.
    pub count: u64,
    /// The sum divided by the number.
    pub mean: f64,
    /// The shortest.
    pub min: u64,
    /// A tenth is not longer than this; to within a sixteenth, as the others are.
    pub p10: u64,
    /// A quarter is not longer.
    pub p25: u64,
    /// Half is not longer.
    pub p50: u64,
    /// Three quarters are not longer.
    pub p75: u64,
    /// Nine tenths are not longer.
    pub p90: u64,
    /// All but a hundredth are not longer.
    pub p99: u64,
    /// The longest.
    pub max: u64,
    /// How many there are of each length, from the shortest to the longest.
    pub steps: Vec<Step>,
}

/// How many things are of about one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The shortest that counts.
    pub from: u64,
    /// The shortest that counts no more.
    pub to: u64,
    /// How many.
    pub count: u64,
}

impl Default for Lengths {
    fn default() -> Self {
        Self {
            counts: Box::new([0; COUNT]),
            count: 0,
            sum: 0,
            least: u64::MAX,
            most: 0,
        }
    }
}

impl Lengths {
    pub(super) fn add(&mut self, length: u64) {
        self.counts[step(length)] += 1;
        self.count += 1;
        self.sum += u128::from(length);
        self.least = self.least.min(length);
        self.most = self.most.max(length);
    }

    pub(super) fn distribution(&self) -> Distribution {
        if self.count == 0 {
            return Distribution::default();
        }
        let [p10, p25, p50, p75, p90, p99] = [10, 25, 50, 75, 90, 99].map(|p| self.quantile(p));
        Distribution {
            count: self.count,
            mean: self.sum as f64 / self.count as f64,
            min: self.least,
            p10,
            p25,
            p50,
            p75,
            p90,
            p99,
            max: self.most,
            steps: self.steps(),
        }
    }

    /// The length that so many hundredths do not pass.
    fn quantile(&self, hundredths: u64) -> u64 {
        let wanted = (u128::from(self.count) * u128::from(hundredths)).div_ceil(100);
        let mut seen = 0;
        for (number, &count) in self.counts.iter().enumerate() {
            seen += u128::from(count);
            if seen >= wanted {
                // The middle of the step, of which the ends differ by an eighth.
                let middle = start(number).midpoint(end(number).saturating_sub(1));
                return middle.clamp(self.least, self.most);
            }
        }
        self.most
    }

    /// Half doublings; the zero stands by itself.
    fn steps(&self) -> Vec<Step> {
        let (first, last) = (step(self.least), step(self.most));
        let group = |number: usize| number.checked_sub(1).map(|number| number / TOLD);
        let zero = (first == 0).then_some(0..1);
        let groups = group(first).unwrap_or(0)..group(last).map_or(0, |last| last + 1);
        let groups = groups.map(|group| 1 + group * TOLD..1 + (group + 1) * TOLD);
        let steps = zero.into_iter().chain(groups).map(|numbers| Step {
            from: start(numbers.start),
            to: start(numbers.end),
            count: self.counts[numbers].iter().sum(),
        });
        steps.filter(|step| step.from < step.to).collect()
    }
}

/// The number of the step that a length counts in.
fn step(length: u64) -> usize {
    let Some(doublings) = length.checked_ilog2() else {
        return 0;
    };
    // The three bits behind the first tell the eighth.
    let eighth = (u128::from(length) << 3 >> doublings) as usize & (STEPS - 1);
    1 + doublings as usize * STEPS + eighth
}

/// The first length of a step. Short lengths leave steps empty.
fn start(number: usize) -> u64 {
    let Some(number) = number.checked_sub(1) else {
        return 0;
    };
    let (doublings, eighth) = (number / STEPS, number % STEPS);
    let start = (u128::from((STEPS + eighth) as u64) << doublings).div_ceil(STEPS as u128);
    u64::try_from(start).unwrap_or(u64::MAX)
}

/// The first length of the next step.
fn end(number: usize) -> u64 {
    start(number + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_hold_their_lengths() {
        for length in (0..5000).chain([1 << 20, (1 << 40) + 12_345, u64::MAX - 1]) {
            let number = step(length);
            assert!(start(number) <= length && length < end(number), "{length}");
            assert!(
                length < 8 || end(number) - start(number) <= length / 8 + 1,
                "{length}"
            );
        }
        assert_eq!(step(u64::MAX), COUNT - 1);
    }

    #[test]
    fn figures_of_known_lengths() {
        let mut lengths = Lengths::default();
        (1..=1000).for_each(|length| lengths.add(length));
        let found = lengths.distribution();
        assert_eq!((found.count, found.min, found.max), (1000, 1, 1000));
        assert!((found.mean - 500.5).abs() < 1e-9);
        for (value, right) in [
            (found.p10, 100.0),
            (found.p50, 500.0),
            (found.p90, 900.0),
            (found.p99, 990.0),
        ] {
            assert!(
                (value as f64 - right).abs() <= 0.0625 * right,
                "{value} for {right}"
            );
        }
        assert_eq!(found.steps.iter().map(|step| step.count).sum::<u64>(), 1000);
    }

    #[test]
    fn one_and_none() {
        assert_eq!(Lengths::default().distribution(), Distribution::default());
        let mut one = Lengths::default();
        one.add(77);
        let found = one.distribution();
        assert_eq!(
            (found.min, found.p10, found.p50, found.p99, found.max),
            (77, 77, 77, 77, 77)
        );
        let mut empty = Lengths::default();
        empty.add(0);
        assert_eq!(
            empty.distribution().steps,
            [Step {
                from: 0,
                to: 1,
                count: 1
            }]
        );
    }
}
