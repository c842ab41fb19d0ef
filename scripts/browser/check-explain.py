"""`dehusk explain --html`, in a browser: the page's text is all there, pointing, tapping and keys tell why, and no page
can make the file do anything."""

import json
import pathlib

from chromium import NARROW, Checks, main

# What a page could try: each would be heard as a dialog, a request, an error or an element too many.
HOSTILE = [
    "<script>alert(1)</script>\n\n</script></style></title></textarea><img src=x onerror=alert(2)>",
    "相关文章: <svg onload=alert(3)>甲\u00a0 \"><a href=javascript:alert(4)>乙</a>\u00a0 '><iframe src=//example.org>丙\u00a0 ",
    "标签: #<b>一</b> #&lt;script&gt; #&#60;二 #]]><!--三",
    "\u202egnp.exe\u202c \u2066abc\u2069 a\u200bb \x1b[2J\x1b]0;owned\x07 \x9b31m \x7f \x00 \ufeff",
    "版权所有\r\n\r\n一行\r二行\x0b三行\x0c四行\u2028五行\tTab",
    "e" + "\u0301" * 200 + " " + "ﷺ" * 50,
    "長" * 350_000 + "<script>alert(5)</script>",
    "word " * 40_000,
    "",
    " \n\n ",
]

# Signs stand for characters that would not be seen; put back, the text must be the page's.
SEGMENTS = """article => [...article.querySelectorAll(".segment")].map(segment => {
    const words = segment.querySelector(".words").cloneNode(true);
    for (const sign of words.querySelectorAll(".sign")) {
        sign.replaceWith(String.fromCodePoint(parseInt(sign.textContent.slice(2), 16)));
    }
    return [segment.dataset.kind, words.textContent];
})"""


def expected(checks, path):
    """Kind and text of each segment of each page, as `extract` has them."""
    lines = checks.run("extract", "-q", path, "--fields", "id,segments,text", "--with-text").split("\n")
    for line in map(json.loads, filter(None, lines)):
        text = line["text"].encode()
        yield [[one["kind"], text[one["start"] : one["end"]].decode()] for one in line["segments"]]


def texts(checks, path, name):
    """The segments' text, concatenated, is the page; and none is under another label."""
    file = checks.write(f"{name}.html", "explain", path, "--html")
    with checks.open(file) as page:
        shown = page.locator("article.page").evaluate_all(f"all => all.map({SEGMENTS})")
        wanted = list(expected(checks, path))
        checks.equal(len(shown), len(wanted), f"{name}: pages")
        for number, (found, right) in enumerate(zip(shown, wanted)):
            checks.equal(found, right, f"{name}: page {number}")
        checks.equal(page.evaluate("document.scripts.length"), 1, f"{name}: scripts")
        foreign = "script ~ script, body img, iframe, svg, object, embed, form, a, [onload], [onerror], [style]"
        checks.equal(page.locator(foreign).count(), 0, f"{name}: elements that are not ours")
    return file


def telling(checks, file):
    """Pointing shows, clicking keeps, keys go on, Escape lets go."""
    with checks.open(file) as page:
        now = page.locator(".why .now").first
        pieces = page.locator("article.page").first.locator(".piece")
        nothing = now.inner_text()
        pieces.nth(1).hover()
        checks.true("promo" in now.inner_text() and "免费咨询" in now.inner_text(), "pointing tells the cue")
        pieces.nth(2).hover()
        checks.true("title" in now.inner_text() and "Boundary" in now.inner_text(), "pointing tells the boundary")
        pieces.nth(2).click()
        kept = now.inner_text()
        pieces.nth(4).hover()
        checks.equal(now.inner_text(), kept, "what was clicked is kept")
        page.keyboard.press("j")
        checks.true("heading" not in kept and now.inner_text() != kept, "j goes on")
        page.keyboard.press("k")
        checks.equal(now.inner_text(), kept, "k goes back")
        checks.equal(page.evaluate("document.activeElement.dataset.at"), "2", "and so does the focus")
        page.keyboard.press("Escape")
        checks.equal(now.inner_text(), nothing, "Escape lets go")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        checks.true(page.locator(".piece.chosen").count() == 1, "Tab and Enter choose")
        numbers = page.locator(".segment.is-related .item[data-number]")
        checks.equal(numbers.evaluate_all("all => all.map(one => one.dataset.number)"), list("1234"), "items numbered")
        checks.true("园艺公司官网模板" in page.locator(".record").first.inner_text(), "the record is beside it")


def tapping(checks, file):
    with checks.open(file, size=NARROW, shot="explain-tapped-390") as page:
        why = page.locator(".why").first
        checks.true(not why.is_visible(), "nothing covers the page")
        page.locator(".piece").nth(2).tap()
        checks.true(why.is_visible() and "title" in why.inner_text(), "a tap tells why")
        box = why.bounding_box()
        checks.true(box["y"] > 300 and box["y"] + box["height"] <= 845, "from below")
        why.locator(".close").tap()
        checks.true(not why.is_visible(), "and can be closed")
        page.locator(".piece").nth(3).tap()


def turning(checks, file, pages):
    with checks.open(file, shot="explain-pages") as page:
        shown = lambda: page.locator("article.page:visible").evaluate_all("all => all.map(one => one.dataset.page)")
        checks.equal(shown(), ["0"], "one page at a time")
        page.keyboard.press("n")
        checks.equal(shown(), ["1"], "n turns")
        page.keyboard.press("p")
        page.keyboard.press("p")
        checks.equal(shown(), ["0"], "p turns back, and not before the first")
        page.locator("nav.pages .step").last.click()
        checks.equal(shown(), ["1"], "so does the button")
        page.locator("nav.pages .choice").select_option(str(pages - 1))
        checks.equal(shown(), [str(pages - 1)], "and the list")
        checks.true(page.locator("nav.pages .step").last.is_disabled(), "there is no page behind the last")


def comparing(checks, gold):
    """Against records in which all was nav; its table is sorted."""
    records = []
    for line in map(json.loads, checks.run("extract", "-q", gold, "--fields", "id,segments").splitlines()):
        line["segments"] = [{**one, "kind": "nav"} for one in line["segments"]]
        records.append(json.dumps(line))
    old = checks.file("old.jsonl", "\n".join(records))
    file = checks.write("against.html", "explain", gold, "--against", old, "--html")
    with checks.open(file, shot="explain-against") as page:
        checks.true(page.locator(".changed").count() > 0, "what changed is marked")
        head = page.locator("table.sortable th button").last
        column = lambda: page.locator("table.sortable td.num").evaluate_all("all => all.map(one => +one.dataset.value)")
        head.click()
        first = column()
        head.click()
        checks.true(first == sorted(first, reverse=True) and column() == first[::-1], "the table is sorted")


def check(checks: Checks) -> None:
    hostile = [json.dumps({"id": f"<b>{n}</b>\u202e", "url": "javascript:alert(9)", "text": text}) for n, text in enumerate(HOSTILE)]
    texts(checks, checks.file("hostile.jsonl", "\n".join(hostile)), "hostile")
    html = sorted(pathlib.Path("fixtures/html").glob("*.html"))[::9]
    for path in html:
        texts(checks, path, path.stem)
    gold = sorted(pathlib.Path("fixtures/gold").glob("*/page.txt"))[::6]
    pages = checks.file("gold.jsonl", "\n".join(json.dumps({"id": p.parent.name, "text": p.read_bytes().decode()}) for p in gold))
    many = texts(checks, pages, "gold")
    example = texts(checks, pathlib.Path("fixtures/example.txt"), "example")
    telling(checks, example)
    tapping(checks, example)
    turning(checks, many, len(gold))
    comparing(checks, pages)
    checks.looks(example, "explain", lambda page: page.locator(".piece").nth(1).click())
    checks.looks(many, "explain-many")


main(check)
