// The import rules of docs/architecture.md, "Rooms and who may enter".
const rooms = ['vm', 'grid', 'appliance', 'egress', 'policy', 'settings', 'ledger', 'pool'];
const roomPath = `^electron/(${rooms.join('|')})/`;

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'contract-imports-zod-only',
      severity: 'error',
      from: { path: '^electron/contract/' },
      to: { pathNot: ['^electron/contract/', '^node_modules/zod/'] },
    },
    {
      name: 'base-imports-node-only',
      severity: 'error',
      from: { path: '^electron/base/' },
      to: { pathNot: ['^electron/base/'], dependencyTypesNot: ['core'] },
    },
    ...rooms.map((room) => ({
      name: `${room}-stays-in-its-room`,
      severity: 'error',
      from: { path: `^electron/${room}/` },
      to: { path: '^(electron|renderer)/', pathNot: [`^electron/${room}/`, '^electron/(base|contract)/'] },
    })),
    {
      name: 'electron-only-in-the-shell',
      severity: 'error',
      from: {
        path: '^(electron|renderer)/',
        pathNot: ['^electron/(main|preload)[.]ts$', '^electron/control/ipc', '^electron/shell/'],
      },
      to: { path: '^(node_modules/electron/|electron$)' },
    },
    {
      name: 'renderer-through-bridge',
      severity: 'error',
      from: { path: '^renderer/', pathNot: '^renderer/bridge/' },
      to: { path: '^electron/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'renderer-reaches-contract-only',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^electron/', pathNot: '^electron/contract/' },
    },
    {
      name: 'renderer-without-node',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'ui-knows-no-domain',
      severity: 'error',
      from: { path: '^renderer/ui/' },
      to: { path: ['^electron/', '^renderer/(bridge|views)/'] },
    },
    {
      name: 'text-knows-the-contract-only',
      severity: 'error',
      from: { path: '^text/' },
      to: {
        path: '.',
        pathNot: ['^text/', '^electron/contract/', '^node_modules/(i18next|i18next-icu|intl-messageformat)/'],
      },
    },
    {
      name: 'text-through-shell-and-renderer-text',
      severity: 'error',
      from: { path: '^(electron|renderer)/', pathNot: '^(electron/shell|renderer/text)/' },
      to: { path: '^text/' },
    },
    {
      name: 'pool-side-for-the-command-line-only',
      severity: 'error',
      from: { path: '^(electron|renderer|text)/', pathNot: '^electron/(pool|cli)/' },
      to: { path: '^electron/pool/' },
    },
    {
      name: 'nobody-imports-the-roots',
      severity: 'error',
      from: {},
      to: { path: '^electron/(main|cli)[.]ts$' },
    },
    {
      name: 'shell-and-control-below-host',
      severity: 'error',
      from: { path: '^electron/(shell|control)/' },
      to: { path: [roomPath, '^electron/host'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js'],
      conditionNames: ['import', 'require', 'node', 'types'],
    },
  },
};
