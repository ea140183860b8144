// How long ago things were, going on by itself.

// The server's clock against this one's, in seconds: what is said is said by the server's.
const shift = (Number(document.body.dataset["now"]) || Date.now() / 1000) - Date.now() / 1000;

export const now = (): number => Date.now() / 1000 + shift;

export const age = (seconds: number): string => {
  const it = Math.max(0, Math.floor(seconds));
  if (it < 120) return `${it}s`;
  if (it < 7200) return `${Math.floor(it / 60)}m`;
  if (it < 172_800) return `${Math.floor(it / 3600)}h`;
  return `${Math.floor(it / 86_400)}d`;
};

// After this many seconds without a word from a node, what it said is not how it is.
const STALE = 30;

const texts = (): void => {
  for (const it of document.querySelectorAll<HTMLElement>("time[data-t]")) {
    const text = age(now() - Number(it.dataset["t"]));
    if (it.textContent !== text) it.textContent = text;
  }
};

const stale = (): void => {
  const old = new Set<string>();
  for (const it of document.querySelectorAll<HTMLElement>("[data-at]")) {
    if (now() - Number(it.dataset["at"]) > STALE) old.add(it.dataset["node"] ?? "");
  }
  for (const it of document.querySelectorAll<HTMLElement>("[data-node]")) {
    it.classList.toggle("stale", old.has(it.dataset["node"] ?? ""));
  }
};

// Notes when nodes were last heard.
export const heard = (at: Record<string, number>): void => {
  for (const it of document.querySelectorAll<HTMLElement>("[data-at]")) {
    const time = at[it.dataset["node"] ?? ""];
    if (time === undefined) continue;
    it.dataset["at"] = String(time);
    const shown = it.querySelector<HTMLElement>(".heard time");
    if (shown) shown.dataset["t"] = String(time);
  }
  tick();
};

export const tick = (): void => {
  texts();
  stale();
};

export const times = (): void => {
  tick();
  setInterval(() => document.hidden || tick(), 1000);
  document.addEventListener("shown", tick);
};
