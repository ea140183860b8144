// Bundles the page: `node build.mjs FOLDER` writes each file with its hash in its name, the same compressed, and
// assets.rs, which names them all to the program.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const folder = resolve(process.argv[2] ?? "dist");
const kinds = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

const bundle = async () => {
  const made = await build({
    entryPoints: ["page.ts", "logs.ts", "terminal.ts", "charts.ts", "page.css", "terminal.css", "charts.css"].map((it) => `src/${it}`),
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome105", "firefox110", "safari16"],
    legalComments: "none",
    outdir: folder,
    write: false,
    logLevel: "warning",
  });
  return made.outputFiles.map((it) => [it.path.slice(it.path.lastIndexOf("/") + 1), Buffer.from(it.contents)]);
};

const icons = () => readdirSync("icons").sort().map((it) => [it, readFileSync(join("icons", it))]);

const written = ([stem, body]) => {
  const [base, kind] = stem.split(".");
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 12);
  const name = `${base}-${hash}.${kind}`;
  const gzip = gzipSync(body, { level: 9 });
  writeFileSync(join(folder, name), body);
  writeFileSync(join(folder, `${name}.gz`), gzip);
  console.log(`${name} ${body.length} ${gzip.length}`);
  return `    Asset {
        stem: ${JSON.stringify(stem)},
        name: ${JSON.stringify(name)},
        kind: ${JSON.stringify(kinds[kind])},
        body: include_bytes!(${JSON.stringify(join(folder, name))}),
        gzip: include_bytes!(${JSON.stringify(join(folder, `${name}.gz`))}),
    },\n`;
};

mkdirSync(folder, { recursive: true });
const files = [...(await bundle()), ...icons()];
const all = files.map(written).join("");
writeFileSync(join(folder, "assets.rs"), `/// All of them, by their names below \`/assets/\`.\npub const ALL: &[Asset] = &[\n${all}];\n`);
