/**
 * The arrows between the rooms, held by a tool instead of by prose: `npm run check` fails where one points back.
 *
 * The sources are checked with their type imports. Where a type may be known but not a value (the workflows' view of
 * the activities), and for circles, the compiled files below dist/ are checked: types are gone there.
 */

const packages = (...names) => names.map((name) => `node_modules/${name}(/|$)`);

/** What others may know of a workflow: its messages, and what can be searched for. Everything else is how it works. */
const MESSAGES = '^workflows/([^/]+/messages|shared/search-attributes)\\.';
const WORKFLOW_CODE = '^workflows/(?![^/]+/messages\\.|shared/search-attributes\\.)';

/**
 * Subjects meet in the domain and in what their layer shares. Which of them knows another one all the same, and why:
 * in a layer, a subject (`from`) may import from other subjects (`to`).
 */
const MEETINGS = [
  {
    layer: 'workflows',
    from: 'orders',
    to: ['deliveries', 'instances'],
    reason: 'A paid order starts its delivery.',
  },
  {
    layer: 'workflows',
    from: 'refunds',
    to: ['deliveries', 'instances', 'orders'],
    reason:
      'A refund has the order or delivery that it pauses adopt that step, and the instance that it ends learn of it.',
  },
  {
    layer: 'workflows',
    from: 'invoices',
    to: ['refunds'],
    reason: 'An invoice that ends notifies the refunds that wait for it.',
  },
  {
    layer: 'prisma/store',
    from: 'reviews',
    to: ['accounts', 'products', 'shops'],
    reason: 'What a decision means is the business of what is reviewed; one list names all of them.',
  },
  ...['deliveries', 'instances'].map((from) => ({
    layer: 'prisma/store',
    from,
    to: ['ledger'],
    reason: 'What moves money posts its journal in the statement of its own step.',
  })),
  {
    layer: 'prisma/store',
    from: 'orders',
    to: ['coupons', 'ledger', 'products'],
    reason:
      'What moves money posts its journal in its own step, which reserves, uses and frees the coupon; the details show the content of the version bought.',
  },
  {
    layer: 'prisma/store',
    from: 'refunds',
    to: ['deliveries', 'instances', 'ledger', 'orders'],
    reason:
      'A step of a refund posts what is given back, and pauses an order or delivery or lets it go on; an instance made meanwhile completes its order.',
  },
  ...['accounts', 'products', 'shops'].map((from) => ({
    layer: 'prisma/store',
    from,
    to: ['reviews', 'images'],
    reason: 'What is reviewed implements a review handler, and names images of its own.',
  })),
  ...['accounts', 'products', 'shops'].map((from) => ({
    layer: 'api',
    from,
    to: ['reviews', 'attachments', ...(from === 'products' ? ['coupons'] : [])],
    reason:
      'What is submitted is reviewed: its service submits it, its view shows the review; it names uploads. A product’s page shows the coupons that can be claimed there.',
  })),
  {
    layer: 'api',
    from: 'instances',
    to: ['products'],
    reason: 'A delivery URL belongs to a product of the provider.',
  },
  {
    layer: 'api',
    from: 'orders',
    to: ['attachments'],
    reason: 'The requirement of a direct order names attachments that must be its sender’s own.',
  },
  {
    layer: 'api',
    from: 'deliveries',
    to: ['attachments'],
    reason: 'A step of a delivery names attachments that must be its sender’s own.',
  },
  {
    layer: 'api',
    from: 'payments',
    to: ['orders'],
    reason: 'The sandbox answers a payment with the order it paid.',
  },
];

/** The layers with subject folders, and the folders in them that are everybody's. */
const SUBJECT = '^(workflows|activities|api|prisma/store)/([^/]+)/';
const EVERYBODYS = ['shared', 'http', 'files', 'ports'];
const foldersBut = (names) => `(?!(${[...names, ...EVERYBODYS].join('|')})/)[^/]+/`;

const subjectsMeet = [
  {
    name: 'subjects-meet-in-domain-and-shared',
    comment: 'A subject of a layer imports no other one; the exceptions are listed above, with their reasons.',
    severity: 'error',
    from: { path: SUBJECT, pathNot: MEETINGS.map(({ layer, from }) => `^${layer}/${from}/`) },
    to: { path: `^$1/${foldersBut(['$2'])}` },
  },
  ...MEETINGS.map(({ layer, from, to, reason }) => ({
    name: `subjects-meet-as-listed:${layer}/${from}`,
    comment: reason,
    severity: 'error',
    from: { path: `^${layer}/${from}/` },
    to: { path: `^${layer}/${foldersBut([from, ...to])}` },
  })),
];

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Modules that need each other are one module, or hide a third.',
      severity: 'error',
      from: { path: '^dist/' },
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: { pathNot: '^dist/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-package',
      comment: 'Everything imported is in package.json.',
      severity: 'error',
      from: { pathNot: '^(test|bench|dist)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'domain-is-pure',
      comment: 'The rules know no clock, database, network or framework, not even Node itself.',
      severity: 'error',
      from: { path: '^domain/' },
      to: { pathNot: ['^domain/', ...packages('chinese-days', 'ipaddr.js', 'zod')] },
    },
    {
      name: 'workflows-are-deterministic',
      comment: 'Workflow code imports workflows, rules and the SDK; of the activities it sees only types.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        pathNot: ['^(workflows|domain|activities)/', ...packages('@temporalio/workflow', '@temporalio/common')],
      },
    },
    {
      name: 'workflows-see-types-of-activities',
      comment: 'A value imported from an activity would drag the outside world into the workflow bundle.',
      severity: 'error',
      from: { path: '^dist/workflows/' },
      to: { path: '^dist/activities/' },
    },
    {
      name: 'messages-know-rules-only',
      comment: 'What others may send a workflow depends on the rules, never on how the workflow works.',
      severity: 'error',
      from: { path: MESSAGES },
      to: { path: [WORKFLOW_CODE, '^(activities|prisma)/'] },
    },
    {
      name: 'api-sends-messages',
      comment: 'Routes know the messages, the rules and the store; how a workflow or an activity works is not theirs.',
      severity: 'error',
      from: { path: '^api/' },
      to: { path: '^(activities|worker|scripts|sandbox|test|bench)/' },
    },
    {
      name: 'api-starts-workflows-by-type',
      comment: 'The type of a workflow makes its start safe to write; its code stays in the worker.',
      severity: 'error',
      from: { path: '^dist/api/' },
      to: { path: `^dist/${WORKFLOW_CODE.slice(1)}` },
    },
    {
      name: 'workflows-reach-no-zod',
      comment: 'Schemas are parsed where data enter; a workflow that parses replays the parser of another version.',
      severity: 'error',
      from: { path: '^dist/workflows/' },
      to: { path: packages('zod')[0], reachable: true },
    },
    {
      name: 'http-layer-knows-no-subject',
      comment:
        'What every subject shares in the API names no workflow, route or view of one; access and people it reads.',
      severity: 'error',
      from: { path: '^api/(http|files)/' },
      to: { path: ['^workflows/(?!shared/)', '^api/(?!(http|files)/)'] },
    },
    {
      name: 'routes-do-not-import-routes',
      comment: 'What two routes need is a schema, a view or a service.',
      severity: 'error',
      from: { path: '^api/.+routes\\.ts$' },
      to: { path: '^api/.+routes\\.ts$' },
    },
    ...subjectsMeet,
    {
      name: 'activities-reach-the-store',
      comment: 'Activities use the store, the rules and the types of messages.',
      severity: 'error',
      from: { path: '^activities/' },
      to: { path: [WORKFLOW_CODE, '^(api|worker|scripts|sandbox|test|bench)/'] },
    },
    {
      name: 'store-knows-rules-only',
      comment: 'The store writes as rows what the rules say; it does not know who asks.',
      severity: 'error',
      from: { path: '^prisma/' },
      to: { path: [WORKFLOW_CODE, '^(activities|api|worker|scripts|sandbox|test|bench)/'] },
    },
    {
      name: 'sql-lives-in-prisma',
      comment: 'Only the store and the operating scripts talk to the database.',
      severity: 'error',
      from: { pathNot: '^(prisma|scripts|test|bench|dist)/' },
      to: { path: ['^prisma/generated/', ...packages('pg', '@prisma/[^/]+')] },
    },
    {
      name: 'programs-do-not-import-tools',
      comment: 'What runs in production does not contain development tools.',
      severity: 'error',
      from: { path: '^(domain|workflows|activities|api|worker|prisma|codec|config)/' },
      to: { path: '^(scripts|sandbox|test|bench)/' },
    },
    {
      name: 'no-development-packages',
      comment: 'What runs in production is installed there.',
      severity: 'error',
      from: { path: '^(domain|workflows|activities|api|worker|prisma|codec|config)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: packages('@types/[^/]+') },
    },
    {
      name: 'config-and-codec-stand-alone',
      comment: 'The configuration knows the policies and the payload encryption nothing of the business.',
      severity: 'error',
      from: { path: '^(config|codec)/' },
      to: { path: '^(workflows|activities|api|worker|prisma|scripts|sandbox|test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^(dist/)?prisma/generated/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'], conditionNames: ['node', 'import', 'require'] },
    // TypeScript 7 brings no parser of the old kind; swc reads the sources as the tests do.
    parser: 'swc',
  },
};
