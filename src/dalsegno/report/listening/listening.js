"use strict";
(() => {
  const data = JSON.parse(document.getElementById("listening-data").textContent);
  const byId = (id) => document.getElementById(id);
  const LIMIT = 20; // rows of a table before one asks for more
  const nBest = data.best[0].length / data.clips.length / 2;

  // All text goes in as text: a name that looks like HTML is shown as it is written.
  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const percent = (thousandths) => `${(thousandths / 10).toFixed(0)} %`;
  const label = (clip) => data.classes[data.labels[clip]];
  const best = (model, clip) =>
    Array.from({ length: nBest }, (_, k) => {
      const at = 2 * (clip * nBest + k);
      return { called: data.best[model][at], share: data.best[model][at + 1] };
    });
  const called = (model, clip) => best(model, clip)[0];
  const right = (model, clip) => called(model, clip).called === data.labels[clip];
  const all = data.clips.map((_, clip) => clip);
  const sound = (clip) => data.media[clip]?.sound;
  const source = (clip) => `data:audio/mpeg;base64,${sound(clip)}`;

  // One clip at a time: starting one stops the other.
  let playing = null;
  document.addEventListener("play", (event) => {
    if (playing && playing !== event.target) playing.pause();
    playing = event.target;
  }, true);

  const playButton = (clip) => {
    if (!sound(clip)) return document.createTextNode("–");
    const button = element("button", { type: "button", class: "heard", "aria-label": `Play ${data.clips[clip]}` }, "▶");
    let audio = null;
    const show = (on) => {
      button.textContent = on ? "■" : "▶";
      button.setAttribute("aria-label", `${on ? "Stop" : "Play"} ${data.clips[clip]}`);
    };
    button.addEventListener("click", () => {
      if (!audio) {
        audio = element("audio", { src: source(clip), preload: "none" });
        audio.addEventListener("play", () => show(true));
        audio.addEventListener("pause", () => show(false));
        audio.addEventListener("ended", () => show(false));
        audio.hidden = true;
        button.after(audio);
      }
      if (audio.paused) { audio.currentTime = 0; audio.play(); } else audio.pause();
    });
    return button;
  };

  const nameButton = (clip) => {
    const button = element("button", { type: "button", class: "named" }, data.clips[clip]);
    button.addEventListener("click", () => {
      byId("listen-clip").value = String(clip);
      showClip();
      byId("listen-single").focus();
    });
    return button;
  };

  // What was trained on besides; for a mistake, whether it was trained under the name that the model now gives.
  const reasons = (model, clip) => {
    const told = (data.relatives[clip] ?? []).map(({ words, labels }) => {
      if (model === null || right(model, clip)) return words + ".";
      const answer = called(model, clip).called;
      const n = labels[answer];
      return n ? `${words}, ${n} of them as ${data.classes[answer]}: that may be why.` : words + ".";
    });
    return data.against[clip] ? [...told, `${data.against[clip]}.`] : told;
  };

  const outline = (d) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const path = document.createElementNS(space, "path");
    for (const [name, value] of Object.entries({ viewBox: "0 0 160 100", preserveAspectRatio: "none", "aria-hidden": "true" })) svg.setAttribute(name, value);
    path.setAttribute("d", d);
    path.setAttribute("fill", "currentColor");
    svg.append(path);
    return svg;
  };

  const looks = (clip) => {
    const media = data.media[clip];
    if (!media) return [];
    if (media.lost) return [element("p", { class: "soft" }, `The file can no longer be read: ${media.lost}`)];
    const parts = media.outline ? [outline(media.outline)] : [];
    parts.push(element("img", { src: `data:image/webp;base64,${media.picture}`, alt: `Spectrogram of ${data.clips[clip]}` }));
    if (media.sound) parts.push(element("audio", { controls: "", preload: "none", src: source(clip), "aria-label": data.clips[clip] }));
    return parts;
  };

  const card = (model, clip) => {
    const answers = best(model, clip).map(({ called, share }) => `${data.classes[called]} ${percent(share)}`);
    return element("li", { class: "card" },
      element("p", {}, nameButton(clip), ` is ${label(clip)}`),
      ...looks(clip),
      element("p", {}, answers.join(", ")),
      ...reasons(model, clip).map((text) => element("p", { class: "soft" }, text)));
  };
  const cards = (model, clips) => element("ul", { class: "cards" }, ...clips.map((clip) => card(model, clip)));

  const table = (name, heads, clips, row) => {
    const body = element("tbody");
    const add = (from, to) => clips.slice(from, to).forEach((clip) => body.append(element("tr", {}, ...row(clip))));
    add(0, LIMIT);
    const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col", class: "text" }, text)));
    const wide = element("div", { class: "wide", role: "region", "aria-label": name, tabindex: "0" },
      element("table", {}, element("thead", {}, head), body));
    if (clips.length <= LIMIT) return [wide];
    const more = element("button", { type: "button", class: "named" }, `Show all ${clips.length}`);
    more.addEventListener("click", () => { add(LIMIT); more.remove(); });
    return [wide, more];
  };
  const nameCell = (clip) => element("th", { scope: "row" }, nameButton(clip));
  const cell = (...content) => element("td", { class: "text" }, ...content);
  const answerCell = (model, clip) => {
    const { called: answer, share } = called(model, clip);
    return element("td", { class: right(model, clip) ? "text right" : "text" }, `${data.classes[answer]} ${percent(share)}`);
  };

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
    differ.sort((a, b) => alone(a) - alone(b) || called(one, b).share - called(one, a).share);
    const count = (which) => differ.filter((clip) => alone(clip) === which).length;
    const [a, b] = [data.models[one], data.models[other]];
    const told = `They differ on ${differ.length} of ${all.length} clips: ${count(0)} that only ${a} has right, ` +
      `${count(1)} that only ${b} has right, ${count(2)} on which both are wrong.`;
    byId("listen-differ").replaceChildren(element("p", { role: "status" }, told), ...(differ.length
      ? table("Clips on which the two models differ", ["hear", "clip", "is", a, b], differ, (clip) =>
        [cell(playButton(clip)), nameCell(clip), cell(label(clip)), answerCell(one, clip), answerCell(other, clip)])
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
      return element("option", { value: key }, `${actual}, called ${answer}: ${cells.get(key)}`);
    }));
    if (cells.has(chosen)) byId("listen-cell").value = chosen;
    showCell();
  };
  const showCell = () => {
    const model = Number(byId("listen-confuser").value);
    const [actual, answer] = byId("listen-cell").value.split(" ").map(Number);
    const clips = all.filter((clip) => data.labels[clip] === actual && called(model, clip).called === answer);
    clips.sort((a, b) => called(model, b).share - called(model, a).share);
    byId("listen-cell-clips").replaceChildren(...table("Clips of this confusion", ["hear", "clip", "is", data.models[model]], clips,
      (clip) => [cell(playButton(clip)), nameCell(clip), cell(label(clip)), answerCell(model, clip)]));
  };

  const showClip = () => {
    const clip = Number(byId("listen-clip").value);
    const models = data.models.map((_, model) => model);
    const heads = ["model", ...["likeliest", "second", "third"].slice(0, nBest), `${label(clip)} (true)`];
    const rows = table(`Answers to ${data.clips[clip]}`, heads, models, (model) => [
      element("th", { scope: "row" }, data.models[model]),
      ...best(model, clip).map(({ called, share }) => element("td", { class: called === data.labels[clip] ? "text right" : "text" }, `${data.classes[called]} ${percent(share)}`)),
      cell(percent(data.own[model][clip])),
    ]);
    byId("listen-clip-answers").replaceChildren(
      element("div", { class: "cards" }, element("div", { class: "card" },
        element("p", {}, element("b", {}, data.clips[clip]), ` is ${label(clip)}`), ...looks(clip),
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
})();
