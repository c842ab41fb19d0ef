"use strict";
// Tables of the class `sortable` are sorted by a click, or Enter, on the head of a column. Numbers
// stand in `data-value`, since what is shown is rounded; without it a cell's text counts.
for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    [...body.rows].forEach((row, place) => { row.dataset.place = place; });
    heads.forEach((head, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sort";
        button.append(...head.childNodes);
        head.append(button);
        if (!head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", "none");
        button.addEventListener("click", () => sort(head, column));
    });

    function value(row, column) {
        const cell = row.cells[column];
        return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
    }

    function compare(a, b) {
        return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    }

    // Numbers begin with the largest. Rows that are equal keep the order in which they came.
    function sort(head, column) {
        const numbers = head.classList.contains("num");
        const now = head.getAttribute("aria-sort");
        const down = now === "none" ? numbers : now === "ascending";
        for (const other of heads) other.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].sort((a, b) =>
            (down ? -1 : 1) * compare(value(a, column), value(b, column)) || a.dataset.place - b.dataset.place);
        body.append(...rows);
    }
}
