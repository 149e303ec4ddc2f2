/** The import rules of docs/architecture.md. One rule a room: what it may reach; all else is refused. */
const rule = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: '\\.spec\\.ts$' },
  to: { path: '^(src|test|bench|packages)/', pathNot: allowed },
});
const packages = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: '\\.spec\\.ts$' },
  to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: allowed },
});
const driver = (name, driverPath, home) => ({
  name,
  comment: 'A driver is named in its own adapter and nowhere else.',
  severity: 'error',
  from: { path: '^src/', pathNot: home },
  to: { path: driverPath },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    rule('core-imports-core', '^src/core/', '^src/core/'),
    packages('core-has-no-packages', '^src/core/(?!(expression|schedule)/)', '^$'),
    packages('expression-packages', '^src/core/expression/', 'node_modules/jsonata/'),
    packages('schedule-packages', '^src/core/schedule/', 'node_modules/croner/'),
    rule('ports-import-core', '^src/ports/', '^src/(core|ports)/'),
    packages('ports-have-no-packages', '^src/ports/', '^$'),
    rule('engine-imports-ports', '^src/engine/', '^src/(core|ports|engine)/'),
    packages('engine-packages', '^src/engine/', 'node_modules/p-limit/'),
    rule(
      'migration-imports-ports',
      '^src/migration/',
      '^src/((core|ports|migration)/|engine/definition-chunks[.]ts$)',
    ),
    packages('migration-packages', '^src/migration/', '^(node:)?crypto$'),
    rule('executors-import-ports', '^src/executors/', '^src/(core|ports|executors)/'),
    rule('adapters-import-ports', '^src/adapters/', '^src/(core|ports|adapters)/'),
    {
      name: 'adapters-keep-apart',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/([^/]+)/' },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/($1/$2/|$1/[^/]+[.]ts$)' },
    },
    rule('platform-imports-core', '^src/platform/', '^src/(core|platform)/'),
    rule('modules-import-engine', '^src/modules/', '^src/(core|ports|engine|platform|modules)/'),
    {
      name: 'modules-by-their-index',
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/modules/[^/]+/(?!index\\.ts$)', pathNot: '^src/modules/$1/' },
    },
    driver(
      'sqlite-driver',
      'node_modules/(@types/)?better-sqlite3',
      '^src/adapters/storage/sqlite/',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
