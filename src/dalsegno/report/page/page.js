// Tables that sort by any column, and plots that enlarge; everything can be read without either.
"use strict";

for (const table of document.querySelectorAll("table.sortable")) {
  table.tHead.dataset.oneStop = "";
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.title = "Sort by this column";
    button.tabIndex = column ? -1 : 0;
    head.append(button);
    button.addEventListener("click", () => sort(table, column));
  });
}

function sort(table, column) {
  const heads = [...table.tHead.rows[0].cells];
  const was = heads[column].getAttribute("aria-sort"); // the best first: the lowest where lower is better
  const up = was ? was === "descending" : heads[column].hasAttribute("data-low");
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", up ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [value(row.cells[column]), row]);
  rows.sort(([one], [other]) => compare(one, other, up ? 1 : -1));
  body.append(...rows.map(([, row]) => row));
}

function value(cell) {
  const first = (cell.querySelector("b") || cell).textContent.trim();
  const number = parseFloat(first.replaceAll(",", "").replace("−", "-"));
  return Number.isNaN(number) ? first : number;
}

function compare(one, other, sign) { // ?? and – come last, whichever way
  if (typeof one === typeof other) return sign * (one < other ? -1 : one > other ? 1 : 0);
  return typeof one === "number" ? -1 : 1;
}

// The buttons of a table are one stop for the Tab key, and the arrow keys go from one to the next.
const buttonsWith = (button) => [...(button.closest("[data-one-stop]")?.querySelectorAll("button") ?? [])];
document.addEventListener("focusin", ({ target }) => {
  if (target.matches("[data-one-stop] button")) buttonsWith(target).forEach((button) => { button.tabIndex = button === target ? 0 : -1; });
});
document.addEventListener("keydown", (event) => {
  if (!event.target.matches("[data-one-stop] button")) return;
  const perRow = event.target.closest("tr").querySelectorAll("button").length;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow }[event.key] ?? 0;
  const buttons = buttonsWith(event.target);
  const next = step && buttons[buttons.indexOf(event.target) + step];
  if (next) { event.preventDefault(); next.focus(); }
});

const dialog = document.getElementById("enlarged");
for (const plot of document.querySelectorAll(".plot")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "enlarge";
  button.textContent = "Enlarge";
  button.setAttribute("aria-label", `Enlarge: ${plot.getAttribute("aria-label")}`);
  plot.after(button);
  button.addEventListener("click", () => {
    dialog.querySelector("h2").textContent = plot.getAttribute("aria-label");
    dialog.querySelector("div").replaceChildren(plot.querySelector("svg").cloneNode(true));
    dialog.showModal();
  });
}
dialog.querySelector("button").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
