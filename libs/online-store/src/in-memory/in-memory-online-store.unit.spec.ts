import { viewOfTopic } from '@millrace/events';
import { generationsContract } from '@millrace/processing/testing';
import { BUCKETS } from '../bucket.ts';
import { physicalName } from '../generation-names.ts';
import { collectionCases } from '../testing/collection-cases.ts';
import { onlineStoreContract } from '../testing/contract.ts';
import { generationsUnderTest } from '../testing/generations-under-test.ts';
import { pointInTimeCases } from '../testing/point-in-time-cases.ts';
import { InMemoryOnlineStore } from './in-memory-online-store.ts';

const start = () => Promise.resolve({ value: new InMemoryOnlineStore(), stop: () => Promise.resolve() });

onlineStoreContract('InMemoryOnlineStore', start);
pointInTimeCases('InMemoryOnlineStore', start);
collectionCases('InMemoryOnlineStore', start);
generationsContract('InMemoryOnlineStore', () => {
  const store = new InMemoryOnlineStore();
  const value = generationsUnderTest(store, store, ({ topic, number }) => {
    const view = physicalName(viewOfTopic(topic) ?? topic, number);
    const held = Array.from({ length: BUCKETS }, (_, bucket) =>
      store.heldIn(bucket).filter((one) => one === view),
    );
    return Promise.resolve(held.flat().length);
  });
  return Promise.resolve({ value, stop: () => Promise.resolve() });
});
