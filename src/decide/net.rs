//! Pieces become what each is worth as each label, and whether it holds an item of a list, seen
//! together with the pieces around it: a small network of dilated convolutions.
//!
//! Every feature is a point in a space of [`DIM`] dimensions, a piece the sum of its features'
//! points. Four layers follow. Each lets a piece see itself and the pieces 1, 2, 4 and 8 places
//! before and behind it, dimension by dimension, and the mean of all pieces of the page; mixes the
//! dimensions of what is positive, and adds that to the piece. So the last one knows of 15 pieces
//! on either side, and what kind of page it is in. (Dilated convolutions: Yu and Koltun, ICLR
//! 2016; for labelling sequences: Strubell et al., EMNLP 2017.)
//!
//! All sums run in a fixed order, and nothing but sums, products, quotients and square roots
//! is used: the same page gives the same bits on every machine.
//!
//! Loops go over numbers: in code that is compiled for other vectors than the rest, iterators stay
//! calls unless the whole program is optimised at once.

#![expect(clippy::needless_range_loop, reason = "told above")]

use std::ops::{Deref, DerefMut, Range};

use crate::label::Label;

/// Dimensions.
pub(crate) const DIM: usize = 32;

/// Aligned, so that vectors are added from memory.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub(crate) struct Point(pub(crate) [f32; DIM]);

impl Point {
    pub(crate) const ZERO: Self = Self([0.0; DIM]);
}

impl Deref for Point {
    type Target = [f32; DIM];

    #[inline(always)]
    fn deref(&self) -> &[f32; DIM] {
        &self.0
    }
}

impl DerefMut for Point {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f32; DIM] {
        &mut self.0
    }
}

/// How many layers.
pub(crate) const LAYERS: usize = 4;

/// How far each sees.
const REACH: [usize; LAYERS] = [1, 2, 4, 8];

/// Points of nothing before the first piece and behind the last: as many as a layer sees.
const EDGE: usize = REACH[LAYERS - 1];

/// What a network says of a piece: what it is worth as each label, and what [`item_output`] tells of.
pub(crate) const OUTPUTS: usize = Label::COUNT + Label::LISTS.len();

/// Where it says whether a piece of a list of this label holds an item, and is no heading, name,
/// date or excerpt beside one: below 0 if not.
#[inline(always)]
pub(crate) fn item_output(label: Label) -> Option<usize> {
    let list = Label::LISTS.iter().position(|&list| list == label);
    list.map(|list| Label::COUNT + list)
}

/// All that is said of a piece; as wide as vectors, the rest nothing.
pub(crate) type Worth = [f32; OUTPUTS.next_multiple_of(16)];

/// Parameters, or a slope for each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Net {
    /// By a piece's own feature.
    pub(crate) points: Vec<Point>,
    pub(crate) layers: [Layer; LAYERS],
    pub(crate) outputs: [Point; OUTPUTS],
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layer {
    /// For the piece before, the piece itself and the piece behind.
    pub(crate) taps: [Point; 3],
    pub(crate) bias: Point,
    /// By dimension of the page's mean: what it adds to the bias.
    pub(crate) page: [Point; DIM],
    /// By dimension: what it adds to all.
    pub(crate) mix: [Point; DIM],
}

/// What the layers made of a page. Scratch: reused from page to page.
#[derive(Debug)]
pub(crate) struct Trace {
    /// Each piece; at first the sum of its features' points.
    pub(crate) points: Vec<Point>,
    /// The same, made as long as each other; with edges.
    levels: Vec<Point>,
    /// What each layer saw; kept where slopes are asked for.
    steps: Option<Vec<Step>>,
    /// How many of the layers, the first ones, see what is around a piece.
    sighted: usize,
}

impl Default for Trace {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            levels: Vec::new(),
            steps: None,
            sighted: LAYERS,
        }
    }
}

#[derive(Debug)]
struct Step {
    mean: Point,
    points: Vec<Point>,
    levels: Vec<Point>,
}

impl Trace {
    /// One from which slopes can be had.
    pub(crate) fn kept() -> Self {
        Self {
            steps: Some(Vec::new()),
            ..Self::default()
        }
    }

    /// From now on, layers behind the first `sighted` see nothing of a page but the piece itself.
    pub(crate) fn blind_behind(&mut self, sighted: usize) {
        self.sighted = sighted;
    }

    #[inline(always)]
    fn level(&self, piece: usize) -> &Point {
        &self.levels[EDGE + piece]
    }
}

impl Net {
    /// Nothing but zeros, for so many features.
    pub(crate) fn new(features: usize) -> Self {
        let zero = Point::ZERO;
        let layer = || Layer {
            taps: [zero; 3],
            bias: zero,
            page: [zero; DIM],
            mix: [zero; DIM],
        };
        Self {
            points: vec![zero; features],
            layers: std::array::from_fn(|_| layer()),
            outputs: [zero; OUTPUTS],
        }
    }

    /// All rows, in a fixed order.
    pub(crate) fn rows_mut(&mut self) -> impl Iterator<Item = &mut Point> {
        let layers = self.layers.iter_mut().flat_map(|layer| {
            let rows = layer.taps.iter_mut().chain([&mut layer.bias]);
            rows.chain(&mut layer.page).chain(&mut layer.mix)
        });
        self.points
            .iter_mut()
            .chain(layers)
            .chain(&mut self.outputs)
    }

    /// Runs all layers over a page: over what [`Trace::points`] holds.
    #[inline(always)]
    pub(crate) fn run(&self, trace: &mut Trace) {
        let Trace {
            points,
            levels,
            steps,
            sighted,
        } = trace;
        if let Some(steps) = steps {
            steps.clear();
        }
        for (number, layer) in self.layers.iter().enumerate() {
            let alone = (number >= *sighted).then(|| layer.alone());
            let layer = alone.as_ref().unwrap_or(layer);
            let reach = REACH[number];
            let mean = level_all(points, levels);
            let bias = layer.bias_of(&mean);
            if let Some(steps) = steps {
                let (points, levels) = (points.clone(), levels.clone());
                steps.push(Step {
                    mean,
                    points,
                    levels,
                });
            }
            // Two at a time: the sums of one alone would wait for each other.
            for one in (0..points.len()).step_by(2) {
                let two = if one + 1 < points.len() { one + 1 } else { one };
                let seen = layer.seen(one, reach, &bias, levels);
                let seen_two = layer.seen(two, reach, &bias, levels);
                let (mut sum, mut sum_two) = (points[one], points[two]);
                for dim in 0..DIM {
                    add(&mut sum, &layer.mix[dim], seen[dim]);
                    add(&mut sum_two, &layer.mix[dim], seen_two[dim]);
                }
                points[one] = sum;
                points[two] = sum_two;
            }
        }
        level_all(points, levels);
    }

    /// Adds what it says of each piece.
    #[inline(always)]
    pub(crate) fn add_worths(&self, trace: &Trace, worths: &mut [Worth]) {
        let mut by_dim = [Worth::default(); DIM];
        for output in 0..OUTPUTS {
            for dim in 0..DIM {
                by_dim[dim][output] = self.outputs[output][dim];
            }
        }
        for piece in 0..worths.len() {
            let level = trace.level(piece);
            // Four sums: those of one would wait for each other.
            let mut sums = [Worth::default(); 4];
            for dim in (0..DIM).step_by(4) {
                for at in 0..4 {
                    for output in 0..by_dim[0].len() {
                        sums[at][output] += by_dim[dim + at][output] * level[dim + at];
                    }
                }
            }
            let worth = &mut worths[piece];
            for output in 0..worth.len() {
                worth[output] +=
                    (sums[0][output] + sums[1][output]) + (sums[2][output] + sums[3][output]);
            }
        }
    }

    /// Adds to `slope` how the sum of `slopes` (for each of some pieces: one for each output)
    /// changes with each parameter but the points; returns how it changes with the sum of points
    /// of each of these pieces. What lies outside of `range` is passed over.
    #[inline(always)]
    pub(crate) fn slope(
        &self,
        range: Range<usize>,
        slopes: &[[f32; OUTPUTS]],
        trace: &Trace,
        slope: &mut Net,
    ) -> Vec<Point> {
        let mut behind: Vec<Point> = Vec::with_capacity(slopes.len());
        for (piece, slopes) in range.clone().zip(slopes) {
            let mut sum = Point::ZERO;
            for (output, &by) in slopes.iter().enumerate().filter(|(_, by)| **by != 0.0) {
                add(&mut sum, &self.outputs[output], by);
                add(&mut slope.outputs[output], trace.level(piece), by);
            }
            behind.push(level_slope(&trace.points[piece], &sum));
        }
        let mut level_slopes = Vec::new();
        let steps = trace.steps.iter().flatten().rev();
        let layers = self.layers.iter().zip(&mut slope.layers).enumerate().rev();
        for (step, (number, (layer, into))) in steps.zip(layers) {
            let reach = REACH[number];
            let sighted = number < trace.sighted;
            let alone = (!sighted).then(|| layer.alone());
            let layer = alone.as_ref().unwrap_or(layer);
            let taps = if sighted { 0..layer.taps.len() } else { ITSELF };
            level_slopes.clear();
            level_slopes.resize(slopes.len(), Point::ZERO);
            let bias = layer.bias_of(&step.mean);
            let mut bias_slope = Point::ZERO;
            for (piece, behind) in range.clone().zip(&behind) {
                let positive = layer.seen(piece, reach, &bias, &step.levels);
                let mut seen = Point::ZERO;
                for (dim, &value) in positive.iter().enumerate() {
                    if value > 0.0 {
                        seen[dim] = dot(&layer.mix[dim], behind);
                        add(&mut into.mix[dim], behind, value);
                    }
                }
                add(&mut bias_slope, &seen, 1.0);
                for tap in taps.clone() {
                    let near = (piece + tap * reach).checked_sub(reach);
                    if let Some(near) = near.filter(|near| range.contains(near)) {
                        let to = &mut level_slopes[near - range.start];
                        add_each(to, &layer.taps[tap], &seen);
                        add_each(&mut into.taps[tap], &step.levels[EDGE + near], &seen);
                    }
                }
            }
            add(&mut into.bias, &bias_slope, 1.0);
            let mut mean_slope = Point::ZERO;
            for (dim, &value) in step.mean.iter().enumerate() {
                if sighted {
                    add(&mut into.page[dim], &bias_slope, value);
                }
                mean_slope[dim] = dot(&layer.page[dim], &bias_slope) / step.points.len() as f32;
            }
            for (piece, (behind, slope)) in
                range.clone().zip(behind.iter_mut().zip(&mut level_slopes))
            {
                add(slope, &mean_slope, 1.0);
                add(behind, &level_slope(&step.points[piece], slope), 1.0);
            }
        }
        behind
    }
}

/// Which of a layer's taps is for the piece itself.
const ITSELF: Range<usize> = 1..2;

impl Layer {
    /// The same, seeing nothing but the piece itself.
    fn alone(&self) -> Self {
        let mut layer = self.clone();
        layer.taps[..ITSELF.start].fill(Point::ZERO);
        layer.taps[ITSELF.end..].fill(Point::ZERO);
        layer.page.fill(Point::ZERO);
        layer
    }

    /// The bias on a page of this mean.
    #[inline(always)]
    fn bias_of(&self, mean: &Point) -> Point {
        let mut bias = self.bias;
        for dim in 0..DIM {
            add(&mut bias, &self.page[dim], mean[dim]);
        }
        bias
    }

    /// What is positive of what the layer sees at a piece.
    #[inline(always)]
    fn seen(&self, piece: usize, reach: usize, bias: &Point, levels: &[Point]) -> Point {
        let mut seen = *bias;
        for tap in 0..self.taps.len() {
            add_each(
                &mut seen,
                &self.taps[tap],
                &levels[EDGE + piece + tap * reach - reach],
            );
        }
        for dim in 0..DIM {
            seen[dim] = seen[dim].max(0.0);
        }
        seen
    }
}

/// Makes the points as long as each other; returns their mean.
#[inline(always)]
fn level_all(points: &[Point], levels: &mut Vec<Point>) -> Point {
    let mut mean = Point::ZERO;
    levels.resize(points.len() + 2 * EDGE, Point::ZERO);
    levels[EDGE + points.len()..].fill(Point::ZERO);
    for (point, level) in points.iter().zip(&mut levels[EDGE..]) {
        *level = self::level(point);
        add(&mut mean, level, 1.0);
    }
    for dim in 0..DIM {
        mean[dim] /= points.len().max(1) as f32;
    }
    mean
}

/// Keeps what is nearly nothing from being made long.
const FLOOR: f32 = 1e-3;

#[inline(always)]
fn shrink(point: &Point) -> f32 {
    1.0 / (dot(point, point) / DIM as f32 + FLOOR).sqrt()
}

/// The point at a distance that is nearly the same for all.
#[inline(always)]
fn level(point: &Point) -> Point {
    let by = shrink(point);
    let mut level = *point;
    for dim in 0..DIM {
        level[dim] *= by;
    }
    level
}

/// How what depends on [`level`] of a point by `slope` depends on the point.
#[inline(always)]
fn level_slope(point: &Point, slope: &Point) -> Point {
    let by = shrink(point);
    let along = dot(point, slope) * by * by * by / DIM as f32;
    Point(std::array::from_fn(|dim| {
        slope[dim] * by - point[dim] * along
    }))
}

/// Sums in places of their own and loops over numbers: what the compiler makes vectors of.
#[inline(always)]
pub(crate) fn add(sum: &mut Point, point: &Point, share: f32) {
    let mut added = *sum;
    for dim in 0..DIM {
        added[dim] += point[dim] * share;
    }
    *sum = added;
}

#[inline(always)]
fn add_each(sum: &mut Point, one: &Point, other: &Point) {
    let mut added = *sum;
    for dim in 0..DIM {
        added[dim] += one[dim] * other[dim];
    }
    *sum = added;
}

#[inline(always)]
pub(crate) fn dot(one: &Point, other: &Point) -> f32 {
    let mut sums = [0.0; DIM];
    for dim in 0..DIM {
        sums[dim] = one[dim] * other[dim];
    }
    for half in [16, 8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[half + lane];
        }
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::names::Id;
    use crate::pair_search::{Level, Work, vectorised_at};

    /// How many pieces on either side matter to one.
    const HORIZON: usize = 1 + 2 + 4 + 8;

    /// A network and a page of a few features a piece, no two numbers alike.
    fn example(pieces: usize) -> (Net, Vec<Vec<(Id, f32)>>) {
        let mut net = Net::new(5);
        let mut seed = 7u32;
        for value in net.rows_mut().flat_map(|row| &mut row.0) {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *value = (seed >> 8) as f32 / (1 << 24) as f32 - 0.5;
        }
        let own = |piece: usize| vec![(piece as Id % 5, 1.0), (piece as Id / 3 % 5, 0.5)];
        (net, (0..pieces).map(own).collect())
    }

    fn worths(net: &Net, own: &[Vec<(Id, f32)>], trace: &mut Trace) -> Vec<Worth> {
        trace.points.clear();
        for own in own {
            let mut sum = Point::ZERO;
            for &(id, share) in own {
                add(&mut sum, &net.points[usize::from(id)], share);
            }
            trace.points.push(sum);
        }
        net.run(trace);
        let mut worths = vec![Worth::default(); own.len()];
        net.add_worths(trace, &mut worths);
        worths
    }

    /// The same without the pages' means.
    fn near_alone(mut net: Net) -> Net {
        for layer in &mut net.layers {
            layer.page = [Point::ZERO; DIM];
        }
        net
    }

    /// Which pieces of a page are worth something else once the one in its middle has changed.
    fn changed(net: &Net, mut own: Vec<Vec<(Id, f32)>>) -> Vec<usize> {
        let mut trace = Trace::default();
        let before = worths(net, &own, &mut trace);
        own[25] = vec![(4, 2.0)];
        let after = worths(net, &own, &mut trace);
        let changed = (0..own.len()).filter(|&piece| before[piece] != after[piece]);
        changed.collect()
    }

    #[test]
    fn a_piece_sees_as_far_as_the_horizon_and_the_mean_of_all() {
        let (net, own) = example(50);
        assert_eq!(changed(&net, own.clone()), (0..50).collect::<Vec<_>>());
        let seen = 25 - HORIZON..=25 + HORIZON;
        assert_eq!(changed(&near_alone(net), own), seen.collect::<Vec<_>>());
    }

    struct Run<'a>(&'a Net, &'a mut Trace, &'a mut [Worth]);

    impl Work for Run<'_> {
        #[inline(always)]
        fn run(self) {
            let Run(net, trace, worths) = self;
            net.run(trace);
            net.add_worths(trace, worths);
        }
    }

    #[test]
    fn vectors_change_no_bit() {
        let (net, own) = example(50);
        let run = |level: Level| {
            let mut trace = Trace::default();
            let mut sums = worths(&net, &own, &mut trace);
            // Once more, over what came out of it.
            vectorised_at(level, Run(&net, &mut trace, &mut sums));
            (trace.levels, sums)
        };
        let plain = run(Level::Portable);
        assert!(plain.1.iter().flatten().any(|&worth| worth != 0.0));
        assert_eq!(plain, run(Level::Avx2));
        assert_eq!(plain, run(Level::Avx512));
    }

    #[test]
    fn a_page_leaves_nothing_behind() {
        let (net, long) = example(50);
        let (_, short) = example(20);
        let mut trace = Trace::default();
        worths(&net, &long, &mut trace);
        let again = worths(&net, &short, &mut trace);
        assert_eq!(again, worths(&net, &short, &mut Trace::default()));
    }

    #[test]
    fn what_is_kept_changes_nothing() {
        let (net, own) = example(20);
        let kept = worths(&net, &own, &mut Trace::kept());
        assert_eq!(kept, worths(&net, &own, &mut Trace::default()));
        assert!(worths(&net, &[], &mut Trace::kept()).is_empty());
    }

    #[test]
    fn the_slope_is_that_of_the_worths() {
        let (mut net, own) = example(12);
        let wanted = |piece: usize| {
            std::array::from_fn(|output| (piece * 3 + output * 7) as f32 % 5.0 - 2.0)
        };
        let wanted: Vec<[f32; OUTPUTS]> = (0..12).map(wanted).collect();
        let total = |net: &Net| {
            let worths = worths(net, &own, &mut Trace::default());
            let pairs = worths.iter().zip(&wanted);
            let pairs = pairs.flat_map(|(worth, wanted)| worth.iter().zip(wanted));
            pairs
                .map(|(worth, wanted)| f64::from(worth * wanted))
                .sum::<f64>()
        };
        let mut trace = Trace::kept();
        worths(&net, &own, &mut trace);
        let mut slope = Net::new(5);
        let points = net.slope(0..12, &wanted, &trace, &mut slope);
        for (own, point) in own.iter().zip(&points) {
            for &(id, share) in own {
                add(&mut slope.points[usize::from(id)], point, share);
            }
        }
        let slopes: Vec<f32> = slope.rows_mut().flat_map(|row| row.0).collect();
        for (at, slope) in slopes.iter().enumerate().step_by(37) {
            let mut value = |by: f32| {
                let moved = net.rows_mut().flat_map(|row| &mut row.0).nth(at).unwrap();
                let was = std::mem::replace(moved, *moved + by);
                let total = total(&net);
                *net.rows_mut().flat_map(|row| &mut row.0).nth(at).unwrap() = was;
                total
            };
            let measured = (value(2e-3) - value(-2e-3)) / 4e-3;
            let far = (measured - f64::from(*slope)).abs();
            assert!(
                far < 0.02 * (1.0 + measured.abs()),
                "{at}: {measured} {slope}"
            );
        }
        // A piece alone tells the same of itself, but for what comes back to it from all others.
        let (net, own) = example(60);
        let net = near_alone(net);
        worths(&net, &own, &mut trace);
        let mut unused = Net::new(0);
        let mut one = vec![[0.0; OUTPUTS]; 60];
        one[30][2] = 1.0;
        let whole = net.slope(0..60, &one, &trace, &mut unused);
        let alone = net.slope(30..31, &one[30..31], &trace, &mut unused);
        assert_eq!(alone[0], whole[30]);
    }
}
