// The overview's filter, without asking the server: by name and by state, failing first.

const SIGNS = ["failing", "unknown", "changing", "good"];

const rows = (): HTMLTableRowElement[] => Array.from(document.querySelectorAll("#matrix tbody tr"));
const field = (): HTMLInputElement | null => document.querySelector("#filter-form #filter");
const chips = (): HTMLButtonElement[] => Array.from(document.querySelectorAll("#filter-form .chip"));

const worst = (row: HTMLElement): number =>
  Math.min(3, ...Array.from(row.querySelectorAll<HTMLElement>("[data-s]"), (it) => Number(it.dataset["s"])));

const has = (row: HTMLElement, sign: string): boolean => row.querySelector(`[data-s="${sign}"]`) !== null;

const narrow = (): void => {
  const text = (field()?.value ?? "").trim().toLowerCase();
  const sign = chips().find((it) => it.ariaPressed === "true")?.dataset["show"];
  const heads = Array.from(document.querySelectorAll<HTMLElement>("#matrix thead th"));
  const named = rows().some((it) => it.dataset["name"]?.toLowerCase().includes(text));
  const columns = heads.map((it) => named || (it.dataset["node"]?.toLowerCase().includes(text) ?? true));
  const isNode = !named && columns.some((it, index) => index > 0 && it);
  let shown = 0;
  for (const row of rows()) {
    const fits = (isNode || row.dataset["name"]?.toLowerCase().includes(text)) && (sign === undefined || has(row, sign));
    row.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  for (const row of document.querySelectorAll<HTMLTableRowElement>("#matrix tr")) {
    Array.from(row.cells).forEach((it, index) => (it.hidden = isNode && !columns[index]));
  }
  const nothing = document.getElementById("nothing");
  if (nothing) nothing.hidden = shown > 0;
};

// What fails first, otherwise as the file has it. Nothing moves below a hand that is about to press.
const sorted = (): void => {
  const body = document.querySelector<HTMLElement>("#matrix tbody");
  if (!body || body.matches(":hover, :focus-within")) return;
  const all = rows();
  all.forEach((it, index) => (it.dataset["order"] ??= String(index)));
  const wanted = [...all].sort((one, other) => worst(one) - worst(other) || Number(one.dataset["order"]) - Number(other.dataset["order"]));
  if (wanted.some((it, index) => it !== all[index])) body.append(...wanted);
};

const tallied = (): void => {
  for (const row of rows()) {
    const cells = Array.from(row.querySelectorAll<HTMLElement>("[data-s]"));
    const text = `${cells.filter((it) => it.dataset["s"] === "3").length}/${cells.length}`;
    const tally = row.querySelector(".tally");
    if (tally && tally.textContent !== text) tally.textContent = text;
  }
};

const kept = (): void => {
  const sign = SIGNS[Number(chips().find((it) => it.ariaPressed === "true")?.dataset["show"] ?? -1)];
  const wish = new URLSearchParams();
  const text = field()?.value ?? "";
  if (text) wish.set("q", text);
  if (sign) wish.set("show", sign);
  history.replaceState(null, "", wish.size > 0 ? `/?${wish}` : "/");
};

export const filter = (): void => {
  const form = document.querySelector<HTMLFormElement>("#filter-form");
  if (!form) return;
  form.addEventListener("submit", (it) => it.preventDefault());
  form.addEventListener("input", () => {
    narrow();
    kept();
  });
  form.addEventListener("click", (it) => {
    const chip = (it.target as Element).closest<HTMLButtonElement>(".chip");
    if (!chip) return;
    const pressed = chip.ariaPressed === "true";
    for (const other of chips()) other.ariaPressed = "false";
    chip.ariaPressed = String(!pressed);
    narrow();
    kept();
  });
  document.addEventListener("shown", () => {
    tallied();
    sorted();
    narrow();
  });
};
