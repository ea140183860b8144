// `node run.mjs LINK FOLDER`: people in front of the page of a real cluster, whose nodes node1 to node3 and services
// are those of tests/box_page.rs. Screenshots go into FOLDER. Lines on stdin answer what is asked of the nodes.
import { createInterface } from "node:readline";
import { DESK, PHONE, Person, accessible, apart, begun, fits, kept, right, until } from "./browser.mjs";

const [link, folder, only] = process.argv.slice(2);
const base = new URL(link).origin;
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// Has the test do something to a node, and waits until it has.
const asks = async (what) => {
  console.log(`ask ${what}`);
  await answers.next();
};

const PAGES = {
  overview: "/",
  service: "/service/ticker",
  managed: "/service/app",
  node: "/node/node1",
  logs: "/logs?service=ticker",
  diagram: "/diagram",
  plan: "/plan",
  runs: "/runs",
  terminal: "/terminal",
  config: "/config",
  act: "/act?do=restart&service=ticker",
};

// What a page has to have on it to be that page.
const SHOWS = {
  overview: ["ticker", "broken", "node3"],
  service: ["ticker", "Last day", "ExecStart=/bin/bash"],
  managed: ["Instances", "Connections", "Revisions", "wanted"],
  node: ["node1", "ticker", "app"],
  logs: ["tick"],
  diagram: ["ticker", "app", "gone"],
  plan: ["ticker", "node3"],
  runs: [""],
  terminal: ["node1", "node2"],
  config: ["mermaid_diagram"],
  act: ["restart", "ticker"],
};

const shows = async (tab, page) => {
  const text = `${await tab.textContent("main")} ${(await tab.locator("textarea").allInnerTexts()).join(" ")}`;
  for (const word of SHOWS[page]) right(text.includes(word), `${page} shows ${word}`);
};

let failed = 0;

// What fails is told, and the rest is still tried.
const step = async (name, does) => {
  if (only && !name.includes(only)) return;
  const since = Date.now();
  const fault = await does().then(
    () => null,
    (it) => it.message,
  );
  if (fault !== null) failed += 1;
  // A browser keeps six connections to one server, and a tab that is looked at has one.
  for (const person of [first, second]) for (const tab of person.context.pages()) await tab.close();
  console.log(`${fault === null ? "done" : "FAILED"} ${name} in ${Date.now() - since} ms${fault === null ? "" : `: ${fault}`}`);
};

// `rules`: those of axe-core that matter here, all of them, or null for none.
const looks = async (browser, state, name, rules, options) => {
  const person = await Person.comes(browser, base, { storageState: state, ...options });
  const faults = [];
  const holds = (what) => what.catch((it) => faults.push(it.message));
  const tab = await person.context.newPage();
  for (const [page, path] of Object.entries(PAGES)) {
    await person.opens(path, tab);
    await tab.waitForTimeout(150);
    await holds(shows(tab, page));
    if (rules !== null) await holds(accessible(tab, `${page}, ${name}`, rules));
    await holds(fits(tab, `${page}, ${name}`));
    await holds(apart(tab, `${page}, ${name}`));
    await kept(tab, folder, `${page}-${name}`);
  }
  right(faults.length === 0, faults.join("\n"));
  await person.leaves();
};

const state = (page, service, node) => page.locator(`[id="c-${service}--${node}"]`);
const isSo = (page, service, node, sign) => async () => (await state(page, service, node).getAttribute("class"))?.split(" ").includes(sign);

// Two browsers see what one of them does, without loading anything again.
const acts = async (one, other) => {
  const [here, there] = [await one.opens("/"), await other.opens("/")];
  await until("ticker is good", isSo(there, "ticker", "node1", "good"));
  await here.goto(`${base}/service/ticker`);
  await here.click('tr[data-name="node1"] a:has-text("Stop")');
  await here.waitForSelector("dialog.asked[open]");
  await kept(here, folder, "asked");
  await accessible(here, "asked");
  await here.click("dialog.asked button.go");
  await here.waitForURL(/\/runs\/.+/);
  await until("the run is done", async () => (await here.textContent("#run-state"))?.trim() === "done", 60_000);
  await kept(here, folder, "run");
  await until("the other sees it stopped", isSo(there, "ticker", "node1", "failing"), 60_000);
  right((await there.title()).startsWith("3 failing"), `the tab says ${await there.title()}`);
  right((await there.getAttribute("#icon", "href"))?.includes("failing"), "the icon says so");
  await kept(there, folder, "stopped");
  await here.goto(`${base}/act?do=start&service=ticker&node=node1`);
  await here.click("button.go");
  await until("the other sees it started", isSo(there, "ticker", "node1", "good"), 60_000);
};

// Each action that is left: confirmed on a page of its own, done by a child, told to its end.
const done = async (page, path, limit = 60_000) => {
  await page.goto(`${base}${path}`);
  await page.click("button.go");
  await page.waitForURL(/\/runs\/.+/);
  await until(`${path} is done`, async () => (await page.textContent("#run-state"))?.trim() === "done", limit);
};

const begun_at = (page) => page.locator('tr[data-name="node1"] time').first().getAttribute("datetime");

const restarts = async (person) => {
  const page = await person.opens("/service/ticker");
  const before = await begun_at(page);
  await done(page, "/act?do=restart&service=ticker&node=node1");
  await page.goto(`${base}/service/ticker`);
  await until("it runs since a moment ago", async () => (await begun_at(page)) > before, 60_000);
};

const updates = async (person) => {
  const page = await person.opens("/");
  await done(page, "/act?do=update&service=ticker");
  const text = await page.textContent("main");
  right(text?.includes("taken away") && text.includes("set up"), "what the scripts said is shown");
};

const rolls = async (person) => {
  const page = await person.opens("/service/app");
  const rows = page.locator("section[aria-labelledby=revisions-title] tbody tr");
  await until("there are two revisions", async () => (await rows.count()) === 2 || (await page.reload(), false), 60_000);
  right((await page.locator("tr.wanted th").textContent())?.startsWith("2-"), "the second one is wanted");
  await page.locator('a:has-text("Roll back")').last().click();
  await page.waitForSelector("dialog.asked[open]");
  await page.click("dialog.asked button.go");
  await page.waitForURL(/\/runs\/.+/);
  await until("it is rolled back", async () => (await page.textContent("#run-state"))?.trim() === "done", 120_000);
  const place = page.locator('[id="c-app--node1"]');
  await page.goto(`${base}/`);
  await until("the first one serves", async () => (await place.textContent())?.includes("1-"), 60_000);
};

const deletes = async (person) => {
  const page = await person.opens("/act?do=delete&service=gone");
  const button = page.locator("button.go");
  right(await button.isDisabled(), "nothing is deleted before its name is typed");
  await page.fill("input[name=typed]", "gone");
  await button.click();
  await page.waitForURL(/\/runs\/.+/);
  await until("it is deleted", async () => (await page.textContent("#run-state"))?.trim() === "done", 60_000);
};

const deploys = async (person) => {
  const page = await person.opens("/plan?service=gone");
  await page.click("form.choice button");
  await page.waitForSelector(".changes li");
  await kept(page, folder, "planned");
  await accessible(page, "planned");
  await page.click("form.go-form button");
  await page.waitForURL(/\/runs\/.+/);
  await until("it is deployed", async () => (await page.textContent("#run-state"))?.trim() === "done", 30_000);
  right((await page.textContent(".tree"))?.includes("node2 done"), "its tree says what came of the node");
  await kept(page, folder, "deployed");
};

const acknowledges = async (person) => {
  const page = await person.opens("/");
  const row = page.locator("#warnings > ul > li", { hasText: "broken@node2" });
  await row.locator("summary").click();
  await row.locator("input[name=comment]").fill("known <b>since</b> monday");
  await row.locator("button").click();
  await page.waitForURL(`${base}/`);
  await page.locator(".known summary").click();
  right((await page.textContent(".known"))?.includes("known <b>since</b> monday"), "what is known is text");
  await page.locator(".known li", { hasText: "broken@node2" }).locator("button").click();
  await until("it is no longer known", async () => (await row.count()) === 1);
};

const keyboard = async (person) => {
  const page = await person.opens("/");
  await page.keyboard.press("/");
  await page.keyboard.type("tick");
  await until("one row is left", async () => (await page.locator("#matrix tbody tr:visible").count()) === 1);
  right(page.url().endsWith("/?q=tick"), "the filter is in the address");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.waitForSelector("#keys[open]");
  await kept(page, folder, "keys");
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await page.waitForURL(`${base}/logs`);
  await page.goto(`${base}/?q=tick`);
  await page.keyboard.press("j");
  for (let tries = 0; tries < 8 && (await page.evaluate(() => document.activeElement?.textContent)) !== "ticker"; tries += 1) await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${base}/service/ticker`);
};

const logs = async (person) => {
  const page = await person.opens("/logs?service=ticker");
  await page.waitForSelector("#lines li");
  right((await page.locator(".notices").count()) === 0, "nothing is told that is not about these lines");
  const last = () => page.locator("#lines li").last().textContent();
  const before = await last();
  await until("lines come", async () => (await last()) !== before);
  right((await page.textContent("#lines"))?.includes("<script>alert(1)</script>"), "a script in a line is text");
  await page.locator("#lines li", { hasText: "\u00a0" }).or(page.locator("#lines li .rest").first()).first().click();
  await page.waitForSelector("#line pre");
  await accessible(page, "a line");
  await kept(page, folder, "line");
  await page.goto(`${base}/logs?service=ticker&text=nothing-says-this`);
  right(await page.isVisible("#no-lines") || (await page.textContent("#log-state"))?.startsWith("0 lines"), "no line matches");
};

// More lines than anybody reads: the tab answers, says what it does not show, and is not far behind.
const floods = async (person) => {
  const page = await person.opens("/logs?service=flood");
  const said = async () => (await page.textContent("#log-state")) ?? "";
  await asks("flood node3");
  await until("what is not shown is told", async () => /[\d,]+ not shown, too many at once/.test(await said()), 60_000);
  let slowest = 0;
  let behind = 0;
  for (const end = Date.now() + 15_000; Date.now() < end; ) {
    const since = Date.now();
    const text = await said();
    slowest = Math.max(slowest, Date.now() - since);
    behind = Math.max(behind, Number(/(\d+) s behind/.exec(text)?.[1] ?? 0));
    await page.waitForTimeout(100);
  }
  const rows = await page.locator("#lines li").count();
  console.log(`flood: ${await said()}; at most ${behind} s behind, ${rows} rows in the document, the slowest answer of the tab took ${slowest} ms`);
  await kept(page, folder, "flood");
  await asks("calm node3");
  right(behind < 20, `it is ${behind} s behind`);
  right(slowest < 3000, `the tab took ${slowest} ms to answer`);
  right(rows < 1000, `${rows} rows are in the document`);
  await page.goto(`${base}/logs`);
  const units = async () => new Set(await page.locator("#lines li").evaluateAll((all) => all.map((it) => it.dataset.unit ?? it.querySelector(".from")?.textContent)));
  right((await page.locator("#lines li").count()) > 0, `all services: ${[...(await units())].join(" ")}`);
};

const terminals = async (person) => {
  const page = await person.opens("/terminal?node=node1");
  const screen = (number) => page.locator(`#pane-${number} .xterm-rows`);
  await until("the first is open", async () => (await page.getAttribute("#tab-1", "data-stage")) === "open", 60_000);
  await page.selectOption("#open-form select", "node2");
  await page.click("#open-form button");
  await until("the second is open", async () => (await page.getAttribute("#tab-2", "data-stage")) === "open", 60_000);
  await page.keyboard.type("echo $((6*7))-$(uname -s); stty size\n");
  await until("the second answers", async () => (await screen(2).textContent())?.includes("42-Linux"), 60_000);
  await page.click("#tab-1");
  await page.keyboard.type("echo first-$((1+1))\n");
  await until("the first answers", async () => (await screen(1).textContent())?.includes("first-2"), 60_000);
  right(!(await screen(1).textContent())?.includes("42-Linux"), "they do not mix");
  await page.waitForTimeout(200);
  await accessible(page, "terminals");
  await kept(page, folder, "terminals");
  await page.setViewportSize({ width: 800, height: 500 });
  await page.keyboard.type("exit\n");
  await until("it ends", async () => (await page.getAttribute("#tab-1", "data-stage")) === "ended", 60_000);
};

const edits = async (person) => {
  const page = await person.opens("/config");
  const good = await page.inputValue("#text");
  await page.fill("#text", good.replace("name: ticker", "nome: ticker"));
  await page.click("button[value=save]");
  right((await page.textContent(".mistakes"))?.includes("nome"), "the mistake is told");
  right((await page.inputValue("#text")).includes("nome: ticker"), "what was typed is still there");
  await accessible(page, "mistakes");
  await kept(page, folder, "mistakes");
  await page.fill("#text", `${good}# a note\n`);
  await page.click("button[value=check]");
  right((await page.textContent(".diff ins"))?.includes("# a note"), "what changes is shown");
  await page.click("button[value=save]");
  right((await page.textContent("main"))?.includes("Written"), "it is written");
  await page.goto(`${base}/config`);
  right((await page.inputValue("#text")).endsWith("# a note\n"), "it is the file now");
};

const cut = async (person) => {
  const page = await person.opens("/");
  await until("node3 is good", isSo(page, "ticker", "node3", "good"), 60_000);
  await asks("cut node3");
  await until("it is seen", isSo(page, "ticker", "node3", "unknown"), 60_000);
  const away = async () => (await page.getAttribute("[id=h-node3]", "class"))?.includes("away");
  await until("the node is shown to be away", away, 60_000);
  await accessible(page, "cut off");
  await kept(page, folder, "cut");
  await asks("join node3");
  await until("it is back", isSo(page, "ticker", "node3", "good"), 60_000);
};

const browser = await begun();
const first = await Person.comes(browser, base);
await (await first.logsIn(link)).close();
const known = await first.context.storageState();
const second = await Person.comes(browser, base, { storageState: known });
try {
  await Promise.all([
    step("each page in light", () => looks(browser, known, "light", undefined, { viewport: DESK, colorScheme: "light" })),
    step("each page in dark", () => looks(browser, known, "dark", ["color-contrast"], { viewport: DESK, colorScheme: "dark" })),
    step("each page on a phone", () => looks(browser, known, "phone", null, { viewport: PHONE, isMobile: true, hasTouch: true })),
    step("each page without a script", () => looks(browser, known, "plain", null, { viewport: DESK, javaScriptEnabled: false })),
  ]);
  await step("keyboard", () => keyboard(first));
  await step("actions, seen in two browsers", () => acts(first, second));
  await step("restart", () => restarts(first));
  await step("update", () => updates(first));
  await step("rollback", () => rolls(first));
  await step("delete", () => deletes(first));
  await step("plan and deploy", () => deploys(first));
  await step("acknowledge", () => acknowledges(first));
  await step("logs", () => logs(first));
  await step("a flood", () => floods(first));
  await step("two terminals", () => terminals(first));
  await step("edit the file", () => edits(first));
  await step("a node cut off and back", () => cut(first));
  await second.leaves();
  await first.leaves();
} finally {
  await browser.close();
  process.stdin.destroy();
}
process.exitCode = failed > 0 ? 1 : 0;
