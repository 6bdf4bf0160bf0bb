// Bundles src/main.ts and src/page.css into the Python package, or into the folder that is named.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const FOLDER = process.argv.find((word, index) => index > 1 && !word.startsWith("--")) ?? "../attnviz_mkdocs/static";
// The bundle as it is, and room for a view to come.
const BUDGET = { raw: 55_000, gzipped: 20_000 };

// A style sheet that a module imports becomes a minified string.
const cssAsText = {
  name: "css-as-text",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      if (basename(path) === "page.css") return { contents: css, loader: "css" };
      const { code } = await esbuild.transform(css, { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

const options = {
  entryPoints: { attnviz: "src/main.ts", "attnviz.page": "src/page.css" },
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

async function write({ outputFiles = [] }) {
  await mkdir(FOLDER, { recursive: true });
  for (const { path, contents } of outputFiles) {
    const name = basename(path).replace(".page", "");
    await writeFile(`${FOLDER}/${name}`, contents);
    const gzipped = gzipSync(contents, { level: 9 }).length;
    console.log(`${name}: ${contents.length} bytes, ${gzipped} gzipped`);
    if (contents.length > BUDGET.raw || gzipped > BUDGET.gzipped) {
      console.error(`${name} is over its budget of ${BUDGET.raw} bytes, ${BUDGET.gzipped} gzipped`);
      process.exitCode = 1;
    }
  }
}

if (process.argv.includes("--watch")) await (await esbuild.context(options)).watch();
else await esbuild.build(options);
