//! Probabilities of pieces become the confidence of segments.

use crate::calibration::{Calibration, Confidence};
use crate::fields::Segment;
use crate::pieces::Piece;

/// Gives each segment the mean probability of its pieces, by their length, as the
/// calibration corrects it.
pub(crate) fn set(
    segments: &mut [Segment],
    pieces: &[Piece],
    probabilities: &[f64],
    calibration: &Calibration,
) {
    let mut rest = pieces.iter().zip(probabilities).peekable();
    for segment in segments {
        let (mut sum, mut weight) = (0.0, 0.0);
        while let Some((piece, probability)) =
            rest.next_if(|(piece, _)| piece.span.start < segment.span.end)
        {
            let length = f64::from(piece.shape.weight().max(1));
            sum += probability * length;
            weight += length;
        }
        // A page of white space has no piece, and its one label is no guess.
        let mean = if weight > 0.0 { sum / weight } else { 1.0 };
        segment.confidence = Some(calibration.correct(Confidence::new(mean)));
    }
}
