//! A picture of a cluster: boxes, what connects them, and how each of them stands.

/// How a service stands on a node, as a picture shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    Good,
    Bad,
    /// The node was asked and did not answer, or does not know.
    Unknown,
    /// It was good or bad when it was last heard of, which is too long ago.
    Stale,
}

/// One service on one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub service: String,
    pub node: String,
    pub tone: Tone,
}

/// mermaid's text with the states in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    pub text: String,
    /// Box and state, in the order of the boxes; each box once.
    pub tones: Vec<(String, Tone)>,
    /// Service and node of each of those.
    pub places: Vec<(String, String)>,
    /// What was not found, one sentence each.
    pub notices: Vec<String>,
}

/// A flowchart as meant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    pub direction: Direction,
    pub items: Vec<Item>,
    pub edges: Vec<Edge>,
    /// Each one after the group it is in.
    pub groups: Vec<Group>,
}

/// Where the arrows lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    #[default]
    Down,
    Up,
    Right,
    Left,
}

/// A box.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub id: String,
    /// Its label's lines, never empty.
    pub lines: Vec<String>,
    pub shape: Shape,
    /// Index of the innermost group it is in.
    pub group: Option<usize>,
    pub tone: Option<Tone>,
    /// Where it leads; None: nowhere.
    pub link: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Rectangle,
    Rounded,
    Stadium,
    Circle,
    Diamond,
    Hexagon,
    /// A rectangle with a line inside on either side.
    Framed,
    /// A barrel, where things are kept.
    Barrel,
}

/// An arrow or a line. Indexes of items.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub label: String,
    pub stroke: Stroke,
    pub head: Head,
    /// An arrow at its beginning as well.
    pub both: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    Solid,
    Dotted,
    Thick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    None,
    Arrow,
    Circle,
    Cross,
}

/// Boxes with a frame around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: String,
    pub title: String,
    /// Index of the group it is in.
    pub parent: Option<usize>,
}

impl Tone {
    pub const ALL: [Tone; 4] = [Tone::Good, Tone::Bad, Tone::Unknown, Tone::Stale];

    /// As mermaid's classes are called.
    pub fn name(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Unknown => "unknown",
            Tone::Stale => "stale",
        }
    }
}
