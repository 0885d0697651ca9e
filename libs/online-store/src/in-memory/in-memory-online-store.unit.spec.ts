import { pointInTimeCases } from '../testing/point-in-time-cases.ts';
import { onlineStoreContract } from '../testing/contract.ts';
import { InMemoryOnlineStore } from './in-memory-online-store.ts';

const start = () => Promise.resolve({ value: new InMemoryOnlineStore(), stop: () => Promise.resolve() });

onlineStoreContract('InMemoryOnlineStore', start);
pointInTimeCases('InMemoryOnlineStore', start);
