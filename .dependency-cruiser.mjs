// Imports point one way: kernel <- domain <- platform <- services. See docs/architecture.md.
const specs = String.raw`(\.spec\.ts$|/src/testing/)`;
const domain = '^libs/(events|feature-registry|model-lifecycle|statistics)/';
const platform = '^libs/(event-log|online-store|offline-store|processing|telemetry|verification)/';
const drivers = '(^|node_modules/)(kafkajs|ioredis|@clickhouse/client|fastify)(/|$)';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'kernel-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^libs/kernel/' },
      to: { path: '^(libs/(?!kernel/)|services/|deploy/|examples/|load-tests/)' },
    },
    {
      name: 'domain-imports-kernel-and-domain',
      severity: 'error',
      from: { path: domain, pathNot: specs },
      to: { path: '^(libs/|services/|deploy/|examples/|load-tests/)', pathNot: [domain, '^libs/kernel/'] },
    },
    {
      name: 'domain-knows-no-driver',
      severity: 'error',
      from: { path: [domain, '^libs/kernel/'], pathNot: specs },
      to: { path: drivers },
    },
    {
      name: 'platform-imports-platform-and-below',
      severity: 'error',
      from: { path: platform, pathNot: specs },
      to: {
        path: '^(libs/|services/|deploy/|examples/|load-tests/)',
        pathNot: [platform, domain, '^libs/kernel/'],
      },
    },
    {
      name: 'service-imports-no-service',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'service-imports-platform-and-below',
      severity: 'error',
      from: { path: '^services/', pathNot: specs },
      to: {
        path: '^(libs/|deploy/|examples/|load-tests/)',
        pathNot: [platform, domain, '^libs/kernel/'],
      },
    },
    {
      name: 'libraries-and-stack-import-no-service',
      severity: 'error',
      from: { path: '^(libs|deploy)/', pathNot: specs },
      to: { path: '^(services/|examples/|load-tests/)' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      // Types that name each other are erased before anything runs.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // The TypeScript that is installed has no API to parse with.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.millrace|\\.nx)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
