// The log viewer: lines as they come, kept still when somebody reads, each with all there is about it.
import { List } from "./list.js";
import { Rows, object, stamp, written, type Row } from "./rows.js";

const box = document.getElementById("log") as HTMLElement;
const state = document.getElementById("log-state") as HTMLElement;
const button = document.getElementById("follow") as HTMLButtonElement;
const rows = new Rows();
let stream: EventSource | null = null;
let fresh = 0;
// Seconds the reader is behind what is written.
let behind = 0;

rows.add(written(box));
const list = new List(box, rows, () => {
  if (list.follows) fresh = 0;
  tell();
});

// Less is what it takes to send it.
const BEHIND_TOLD = 2;

const counted = (count: number, what: string): string => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

const tell = (): void => {
  const parts = [counted(rows.length, "line")];
  if (fresh > 0) parts.push(`${fresh.toLocaleString("en")} new below`);
  if (rows.missed > 0) parts.push(`${rows.missed.toLocaleString("en")} not shown, too many at once`);
  if (behind >= BEHIND_TOLD && stream !== null) parts.push(`${behind} s behind what is written`);
  state.textContent = parts.join(" · ");
  button.ariaPressed = String(stream !== null && list.follows);
  button.textContent = stream === null ? "Follow" : list.follows ? "Following" : "To the end";
  const none = document.getElementById("no-lines");
  if (none) none.hidden = rows.length > 0 || stream !== null;
};

const came = (batch: { rows: Row[]; dropped?: number; behind?: number }): void => {
  behind = batch.behind ?? 0;
  const { came, went } = rows.add(batch.rows);
  rows.missed += batch.dropped ?? 0;
  if (!list.follows) fresh += came;
  list.lost(went);
  list.draw();
  tell();
};

const open = (): void => {
  const address = new URL(box.dataset["stream"] ?? "", location.href);
  const last = rows.last();
  if (last) address.searchParams.set("after", String(last.t));
  stream = new EventSource(address);
  stream.addEventListener("message", (it) => came(JSON.parse(it.data as string)));
  stream.addEventListener("trouble", (it) => (state.textContent = (it as MessageEvent<string>).data));
};

const shut = (): void => {
  stream?.close();
  stream = null;
};

const pressed = (): void => {
  if (stream !== null && list.follows) {
    shut();
  } else {
    if (stream === null) open();
    fresh = 0;
    list.toEnd();
  }
  tell();
};

const pair = (name: string, value: string): HTMLElement[] => {
  const [term, said] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = name;
  said.textContent = value;
  return [term, said];
};

// All of one line, below the list.
const opened = (row: Row): void => {
  document.getElementById("line")?.remove();
  const made = document.createElement("aside");
  made.id = "line";
  made.setAttribute("aria-label", "One line");
  const facts = document.createElement("dl");
  const known = [["time", stamp(row.t)], ["node", row.node], ["unit", row.unit], ["revision", row.revision], ["stream", row.stream]];
  for (const [name, value] of known) if (value) facts.append(...pair(name as string, value));
  const whole = document.createElement("pre");
  whole.className = "code";
  const value = object(row.text);
  whole.textContent = value ? JSON.stringify(value, null, 2) : row.text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "quiet";
  close.textContent = "Close";
  close.addEventListener("click", () => {
    made.remove();
    box.focus();
  });
  const link = document.createElement("a");
  link.textContent = "From here on";
  const there = new URL(location.href);
  there.searchParams.set("since", stamp(row.t));
  link.href = there.href;
  made.append(facts, whole, link, close);
  box.after(made);
};

// The line that was pressed, wherever it is by the time it is let go: lines move on, and a click needs one that stays.
let held: { row: Row; x: number; y: number } | null = null;
const NEAR = 6;

box.addEventListener("pointerdown", (it) => {
  const line = (it.target as Element).closest<HTMLElement>("li[data-index]");
  const row = line && rows.at(Number(line.dataset["index"]));
  held = row && it.button === 0 ? { row, x: it.clientX, y: it.clientY } : null;
});
box.addEventListener("pointercancel", () => (held = null));
box.addEventListener("pointerup", (it) => {
  const was = held;
  held = null;
  if (was && Math.hypot(it.clientX - was.x, it.clientY - was.y) < NEAR && getSelection()?.isCollapsed !== false) opened(was.row);
});

const form = document.getElementById("log-form") as HTMLFormElement;
for (const field of form.querySelectorAll("select")) field.addEventListener("change", () => form.requestSubmit());
form.addEventListener("submit", () => {
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[name]")) field.disabled = field.value === "";
});

button.hidden = false;
button.addEventListener("click", pressed);
addEventListener("pagehide", shut);
document.addEventListener("visibilitychange", () => {
  if (document.hidden && stream) {
    shut();
    document.addEventListener("visibilitychange", () => document.hidden || stream || (open(), tell()), { once: true });
  }
});
list.draw();
if (!new URLSearchParams(location.search).get("until")) open();
tell();
