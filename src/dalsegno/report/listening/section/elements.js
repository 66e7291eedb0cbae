// The parts of the section Listen: cards, tables, players. All text goes in as text, whatever it looks like.
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
const percent = (thousandths) => `${(thousandths / 10).toFixed(0)}%`;
const label = (clip) => data.classes[data.labels[clip]];
// The name of a class among other words, isolated from them, as it may be read from right to left.
const quoted = (name) => `“\u2068${name}\u2069”`;
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
    return n ? `${words}, ${n} of them as ${quoted(data.classes[answer])}: that may be why.` : words + ".";
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
  if (media.sound) parts.push(element("audio", { controls: "", preload: "metadata", src: source(clip), "aria-label": data.clips[clip] }));
  return parts;
};

const card = (model, clip) => {
  const answers = best(model, clip).map(({ called, share }) => `${quoted(data.classes[called])} ${percent(share)}`);
  return element("li", { class: "card" },
    element("p", {}, nameButton(clip), ` is ${quoted(label(clip))}`),
    ...looks(clip),
    element("p", {}, answers.join(", ")),
    ...reasons(model, clip).map((text) => element("p", { class: "soft" }, text)));
};
const cards = (model, clips) => element("ul", { class: "cards" }, ...clips.map((clip) => card(model, clip)));

const table = (name, heads, clips, row) => {
  const body = element("tbody", { "data-one-stop": "" });
  const add = (from, to) => {
    body.append(...clips.slice(from, to).map((clip) => element("tr", {}, ...row(clip))));
    [...body.querySelectorAll("button")].slice(1).forEach((button) => { button.tabIndex = -1; });
  };
  add(0, LIMIT);
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col", class: "text" }, text)));
  const wide = element("div", { class: "wide", role: "region", "aria-label": name, tabindex: "0" },
    element("table", {}, element("thead", {}, head), body));
  fitted.observe(wide);
  if (clips.length <= LIMIT) return [wide];
  const more = element("button", { type: "button", class: "named" }, `Show all ${clips.length}`);
  more.addEventListener("click", () => { add(LIMIT); more.remove(); });
  return [wide, more];
};
const anySound = Object.values(data.media).some((media) => media.sound);
const hearHead = anySound ? ["hear"] : [];
const hearCell = (clip) => (anySound ? [cell(playButton(clip))] : []);
const nameCell = (clip) => element("th", { scope: "row" }, nameButton(clip));
const cell = (...content) => element("td", { class: "text" }, ...content);
const answerCell = (model, clip) => {
  const { called: answer, share } = called(model, clip);
  return element("td", { class: right(model, clip) ? "text right" : "text" }, `${quoted(data.classes[answer])} ${percent(share)}`);
};
