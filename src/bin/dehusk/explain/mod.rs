//! `dehusk explain`: pages are picked, each is told on the terminal ([`terminal`]), in an HTML
//! file ([`html`]) or as JSON ([`json`]), and held against older records ([`against`]).

mod against;
mod html;
mod json;
mod terminal;
mod words;

use std::io::{self, Write as _};
use std::path::Path;

use dehusk::{Explanation, Input, Page, PageError, Worker};

use crate::args::Explain;
use crate::explain::against::{Difference, Records, Sum};
use crate::run::{self, Failure};
use crate::{Outcome, interrupt, places, report, screen};

/// More pages than this, or more text, make a file that no browser is glad of.
const MOST_HTML_PAGES: usize = 100;
const MOST_HTML_BYTES: usize = 20_000_000;

/// A page with its reasons.
struct Told<'a> {
    page: &'a Page,
    explanation: &'a Explanation<'a, 'a>,
    /// Where its labels are others than in the records that it is held against, or why it
    /// cannot be.
    differences: Option<Result<Vec<Difference>, String>>,
}

pub(crate) fn explain(args: Box<Explain>) -> Result<Outcome, Failure> {
    refuse_clashes(&args);
    let extractor = run::extractor(&args.rules, args.weights.as_deref(), false)?;
    let records = args.against.as_deref().map(Records::read).transpose()?;
    // Before the input starts threads.
    interrupt::install();
    let mut pages = Picked::new(&args);
    let mut run = Run {
        view: View::new(&args),
        sum: records.is_some().then(Sum::default),
        records,
        shown: 0,
        failed: 0,
        bytes: 0,
    };
    run.tell(&mut pages, &mut extractor.worker())?;
    run.view.finish(run.sum.as_ref())?;
    pages.tell_rest(&run);
    match (run.shown, run.failed) {
        _ if !pages.left.is_empty() => Err(no_page(&pages.left, &args)),
        (0, 0) => Err(no_page(&[], &args)),
        (_, 0) => Ok(Outcome::Complete),
        (0, _) => Ok(Outcome::NothingRead),
        _ => Ok(Outcome::SomeFailed),
    }
}

/// What is told, and counts of it.
struct Run<'a> {
    view: View<'a>,
    records: Option<Records>,
    sum: Option<Sum>,
    shown: usize,
    failed: usize,
    bytes: usize,
}

impl Run<'_> {
    fn tell(&mut self, pages: &mut Picked, worker: &mut Worker) -> Result<(), Failure> {
        for page in pages {
            match page {
                Ok(page) => self.page(&page, worker)?,
                Err(error) => {
                    report::line(&error);
                    self.failed += 1;
                }
            }
            if self.is_full() {
                break;
            }
        }
        Ok(())
    }

    fn page(&mut self, page: &Page, worker: &mut Worker) -> Result<(), Failure> {
        let explanation = worker.explain(&page.text, &page.markup);
        let record = &explanation.record;
        let records = self.records.as_ref();
        let differences = records.map(|records| records.compare(&page.id, record));
        if let (Some(sum), Some(differences)) = (&mut self.sum, &differences) {
            sum.add(record, differences);
        }
        self.shown += 1;
        self.bytes += page.text.len();
        self.view.add(&Told {
            page,
            explanation: &explanation,
            differences,
        })
    }

    /// True if there is no room for another page.
    fn is_full(&self) -> bool {
        match self.view {
            View::Terminal { one, .. } => one && self.shown > 0,
            View::Html { .. } => self.shown >= MOST_HTML_PAGES || self.bytes >= MOST_HTML_BYTES,
            _ => false,
        }
    }
}

/// The file that is written is none of those that are read.
fn refuse_clashes(args: &Explain) {
    let Some(html) = &args.html else { return };
    let read = args
        .path
        .iter()
        .chain(&args.against)
        .chain(&args.rules)
        .chain(&args.weights);
    for path in read.filter(|path| path.is_file()) {
        if places::place(path) == places::place(html) {
            run::usage(
                "explain",
                &format!("--html {} would replace what is read", html.display()),
            );
        }
    }
}

fn no_page(wanted: &[String], args: &Explain) -> Failure {
    let input = args.path.as_deref().unwrap_or(Path::new("-")).display();
    let named = |page: &String| format!(" `{}`", screen::on_one_line(page));
    let which = wanted.first().map_or(String::new(), named);
    io::Error::other(format!("{input}: no page{which}")).into()
}

/// The pages that were asked for, in the order of the input; all, if none was.
struct Picked {
    input: std::iter::Enumerate<Input>,
    all: bool,
    /// What was asked for and not found yet.
    left: Vec<String>,
}

impl Picked {
    fn new(args: &Explain) -> Self {
        let input = run::reading(&args.reading);
        let input = match args.path.as_deref() {
            Some(path) if path != Path::new("-") => input.path(path),
            given => {
                if given.is_none() {
                    report::reading_terminal();
                }
                input.stdin()
            }
        };
        Self {
            input: input.build().enumerate(),
            all: args.page.is_empty(),
            left: args.page.clone(),
        }
    }

    /// True of a page that was asked for; it is not looked for again.
    fn picks(&mut self, number: usize, page: &Result<Page, PageError>) -> bool {
        let (id, url, source) = match page {
            Ok(page) => (&page.id, page.url.as_deref(), &page.source),
            Err(error) => (&error.id, None, &error.source),
        };
        let warc = source.warc.as_ref().and_then(|warc| warc.url.as_deref());
        let place = format!("{}#{}", source.path, source.record);
        let names = [
            Some(id.as_str()),
            url,
            warc,
            Some(&place),
            Some(&source.path),
        ];
        let before = self.left.len();
        self.left
            .retain(|wanted| !names.contains(&Some(wanted)) && wanted.parse() != Ok(number));
        self.all || self.left.len() < before
    }

    /// Says that there are more pages than were shown, where none was picked.
    fn tell_rest(&mut self, run: &Run) {
        if self.all && run.is_full() && self.input.next().is_some() {
            let shown = screen::plural(run.shown, "page");
            report::line(&format!(
                "{shown} shown and more there; --page N, ID or URL picks others (N from 0)"
            ));
        }
    }
}

impl Iterator for Picked {
    type Item = Result<Page, PageError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.all || !self.left.is_empty() {
            let (number, page) = self.input.next()?;
            if self.picks(number, &page) {
                return Some(page);
            }
        }
        None
    }
}

/// Where what is told goes.
enum View<'a> {
    /// One page, or those picked.
    Terminal {
        full: bool,
        one: bool,
        columns: usize,
    },
    /// What is different.
    Against {
        full: bool,
        columns: usize,
    },
    Json,
    Html {
        path: &'a Path,
        pages: html::Pages,
    },
}

impl<'a> View<'a> {
    fn new(args: &'a Explain) -> Self {
        let columns = screen::columns();
        match &args.html {
            _ if args.json => Self::Json,
            Some(path) => Self::Html {
                path,
                pages: html::Pages::default(),
            },
            None if args.against.is_some() => Self::Against {
                full: args.full,
                columns,
            },
            None => Self::Terminal {
                full: args.full,
                one: args.page.is_empty(),
                columns,
            },
        }
    }

    fn add(&mut self, told: &Told) -> Result<(), Failure> {
        match self {
            Self::Terminal { full, columns, .. } => {
                screen::print(&terminal::page(told, *full, *columns))?;
            }
            Self::Against { full, columns } => {
                screen::print(&terminal::differences(told, *full, *columns))?;
            }
            Self::Json => {
                let mut out = io::BufWriter::new(io::stdout().lock());
                json::page(told, &mut out)?;
                out.flush()?;
            }
            Self::Html { pages, .. } => pages.add(told),
        }
        Ok(())
    }

    fn finish(&self, sum: Option<&Sum>) -> Result<(), Failure> {
        match (self, sum) {
            (Self::Against { .. }, Some(sum)) => screen::print(&terminal::sum(sum))?,
            (Self::Html { path, pages }, _) if !pages.is_empty() => html::write(path, pages, sum)?,
            _ => {}
        }
        Ok(())
    }
}
