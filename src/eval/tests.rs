//! Pages whose figures are worked out by hand.
