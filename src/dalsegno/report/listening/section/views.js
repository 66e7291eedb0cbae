// What the section Listen shows for each choice.
const KINDS = [["mistakes", "Surest mistakes"], ["doubts", "Least certain"], ["hits", "Surest hits"]];
const showChosen = () => {
  const model = Number(byId("listen-model").value);
  byId("listen-chosen").replaceChildren(...KINDS.flatMap(([kind, title]) => {
    const clips = data.chosen[model][kind];
    return [element("h4", {}, title), clips.length ? cards(model, clips) : element("p", {}, "None.")];
  }));
};

const showDiffering = () => {
  const [one, other] = ["listen-one", "listen-other"].map((id) => Number(byId(id).value));
  const differ = all.filter((clip) => called(one, clip).called !== called(other, clip).called);
  const alone = (clip) => (right(one, clip) ? 0 : right(other, clip) ? 1 : 2);
  differ.sort((a, b) => called(one, b).share - called(one, a).share);
  const byKind = [0, 1, 2].map((which) => differ.filter((clip) => alone(clip) === which));
  const turns = differ.flatMap((_, i) => byKind.flatMap((clips) => clips.slice(i, i + 1)));
  const [a, b] = [data.models[one], data.models[other]];
  const told = `They differ on ${differ.length} of ${all.length} clips: ${byKind[0].length} that only ${a} has right, ` +
    `${byKind[1].length} that only ${b} has right, ${byKind[2].length} on which both are wrong` +
    `${differ.length ? "; these kinds take turns below" : ""}.`;
  byId("listen-differ").replaceChildren(element("p", { role: "status" }, one === other ? "Choose two different models." : told), ...(differ.length
    ? table("Clips on which the two models differ", [...hearHead, "clip", "is", a, b], turns, (clip) =>
      [...hearCell(clip), nameCell(clip), cell(label(clip)), answerCell(one, clip), answerCell(other, clip)])
    : []));
};

const fillCells = (chosen) => {
  const model = Number(byId("listen-confuser").value);
  const cells = new Map();
  for (const clip of all) {
    const key = `${data.labels[clip]} ${called(model, clip).called}`;
    cells.set(key, (cells.get(key) ?? 0) + 1);
  }
  const wrong = (key) => Number(new Set(key.split(" ")).size === 2);
  const keys = [...cells.keys()].sort((a, b) => wrong(b) - wrong(a) || cells.get(b) - cells.get(a));
  byId("listen-cell").replaceChildren(...keys.map((key) => {
    const [actual, answer] = key.split(" ").map((c) => data.classes[c]);
    return element("option", { value: key }, `${quoted(actual)}, called ${quoted(answer)}: ${cells.get(key)}`);
  }));
  if (cells.has(chosen)) byId("listen-cell").value = chosen;
  showCell();
};
const showCell = () => {
  const model = Number(byId("listen-confuser").value);
  const [actual, answer] = byId("listen-cell").value.split(" ").map(Number);
  const clips = all.filter((clip) => data.labels[clip] === actual && called(model, clip).called === answer);
  clips.sort((a, b) => called(model, b).share - called(model, a).share);
  byId("listen-cell-clips").replaceChildren(...table("Clips of this confusion", [...hearHead, "clip", "is", data.models[model]], clips,
    (clip) => [...hearCell(clip), nameCell(clip), cell(label(clip)), answerCell(model, clip)]));
};

const showClip = () => {
  const clip = Number(byId("listen-clip").value);
  const models = data.models.map((_, model) => model);
  const heads = ["model", ...["likeliest", "second", "third"].slice(0, nBest), `${quoted(label(clip))} (true)`];
  const rows = table(`Answers to ${data.clips[clip]}`, heads, models, (model) => [
    element("th", { scope: "row" }, data.models[model]),
    ...best(model, clip).map(({ called, share }) => element("td", { class: called === data.labels[clip] ? "text right" : "text" }, `${quoted(data.classes[called])} ${percent(share)}`)),
    cell(percent(data.own[model][clip])),
  ]);
  byId("listen-clip-answers").replaceChildren(
    element("div", { class: "cards" }, element("div", { class: "card" },
      element("p", {}, element("b", {}, data.clips[clip]), ` is ${quoted(label(clip))}`), ...looks(clip),
      ...reasons(null, clip).map((text) => element("p", { class: "soft" }, text)))), ...rows);
};

// A click on a cell of a matrix leads to its clips; with the keyboard, the two choices do.
for (const matrix of document.querySelectorAll("table.matrix")) {
  const model = data.models.indexOf(matrix.dataset.model);
  [...matrix.tBodies[0].rows].forEach((row, actual) => [...row.cells].forEach((td, column) => {
    if (model < 0 || column === 0 || !td.textContent.trim()) return;
    td.classList.add("leads");
    td.addEventListener("click", () => {
      byId("listen-confuser").value = String(model);
      fillCells(`${actual} ${column - 1}`);
      byId("listen-back").href = `#${matrix.id}`;
      byId("listen-back").hidden = false;
      location.hash = "listen-confused";
      byId("listen-confused").focus();
    });
  }));
}

byId("listen-clip").replaceChildren(...all.map((clip) => element("option", { value: String(clip) }, data.clips[clip])));
const views = [["listen-model", showChosen], ["listen-one", showDiffering], ["listen-other", showDiffering],
  ["listen-confuser", fillCells], ["listen-cell", showCell], ["listen-clip", showClip]];
for (const [id, show] of views) byId(id)?.addEventListener("change", show);
showChosen();
fillCells();
showClip();
if (byId("listen-differ")) showDiffering();
if (byId("listen-mislabelled")) {
  const model = data.models.length - 1;
  byId("listen-mislabelled").replaceChildren(cards(model, Object.keys(data.against).map(Number)));
}
// The names that stand in the page already lead to the clip, and play it.
for (const place of document.querySelectorAll("[data-clip]")) {
  const clip = Number(place.dataset.clip);
  place.replaceChildren(...(sound(clip) ? [playButton(clip), " "] : []), nameButton(clip));
}
