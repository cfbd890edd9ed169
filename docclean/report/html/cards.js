const NEAR = "1200px 0px";
const SHOWN_WORDS = 80;
const $ = (id) => document.getElementById(id);
const index = JSON.parse($("index").textContent);
const { before, contenders, sets, pages } = index;
const bar = contenders.indexOf(before);
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

const make = (tag, options = {}, ...children) => {
  const { data, ...rest } = options;
  const node = Object.assign(document.createElement(tag), rest);
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
};
const fixed = (value, digits) => value.toFixed(digits).replace("-", "−");
const percent = (rate) => (rate === null ? "–" : fixed(100 * rate, 2) + "%");
const share = (value) => (value === null || value === undefined ? "–" : fixed(value, 3));
const signed = (value, digits) => {
  const text = fixed(value, digits);
  return value > 0 ? "+" + text : text;
};

// --- what changed ----------------------------------------------------------------------------

let chosen = contenders.indexOf(index.after);

// With truth the fall of the CER, without it the rise of the confidence, both 0..1
const change = (page) => {
  const first = page.rates[bar];
  const second = page.rates[chosen];
  if (!first || !second || first[0] == null || second[0] == null) return 0;
  return page.labelled ? first[0] - second[0] : (second[0] - first[0]) / 100;
};
const mood = (page) => {
  if (!page.labelled) return "unknown";
  const gain = change(page);
  return gain > 0 ? "better" : gain < 0 ? "worse" : "same";
};
const errors = (page) => {
  const rates = page.rates[chosen] || page.rates[bar];
  if (!rates || rates[0] == null) return -1;
  return page.labelled ? rates[0] : 1 - rates[0] / 100;
};

const ORDERS = {
  worst: (a, b) => change(a) - change(b),
  best: (a, b) => change(b) - change(a),
  hardest: (a, b) => errors(b) - errors(a),
  name: () => 0,
};

// --- a card ----------------------------------------------------------------------------------

const shells = pages.map((page, number) => {
  page.number = number;
  const body = make("div", { className: "body" });
  const link = make("a", { href: `#page-${number}`, textContent: page.name });
  const gain = make("p", { className: "change" });
  const group = sets.length > 1 ? make("small", { textContent: sets[page.set] }) : "";
  const head = make("header", {}, make("h3", {}, link), group, gain);
  const card = make("article", { id: `page-${number}`, className: "card" }, head, body);
  card.setAttribute("aria-label", page.name);
  if (page.size) body.style.setProperty("--ratio", page.size[0] / page.size[1]);
  body.classList.toggle("pictured", Boolean(page.size));
  return { page, card, body, gain, filled: false, near: false };
});

const headline = ({ page, card, gain }) => {
  const first = page.rates[bar];
  const second = page.rates[chosen];
  const how = mood(page);
  card.className = `card ${how}`;
  gain.replaceChildren();
  if (!first || !second || first[0] == null || second[0] == null) return;
  const delta = change(page);
  const sides = page.labelled
    ? `CER ${percent(first[0])} → ${percent(second[0])}`
    : `confidence ${fixed(first[0], 1)} → ${fixed(second[0], 1)}`;
  const words = page.labelled
    ? delta === 0 ? "same" : `${signed(100 * delta, 2)} points`
    : delta === 0 ? "same" : signed(100 * delta, 1);
  gain.append(
    make("span", { textContent: sides }),
    make("b", { className: page.labelled ? how : "neutral", textContent: words }),
  );
};

const readings = (page, notes) => {
  const heads = page.labelled ? ["CER", "WER", "F1"] : ["confidence", "known", "agreement"];
  const cells = (rates) =>
    page.labelled
      ? [percent(rates[0]), percent(rates[1]), share(rates[4])]
      : [rates[0] == null ? "–" : fixed(rates[0], 1), share(rates[1]), share(rates[2])];
  const head = make("tr", {}, make("td"));
  head.append(...heads.map((text) => make("th", { scope: "col", textContent: text })));
  const rows = contenders.flatMap((name, at) => {
    const rates = page.rates[at];
    if (!rates) return [];
    const kind = at === bar ? "before" : at === chosen ? "after" : "other";
    const row = make("tr", { className: kind, title: notes[at] });
    row.append(make("th", { scope: "row", textContent: name }));
    row.append(...cells(rates).map((text) => make("td", { textContent: text })));
    return [row];
  });
  return make("table", { className: "rates" }, make("thead", {}, head), make("tbody", {}, ...rows));
};

const slider = (page) => {
  const frame = make("div", { className: "slider" });
  const figure = make("figure", {}, frame);
  const image = (side, alt) => make("img", { className: side, alt, decoding: "async" });
  if (!$(`after-${page.number}`)) {
    frame.append(image("before", `${page.name}, left as it was`));
    const caption = make("figcaption", {}, make("span", { textContent: "left as it was" }));
    figure.append(caption);
    return figure;
  }
  const input = make("input", { type: "range", min: 0, max: 100, step: 1, value: 50 });
  input.setAttribute("aria-label", `${page.name}: share of the page shown as scanned, per cent`);
  const move = () => frame.style.setProperty("--cut", `${input.value}%`);
  input.addEventListener("input", move);
  move();
  const knob = make("span", { className: "line" }, make("span", { className: "knob" }));
  knob.setAttribute("aria-hidden", "true");
  frame.append(
    image("after", `${page.name}, ${index.after}`),
    image("before", `${page.name}, as scanned`),
    input,
    knob,
  );
  const caption = make(
    "figcaption",
    {},
    make("span", { textContent: "as scanned" }),
    make("span", { textContent: index.after }),
  );
  figure.append(caption);
  return figure;
};

const wordsOf = (text) => text.split(/[ \n]+/);

const wordList = (title, text, places, kind) => {
  const words = wordsOf(text);
  const line = make("p", { className: "words" }, make("b", { textContent: `${title} ` }));
  for (const place of places.slice(0, SHOWN_WORDS)) {
    line.append(make("span", { className: kind, textContent: words[place] }), " ");
  }
  if (places.length > SHOWN_WORDS) line.append(`and ${places.length - SHOWN_WORDS} more`);
  return line;
};

const changedWords = (page, data, texts) => {
  const marks = data.marks[chosen];
  if (!marks) return [];
  const [lost, gained] = marks;
  const name = contenders[chosen];
  if (!lost.length && !gained.length) {
    const text = page.labelled
      ? "The same words of the truth were found."
      : "Both texts hold the same words.";
    return [make("p", { className: "words", textContent: text })];
  }
  const titles = page.labelled
    ? [`${gained.length} gained`, `${lost.length} lost`]
    : [`${gained.length} only in ${name}`, `${lost.length} only in ${before}`];
  const kinds = page.labelled ? ["gained", "lost"] : ["neutral", "neutral"];
  return [
    gained.length ? wordList(titles[0], texts.after, gained, kinds[0]) : "",
    lost.length ? wordList(titles[1], texts.before, lost, kinds[1]) : "",
  ];
};

const marked = (title, text, places, kind) => {
  const wanted = new Set(places);
  const pre = make("pre", { tabIndex: 0 });
  let number = 0;
  let plain = "";
  for (const piece of text.split(/([ \n]+)/)) {
    if (piece && !/^[ \n]/.test(piece) && wanted.has(number++)) {
      pre.append(plain, make(kind === "lost" ? "del" : "ins", { className: kind, textContent: piece }));
      plain = "";
    } else plain += piece;
  }
  pre.append(plain);
  return make("div", {}, make("h4", { textContent: title }), pre);
};

const foldedTexts = (page, data, texts) => {
  const details = make("details", {}, make("summary", { textContent: "Texts" }));
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    const [lost, gained] = data.marks[chosen] || [[], []];
    const kinds = page.labelled ? ["lost", "gained"] : ["neutral", "neutral"];
    const columns = make("div", { className: "texts" });
    if (data.truth !== null) columns.append(marked("truth", data.texts[data.truth], [], ""));
    if (texts.before !== null) columns.append(marked(before, texts.before, lost, kinds[0]));
    if (texts.after !== null && chosen !== bar) {
      columns.append(marked(contenders[chosen], texts.after, gained, kinds[1]));
    }
    details.append(columns);
  });
  return details;
};
