// --- filling what is near --------------------------------------------------------------------

const waiting = new Set();

const fill = (shell) => {
  const { page, body } = shell;
  const block = $(`text-${page.number}`);
  // the file may still be loading: the data of a page are whole when those of the next have begun
  const whole = document.readyState !== "loading" || $(`text-${page.number + 1}`);
  if (!block || !whole) {
    waiting.add(shell);
    return;
  }
  waiting.delete(shell);
  if (!shell.filled) {
    const data = JSON.parse(block.textContent);
    const text = (at) => (at < 0 || data.of[at] === null ? null : data.texts[data.of[at]]);
    const texts = { before: text(bar), after: text(chosen) };
    const note = data.notes[chosen];
    const side = make(
      "div",
      { className: "side" },
      note ? make("p", { className: "note", textContent: note }) : "",
      ...changedWords(page, data, texts),
      readings(page, data.notes),
    );
    shell.picture ??= page.size ? slider(page) : null;
    const look = make("div", { className: "look" }, shell.picture, side);
    body.replaceChildren(look, foldedTexts(page, data, texts));
    shell.filled = true;
  }
  if (!shell.picture) return;
  for (const image of shell.picture.querySelectorAll("img")) {
    const code = $(`${image.className}-${page.number}`);
    if (code && !image.src) image.src = `data:image/webp;base64,${code.textContent}`;
  }
};

const empty = (shell) => {
  waiting.delete(shell);
  if (!shell.picture) return;
  for (const image of shell.picture.querySelectorAll("img")) image.removeAttribute("src");
};

const byCard = new Map(shells.map((shell) => [shell.card, shell]));
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const shell = byCard.get(target);
      shell.near = isIntersecting;
      if (isIntersecting) fill(shell);
      else empty(shell);
    }
  },
  { rootMargin: NEAR },
);

const waiter = setInterval(() => {
  if (document.readyState !== "loading") clearInterval(waiter);
  for (const shell of [...waiting]) fill(shell);
}, 50);

// --- filters ---------------------------------------------------------------------------------

const controls = { find: $("find"), set: $("set"), mood: $("mood"), order: $("order") };
const cards = $("cards");
const field = (id) => $(id).parentElement;
const labelled = pages.filter((page) => page.labelled).length;
const byName = [...shells].sort((a, b) => collator.compare(a.page.name, b.page.name));

const update = () => {
  const find = controls.find.value.trim().toLowerCase();
  const set = controls.set.value;
  const wanted = controls.mood.value;
  const counts = { better: 0, same: 0, worse: 0, unknown: 0 };
  const order = ORDERS[controls.order.value];
  const sorted = [...byName].sort((a, b) => order(a.page, b.page));
  for (const shell of sorted) {
    const { page, card } = shell;
    headline(shell);
    const name = `${page.name} ${sets[page.set]}`.toLowerCase();
    card.hidden =
      (set !== "" && page.set !== Number(set)) ||
      (wanted !== "" && mood(page) !== wanted) ||
      (find !== "" && !name.includes(find));
    if (!card.hidden) counts[mood(page)] += 1;
  }
  cards.replaceChildren(...sorted.map((shell) => shell.card));
  const shown = counts.better + counts.same + counts.worse + counts.unknown;
  const parts = [`${counts.better} better`, `${counts.same} same`, `${counts.worse} worse`];
  if (labelled === 0) parts.length = 0;
  if (counts.unknown && labelled) parts.push(`${counts.unknown} without truth`);
  const some = `${shown} of ${pages.length} ${pages.length === 1 ? "page" : "pages"}`;
  $("count").textContent = [some, parts.join(", ")].filter(Boolean).join(": ");
  $("nothing").hidden = shown > 0;
};

const choose = () => {
  chosen = Number($("contender").value);
  for (const shell of shells) {
    shell.filled = false;
    if (!shell.near) shell.body.replaceChildren();
  }
  update();
  for (const shell of shells) if (shell.near) fill(shell);
};

const reset = () => {
  $("filters").reset();
  $("contender").value = String(chosen);
  update();
};

const jump = () => {
  const card = /^#page-\d+$/.test(location.hash) && $(location.hash.slice(1));
  if (!card) return;
  if (card.hidden) reset();
  for (const wait of [0, 60, 300]) {
    // cards above change their height as they are filled
    setTimeout(() => card.scrollIntoView({ block: "start" }), wait);
  }
  card.classList.add("aimed");
  setTimeout(() => card.classList.remove("aimed"), 2000);
};

for (const [number, name] of sets.entries()) {
  $("set").append(make("option", { value: number, textContent: name || "(no set)" }));
}
if (labelled === pages.length) $("mood").querySelector("[value=unknown]").remove();
field("mood").hidden = labelled === 0;
field("set").hidden = sets.length < 2;
for (const [number, name] of contenders.entries()) {
  if (number !== bar) $("contender").append(make("option", { value: number, textContent: name }));
}
if (chosen < 0) chosen = contenders.findIndex((_, number) => number !== bar);
$("contender").value = String(chosen);
field("contender").hidden = contenders.length < 3;
field("contender").title = `Against ${before}, the bar`;

$("find").addEventListener("input", update);
for (const id of ["set", "mood", "order"]) $(id).addEventListener("change", update);
$("contender").addEventListener("change", choose);
$("reset").addEventListener("click", reset);
$("filters").addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("hashchange", jump);
window.addEventListener("beforeprint", () => {
  for (const shell of shells) if (!shell.card.hidden) fill(shell);
});

$("pages").hidden = pages.length === 0;
update();
for (const shell of shells.slice(0, 3)) fill(shell); // no need to wait for a frame
for (const shell of shells) watcher.observe(shell.card);
window.addEventListener("DOMContentLoaded", jump);
