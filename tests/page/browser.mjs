// A browser in front of a page, and what is true of every page: no serious finding, nothing refused by its own
// policy, no error, nothing wider than the screen.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const program = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const words = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

export const DESK = { width: 1360, height: 860 };
export const PHONE = { width: 390, height: 844 };

export const begun = () => chromium.launch({ executablePath: program, args: words.split(" ") });

export const right = (is, what) => {
  if (!is) throw new Error(what);
};

// Waits for something to become true, at most ten seconds.
export const until = async (what, ask, limit = 10_000) => {
  const since = Date.now();
  for (;;) {
    if (await ask()) return;
    if (Date.now() - since > limit) throw new Error(`not in ${limit} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
};

// Somebody with a browser of their own.
export class Person {
  static async comes(browser, base, options = {}) {
    const context = await browser.newContext({ viewport: DESK, ...options });
    return new Person(context, base);
  }

  constructor(context, base) {
    this.context = context;
    this.base = base;
    this.faults = [];
    this.context.on("weberror", (it) => this.faults.push(`error: ${it.error().message}`));
    this.context.on("console", (it) => {
      const text = it.text();
      if (it.type() === "error" && /Content Security Policy|Refused/.test(text)) this.faults.push(text);
    });
  }

  async logsIn(link) {
    const page = await this.context.newPage();
    await page.goto(link);
    await page.click("main button");
    await page.waitForURL(`${this.base}/`);
    return page;
  }

  async opens(path, tab) {
    const page = tab ?? (await this.context.newPage());
    const answer = await page.goto(`${this.base}${path}`);
    right(answer?.status() === 200, `${path} answers ${answer?.status()}`);
    return page;
  }

  async leaves() {
    await this.context.close();
    right(this.faults.length === 0, this.faults.join("; "));
  }
}

export const kept = async (page, folder, name) => {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
};

// axe-core is put in by the debugger's way, which the page's policy does not see.
export const accessible = async (page, name, rules) => {
  await page.evaluate(axe);
  const found = await page.evaluate((rules) => globalThis.axe.run(document, { resultTypes: ["violations"], ...(rules ? { runOnly: rules } : {}) }), rules);
  const grave = found.violations.filter((it) => it.impact === "serious" || it.impact === "critical");
  const told = grave.map((it) => `${it.id} at ${it.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
  right(grave.length === 0, `${name}: ${told.join("; ")}`);
};

export const fits = async (page, name) => {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  right(over <= 0, `${name} is ${over} pixels wider than the screen`);
};

// What happened is not written over what it is called.
export const apart = async (page, name) => {
  const over = await page.evaluate(() =>
    Array.from(document.querySelectorAll(".timeline li")).filter((line) => {
      const [word, text] = [line.querySelector("b"), line.lastElementChild].map((it) => it.getBoundingClientRect());
      return line.scrollWidth > line.clientWidth || (word.right > text.left && word.bottom > text.top + 1);
    }).length,
  );
  right(over === 0, `${name}: ${over} lines of the timeline lie over each other`);
};
