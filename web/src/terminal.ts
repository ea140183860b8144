// Terminals, each with a tab.
import { Shell, type Place } from "./shell.js";
import { strict } from "./strict.js";

strict();

const tabs = document.getElementById("tabs") as HTMLElement;
const panes = document.getElementById("panes") as HTMLElement;
const none = document.getElementById("no-terminal") as HTMLElement;
const form = document.getElementById("open-form") as HTMLFormElement;
const shells = new Map<HTMLElement, Shell>();
let count = 0;

const chosen = (): HTMLElement | undefined => [...shells.keys()].find((it) => it.ariaPressed === "true");

const choose = (tab: HTMLElement): void => {
  for (const [other, shell] of shells) {
    const is = other === tab;
    other.ariaPressed = String(is);
    shell.pane.hidden = !is;
  }
  shells.get(tab)?.focus();
};

const close = (tab: HTMLElement): void => {
  const all = [...shells.keys()];
  const next = all[all.indexOf(tab) + 1] ?? all[all.indexOf(tab) - 1];
  shells.get(tab)?.close();
  shells.delete(tab);
  tab.parentElement?.remove();
  if (next) choose(next);
  none.hidden = shells.size > 0;
};

const tabFor = (number: number): [HTMLElement, HTMLElement] => {
  const box = document.createElement("div");
  box.className = "tab";
  const tab = document.createElement("button");
  tab.type = "button";
  tab.id = `tab-${number}`;
  tab.className = "named";
  tab.setAttribute("aria-controls", `pane-${number}`);
  const shut = document.createElement("button");
  shut.type = "button";
  shut.className = "shut";
  shut.textContent = "×";
  shut.addEventListener("click", () => close(tab));
  tab.addEventListener("click", () => choose(tab));
  box.append(tab, shut);
  return [tab, shut];
};

const open = (place: Place): void => {
  count += 1;
  const [tab, shut] = tabFor(count);
  const pane = document.createElement("div");
  pane.id = `pane-${count}`;
  pane.className = "pane";
  pane.setAttribute("role", "region");
  pane.setAttribute("aria-labelledby", tab.id);
  pane.dataset["typing"] = "";
  tabs.append(tab.parentElement as HTMLElement);
  panes.append(pane);
  none.hidden = true;
  let shell: Shell | null = null;
  const staged = (): void => {
    if (!shell) return;
    tab.dataset["stage"] = shell.stage;
    tab.textContent = shell.name;
    shut.setAttribute("aria-label", `Close ${shell.name}`);
  };
  shell = new Shell(place, pane, staged);
  shells.set(tab, shell);
  staged();
  choose(tab);
};

const step = (by: number): void => {
  const all = [...shells.keys()];
  const here = all.indexOf(chosen() as HTMLElement);
  const next = all[(here + by + all.length) % all.length];
  if (next) choose(next);
  next?.focus();
};

tabs.addEventListener("keydown", (it) => {
  if (it.key === "ArrowRight") step(1);
  else if (it.key === "ArrowLeft") step(-1);
  else return;
  it.preventDefault();
});

form.addEventListener("submit", (it) => {
  it.preventDefault();
  const typed = new FormData(form);
  open({ node: String(typed.get("node") ?? ""), container: String(typed.get("container") ?? "").trim() });
});

addEventListener("beforeunload", (it) => {
  if ([...shells.values()].some((shell) => shell.stage === "open")) it.preventDefault();
});

const asked = document.getElementById("terminals") as HTMLElement;
if (asked.dataset["node"]) open({ node: asked.dataset["node"], container: asked.dataset["container"] ?? "" });
