//! The packs that come with the program: text files beside this one.

/// Name and text of each, in the order in which they are added.
pub(super) const PACKS: &[(&str, &str)] = &[
    ("any", include_str!("packs/any.txt")),
    ("zh-hans", include_str!("packs/zh-hans.txt")),
    ("zh-hant", include_str!("packs/zh-hant.txt")),
    ("en", include_str!("packs/en.txt")),
    ("ja", include_str!("packs/ja.txt")),
    ("ko", include_str!("packs/ko.txt")),
];
