// Pages: one at a time, by buttons, list and keys. Without this script all stand below each other.
const pages = [...document.querySelectorAll("article.page")];
const choice = document.querySelector("nav.pages .choice");
let page = 0;
for (const one of pages) one.classList.add("single");

function turn(to) {
    if (to < 0 || to >= pages.length) return;
    page = to;
    pages.forEach((one, at) => { one.hidden = at !== page; });
    if (!choice) return;
    choice.value = String(page);
    for (const button of document.querySelectorAll("nav.pages .step")) {
        const target = page + Number(button.dataset.step);
        button.disabled = target < 0 || target >= pages.length;
    }
    window.scrollTo(0, 0);
}

if (choice) {
    choice.addEventListener("change", () => turn(Number(choice.value)));
    for (const button of document.querySelectorAll("nav.pages .step")) {
        button.addEventListener("click", () => turn(page + Number(button.dataset.step)));
    }
}
turn(0);

// Why a piece has its label: shown when it is pointed at, kept when it is clicked or tapped.
for (const article of pages) {
    const panel = article.querySelector(".why");
    const now = panel.querySelector(".now");
    const nothing = [...now.childNodes];
    const store = article.querySelector(".store");
    let kept = null;

    function show(piece) {
        const why = store.querySelector(`[data-why="${piece.dataset.at}"]`);
        now.replaceChildren(...why.cloneNode(true).childNodes);
    }

    function keep(piece) {
        if (kept) kept.classList.remove("chosen");
        kept = piece;
        panel.classList.toggle("open", Boolean(piece));
        if (!piece) return now.replaceChildren(...nothing);
        piece.classList.add("chosen");
        show(piece);
    }

    const pieces = [...article.querySelectorAll(".piece")];
    for (const piece of pieces) {
        piece.addEventListener("mouseenter", () => { if (!kept) show(piece); });
        piece.addEventListener("click", () => keep(kept === piece ? null : piece));
        piece.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" && event.key !== " ") return;
            event.preventDefault();
            keep(kept === piece ? null : piece);
        });
    }
    panel.querySelector(".close").addEventListener("click", () => keep(null));
    article.step = (by) => {
        const at = kept ? pieces.indexOf(kept) + by : by > 0 ? 0 : pieces.length - 1;
        if (!pieces[at]) return;
        keep(pieces[at]);
        pieces[at].scrollIntoView({ block: "nearest" });
        pieces[at].focus({ preventScroll: true });
    };
    article.release = () => keep(null);
}

document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("select, input, textarea")) return;
    const act = {
        n: () => turn(page + 1),
        p: () => turn(page - 1),
        j: () => pages[page].step(1),
        k: () => pages[page].step(-1),
        Escape: () => pages[page].release(),
    }[event.key];
    if (act) act();
});
