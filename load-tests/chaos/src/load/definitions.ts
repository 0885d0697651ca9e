import { defineEntity, defineFeatureView } from '@millrace/feature-registry';

/** The entity of two views. */
export const account = defineEntity({ name: 'account', keys: { account_id: 'long' }, owner: 'chaos' });
/** The entity of one view, with a key of two columns. */
export const shop = defineEntity({
  name: 'shop',
  keys: { country: 'string', shop_id: 'int' },
  owner: 'chaos',
});

/** `n` numbers the events of a run, so that each is known again whatever ids it got. */
const features = { n: { type: 'long' }, amount: { type: 'double' }, tag: { type: 'string' } } as const;

const view = (name: string, entity: typeof account | typeof shop) =>
  defineFeatureView({ name, entity, ttl: null, owner: 'chaos', features }).definition;

/** The views that the load writes. */
export const views = [
  view('account_payments', account),
  view('account_limits', account),
  view('shop_sales', shop),
] as const;

/** The key columns of an entity by its number, in JSON. */
export function keyOf(viewName: string, entity: number): Readonly<Record<string, string | number>> {
  return viewName === 'shop_sales' ? shopKey(entity) : { account_id: entity };
}

/** The key columns of an entity by its number, as their Avro types want them. */
export function typedKeyOf(
  viewName: string,
  entity: number,
): Readonly<Record<string, string | number | bigint>> {
  return viewName === 'shop_sales' ? shopKey(entity) : { account_id: BigInt(entity) };
}

function shopKey(entity: number) {
  return { country: ['is', 'nz', 'pe'][entity % 3] ?? 'is', shop_id: entity };
}

/** Everything to register, in order. */
export const definitions = [account, shop, ...views];
