//! The targets of the tests, for libFuzzer.

#[allow(dead_code)]
#[path = "../../src/bin/dehusk/args.rs"]
mod args;
#[allow(dead_code)]
#[path = "../../src/bin/dehusk/presets.rs"]
mod presets;
#[path = "../../tests/kit/targets.rs"]
mod targets;

/// Panics if something does not hold that the target of this name looks at.
pub fn run(name: &str, bytes: &[u8]) {
    let target = targets::TARGETS.iter().find(|(known, _)| *known == name);
    target.expect("a target's name").1(bytes);
}
