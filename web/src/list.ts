// A list of which only what is in sight exists: ten thousand lines cost as much as fifty.
import { folded, level, object, stamp, unitShort, type Row, type Rows } from "./rows.js";

// Above and below what is in sight.
const SPARE = 12;

const span = (kind: string, text: string): HTMLSpanElement => {
  const made = document.createElement("span");
  made.className = kind;
  made.textContent = text;
  return made;
};

const said = (row: Row): HTMLSpanElement => {
  const value = object(row.text);
  if (value === null) return span("text", row.text);
  const [words, rest] = folded(value);
  const made = span("text", words);
  made.append(span("rest", words ? ` ${rest}` : rest));
  return made;
};

const drawn = (row: Row, index: number): HTMLLIElement => {
  const made = document.createElement("li");
  made.className = `${level(row.priority)}${row.stream === "stderr" ? " err" : ""}`;
  made.dataset["index"] = String(index);
  const time = document.createElement("time");
  const whole = stamp(row.t);
  time.textContent = whole.slice(11, 23);
  time.title = whole;
  const from = span("from", `${row.node} ${unitShort(row.unit)}`);
  from.title = `${row.unit} ${row.revision}`.trim();
  made.append(time, from, said(row));
  return made;
};

export class List {
  private readonly lines: HTMLOListElement;
  private readonly height: number;
  private waiting = false;
  // The last line is kept in sight.
  follows = true;

  constructor(
    private readonly box: HTMLElement,
    private readonly rows: Rows,
    private readonly moved: () => void,
  ) {
    this.lines = box.querySelector("ol") as HTMLOListElement;
    this.height = parseFloat(getComputedStyle(this.lines).getPropertyValue("--line")) || 20;
    this.lines.classList.add("virtual");
    box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(box);
  }

  private scrolled(): void {
    const end = this.box.scrollTop + this.box.clientHeight >= this.box.scrollHeight - this.height;
    if (end !== this.follows) {
      this.follows = end;
      this.moved();
    }
    this.draw();
  }

  toEnd(): void {
    this.follows = true;
    this.draw();
  }

  // Lines went above what is in sight: it stays where it is.
  lost(count: number): void {
    if (!this.follows) this.box.scrollTop -= count * this.height;
  }

  draw(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.paint();
    });
  }

  private paint(): void {
    const whole = this.rows.length * this.height;
    this.lines.style.height = `${whole}px`;
    if (this.follows) this.box.scrollTop = whole;
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.height) - SPARE);
    const count = Math.ceil(this.box.clientHeight / this.height) + 2 * SPARE;
    const made: HTMLLIElement[] = [];
    for (let index = first; index < Math.min(this.rows.length, first + count); index += 1) {
      const row = this.rows.at(index);
      if (row) made.push(drawn(row, index));
    }
    this.lines.style.paddingTop = `${first * this.height}px`;
    this.lines.replaceChildren(...made);
  }
}
