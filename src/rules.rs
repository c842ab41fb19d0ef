//! stub
use crate::label::Label;
/// How a cue counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// a
    Lead,
}
/// c
#[derive(Clone, Debug)]
pub struct Cue {
    /// p
    pub phrase: String,
    /// l
    pub label: Label,
    /// r
    pub role: Role,
}
/// s
#[derive(Clone, Debug, Default)]
pub struct RuleSet {}
