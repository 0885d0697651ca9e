import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { portVariable, serviceNames, servicePorts } from './services.ts';
import { repositoryRoot } from './toolchain.ts';

test('the list names each folder of services/', async () => {
  expect(serviceNames.toSorted()).toEqual((await readdir(join(repositoryRoot, 'services'))).toSorted());
  expect(Object.keys(servicePorts)).toEqual([...serviceNames]);
});

test('the variable of a port', () => {
  expect(portVariable('feature-server')).toBe('MILLRACE_FEATURE_SERVER_PORT');
});
