// Fails when what a browser must load before the first page, or any lazy chunk, outgrows its limit.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url);
const LIMITS_KB = { initialJs: 180, css: 12, lazy: 40 };

const gzipKb = (name) => gzipSync(readFileSync(new URL(`assets/${name}`, DIST))).length / 1024;
const html = readFileSync(new URL("index.html", DIST), "utf8");
const initial = new Set([...html.matchAll(/assets\/([^"]+\.(?:js|css))"/g)].map((match) => match[1]));
const assets = readdirSync(new URL("assets/", DIST)).filter((name) => /\.(js|css)$/.test(name));

const sum = (names) => names.reduce((total, name) => total + gzipKb(name), 0);
const lazy = assets.filter((name) => !initial.has(name)).map((name) => ({ name, kb: gzipKb(name) }));
const largestLazy = lazy.reduce((most, chunk) => (chunk.kb > most.kb ? chunk : most), {
  name: "none",
  kb: 0,
});

const rows = [
  ["initial JS", sum([...initial].filter((name) => name.endsWith(".js"))), LIMITS_KB.initialJs],
  ["all CSS", sum(assets.filter((name) => name.endsWith(".css"))), LIMITS_KB.css],
  [`largest lazy chunk (${largestLazy.name})`, largestLazy.kb, LIMITS_KB.lazy],
];
for (const [what, kb, limit] of rows) {
  process.stdout.write(`${kb > limit ? "OVER " : "ok   "} ${what}: ${kb.toFixed(1)} kB gz of ${limit}\n`);
}
process.exit(initial.size > 0 && rows.every(([, kb, limit]) => kb <= limit) ? 0 : 1);
