//! The growth of wall time with the number of instances, as an SVG image.

use maud::html;

/// The times of a program.
pub struct Line {
    /// Its name.
    pub name: &'static str,
    /// Numbers of instances, with the time in seconds.
    pub points: Vec<(u32, f64)>,
}

impl Line {
    /// A line without points.
    pub const fn new(name: &'static str) -> Self {
        Self { name, points: Vec::new() }
    }
}

/// Width and height of the image, and of the part with the lines.
const SIZE: (f64, f64) = (720.0, 400.0);
const PLOT: (f64, f64) = (520.0, 320.0);
const MARGIN: (f64, f64) = (60.0, 30.0);

/// Powers of ten at the ends of the axes: of instances, and of seconds.
const INSTANCES: (f64, f64) = (1.0, 7.0);
const SECONDS: (f64, f64) = (-1.0, 2.0);

/// Colours that people with any colour vision tell apart (Okabe and Ito 2008).
const COLOURS: [&str; 6] = ["#0072b2", "#009e73", "#e69f00", "#cc79a7", "#d55e00", "#595959"];

fn x(instances: f64) -> f64 {
    MARGIN.0 + (instances.log10() - INSTANCES.0) / (INSTANCES.1 - INSTANCES.0) * PLOT.0
}

fn y(seconds: f64) -> f64 {
    let share = (seconds.log10() - SECONDS.0) / (SECONDS.1 - SECONDS.0);
    MARGIN.1 + (1.0 - share) * PLOT.1
}

/// The powers of ten between the ends of an axis.
#[expect(clippy::disallowed_methods, reason = "positions in an image, not results")]
fn ticks((from, to): (f64, f64)) -> impl Iterator<Item = f64> {
    let powers = std::iter::successors(Some(from), |power| Some(power + 1.0));
    powers.take_while(move |power| *power <= to).map(|power| 10_f64.powf(power))
}

/// The image. Both axes are logarithmic.
pub fn svg(lines: &[Line]) -> String {
    let (width, height) = SIZE;
    let (right, bottom) = (MARGIN.0 + PLOT.0, MARGIN.1 + PLOT.1);
    let image = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height)
            viewBox={ "0 0 " (width) " " (height) } font-family="sans-serif" font-size="12"
            role="img" {
            title { "Wall time of a year with a million events, by the number of instances" }
            rect width=(width) height=(height) fill="#ffffff" {}
            @for instances in ticks(INSTANCES) {
                @let at = x(instances);
                line x1=(at) x2=(at) y1=(MARGIN.1) y2=(bottom) stroke="#dddddd" {}
                text x=(at) y=(bottom + 18.0) text-anchor="middle" { (instances) }
            }
            text x=(MARGIN.0 + PLOT.0 / 2.0) y=(bottom + 38.0) text-anchor="middle" { "instances" }
            @for seconds in ticks(SECONDS) {
                @let at = y(seconds);
                line x1=(MARGIN.0) x2=(right) y1=(at) y2=(at) stroke="#dddddd" {}
                text x=(MARGIN.0 - 8.0) y=(at + 4.0) text-anchor="end" { (seconds) " s" }
            }
            @for ((line, colour), row) in lines.iter().zip(COLOURS).zip(0_u8..) {
                @let points = line.points.iter().map(|(n, time)| (x(f64::from(*n)), y(*time)));
                @let path: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
                polyline points=(path.join(" ")) fill="none" stroke=(colour) stroke-width="2" {}
                @let name = MARGIN.1 + 14.0 + 18.0 * f64::from(row);
                text x=(right + 10.0) y=(name) fill=(colour) { (line.name) }
            }
        }
    };
    image.into_string()
}
