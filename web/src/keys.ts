// The keyboard: j and k go through rows, Enter opens, / filters, g and a letter goes somewhere, ? tells.

const PLACES: Record<string, string> = {
  o: "/",
  l: "/logs",
  d: "/diagram",
  r: "/runs",
  t: "/terminal",
  c: "/config",
};

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select") || target.closest("[data-typing]") !== null);

const stops = (): HTMLElement[] =>
  Array.from(document.querySelectorAll<HTMLElement>("#warnings li .about, main tr[data-name] th a, .tree .leaf > details > summary")).filter(
    (it) => it.offsetParent !== null,
  );

const step = (by: number): void => {
  const all = stops();
  const row = document.activeElement?.closest("tr, li");
  const here = all.findIndex((it) => it === document.activeElement || (row && it.closest("tr, li") === row));
  const next = all[here === -1 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by))];
  next?.focus();
  next?.closest("tr, li")?.scrollIntoView({ block: "nearest" });
};

let led = false;

const goes = (key: string): boolean => {
  const place = led ? PLACES[key] : undefined;
  led = key === "g" && !led;
  if (place === undefined) return led;
  const there = document.querySelector(`header nav a[href="${place}"]`);
  if (there) location.href = place;
  return there !== null;
};

const tell = (): void => document.querySelector<HTMLDialogElement>("#keys")?.showModal();

const pressed = (key: string): boolean => {
  if (goes(key)) return true;
  if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key === "?") tell();
  else if (key === "/") document.querySelector<HTMLInputElement>("#filter")?.select();
  else if (key === "f") document.querySelector<HTMLButtonElement>("#follow")?.click();
  else return false;
  return true;
};

const leave = (target: EventTarget | null): void => {
  if (!(target instanceof HTMLInputElement) || target.id !== "filter") return;
  if (target.value) {
    target.value = "";
    target.dispatchEvent(new Event("input", { bubbles: true }));
  } else {
    target.blur();
  }
};

export const keys = (): void => {
  const button = document.querySelector<HTMLButtonElement>("#help-button");
  if (button) button.hidden = false;
  button?.addEventListener("click", tell);
  document.addEventListener("keydown", (it) => {
    if (it.ctrlKey || it.metaKey || it.altKey) return;
    if (it.key === "Escape") return leave(it.target);
    if (typing(it.target) || document.querySelector("dialog[open]")) return;
    if (pressed(it.key)) it.preventDefault();
  });
};
