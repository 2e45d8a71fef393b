//! Rules of a policy file before their tables are made, and the keys of each kind for the schema.
//!
//! A rule is read when its table is compiled, since its conclusion depends on the table. Until
//! then it is a node whose type names the kind of the rule.

use std::marker::PhantomData;
use std::ops::Deref;

use serde_json::{Value as Json, json};

use super::facts::Column;
use super::written_remedy::remedy_schema;
use crate::diagnostics::Problems;
use crate::format::{Map, Node, OneOrMany, Read, SchemaKey, Schemas};
use crate::time::ApiVersion;
use crate::words::{Confidence, Recording, TrailEvent, Verdict, Word};

/// A kind of rule: its keys besides conditions, confidence and source.
pub trait RuleKind {
    /// The kind, with its article.
    fn what() -> String;

    /// The columns that it may test.
    fn columns() -> &'static [Column] {
        Column::ALL
    }

    /// Its keys besides conditions and basis.
    fn keys(schemas: &mut Schemas) -> Vec<SchemaKey>;
}

/// A word that the rules of a table conclude.
pub trait ConclusionWord: Word {
    /// The key of the conclusion.
    const KEY: &'static str = "then";

    /// The value of the conclusion for the owner of an instance, to compare editions: the higher,
    /// the more is kept; below 0 if an instance or a resource is lost. It is 0 for all words if
    /// none is better than another.
    fn worth(self) -> i64 {
        0
    }
}

impl ConclusionWord for Verdict {
    const KEY: &'static str = "verdict";
}

impl<C: ConclusionWord> RuleKind for C {
    fn what() -> String {
        let conclusion = C::WHAT.split_once(' ').map_or(C::WHAT, |(_, bare)| bare);
        format!("a rule on {conclusion}")
    }

    fn keys(schemas: &mut Schemas) -> Vec<SchemaKey> {
        vec![(C::KEY, "The conclusion.", C::schema(schemas), true)]
    }
}

/// A cell of the decision space that cannot occur.
#[derive(Debug, Clone)]
pub struct Impossible;

impl RuleKind for Impossible {
    fn what() -> String {
        "an impossible cell".to_owned()
    }

    fn keys(schemas: &mut Schemas) -> Vec<SchemaKey> {
        vec![("because", "Why it cannot occur.", String::schema(schemas), true)]
    }
}

/// The kind of conditions under which a protection can work.
#[derive(Debug, Clone)]
pub struct WorksWhen;

impl RuleKind for WorksWhen {
    fn what() -> String {
        "a condition of a protection".to_owned()
    }

    fn keys(schemas: &mut Schemas) -> Vec<SchemaKey> {
        vec![("id", "Its id.", String::schema(schemas), false)]
    }
}

/// The kind of rules that are preconditions.
#[derive(Debug, Clone)]
pub struct PreconditionRule;

impl PreconditionRule {
    /// The conditions on requests that set protections.
    pub const KEYS: &'static [&'static str] =
        &["flags", "flags-off", "flags-left-on", "api-version-before"];
}

impl RuleKind for PreconditionRule {
    fn what() -> String {
        "a refusal".to_owned()
    }

    fn keys(schemas: &mut Schemas) -> Vec<SchemaKey> {
        let names = OneOrMany::<String>::schema(schemas);
        let [flags, off, left_on, before] = [
            "Protections that the request sets, on or off: any of them.",
            "Protections that the request switches off.",
            "Protections that the request leaves on.",
            "The request uses an API version earlier than this.",
        ];
        let version = ApiVersion::schema(schemas);
        vec![
            ("flags", flags, names.clone(), false),
            ("flags-off", off, names.clone(), false),
            ("flags-left-on", left_on, names, false),
            ("api-version-before", before, version, false),
        ]
    }
}

/// The kind of rules that are permissions.
#[derive(Debug, Clone)]
pub struct PermissionRule;

impl PermissionRule {
    /// The keys of a permission.
    pub const KEYS: &'static [&'static str] =
        &["verb", "protection", "switches", "needs", "needs-one-of", "event"];
}

impl RuleKind for PermissionRule {
    fn what() -> String {
        "a permission".to_owned()
    }

    fn keys(schemas: &mut Schemas) -> Vec<SchemaKey> {
        let names = OneOrMany::<String>::schema(schemas);
        let [verb, protection, switches, needs, one_of, event] = [
            "The verbs.",
            "The protections that the call switches; all if not given.",
            "`on` or `off`, if only one of the two needs these actions.",
            "The provider's names of the actions that the caller needs, or `nothing` or `unavailable`.",
            "The provider's names of actions of which the caller needs one.",
            "The names of the call in the audit trail of the provider.",
        ];
        vec![
            ("verb", verb, names.clone(), true),
            ("protection", protection, names.clone(), false),
            ("switches", switches, json!({ "enum": ["on", "off"] }), false),
            ("needs", needs, names.clone(), false),
            ("needs-one-of", one_of, names.clone(), false),
            ("event", event, names, false),
        ]
    }
}

/// The kind of rules on what an audit trail records.
#[derive(Debug, Clone)]
pub struct TrailRule;

impl TrailRule {
    /// The keys of such a rule.
    pub const KEYS: &'static [&'static str] = &["of", "then"];
}

impl RuleKind for TrailRule {
    fn what() -> String {
        "a rule on the trail".to_owned()
    }

    fn keys(schemas: &mut Schemas) -> Vec<SchemaKey> {
        let kinds = OneOrMany::<TrailEvent>::schema(schemas);
        vec![
            ("of", "The kinds of events.", kinds, true),
            ("then", "Whether the trail records them.", Recording::schema(schemas), true),
        ]
    }
}

/// A rule of the kind `K` as written, which is read when its table is made.
#[derive(Debug, Clone)]
pub struct RuleNode<K>(Node, PhantomData<K>);

impl<K> RuleNode<K> {
    /// A node that is to be read as such a rule.
    pub const fn new(node: Node) -> Self {
        Self(node, PhantomData)
    }
}

impl<K> Deref for RuleNode<K> {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.0
    }
}

/// The rules of a table by their ids.
pub type Rules<K> = Map<RuleNode<K>>;

impl<K: RuleKind> Read for RuleNode<K> {
    fn read(node: &Node, _: &mut Problems) -> Option<Self> {
        Some(Self::new(node.clone()))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        let what = K::what();
        schemas.define::<K>(&what, |schemas| {
            let own = K::keys(schemas);
            let is_own = |name: &str| own.iter().any(|key| key.0 == name);
            // A step of a clock uses names of columns for its request.
            let tests_own = Column::ALL.iter().any(|column| is_own(column.name()));
            let all = K::columns().len() == Column::ALL.len();
            let about = format!("{}{}.", what[..1].to_uppercase(), &what[1..]);
            let mut rule = if all && !tests_own {
                let shared = schemas.share("a rule", |schemas| rule_keys(Column::ALL, schemas));
                schemas.sharing(&shared, &about, own)
            } else {
                let mut keys = rule_keys(K::columns(), schemas);
                keys.retain(|key| !is_own(key.0));
                keys.splice(..0, own);
                schemas.object(&about, keys)
            };
            rule["type"] = "object".into();
            rule
        })
    }
}

/// The keys of a rule that may test some columns.
fn rule_keys(columns: &[Column], schemas: &mut Schemas) -> Vec<SchemaKey> {
    let mut keys = basis(schemas);
    keys.extend(columns.iter().map(|column| condition(*column, schemas)));
    keys
}

/// The keys that every rule has. Their definitions contain their meanings.
fn basis(schemas: &mut Schemas) -> Vec<SchemaKey> {
    struct Positions;
    struct Sources;
    let described = |mut schema: Json, about: &str| {
        schema["description"] = about.into();
        schema
    };
    let positions = schemas.define::<Positions>("positions", |schemas| {
        let positions = Map::<OneOrMany<String>>::schema(schemas);
        described(positions, "The positions of switches at which it applies.")
    });
    let sources = schemas.define::<Sources>("sources", |schemas| {
        let sources = OneOrMany::<String>::schema(schemas);
        described(sources, "The documents that state it, by their keys under `sources`.")
    });
    let text = String::schema(schemas);
    vec![
        ("if", "", positions, false),
        ("source", "", sources, false),
        ("confidence", "", Confidence::schema(schemas), false),
        ("because", "Why.", text.clone(), false),
        ("remedy", "", remedy_schema(schemas), false),
        ("answer", "", answer_schema(schemas), false),
        ("unreachable", "Why no run can reach it.", text, false),
    ]
}

/// An answer: its code, or a mapping with its source and confidence.
fn answer_schema(schemas: &mut Schemas) -> Json {
    struct Answer;
    schemas.define::<Answer>("an answer", |schemas| {
        let sources = OneOrMany::<String>::schema(schemas);
        let keys = vec![
            ("code", "The code.", String::schema(schemas), true),
            ("source", "The documents that have it, if not those of the rule.", sources, false),
            (
                "confidence",
                "The confidence, if not the rule's.",
                Confidence::schema(schemas),
                false,
            ),
        ];
        let whole = schemas.object("An answer with its source and confidence.", keys);
        let about = "The answer of the provider: a code.";
        json!({ "description": about, "anyOf": [String::schema(schemas), whole] })
    })
}

/// An answer that several rules share, as written.
#[derive(Debug, Clone)]
pub struct AnswerNode(pub Node);

impl Deref for AnswerNode {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.0
    }
}

impl Read for AnswerNode {
    fn read(node: &Node, _: &mut Problems) -> Option<Self> {
        Some(Self(node.clone()))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        answer_schema(schemas)
    }
}

/// The test of a column: a word, words of which one must match, or `{ not: … }`.
pub fn condition(column: Column, schemas: &mut Schemas) -> SchemaKey {
    let test = schemas.define::<Column>(&format!("when-{}", column.name()), |schemas| {
        let word = column.schema(schemas);
        let not = json!({ "$ref": format!("#/$defs/when-{}", column.name()) });
        json!({
            "description": column.meaning(),
            "anyOf": [
                word,
                { "type": "array", "items": word, "minItems": 1 },
                {
                    "type": "object",
                    "properties": { "not": not },
                    "required": ["not"],
                    "additionalProperties": false,
                },
            ],
        })
    });
    (column.name(), "", test, false)
}

/// The decision space as written.
#[derive(Debug, Clone)]
pub struct SpaceNode(pub Node);

impl Deref for SpaceNode {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.0
    }
}

impl Read for SpaceNode {
    fn read(node: &Node, _: &mut Problems) -> Option<Self> {
        Some(Self(node.clone()))
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a decision space", |schemas| {
            let required = [Column::Trigger, Column::Action];
            let keys = Column::ALL.iter().map(|column| {
                let (name, about, test, _) = condition(*column, schemas);
                (name, about, test, required.contains(column))
            });
            let keys = keys.collect();
            let about = "The columns that protections test, and their words.";
            let mut space = schemas.object(about, keys);
            if let Some(space) = space.as_object_mut() {
                space.shift_remove("patternProperties");
            }
            space
        })
    }
}
