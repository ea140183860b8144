//! A chart as an SVG of our own: states by colour, stroke and mark, all text escaped.

use std::fmt::Write;

use super::layout::{self, Layout, Piece, Rect, Route};
use super::size;
use crate::model::diagram::{Chart, Edge, Group, Head, Item, Shape, Stroke, Tone};

/// Longest title of a frame that is shown, in letters.
const LONGEST_TITLE: usize = 48;
/// Height of the line that explains the marks.
const LEGEND: f64 = 30.0;

const STYLE: &str = "\
svg{color-scheme:light dark;--bg:#fff;--ink:#1d2330;--dim:#5b6472;--line:#7a8494;--box:#f4f6f9;--edge:#a9b2c0;\
--frame:#f9fafc;--good:#e3f6e5;--good-ink:#177a2e;--bad:#fde4e2;--bad-ink:#b3261e;--unknown:#eceef2;\
--unknown-ink:#525b69;--stale:#fdf2d3;--stale-ink:#8a5a00}\
@media(prefers-color-scheme:dark){svg{--bg:#14171d;--ink:#e6e9ef;--dim:#a2abba;--line:#8b95a7;--box:#222731;\
--edge:#4b5566;--frame:#191d24;--good:#14351d;--good-ink:#5fd47a;--bad:#451b19;--bad-ink:#ff8a80;\
--unknown:#2a2f39;--unknown-ink:#b4bccb;--stale:#3b2f10;--stale-ink:#f0c350}}\
.bg{fill:var(--bg)}text{font:14px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:var(--ink)}\
.title,.said{font-size:12px;fill:var(--dim)}.title{font-weight:600}.mid{text-anchor:middle}\
.said{paint-order:stroke;stroke:var(--bg);stroke-width:5px;stroke-linejoin:round}\
.frame{fill:var(--frame);stroke:var(--edge)}.box{fill:var(--box);stroke:var(--edge);stroke-width:1.4}\
.link{fill:none;stroke:var(--line);stroke-width:1.5}.dotted{stroke-dasharray:3 4}.thick{stroke-width:3.2}\
.head{fill:var(--line)}.ring{fill:var(--bg);stroke:var(--line)}.cross{fill:none;stroke:var(--line);stroke-width:1.6}\
.good{fill:var(--good);stroke:var(--good-ink)}.bad{fill:var(--bad);stroke:var(--bad-ink);stroke-width:2.6}\
.unknown{fill:var(--unknown);stroke:var(--unknown-ink);stroke-dasharray:6 4}\
.stale{fill:var(--stale);stroke:var(--stale-ink);stroke-dasharray:2 3}\
.mark{fill:none;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;stroke-dasharray:none}\
.mark.good{stroke:var(--good-ink)}.mark.bad{stroke:var(--bad-ink)}.mark.unknown{stroke:var(--unknown-ink)}\
.mark.stale{stroke:var(--stale-ink)}";

/// Returns the picture; None when links pass more rows than can be drawn.
pub fn svg(chart: &Chart) -> Option<String> {
    drawn(chart, "img", &format!("<style>{STYLE}</style>"))
}

/// Returns the picture as part of a page, which has a style for its classes; None as [`svg`] does.
pub fn part(chart: &Chart) -> Option<String> {
    drawn(chart, "group", "")
}

fn drawn(chart: &Chart, role: &str, style: &str) -> Option<String> {
    let layout = layout::layout(chart)?;
    let tones = present(chart);
    let legend = if tones.is_empty() { 0.0 } else { LEGEND };
    let width = layout.width.max(120.0 * count(tones.len()) + 24.0);
    let height = layout.height + legend;
    let mut pen = Pen(String::new());
    pen.put(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"{role}\" aria-label=\"{}\">{style}{HEADS}\
         <rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n",
        escaped(&told(chart))
    ));
    pen.body(chart, &layout);
    pen.legend(&tones, layout.height);
    pen.0.push_str("</svg>\n");
    Some(pen.0)
}

const HEADS: &str = "<defs>\
<marker id=\"arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerUnits=\"userSpaceOnUse\" markerWidth=\"11\" \
markerHeight=\"11\" orient=\"auto-start-reverse\"><path class=\"head\" d=\"M0 0.8 10 5 0 9.2z\"/></marker>\
<marker id=\"circle\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerUnits=\"userSpaceOnUse\" markerWidth=\"11\" \
markerHeight=\"11\" orient=\"auto\"><circle class=\"ring\" cx=\"5\" cy=\"5\" r=\"4\"/></marker>\
<marker id=\"cross\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerUnits=\"userSpaceOnUse\" markerWidth=\"11\" \
markerHeight=\"11\" orient=\"auto\"><path class=\"cross\" d=\"M1 1 9 9M9 1 1 9\"/></marker></defs>";

fn present(chart: &Chart) -> Vec<(Tone, usize)> {
    let of = |tone: Tone| {
        let found = chart.items.iter().filter(|it| it.tone == Some(tone));
        (tone, found.count())
    };
    let all = Tone::ALL.into_iter().map(of);
    all.filter(|(_, count)| *count > 0).collect()
}

/// What somebody hears who does not see the picture.
fn told(chart: &Chart) -> String {
    let tones = present(chart).into_iter();
    let tones: Vec<_> = tones
        .map(|(tone, count)| format!("{count} {}", tone.name()))
        .collect();
    let (boxes, links) = (chart.items.len(), chart.edges.len());
    match tones.is_empty() {
        true => format!("{boxes} boxes, {links} links"),
        false => format!("{boxes} boxes, {links} links: {}", tones.join(", ")),
    }
}

struct Pen(String);

impl Pen {
    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(what);
    }

    fn body(&mut self, chart: &Chart, layout: &Layout) {
        for (group, rect) in &layout.frames {
            self.frame(&chart.groups[*group], *rect);
        }
        for (edge, route) in chart.edges.iter().zip(&layout.routes) {
            match route {
                Some(route) => self.link(edge, route),
                None => self.itself(edge, layout.boxes[edge.from]),
            }
        }
        for (item, rect) in chart.items.iter().zip(&layout.boxes) {
            self.item(item, *rect);
        }
        for (edge, route) in chart.edges.iter().zip(&layout.routes) {
            if let Some(route) = route.as_ref().filter(|_| !edge.label.is_empty()) {
                let (x, y) = (route.label.0, route.label.1 + 4.0);
                self.text("said mid", x, y, &edge.label);
            }
        }
    }

    fn frame(&mut self, group: &Group, rect: Rect) {
        let Rect {
            x,
            y,
            width,
            height,
        } = rect;
        self.put(format_args!(
            "<g><title>{}</title><rect class=\"frame\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\" rx=\"8\"/>",
            escaped(&group.title)
        ));
        let letters = LONGEST_TITLE.min(letters(width - 20.0));
        self.text(
            "title",
            x + 10.0,
            y + 17.0,
            &size::cut(&group.title, letters),
        );
        self.0.push_str("</g>\n");
    }

    fn link(&mut self, edge: &Edge, route: &Route) {
        let mut path = format!("M{}", point(route.from));
        for piece in &route.pieces {
            match piece {
                Piece::Line(to) => path += &format!("L{}", point(*to)),
                Piece::Bend(one, two, to) => {
                    path += &format!("C{} {} {}", point(*one), point(*two), point(*to));
                }
            }
        }
        self.path(edge, &path);
    }

    fn path(&mut self, edge: &Edge, path: &str) {
        let stroke = match edge.stroke {
            Stroke::Solid => "link",
            Stroke::Dotted => "link dotted",
            Stroke::Thick => "link thick",
        };
        let end = match edge.head {
            Head::None => "",
            Head::Arrow => " marker-end=\"url(#arrow)\"",
            Head::Circle => " marker-end=\"url(#circle)\"",
            Head::Cross => " marker-end=\"url(#cross)\"",
        };
        let begin = if edge.both {
            " marker-start=\"url(#arrow)\""
        } else {
            ""
        };
        self.put(format_args!(
            "<path class=\"{stroke}\" d=\"{path}\"{begin}{end}/>\n"
        ));
    }

    /// A loop at the upper right corner.
    fn itself(&mut self, edge: &Edge, rect: Rect) {
        let (x, y) = (rect.x + rect.width, rect.y);
        let path = format!(
            "M{}C{} {} {}",
            point((x - 18.0, y)),
            point((x - 16.0, y - 26.0)),
            point((x + 20.0, y - 4.0)),
            point((x, y + 14.0))
        );
        self.path(edge, &path);
    }

    fn item(&mut self, item: &Item, rect: Rect) {
        let tone = item.tone.map(Tone::name);
        let title = match tone {
            Some(tone) => format!("{}: {tone}", item.lines.join(" ")),
            None => item.lines.join(" "),
        };
        if let Some(link) = &item.link {
            self.put(format_args!("<a href=\"{}\">", escaped(link)));
        }
        self.put(format_args!("<g><title>{}</title>", escaped(&title)));
        self.outline(item.shape, rect, tone.unwrap_or_default());
        let lines = size::shown(item);
        let shift = if tone.is_some() { 12.0 } else { 0.0 };
        let middle = (rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
        let first = middle.1 - (count(lines.len()) - 1.0) * size::LINE / 2.0 + 5.0;
        for (number, line) in lines.iter().enumerate() {
            self.text(
                "mid",
                middle.0 + shift,
                first + count(number) * size::LINE,
                line,
            );
        }
        if let Some(tone) = item.tone {
            let widest = lines.iter().map(|it| size::width(it)).fold(0.0, f64::max);
            self.mark(tone, middle.0 - widest / 2.0 - 8.0, middle.1);
        }
        self.0.push_str("</g>");
        let end = item.link.as_ref().map_or("", |_| "</a>");
        self.put(format_args!("{end}\n"));
    }

    fn outline(&mut self, shape: Shape, rect: Rect, tone: &str) {
        let Rect {
            x,
            y,
            width,
            height,
        } = rect;
        let (right, low) = (x + width, y + height);
        let (mid, half) = (x + width / 2.0, y + height / 2.0);
        let radius = match shape {
            Shape::Rectangle | Shape::Framed => 3.0,
            Shape::Rounded => 10.0,
            Shape::Stadium => height / 2.0,
            Shape::Circle => width / 2.0,
            Shape::Diamond => {
                let corners = [(mid, y), (right, half), (mid, low), (x, half)];
                return self.polygon(&corners, tone);
            }
            Shape::Hexagon => {
                let (one, two) = (x + height / 2.0, right - height / 2.0);
                let corners = [
                    (one, y),
                    (two, y),
                    (right, half),
                    (two, low),
                    (one, low),
                    (x, half),
                ];
                return self.polygon(&corners, tone);
            }
            Shape::Barrel => return self.barrel(rect, tone),
        };
        self.put(format_args!(
            "<rect class=\"box {tone}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             rx=\"{radius:.1}\"/>"
        ));
        if shape == Shape::Framed {
            let (one, two) = (x + 7.0, right - 7.0);
            self.put(format_args!(
                "<path class=\"box {tone}\" d=\"M{one:.1} {y:.1}V{low:.1}M{two:.1} {y:.1}V{low:.1}\"/>"
            ));
        }
    }

    fn polygon(&mut self, corners: &[(f64, f64)], tone: &str) {
        let corners: Vec<_> = corners.iter().map(|it| point(*it)).collect();
        let corners = corners.join(" ");
        self.put(format_args!(
            "<polygon class=\"box {tone}\" points=\"{corners}\"/>"
        ));
    }

    fn barrel(&mut self, rect: Rect, tone: &str) {
        let Rect {
            x,
            y,
            width,
            height,
        } = rect;
        let (lid, half) = (7.0, width / 2.0);
        let (top, low, right) = (y + lid, y + height - lid, x + width);
        self.put(format_args!(
            "<path class=\"box {tone}\" d=\"M{x:.1} {top:.1}A{half:.1} {lid} 0 0 1 {right:.1} {top:.1}V{low:.1}\
             A{half:.1} {lid} 0 0 1 {x:.1} {low:.1}ZM{x:.1} {top:.1}A{half:.1} {lid} 0 0 0 {right:.1} {top:.1}\"/>"
        ));
    }

    /// A tick, a cross, a question mark or a clock, 12 pixels wide around its middle.
    fn mark(&mut self, tone: Tone, x: f64, y: f64) {
        let path = match tone {
            Tone::Good => "M-5 0.5-1.5 4 5-4",
            Tone::Bad => "M-4.5-4.5 4.5 4.5M4.5-4.5-4.5 4.5",
            Tone::Unknown => "M-3-2.5A3 3 0 1 1 0 .5V2M0 5.6v.1",
            Tone::Stale => "M0-5.5A5.5 5.5 0 1 1-.01-5.5M0-3V.3L2.5 2",
        };
        self.put(format_args!(
            "<path class=\"mark {}\" transform=\"translate({x:.1} {y:.1})\" d=\"{path}\"/>",
            tone.name()
        ));
    }

    fn legend(&mut self, tones: &[(Tone, usize)], top: f64) {
        for (number, (tone, found)) in tones.iter().enumerate() {
            let (x, y) = (24.0 + 120.0 * count(number), top + LEGEND / 2.0 - 4.0);
            self.mark(*tone, x, y);
            self.text(
                "title",
                x + 12.0,
                y + 4.0,
                &format!("{found} {}", tone.name()),
            );
        }
    }

    fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let text = escaped(text);
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
        ));
    }
}

fn point((x, y): (f64, f64)) -> String {
    format!("{x:.1} {y:.1}")
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// How many letters of a title fit into so many pixels.
fn letters(pixels: f64) -> usize {
    (1..=LONGEST_TITLE)
        .take_while(|it| count(*it) * 7.0 <= pixels)
        .last()
        .unwrap_or(1)
}

/// What XML has no way to write, and what turns the direction of text, becomes a sign of its own.
fn escaped(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => made.push_str("&lt;"),
            '>' => made.push_str("&gt;"),
            '&' => made.push_str("&amp;"),
            '"' => made.push_str("&quot;"),
            '\'' => made.push_str("&#39;"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {
                made.push('\u{fffd}');
            }
            _ if letter.is_control() => made.push('\u{fffd}'),
            _ => made.push(letter),
        }
    }
    made
}
