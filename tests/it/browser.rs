//! Pages in a real browser: no requests, messages, dialogs or horizontal scrolling; keyboard use
//! and printing.
//!
//! A headless Chromium is driven by the `DevTools` protocol over a pipe. Without a browser the
//! tests print a note and pass. `STAYPUT_BROWSER` names a browser. `STAYPUT_AXE` names
//! `axe.min.js`, which must then find no violation.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value as Json, json};

use crate::pages::{five_hundred, page, plain_and_hostile};
use crate::support::{folder, stayput, write};

/// A browser and one page of it.
struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: String,
    next: u64,
    /// Events that came while an answer was awaited.
    events: Vec<Json>,
    _profile: tempfile::TempDir,
}

/// A browser of this machine; `None` if there is none.
fn installed() -> Option<String> {
    let own = std::env::var("STAYPUT_BROWSER").ok();
    let known = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    own.into_iter().chain(known).find(|name| {
        let version = Command::new(name).arg("--version").stdin(Stdio::null()).output();
        version.is_ok_and(|output| output.status.success())
    })
}

impl Browser {
    /// Starts a browser; `None`, with a message, if there is none.
    fn start() -> Option<Self> {
        let Some(program) = installed() else {
            println!("skipped: there is no browser");
            return None;
        };
        let profile = folder();
        // The shell gives the browser the two descriptors of the pipe that the protocol uses.
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#, &program])
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"])
            .args(["--no-first-run", "--disable-extensions", "--disable-background-networking"])
            // Fewer processes and less drawing: the tests look at no pixels.
            .args(["--no-zygote", "--in-process-gpu", "--disable-threaded-compositing"])
            .arg("--run-all-compositor-stages-before-draw")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut browser = Self {
            child,
            to,
            from: BufReader::new(from),
            session: String::new(),
            next: 0,
            events: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attached = browser.call(
            "Target.attachToTarget",
            &json!({ "targetId": target["targetId"], "flatten": true }),
        );
        attached["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    fn read(&mut self) -> Json {
        let mut message = Vec::new();
        self.from.read_until(0, &mut message).unwrap();
        message.pop();
        serde_json::from_slice(&message).expect("the browser answers")
    }

    fn call(&mut self, method: &str, parameters: &Json) -> Json {
        self.next += 1;
        let mut message = json!({ "id": self.next, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.as_str().into();
        }
        self.to.write_all(message.to_string().as_bytes()).unwrap();
        self.to.write_all(&[0]).unwrap();
        self.to.flush().unwrap();
        loop {
            let answer = self.read();
            if answer["id"] == self.next {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    /// Opens a page and waits until it is loaded.
    fn open(&mut self, url: &str) {
        self.events.clear();
        self.call("Page.navigate", &json!({ "url": url }));
        loop {
            if self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
                return;
            }
            let event = self.read();
            self.events.push(event);
        }
    }

    fn show(&mut self, width: u32, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        self.call(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false }),
        );
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// The value of an expression; a promise is awaited.
    fn evaluate(&mut self, expression: &str) -> Json {
        let asked =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer.get("exceptionDetails").is_none(), "{expression:.60}: {answer}");
        answer["result"]["value"].clone()
    }

    fn key(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let code = match key {
                "Tab" => 9,
                "Enter" => 13,
                "Escape" => 27,
                _ => 39,
            };
            let mut asked = json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code });
            if key == "Enter" && kind == "keyDown" {
                asked["text"] = "\r".into();
            }
            self.call("Input.dispatchKeyEvent", &asked);
        }
    }

    /// A page must not make requests, log messages or open dialogs.
    fn assert_quiet(&mut self, url: &str) {
        self.evaluate("1");
        for event in &self.events {
            let parameters = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Network.requestWillBeSent" => assert_eq!(parameters["request"]["url"], url),
                "Runtime.consoleAPICalled"
                | "Runtime.exceptionThrown"
                | "Log.entryAdded"
                | "Page.javascriptDialogOpening" => assert_eq!(*event, Json::Null, "{url}"),
                _ => {}
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The pages that are tried, by name.
fn pages(folder: &Path) -> Vec<(&'static str, String)> {
    let [(_, plain), (_, hostile)] = plain_and_hostile(folder);
    let accepted = folder.join("none.yaml");
    let accepted = accepted.to_str().unwrap();
    fs::write(accepted, "stayput: accepted/1\n").unwrap();
    let diff =
        ["diff", "alibaba-ecs@2019-01-15", "alibaba-ecs@2026-05-15", "scenarios/two-editions.yaml"];
    let failing = write(folder, "failing.yaml", failing());
    let run = |arguments: &[&str]| page(arguments);
    vec![
        ("run", run(&["run", "scenarios/unpaid-fortnight.yaml"])),
        ("kinds", run(&["run", &five_hundred(folder)])),
        ("plain", run(&["run", &plain])),
        ("hostile", run(&["run", &hostile])),
        ("test", run(&["test", &failing, "scenarios/two-clouds.yaml", "--coverage"])),
        ("diff", run(&[&diff[..], &["--accepted", accepted, "--today", "2026-06-01"]].concat())),
        ("chance", run(&["run", "scenarios/random-year.yaml", "--replications", "40"])),
    ]
}

/// A scenario with an expectation that is not met.
pub(crate) fn failing() -> String {
    let text = fs::read_to_string(crate::support::root().join("scenarios/unpaid-fortnight.yaml"));
    text.unwrap().replace("outcome: held, rule: RP1", "outcome: overridden, rule: RP1")
}

fn written(folder: &Path, pages: &[(&str, String)]) -> Vec<PathBuf> {
    let write = |(name, text): &(&str, String)| {
        let path = folder.join(format!("{name}.html"));
        fs::write(&path, text).unwrap();
        path
    };
    pages.iter().map(write).collect()
}

#[test]
fn pages_in_a_browser() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = folder();
    let pages = pages(folder.path());
    let axe = std::env::var("STAYPUT_AXE").ok().map(|path| fs::read_to_string(path).unwrap());
    if axe.is_none() {
        println!("skipped: axe-core, since STAYPUT_AXE names none");
    }
    for path in written(folder.path(), &pages) {
        let url = format!("file://{}", path.display());
        for (width, dark) in
            [(360, false), (800, false), (1_280, true), (1_920, false), (2_560, true)]
        {
            browser.show(width, dark);
            browser.open(&url);
            browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)");
            let widths = browser.evaluate(
                "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
            );
            assert_eq!(widths[0], widths[1], "{url} at {width}");
            let cut = "[...document.querySelectorAll('.wrap:has(.big)')]\
                       .filter(w => w.scrollWidth > w.clientWidth).length";
            // Wider windows show them as tables, which long names can make wider still.
            if width <= 1_100 {
                assert_eq!(browser.evaluate(cut), 0, "tables of {url} at {width}");
            }
            browser.assert_quiet(&url);
            let Some(axe) = axe.as_deref().filter(|_| width < 1_900) else { continue };
            browser.evaluate(&format!("{axe};0"));
            let found = browser.evaluate(
                "axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3)\
                 .map(n => n.html.slice(0, 160)).join(' | ')))",
            );
            assert_eq!(found, json!([]), "{url} at {width}");
        }
    }
    let elements = |browser: &mut Browser, name: &str| {
        browser.open(&format!("file://{}", folder.path().join(format!("{name}.html")).display()));
        browser.evaluate("[...document.querySelectorAll('*')].map(e => e.tagName).join(' ')")
    };
    let plain = elements(&mut browser, "plain");
    assert_eq!(plain, elements(&mut browser, "hostile"), "hostile texts add no element");
}

#[test]
fn a_page_by_keyboard_filter_sort_and_print() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = folder();
    let path = folder.path().join("run.html");
    let ran =
        stayput(&["run", "scenarios/unpaid-fortnight.yaml", "--html", path.to_str().unwrap()]);
    assert_eq!(ran.code, 0);
    browser.show(1_280, false);
    browser.open(&format!("file://{}", path.display()));
    // The marks of a chart are one tab stop; arrow keys go from mark to mark.
    browser.evaluate("document.querySelector('.lane a').focus()");
    browser.key("ArrowRight");
    browser.key("ArrowRight");
    let third = "document.querySelectorAll('.lane a')[2].getAttribute('aria-label')";
    let focused = "document.activeElement.getAttribute('aria-label')";
    assert_eq!(browser.evaluate(focused), browser.evaluate(third));
    assert_eq!(browser.evaluate("document.getElementById('card').hidden"), false);
    browser.key("Escape");
    assert_eq!(browser.evaluate("document.getElementById('card').hidden"), true);
    browser.key("Enter");
    let row = "document.querySelector(location.hash).tagName";
    assert_eq!(browser.evaluate(row), "TR");
    // A header sorts; the second time, downwards.
    let sorted = "(() => { const b = document.querySelector('table[data-sort] th button'); \
                  b.click(); b.click(); return b.closest('th').getAttribute('aria-sort') })()";
    assert_eq!(browser.evaluate(sorted), "descending");
    // A name inside a range is found.
    let filter = "(() => { const t = document.querySelector('table[data-filter]'); \
                  const i = t.closest('.wrap').previousElementSibling.querySelector('input'); \
                  i.value = 'web-1'; i.dispatchEvent(new Event('input')); \
                  return [...t.tBodies[0].rows].filter(r => !r.hidden).length })()";
    assert_eq!(browser.evaluate(filter), 1);
    // Printing opens every fold.
    browser.evaluate("window.dispatchEvent(new Event('beforeprint'))");
    assert_eq!(browser.evaluate("document.querySelectorAll('details:not([open])').length"), 0);
    browser.call("Page.printToPDF", &json!({ "paperWidth": 8.27, "paperHeight": 11.69 }));
    // Without script the text is the same.
    browser.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    browser.open(&format!("file://{}", path.display()));
    browser.call("DOM.enable", &json!({}));
    let html = browser.call("DOM.getDocument", &json!({ "depth": -1 })).to_string();
    assert!(html.contains("What is lost, and what would have prevented it"));
}
