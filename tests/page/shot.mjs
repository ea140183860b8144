// `node shot.mjs BASE JAR FILE [PATH]`: a picture of the overview, or of PATH, for whoever has curl’s cookies in JAR.
import { readFileSync } from "node:fs";
import { dirname, basename } from "node:path";
import { DESK, begun, kept } from "./browser.mjs";

const [base, jar, file, path = "/"] = process.argv.slice(2);
const lines = readFileSync(jar, "utf8").split("\n").filter((it) => it.split("\t").length === 7);
const cookies = lines.map((it) => it.split("\t")).map(([, , , , , name, value]) => ({ name, value, url: base }));
const browser = await begun();
try {
  const context = await browser.newContext({ viewport: DESK });
  await context.addCookies(cookies);
  const page = await context.newPage();
  await page.goto(`${base}${path}`);
  await page.waitForTimeout(500);
  await kept(page, dirname(file), basename(file, ".png"));
} finally {
  await browser.close();
}
