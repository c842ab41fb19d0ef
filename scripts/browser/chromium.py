"""Opens HTML files that dehusk wrote in a headless Chromium and watches what they do.

What every file must keep to is checked on every page opened here: nothing is said on the console, no error is
thrown, no dialog opens, no request leaves the file, and at no width does the page scroll sideways.

To check another report, add a file `check-NAME.py` beside this one:

    from chromium import Checks, main

    def check(checks: Checks) -> None:
        path = checks.write("report.html", "stats", "records.jsonl", "--html")   # dehusk stats records.jsonl --html PATH
        with checks.open(path, shot="stats") as page:                          # a playwright Page, 1280 wide, light
            checks.equal(page.locator("table").count(), 3, "tables")
        checks.looks(path, "stats")                                            # shots: light, dark, 390 wide both

    main(check)

`.ci/run` runs every `check-*.py` as `PYTHON check-NAME.py PROGRAM [SHOTS]`. Exit status: 0 all is well, 1 it is
not, 77 there is no Chromium or no playwright to check with. SHOTS is a folder that screenshots are put into, to be looked
at by people. Needs Debian's `chromium` (or a path in CHROMIUM) and `pip install playwright`, whose own browsers it does
not need.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

WIDE, NARROW = (1280, 900), (390, 844)


class Checks:
    """A browser, a folder for files, and what was wrong."""

    def __init__(self, browser, program, folder, shots):
        self.browser, self.program, self.folder, self.shots = browser, program, pathlib.Path(folder), shots
        self.wrong, self.done = [], 0

    def equal(self, found, expected, what):
        self.done += 1
        if found != expected:
            self.wrong.append(f"{what}: {found!r:.300} is not {expected!r:.300}")

    def true(self, found, what):
        self.equal(bool(found), True, what)

    def file(self, name, content):
        """A file to read from; bytes or text."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run(self, *words):
        """Runs dehusk, which must read every page; returns what it printed."""
        done = subprocess.run([self.program, *map(str, words)], capture_output=True, check=False)
        self.equal(done.returncode, 0, f"dehusk {words}: {done.stderr.decode()}")
        return done.stdout.decode()

    def write(self, name, *words):
        """Runs dehusk with the file's path behind these words; returns the path."""
        path = self.folder / name
        self.run(*words, path)
        return path

    @contextlib.contextmanager
    def open(self, path, *, dark=False, size=WIDE, shot=None):
        """Opens the file and yields the page; looks at all that every page must keep to."""
        url = path.as_uri()
        context = self.browser.new_context(
            color_scheme="dark" if dark else "light",
            viewport={"width": size[0], "height": size[1]},
            has_touch=size == NARROW,
            offline=True,
        )
        page, heard = context.new_page(), []
        # Ends a wait for what is not there; however slow the machine, what is there comes sooner.
        page.set_default_timeout(300_000)
        page.on("console", lambda message: heard.append(f"console: {message.type}: {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (heard.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda popup: heard.append(f"window: {popup.url}"))

        def request(asked):
            if asked.url.split("#")[0] != url and not asked.url.startswith("data:"):
                heard.append(f"request: {asked.url}")

        page.on("request", request)
        page.goto(url)
        try:
            yield page
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            self.true(wide <= 0, f"{path.name} at {size[0]}: {wide} pixels too wide")
            self.equal(page.url.split("#")[0], url, f"{path.name}: stays where it is")
            if shot:
                self.shoot(page, shot)
        finally:
            context.close()
        self.equal(heard, [], f"{path.name}: quiet")

    def shoot(self, page, name):
        if self.shots:
            page.screenshot(path=str(pathlib.Path(self.shots) / f"{name}.png"))

    def looks(self, path, name, before=lambda page: None):
        """Opens the file in light and dark, wide and narrow; `before` acts on each page before its shot."""
        papers = {}
        for dark in (False, True):
            for size in (WIDE, NARROW):
                with self.open(path, dark=dark, size=size) as page:
                    before(page)
                    scheme = "dark" if dark else "light"
                    self.shoot(page, f"{name}-{scheme}-{size[0]}")
                    papers[dark] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        self.true(papers[False] != papers[True], f"{path.name}: dark is another colour than light")


def main(check):
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} PROGRAM [SHOTS]")
    program = str(pathlib.Path(sys.argv[1]).resolve())
    shots = sys.argv[2] if len(sys.argv) > 2 else None
    name = pathlib.Path(sys.argv[0]).stem
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if not chromium:
        print(f"{name}: left out, for want of Chromium or playwright", file=sys.stderr)
        sys.exit(77)
    os.chdir(pathlib.Path(__file__).resolve().parents[2])
    if shots:
        os.makedirs(shots, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium)
        checks = Checks(browser, program, folder, shots)
        check(checks)
        version = browser.version
        browser.close()
    for wrong in checks.wrong:
        print(f"{name}: {wrong}", file=sys.stderr)
    print(f"{name}: {checks.done} checks in Chromium {version}, {len(checks.wrong)} failed")
    sys.exit(1 if checks.wrong else 0)
