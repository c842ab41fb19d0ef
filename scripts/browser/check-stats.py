"""`dehusk stats --html`, in a browser: tables are sorted by click and by key, fields filter them, plots show what the records hold,
and no record can make the file do anything."""

import json

from chromium import NARROW, Checks, main

# Strings that try to be more than text; they come as everything that a record has.
HOSTILE = [
    "<script>alert(1)</script>",
    "</title></style></script></svg><img src=x onerror=alert(2)>",
    "\" onmouseover=alert(3) x='",
    "'><svg onload=alert(4)>",
    "]]><!-- &lt;b&gt; &#60;",
    "\u202egnp.exe\u202c\u2066abc \x1b[2J\x9b31m\x00\ufeff",
    "e" + "\u0301" * 300,
    "長" * 400_000 + "<script>alert(5)</script>",
    "javascript:alert(6)",
]

FOREIGN = "script ~ script, body img, iframe, object, embed, form, a:not([href^='#']), [onload], [onerror], [onmouseover], [style]"


def segments(*lengths):
    kinds, at, made = ["title", "body", "nav", "promo", "tags"], 0, []
    for kind, length in zip(kinds, lengths):
        made.append({"kind": kind, "start": at, "end": at + length})
        at += length
    return made


def record(number, url, contacts=(), **more):
    return {
        "schema": 1,
        "id": str(number),
        "url": url,
        "title": f"标题 {number}",
        "tags": [f"标签 {number % 7}"],
        "related": ["相关 一", f"相关 {number % 3}"],
        "contacts": [{"kind": kind, "value": value, "start": 0, "end": 1} for kind, value in contacts],
        "language": "zh-Hans",
        "segments": segments(6, 60 + number % 50 * 20, 30, 12, 9),
        **more,
    }


def farms():
    """A farm of 200 hosts with one hotline, one of 2, and hosts with nothing in common."""
    made = []
    for number in range(200):
        hotline = [("phone", "4000000200")] + ([("wechat", f"wx_{number // 20}")] if number < 60 else [])
        made.append(record(number, f"http://f{number:03}.example.cn/", hotline))
    for number in range(2):
        made += [record(number, f"http://two{number}.example.cn/{n}", [("phone", "4000000002")]) for n in range(5)]
    made += [record(n, f"http://alone{n}.example.com/", [("qq", f"1000{n}")]) for n in range(40)]
    return made


def hostile():
    made = []
    for text in HOSTILE:
        length = len(text.encode())
        for host in ("a", "b"):
            made.append(record(0, f"http://{host}{text[:90]}/", [("phone", text), (text[:20], "1")], title=text, tags=[text] * 2,
                               related=[text] * 3, language=text[:40], segments=segments(length, length, length),
                               text=text * 3))
        made.append({"schema": 1, "id": text[:20], "source": {"path": "p"}, "error": text})
    return made


def lines(records):
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in records)


def column(table, number):
    script = f"rows => rows.filter(row => !row.hidden).map(row => Number(row.cells[{number}].dataset.value))"
    return table.locator("tbody tr").evaluate_all(script)


def sorting(checks, file):
    """By click and by key, and the head tells how."""
    with checks.open(file, shot="stats-top") as page:
        table = page.locator("section:has(#hosts) table")
        heads = table.locator("thead th")
        checks.equal(heads.nth(2).get_attribute("aria-sort"), "descending", "hosts come by share of husk")
        found = column(table, 2)
        checks.equal(found, sorted(found, reverse=True), "and are sorted so")
        checks.true(len(found) == 200, "200 of them")
        heads.nth(3).locator("button").click()
        checks.equal(heads.nth(3).get_attribute("aria-sort"), "descending", "a click sorts by pages, most first")
        checks.equal(heads.nth(2).get_attribute("aria-sort"), "none", "and no more by husk")
        found = column(table, 3)
        checks.equal((found, found[0]), (sorted(found, reverse=True), 5), "pages")
        heads.nth(3).locator("button").focus()
        page.keyboard.press("Enter")
        found = column(table, 3)
        checks.equal((found, heads.nth(3).get_attribute("aria-sort")), (sorted(found), "ascending"), "Enter turns it round")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Space")
        names = table.locator("tbody tr td:first-child").all_inner_texts()
        checks.equal((names, heads.nth(0).get_attribute("aria-sort")), (sorted(names), "ascending"), "Tab and Space sort by name")
        field = page.locator("section:has(#hosts) input.filter")
        field.fill("two1")
        checks.equal(table.locator("tbody tr:visible").count(), 1, "the field filters")
        field.fill("")
        checks.equal(table.locator("tbody tr:visible").count(), 200, "and no more")


def plots(checks, file):
    with checks.open(file) as page:
        checks.equal(page.locator("svg.strip rect").count(), 10, "ten labels")
        widths = page.locator("svg.strip rect").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
        shares = column(page.locator("section:has(#labels) table"), 2)
        total = sum(widths)
        checks.true(all(abs(width / total - share) < 0.01 for width, share in zip(widths, shares)), "as wide as their shares")
        clusters = page.locator(".clusters article")
        checks.equal(clusters.count(), 5, "clusters: the farm, three WeChat ids of it, the two")
        checks.true("200 hosts by 1 contact" in clusters.first.inner_text(), "the largest first")
        checks.equal(clusters.first.locator("circle").count(), 200, "a dot for each of its hosts")
        box = clusters.first.bounding_box()
        checks.true(box["height"] < 700, "200 hosts fit a screen")
        last = clusters.last
        checks.equal((last.locator("line").count(), last.locator("circle").count()), (2, 0), "two hosts have a line each")
        checks.true("two0.example.cn" in last.inner_text() and "4000000002" in last.inner_text(), "and their names")
        checks.equal(page.locator("section:has(#hosts) svg.plot circle").count(), 242, "a dot for each host")
        overflow = page.locator("svg text").evaluate_all(
            "all => all.filter(one => one.getBoundingClientRect().right > innerWidth + 1).map(one => one.textContent)")
        checks.equal(overflow, [], "no word leaves the screen")


def hostility(checks):
    path = checks.file("hostile.jsonl", lines(hostile()))
    file = checks.write("hostile.html", "stats", path, "-q", "--html")
    for size in ((1280, 900), NARROW):
        with checks.open(file, size=size, shot=f"stats-hostile-{size[0]}") as page:
            checks.equal(page.evaluate("document.scripts.length"), 1, "hostile: scripts")
            checks.equal(page.locator(FOREIGN).count(), 0, "hostile: elements that are not ours")
            shown = page.locator("section:has(#tags) table").first.inner_text()
            checks.true(HOSTILE[0] in shown, "hostile: a tag is shown as it is")
            text = page.evaluate("document.body.textContent")
            checks.true("U+202E" in text and "\u202e" not in text, "hostile: what turns text round is shown by name")
            for head in page.locator("th button.sort:visible").all():
                head.click()


def check(checks: Checks) -> None:
    records = farms()
    path = checks.file("records.jsonl", lines(records))
    file = checks.write("stats.html", "stats", path, "--html")
    sorting(checks, file)
    plots(checks, file)
    hostility(checks)
    checks.looks(file, "stats")
    other = checks.file("other.jsonl", lines(records[150:]))
    beside = checks.write("beside.html", "stats", path, "--against", other, "--html")
    with checks.open(beside, shot="stats-against") as page:
        checks.equal(page.locator("svg.strip").count(), 2, "two strips, one for each")
        rows = page.locator("section:has(#tags) table").first.locator("tbody tr").count()
        checks.equal(rows, 7, "tags beside each other")
    empty = checks.write("empty.html", "stats", checks.file("empty.jsonl", ""), "--html")
    with checks.open(empty) as page:
        checks.true("0" in page.locator(".cards").inner_text(), "nothing is a report, too")


main(check)
