// Builds the explorer: one HTML file with its style and script inside, and the notices of what is bundled.
//   node build.mjs [FOLDER]     writes FOLDER/index.html and FOLDER/notices.txt (web/dist unless told)
// One file, since the program keeps it as a string and serves it without anything beside it.
import { build } from 'esbuild';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, 'dist');

const bundle = async (entry, options) => {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    target: 'es2021',
    legalComments: 'none',
    ...options,
  });
  return { text: result.outputFiles[0].text, inputs: Object.keys(result.metafile.inputs) };
};

// Which packages are really in the bundle, and what their authors ask to be shown.
function noticesOf(inputs) {
  const packages = [...new Set(inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean))];
  return packages.sort().map((name) => {
    const folder = join(here, 'node_modules', name);
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    if (!licence) throw new Error(`${name} has no licence file: see whether it may be bundled`);
    return `${name} ${about.version} (${about.license})\n\n${readFileSync(join(folder, licence), 'utf8').trim()}\n`;
  });
}

const first = await bundle('src/main.tsx', { format: 'iife', jsx: 'automatic', jsxImportSource: 'preact', define: { NOTICES: '""' } });
const notices = noticesOf(first.inputs).join('\n' + '-'.repeat(80) + '\n\n');
const script = await bundle('src/main.tsx', {
  format: 'iife',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  define: { NOTICES: JSON.stringify(notices) },
});
const style = await bundle('src/style.css', {});

const shell = readFileSync(join(here, 'src/shell.html'), 'utf8');
// A function as the replacement: "$&" in a bundle is text, not a pattern. "</script" must not end the element.
const page = shell
  .replace('/*style*/', () => style.text)
  .replace('/*script*/', () => script.text.replaceAll('</script', '<\\/script'));
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'index.html'), page);
writeFileSync(join(out, 'notices.txt'), notices);
console.log(`explorer: ${Math.round(page.length / 1024)} KiB`);
