import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const configPath = join(checkout, '.dependency-cruiser.cjs');

/** A small house with every wrong door open: the rule that must object, the file, and what it imports. */
const wrongs: readonly (readonly [rule: string, file: string, imported: string])[] = [
  ['no-cycles', 'electron/vm/one.ts', './two.ts'],
  ['contract-imports-zod-only', 'electron/contract/a.ts', 'node:fs'],
  ['contract-imports-zod-only', 'electron/contract/b.ts', '../base/good.ts'],
  ['base-imports-node-only', 'electron/base/a.ts', '../contract/good.ts'],
  ['vm-stays-in-its-room', 'electron/vm/a.ts', '../grid/good.ts'],
  ['grid-stays-in-its-room', 'electron/grid/local/a.ts', '../../ledger/good.ts'],
  ['appliance-stays-in-its-room', 'electron/appliance/a.ts', '../vm/good.ts'],
  ['policy-stays-in-its-room', 'electron/policy/a.ts', '../host/good.ts'],
  ['settings-stays-in-its-room', 'electron/settings/a.ts', '../policy/good.ts'],
  ['ledger-stays-in-its-room', 'electron/ledger/a.ts', '../grid/good.ts'],
  ['egress-stays-in-its-room', 'electron/egress/a.ts', '../vm/good.ts'],
  ['electron-only-in-the-shell', 'electron/host/a.ts', 'electron'],
  ['electron-only-in-the-shell', 'electron/vm/e.ts', 'electron'],
  ['renderer-through-bridge', 'renderer/views/a.ts', '../../electron/contract/good.ts'],
  ['renderer-reaches-contract-only', 'renderer/bridge/a.ts', '../../electron/vm/good.ts'],
  ['renderer-without-node', 'renderer/views/b.ts', 'node:fs'],
  ['ui-knows-no-domain', 'renderer/ui/a.ts', '../views/good.ts'],
  ['text-knows-the-contract-only', 'text/a.ts', '../electron/vm/good.ts'],
  ['text-through-shell-and-renderer-text', 'renderer/views/c.ts', '../../text/good.ts'],
  ['text-through-shell-and-renderer-text', 'electron/host/c.ts', '../../text/good.ts'],
  ['nobody-imports-the-roots', 'electron/host/b.ts', '../main.ts'],
  ['shell-and-control-below-host', 'electron/shell/a.ts', '../vm/good.ts'],
  ['shell-and-control-below-host', 'electron/control/a.ts', '../host/good.ts'],
];

/** Doors that stay open. */
const rights: readonly (readonly [file: string, imported: string])[] = [
  ['electron/contract/fine.ts', './good.ts'],
  ['electron/base/fine.ts', 'node:fs'],
  ['electron/vm/fine.ts', '../contract/good.ts'],
  ['electron/shell/fine.ts', 'electron'],
  ['renderer/bridge/fine.ts', '../../electron/contract/good.ts'],
  ['renderer/text/fine.ts', '../../text/good.ts'],
  ['electron/shell/speaks.ts', '../../text/good.ts'],
];

let dir = '';
let violations: { rule: { name: string }; from: string }[] = [];

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(dir, file)), { recursive: true });
  writeFileSync(join(dir, file), text);
};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-rules-'));
  const rooms = ['base', 'contract', 'vm', 'grid', 'ledger', 'policy', 'host'].map(
    (room) => `electron/${room}`,
  );
  for (const room of [...rooms, 'renderer/views', 'text'])
    write(`${room}/good.ts`, 'export const good = 1;\n');
  write('electron/main.ts', 'export const good = 1;\n');
  write('electron/vm/two.ts', `import { good } from './one.ts';\nexport { good };\n`);
  write('node_modules/electron/package.json', '{"name":"electron","version":"1.0.0","main":"index.js"}');
  write('node_modules/electron/index.js', 'exports.good = 1;\n');
  write('package.json', '{"name":"house","type":"module","devDependencies":{"electron":"1.0.0"}}');
  write(
    'tsconfig.json',
    '{"compilerOptions":{"module":"NodeNext","allowImportingTsExtensions":true,"noEmit":true}}',
  );
  for (const [file, imported] of [...wrongs.map(([, ...rest]) => rest), ...rights]) {
    write(file, `import { good } from '${imported}';\nexport { good };\n`);
  }
  const program = join(checkout, 'node_modules', '.bin', 'depcruise');
  const output = await new Promise<string>((resolve) => {
    // It exits non-zero when it objects, which is what is wanted here.
    const args = [program, '--config', configPath, '--output-type', 'json', 'electron', 'renderer', 'text'];
    execFile(process.execPath, args, { cwd: dir, maxBuffer: 1e8 }, (_error, stdout) => {
      resolve(stdout);
    });
  });
  violations = (JSON.parse(output) as { summary: { violations: typeof violations } }).summary.violations;
});

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

test.each(wrongs)('%s objects to %s importing %s', (rule, file) => {
  expect(violations.filter(({ from }) => from === file).map((one) => one.rule.name)).toContain(rule);
});

test.each(rights)('nothing objects to %s importing %s', (file) => {
  expect(violations.filter(({ from }) => from === file)).toEqual([]);
});
