import { AREAS } from '../../../domain/accounts/areas';
import { TIME_TYPES } from '../../../domain/orders/search';
import { DAY_MS } from '../../../domain/policies/duration';
import { listApiKeys } from '../../../prisma/store/accounts/api-keys';
import { listContacts } from '../../../prisma/store/accounts/contacts';
import { listSubAccounts } from '../../../prisma/store/accounts/sub-accounts';
import { readTimeline, readTrail, type TrailScope } from '../../../prisma/store/audit/entries';
import { listClaims, namedClaim, usableClaims } from '../../../prisma/store/coupons/claims';
import { listOwnCoupons } from '../../../prisma/store/coupons/coupons';
import { claimableOnPage } from '../../../prisma/store/coupons/entries';
import { listDeliveries } from '../../../prisma/store/deliveries/deliveries';
import { listInstances } from '../../../prisma/store/instances/instances';
import { listInvoices } from '../../../prisma/store/invoices/invoices';
import { listDifferences } from '../../../prisma/store/ledger/differences';
import { listEntries } from '../../../prisma/store/ledger/reports';
import { countUnread, listMessages } from '../../../prisma/store/notifications/inbox';
import { listNotificationDeliveries } from '../../../prisma/store/notifications/notification-deliveries';
import { listSubscriptions } from '../../../prisma/store/notifications/subscriptions';
import { listOrders, type OrderFilter } from '../../../prisma/store/orders/search';
import { listOwnProducts } from '../../../prisma/store/products/products';
import { listForSale } from '../../../prisma/store/products/storefront';
import { listRefunds } from '../../../prisma/store/refunds/requests';
import { listReviews } from '../../../prisma/store/reviews/reviews';
import type { Database } from '../../../prisma/store/shared/database';
import type { Scope } from '../../../prisma/store/shared/scopes';
import { listShopPages } from '../../../prisma/store/shops/shop-pages';
import { listVersions } from '../../../prisma/store/shops/shops';
import { listEndpoints } from '../../../prisma/store/webhooks/endpoints';
import { listEvents } from '../../../prisma/store/webhooks/log';
import { MIDDLE, middleOf, RARE } from './big-tables';

/** A list as the API asks the store for it. */
export type Listing = { name: string; read: (db: Database) => Promise<unknown> };

/** The query parameters of paged routes that the lists below are asked with; `q` is said of below. */
export const LISTED_PARAMETERS = [
  ...['limit', 'cursor', 'sort', 'format'],
  ...['stage', 'frozen', 'orderId', 'state', 'kind', 'status', 'open', 'overdue', 'providerId', 'operation'],
  ...[
    'objectId',
    'productId',
    'actorId',
    'action',
    'from',
    'to',
    'channel',
    'unread',
    'group',
    'category',
    'type',
    'grade',
    'q',
    'change',
    'timeType',
    'scene',
    'preset',
  ],
];

const PROVIDER = { providerId: 'prv_demo' };
const BUYER = { buyerId: 'usr_demo' };

/** No filter, every one alone, and every two that do not concern the same. */
function choices<F extends object>(...filters: readonly F[]): (F | object)[] {
  const pairs = filters.flatMap((one, index) =>
    filters
      .slice(index + 1)
      .filter((other) => Object.keys(other).every((name) => !(name in one)))
      .map((other) => ({ ...one, ...other })),
  );
  return [{}, ...filters, ...pairs];
}

/** Both directions from the beginning, and the usual one from a place in the middle. */
const pagesOf = (middle: string) => [
  { limit: 20, after: null, newestFirst: true },
  { limit: 20, after: null, newestFirst: false },
  { limit: 20, after: middle, newestFirst: true },
];

type Page = ReturnType<typeof pagesOf>[number];

function paged<F extends object>(
  name: string,
  filters: readonly F[],
  middle: string,
  read: (db: Database, filter: F, page: Page) => Promise<unknown>,
): Listing[] {
  return filters.flatMap((filter) =>
    pagesOf(middle).map((page) => ({
      name: `${name} ${JSON.stringify(filter)} ${page.newestFirst ? 'newest' : 'oldest'} first${page.after === null ? '' : ', further on'}`,
      read: (db) => read(db, filter, page),
    })),
  );
}

const scoped = (scope: object | 'all', lists: Listing[]) =>
  lists.map(({ name, read }) => ({ name: `${name} of ${JSON.stringify(scope)}`, read }));

/** Every list that the API serves, with every filter and every two of them. */
export function listings(): Listing[] {
  return [
    ...[...ofOrders(), ...ofCoupons(), ...ofInvoices(), ...ofReviews()],
    ...[...ofTrail(), ...ofMessages(), ...ofShops(), ...ofAccounts()],
  ];
}

function ofOrders(): Listing[] {
  const scopes: readonly Scope[] = [PROVIDER, BUYER, 'all'];
  const searches = choices<Omit<OrderFilter, 'timeType'>>(
    ...[{ from: MIDDLE }, { to: MIDDLE }, { from: MIDDLE, to: new Date(MIDDLE.getTime() + DAY_MS) }],
    ...['closed', 'completed', 'refunding'].map((state) => ({ state })),
    { orderId: RARE.orderId },
  );
  const orders = TIME_TYPES.flatMap((timeType) => searches.map((search): OrderFilter => ({ timeType, ...search })));
  const deliveries = choices<Parameters<typeof listDeliveries>[2]>(
    { stage: 'awaiting_platform_check' },
    { stage: 'completed' },
    { frozen: true },
    { frozen: false },
    { orderId: RARE.orderId },
  );
  const instances = choices<Parameters<typeof listInstances>[2]>({ stage: 'destroying' }, { stage: 'destroyed' });
  const refunds = choices<Parameters<typeof listRefunds>[2]>(
    { state: 'escalated' },
    { state: 'withdrawn' },
    { orderId: RARE.orderId },
  );
  return scopes.flatMap((scope) =>
    scoped(scope, [
      ...(scope === 'all'
        ? []
        : paged('listInstances', instances, middleOf('ins'), (db, filter, page) =>
            listInstances(db, scope, filter, page),
          )),
      ...paged('listOrders', orders, RARE.orderId, (db, filter, { after, ...page }) =>
        listOrders(db, scope, filter, { ...page, after: after === null ? null : { at: MIDDLE, id: after } }),
      ),
      ...paged('listRefunds', refunds, middleOf('rfd'), (db, filter, page) => listRefunds(db, scope, filter, page)),
      ...paged('listDeliveries', deliveries, middleOf('dlv'), (db, filter, page) =>
        listDeliveries(db, scope, filter, page),
      ),
    ]),
  );
}

function ofCoupons(): Listing[] {
  const claims = [{}, { status: 'claimed' as const }, { status: 'used' as const }, { scene: 'renewal' as const }];
  const at = new Date('2026-02-01');
  const order = { ...BUYER, orderId: RARE.orderId };
  return [
    ...paged('listOwnCoupons', [{}, { q: '满减 7' }, { q: 'nothing' }], middleOf('cpn'), (db, filter, page) =>
      listOwnCoupons(db, 'prv_demo', filter, page),
    ),
    ...paged('listClaims', claims, middleOf('ccl'), (db, filter, page) => listClaims(db, 'usr_demo', filter, page)),
    { name: 'usableClaims', read: (db) => usableClaims(db, { ...order, ...PROVIDER, at }) },
    { name: 'namedClaim', read: (db) => namedClaim(db, 'cpn_000000001', order).catch(() => null) },
    {
      name: 'claimableOnPage',
      read: (db) => claimableOnPage(db, { ...PROVIDER, id: 'prd_service', type: 'human_service' }, at),
    },
  ];
}

function ofInvoices(): Listing[] {
  const scopes: readonly Scope[] = [PROVIDER, BUYER, 'all'];
  const filters = choices<Parameters<typeof listInvoices>[2]>(
    ...[{ state: 'processing' as const }, { state: 'done' as const }, { overdue: true }, { overdue: false }],
    { orderId: RARE.orderId },
  );
  return scopes.flatMap((scope) =>
    scoped(
      scope,
      paged('listInvoices', filters, middleOf('inv'), (db, filter, page) => listInvoices(db, scope, filter, page)),
    ),
  );
}

function ofReviews(): Listing[] {
  type Filter = Parameters<typeof listReviews>[2];
  const common: Filter[] = [
    ...[{ status: 'security_check' as const }, { status: 'approved' as const }, { open: true }, { open: false }],
    ...[{ kind: 'account' as const }, { kind: 'product' as const }],
  ];
  const ops = choices<Filter>(...common, { overdue: true }, { overdue: false }, { providerId: 'prv_7' });
  const own = choices<Filter>(
    ...common,
    ...[{ operation: 'licence_number' }, { operation: 'publish' }, { objectId: 'obj_000001000' }],
  );
  return [
    ...paged('listReviews', ops, middleOf('app'), (db, filter, page) => listReviews(db, 'all', filter, page)),
    ...scoped(
      PROVIDER,
      paged('listReviews', own, middleOf('app'), (db, filter, page) => listReviews(db, PROVIDER, filter, page)),
    ),
  ];
}

function ofTrail(): Listing[] {
  type Filter = Parameters<typeof readTrail>[2];
  const filters: Filter[] = [
    ...[{ action: RARE.action }, { action: 'provider.' }, { action: 'order.contact_seen' }, { action: 'nothing.so' }],
    ...[{ actorId: RARE.actorId }, { actorId: 'usr_7' }, { objectId: RARE.objectId }],
    ...[{ from: new Date('2026-02-01') }, { to: new Date('2026-02-01') }],
  ];
  // The main account's trail, and that of a sub-account.
  const scopes: readonly TrailScope[] = [
    { ...PROVIDER, areas: AREAS },
    { ...PROVIDER, areas: ['account', 'orders'] },
    'all',
  ];
  const after = { at: new Date('2026-03-01'), objectId: 'ord_000040000', sequence: 1, lookId: '' };
  const page = { limit: 20, after: null, newestFirst: true };
  return scopes.flatMap((scope) =>
    scoped(scope, [
      ...choices<Filter>(...filters, ...(scope === 'all' ? [{ providerId: 'prv_7' }] : [])).flatMap((filter) =>
        [null, after].map((place) => ({
          name: `readTrail ${JSON.stringify(filter)}${place === null ? '' : ', further on'}`,
          read: (db: Database) => readTrail(db, scope, filter, { ...page, after: place }),
        })),
      ),
      ...[null, after].map((place) => ({
        name: 'readTimeline',
        read: (db: Database) => readTimeline(db, scope, RARE.objectId, { limit: 20, after: place }),
      })),
    ]),
  );
}

function ofMessages(): Listing[] {
  const inbox = [true, false, null].flatMap((unread) =>
    ([null, 'coupons', 'orders'] as const).map((group) => ({ unread, group })),
  );
  const outbox = ([null, 'email', 'sms'] as const).flatMap((channel) =>
    ([null, 'sent', 'failed', 'skipped', 'pending'] as const).map((status) => ({ channel, status })),
  );
  const events = (['pending', 'failed', 'delivered', null] as const).flatMap((status) =>
    [null, RARE.orderId].map((objectId) => ({ status, objectId })),
  );
  return [
    ...paged('listMessages', inbox, middleOf('msg'), (db, filter, page) => listMessages(db, 'usr_demo', filter, page)),
    { name: 'countUnread', read: (db) => countUnread(db, 'usr_demo') },
    ...paged('listNotificationDeliveries', outbox, `${middleOf('msg')}_email`, (db, filter, { limit, after }) =>
      listNotificationDeliveries(db, { ...filter, limit, cursor: after }),
    ),
    ...paged('listEvents', events, middleOf('whd'), (db, filter, page) =>
      listEvents(db, 'whk_000000001', filter, page),
    ),
    { name: 'listSubscriptions', read: (db) => listSubscriptions(db, 'prv_7') },
  ];
}

function ofShops(): Listing[] {
  type Sale = Parameters<typeof listForSale>[1];
  const sale = choices<Sale>(
    ...[{ category: 'api' }, { category: 'software' }, { type: 'api' }, { type: 'image' }],
    ...[{ grade: 'certified' }, { grade: 'bazaar' }, { providerId: 'prv_demo' }],
    // A word that all have, one that few have, and one of whose parts all have some.
    ...[{ q: 'NAME' }, { q: '12345' }, { q: 'ame 99999' }],
  );
  const own = choices<Parameters<typeof listOwnProducts>[2]>(
    ...[{ status: 'exited' as const }, { status: 'published' as const }],
    ...[{ type: 'api' as const }, { type: 'image' as const }],
  );
  return [
    ...paged('listForSale', sale, middleOf('prd'), listForSale),
    ...paged('listOwnProducts', own, middleOf('prd'), (db, filter, page) =>
      listOwnProducts(db, 'prv_demo', filter, page),
    ),
    ...paged('listShopPages', [{}, { providerId: 'prv_shop7' }], middleOf('shp'), listShopPages),
    ...paged('listVersions', [{}], middleOf('srv'), (db, _filter, page) => listVersions(db, middleOf('shp'), page)),
  ];
}

function ofAccounts(): Listing[] {
  return [
    ...paged('listSubAccounts', [{}], middleOf('usr_many'), (db, _, page) => listSubAccounts(db, 'prv_7', page)),
    ...paged('listApiKeys', [{}], middleOf('key'), (db, _, page) => listApiKeys(db, 'prv_demo', page)),
    ...paged('listEndpoints', [{}], middleOf('whk'), (db, _, page) => listEndpoints(db, 'prv_demo', page)),
    ...paged('listDifferences', [{}, { state: 'open' }, { state: 'resolved' }], middleOf('rcd'), listDifferences),
    ...paged('listEntries', [{}], `${middleOf('jrn')}_1`, (db, _, page) => listEntries(db, 'channel:wechat', page)),
    { name: 'listContacts', read: (db) => listContacts(db, 'prv_7') },
  ];
}
