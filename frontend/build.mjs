// Bundles src/main.ts, src/lean.ts and src/styles/page.css into the Python package, or into the folder that is named.
import { mkdir, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { minify } from "terser";

const FOLDER = process.argv.find((word, index) => index > 1 && !word.startsWith("--")) ?? "../attnviz_mkdocs/static";
const BUDGET = {
  "attnviz.js": { raw: 148_300, gzipped: 55_000 },
  "attnviz.lean.js": { raw: 123_000, gzipped: 45_600 },
  "attnviz.css": { raw: 5_000, gzipped: 1_700 },
};

// The style sheet that a module imports becomes a minified string, with those that it imports.
const cssAsText = {
  name: "css-as-text",
  setup(build) {
    build.onLoad({ filter: /(view|neuron)\.css$/ }, async ({ path }) => {
      const built = await esbuild.build({ entryPoints: [path], bundle: true, minify: true, write: false });
      return { contents: built.outputFiles[0].text.trim(), loader: "text" };
    });
  },
};

const options = {
  entryPoints: { attnviz: "src/main.ts", "attnviz.lean": "src/lean.ts", "attnviz.page": "src/styles/page.css" },
  outdir: FOLDER,
  entryNames: "[name]",
  bundle: true,
  minify: true,
  write: false,
  format: "iife",
  target: "es2022",
  charset: "ascii",
  legalComments: "none",
  // Minifiers of site generators alter template literals; there are none in the bundle.
  supported: { "template-literal": false },
  plugins: [cssAsText, { name: "write", setup: (build) => build.onEnd(write) }],
};

// What esbuild leaves, terser makes a twentieth smaller.
const SMALLER = { compress: { ecma: 2022, passes: 2 }, format: { ascii_only: true } };

async function write({ outputFiles = [] }) {
  await mkdir(FOLDER, { recursive: true });
  for (const { path, text } of outputFiles) {
    const name = basename(path).replace(".page", "");
    const contents = path.endsWith(".js") ? `${(await minify(text, SMALLER)).code}\n` : text;
    await writeFile(`${FOLDER}/${name}`, contents);
    const gzipped = gzipSync(contents, { level: 9 }).length;
    console.log(`${name}: ${contents.length} bytes, ${gzipped} gzipped`);
    const budget = BUDGET[name];
    if (contents.length > budget.raw || gzipped > budget.gzipped) {
      console.error(`${name} is over its budget of ${budget.raw} bytes, ${budget.gzipped} gzipped`);
      process.exitCode = 1;
    }
  }
}

if (process.argv.includes("--watch")) await (await esbuild.context(options)).watch();
else await esbuild.build(options);
