// What is known of a log's lines: the last ten thousand, each as it came.

export interface Row {
  t: number;
  node: string;
  unit: string;
  revision: string;
  priority: number;
  stream: string;
  text: string;
  cursor: string;
}

// Kept in the tab; older ones go.
const MOST = 10_000;
// Cursors remembered to tell a line that comes twice.
const SEEN = 4_000;

export class Rows {
  private all: Row[] = [];
  private seen = new Set<string>();
  // Lines that were never sent because there were too many.
  missed = 0;

  get length(): number {
    return this.all.length;
  }

  at(index: number): Row | undefined {
    return this.all[index];
  }

  last(): Row | undefined {
    return this.all[this.all.length - 1];
  }

  // Returns how many came and how many went.
  add(rows: Row[]): { came: number; went: number } {
    const fresh = rows.filter((it) => !it.cursor || !this.known(it.cursor));
    for (const it of fresh) this.all.push(it);
    const went = Math.max(0, this.all.length - MOST);
    if (went > 0) this.all.splice(0, went);
    return { came: fresh.length, went };
  }

  private known(cursor: string): boolean {
    if (this.seen.has(cursor)) return true;
    this.seen.add(cursor);
    if (this.seen.size > SEEN) this.seen.delete(this.seen.values().next().value as string);
    return false;
  }
}

// Lines the server wrote down for whoever has no script.
export const written = (list: Element): Row[] =>
  Array.from(list.querySelectorAll<HTMLElement>("li"), (it) => ({
    t: Number(it.dataset["t"]),
    node: it.dataset["node"] ?? "",
    unit: it.dataset["unit"] ?? "",
    revision: it.dataset["rev"] ?? "",
    priority: Number(it.dataset["p"]),
    stream: it.dataset["s"] ?? "",
    text: it.querySelector(".text")?.textContent ?? "",
    cursor: it.dataset["cursor"] ?? "",
  }));

export const stamp = (t: number): string => new Date(t / 1000).toISOString();

export const unitShort = (unit: string): string => {
  const name = unit.replace(/\.service$/, "").replace(/^runner@/, "");
  return name.replace(/@(\d+)-([0-9a-f]{7})[0-9a-f]{25}/, "@$1-$2");
};

// An object in a line; null: it is none.
export const object = (text: string): Record<string, unknown> | null => {
  if (!text.startsWith("{") || !text.endsWith("}")) return null;
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
};

const SAID = ["message", "msg", "event", "MESSAGE"];

// A JSON line as people read it: what it says, then the rest, short.
export const folded = (value: Record<string, unknown>): [string, string] => {
  const said = SAID.find((it) => typeof value[it] === "string");
  const rest = Object.entries(value).filter(([key]) => key !== said);
  const text = rest.map(([key, it]) => `${key}=${typeof it === "string" ? it : JSON.stringify(it)}`).join(" ");
  return [said ? String(value[said]) : "", text];
};

export const level = (priority: number): string =>
  priority <= 3 ? "l-err" : priority === 4 ? "l-warn" : priority <= 6 ? "l-info" : "l-debug";
