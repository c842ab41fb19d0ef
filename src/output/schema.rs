//! The shape of records as JSON Schema, for other programs.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::json::{Key, Keys};
use super::shape::{self, Field, Shape, There};
use crate::error::Result;

/// JSON Schema (2020-12) of what a [`crate::RecordWriter`] writes as JSON: a record with these
/// keys, or with any if none are named, or what stands in the place of a page that could not
/// be read. Keys that are not in it are not allowed.
///
/// ```
/// let schema = dehusk::record_schema(["title", "tags"])?;
/// assert!(schema.contains("\"additionalProperties\": false"));
/// # Ok::<(), dehusk::Error>(())
/// ```
///
/// # Errors
/// A name that is no key; the message lists the keys.
pub fn record_schema<S: AsRef<str>>(fields: impl IntoIterator<Item = S>) -> Result<String> {
    let wanted = super::keys(fields)?;
    let all = Key::ALL.into_iter().map(|(key, _)| key);
    let wants = |key: &Key| wanted.is_empty() || wanted.has(*key);
    let mut fields: Vec<_> = all.filter(wants).map(shape::field).collect();
    for field in &mut fields {
        // Who names it gets it, however empty the page.
        if field.name == Key::Text.name() && !wanted.is_empty() {
            field.there = There::Always;
        }
    }
    Ok(document(
        "A record of dehusk, or what stands in the place of a page that could not be read. Offsets \
         count from 0 in the page's text, in bytes of UTF-8; with --offsets chars in Unicode \
         characters, with --offsets utf16 in UTF-16 code units.",
        Node::object([(
            "anyOf",
            Node::List(vec![object(&fields), object(&shape::error())]),
        )]),
    ))
}

/// JSON Schema (2020-12) of what [`crate::PageError::to_json`] gives.
pub fn failed_schema() -> String {
    document(
        "A page that could not be read, as `dehusk extract --errors` writes it.",
        object(&shape::failed()),
    )
}

impl Keys {
    fn is_empty(self) -> bool {
        Key::ALL.iter().all(|(key, _)| !self.has(*key))
    }
}

fn document(title: &str, body: Node) -> String {
    let mut head = vec![
        (
            "$schema",
            Node::text("https://json-schema.org/draft/2020-12/schema"),
        ),
        ("title", Node::text(title)),
    ];
    if let Node::Object(body) = body {
        head.extend(body);
    }
    // Text and numbers in lists and maps: nothing that could fail.
    serde_json::to_string_pretty(&Node::Object(head)).unwrap_or_default() + "\n"
}

/// JSON whose keys keep their order.
enum Node {
    Text(String),
    Number(u64),
    Bool(bool),
    List(Vec<Node>),
    Object(Vec<(&'static str, Node)>),
}

impl Node {
    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    fn texts(texts: &[&str]) -> Self {
        Self::List(texts.iter().map(|text| Self::text(text)).collect())
    }

    fn object<const N: usize>(entries: [(&'static str, Node); N]) -> Self {
        Self::Object(entries.into())
    }

    fn kind(name: &str) -> Vec<(&'static str, Node)> {
        vec![("type", Self::text(name))]
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => to.serialize_str(text),
            Self::Number(number) => to.serialize_u64(*number),
            Self::Bool(yes) => to.serialize_bool(*yes),
            Self::List(items) => to.collect_seq(items),
            Self::Object(entries) => {
                let mut map = to.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

fn object(fields: &[Field]) -> Node {
    let properties = fields.iter().map(|field| (field.name, property(field)));
    let required: Vec<_> = fields
        .iter()
        .filter(|field| field.there == There::Always)
        .map(|field| field.name)
        .collect();
    let mut entries = Node::kind("object");
    entries.push(("properties", Node::Object(properties.collect())));
    entries.push(("required", Node::texts(&required)));
    entries.push(("additionalProperties", Node::Bool(false)));
    let conditions: Vec<_> = fields.iter().filter_map(condition).collect();
    if !conditions.is_empty() {
        entries.push(("allOf", Node::List(conditions)));
    }
    Node::Object(entries)
}

/// When a key is there that is not always there, where that can be told from others.
fn condition(field: &Field) -> Option<Node> {
    let There::OfKind(kinds) = field.there else {
        return None;
    };
    let kind = Node::object([("enum", Node::texts(kinds))]);
    let never = Node::object([(field.name, Node::Bool(false))]);
    Some(Node::object([
        (
            "if",
            Node::object([("properties", Node::object([("kind", kind)]))]),
        ),
        (
            "then",
            Node::object([("required", Node::texts(&[field.name]))]),
        ),
        ("else", Node::object([("properties", never)])),
    ]))
}

fn property(field: &Field) -> Node {
    let mut entries = vec![("description", Node::text(field.says))];
    entries.extend(value(&field.shape));
    Node::Object(entries)
}

fn value(shape: &Shape) -> Vec<(&'static str, Node)> {
    let whole = |least: u64| {
        let mut entries = Node::kind("integer");
        entries.push(("minimum", Node::Number(least)));
        entries
    };
    match shape {
        Shape::Text => Node::kind("string"),
        Shape::Word(words) => vec![("enum", Node::texts(words))],
        Shape::Version => vec![("const", Node::Number(shape::VERSION))],
        Shape::Yes => vec![("const", Node::Bool(true))],
        Shape::Small(least) => whole(*least),
        Shape::Count => whole(0),
        Shape::Share => {
            let mut entries = Node::kind("number");
            entries.extend([("minimum", Node::Number(0)), ("maximum", Node::Number(1))]);
            entries
        }
        Shape::Pair => {
            let mut entries = list(whole(0));
            entries.extend([("minItems", Node::Number(2)), ("maxItems", Node::Number(2))]);
            entries
        }
        Shape::List(of) => list(value(of)),
        Shape::Any => Node::kind("object"),
        Shape::Object(fields) => match object(fields) {
            Node::Object(entries) => entries,
            _ => Vec::new(),
        },
        Shape::Either(objects) => {
            let each = objects.iter().map(|fields| object(fields)).collect();
            vec![("anyOf", Node::List(each))]
        }
    }
}

fn list(of: Vec<(&'static str, Node)>) -> Vec<(&'static str, Node)> {
    let mut entries = Node::kind("array");
    entries.push(("items", Node::Object(of)));
    entries
}
