#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dehusk_fuzz::run("config", bytes));
