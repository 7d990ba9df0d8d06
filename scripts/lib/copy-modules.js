/**
 * Copies what the program loads of its npm packages, and nothing else, into a folder:
 *   node scripts/lib/copy-modules.js NODE_MODULES TARGET ARCH ABI      ARCH: x64 or arm64; ABI: process.versions.modules
 * Which packages those are stands in package-lock.json. Sources, tests and what was built for other machines stay behind.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';

/** They build the addon, which is built already. */
const buildPackages = ['cmake-js', 'node-addon-api', 'node-api-headers'];
const codeEndings = new Set(['.js', '.cjs', '.mjs', '.json', '.node', '.wasm']);
const licence = /^(licen[cs]e|copying|notice|third-?party)/i;
const library = /\.so(\.\d+)*$/;
/** Of a package's folders, at any depth: what is built from, tried with or read by people. */
const leftOut = new Set([
  'test',
  'tests',
  'bench',
  'benchmark',
  'example',
  'examples',
  'docs',
  'e2e',
  'ci',
  'obj.target',
  'obj',
]);
/** Sources that packages carry in their top folder. */
const sources = new Set(['deps', 'src']);
/** SQLite's own test, built beside it. */
const neverLoaded = new Set(['test_extension.node']);
const elfMachines = { x64: 62, arm64: 183 };

const [source, target, arch, abi] = process.argv.slice(2);
if (!(arch in elfMachines) || abi === undefined) {
  throw new Error('expected NODE_MODULES TARGET x64|arm64 ABI');
}

for (const path of runtimePackages()) {
  const from = join(source, path);
  // Packages for other machines are optional, and not there.
  if (existsSync(join(from, 'package.json'))) copyFolder(from, join(target, path), true);
}

/** The packages that the program may load: paths below node_modules. */
function runtimePackages() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const found = new Set();
  const add = (name, place) => {
    const path = resolve(packages, name, place);
    if (path === undefined || found.has(path)) return;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {} } = packages[path];
    for (const other of Object.keys({ ...dependencies, ...optionalDependencies })) add(other, path);
  };
  for (const name of Object.keys(packages[''].dependencies)) if (!buildPackages.includes(name)) add(name, '');
  return [...found].sort().map((path) => path.replace('node_modules/', ''));
}

/** As Node looks for it: beside the package that wants it, then further up. */
function resolve(packages, name, place) {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
}

function copyFolder(from, to, isTop) {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const { name } = entry;
    if (entry.isDirectory()) {
      if (
        name === 'node_modules' ||
        leftOut.has(name) ||
        (isTop && sources.has(name) && isNativeSource(join(from, name)))
      )
        continue;
      copyFolder(join(from, name), join(to, name), false);
    } else if (isWanted(join(from, name), name)) {
      mkdirSync(to, { recursive: true });
      // Follows links: a library's names by version are links to it.
      copyFileSync(join(from, name), join(to, name));
    }
  }
}

/** `src` of most packages is JavaScript, and loaded. */
function isNativeSource(folder) {
  return existsSync(join(dirname(folder), 'binding.gyp'));
}

function isWanted(path, name) {
  if (licence.test(name)) return true;
  const isNative = name.endsWith('.node') || library.test(name);
  if (!isNative) return codeEndings.has(extname(name));
  return !neverLoaded.has(name) && !isLinkName(path) && isForThisMachine(path) && isForThisAbi(name);
}

/** `librdkafka.so` beside `librdkafka.so.1`: the name that a linker looks for; programs load the other. */
function isLinkName(path) {
  return path.endsWith('.so') && readdirSync(dirname(path)).some((name) => name.startsWith(`${basename(path)}.`));
}

function isForThisMachine(path) {
  const header = readFileSync(path).subarray(0, 20);
  return header.toString('latin1', 1, 4) === 'ELF' && header.readUInt16LE(18) === elfMachines[arch];
}

/** Some packages carry one file for each version of Node: `uws_linux_x64_115.node`. */
function isForThisAbi(name) {
  const named = /_(\d{2,3})\.node$/.exec(name);
  return named === null || named[1] === abi;
}
