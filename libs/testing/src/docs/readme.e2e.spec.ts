import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  repositoryRoot,
  type ServiceAddresses,
  type StackAddresses,
  startServices,
} from '@millrace/embedded';
import { type Running, startTogether } from '@millrace/kernel';
import { uniqueName } from '../names.ts';
import { testStack } from '../test-stack.ts';
import { type CodeBlock, codeBlocks } from './code-blocks.ts';

const run = promisify(execFile);
const python = join(repositoryRoot, '.millrace', 'python', 'bin', 'python');

let stack: StackAddresses;
let folder: string;
let services: Running<ServiceAddresses>;
let blocks: readonly CodeBlock[];

beforeAll(async () => {
  stack = testStack();
  blocks = codeBlocks(await readFile(join(repositoryRoot, 'README.md'), 'utf8'));
  services = await startTogether(async (starter) => {
    // Inside the repository, so that the snippets find the packages as a reader's file would.
    folder = join(repositoryRoot, '.millrace', uniqueName('readme'));
    await mkdir(folder, { recursive: true });
    starter.onStop(() => rm(folder, { recursive: true, force: true }));
    return starter.start(() => startServices(stack, { folder }));
  });
});
afterAll(() => services.stop());

function block(language: string, found: (block: CodeBlock) => boolean): CodeBlock {
  const [first, ...rest] = blocks.filter((candidate) => candidate.language === language && found(candidate));
  if (first === undefined || rest.length > 0)
    throw new Error(`the README has no single ${language} block of that kind`);
  return first;
}

const named = (file: string) => (candidate: CodeBlock) => candidate.file === file;
const starting = (text: string) => (candidate: CodeBlock) => candidate.text.startsWith(text);

/** Puts the test's ports in the place of the default ones. */
function here(text: string): string {
  const { gateway, registry } = services.value;
  const featureServer = services.value['feature-server'];
  const urls = JSON.stringify({
    gatewayUrl: gateway.url,
    featureServerUrl: featureServer.url,
    registryUrl: registry.url,
  });
  return text
    .replaceAll('http://127.0.0.1:7400', gateway.url)
    .replaceAll('http://127.0.0.1:7401', featureServer.url)
    .replaceAll('createMillrace({', `createMillrace({ ...${urls},`);
}

async function shell(text: string): Promise<string> {
  const { stdout } = await run('bash', ['-ec', here(text)], {
    cwd: folder,
    env: {
      ...process.env,
      MILLRACE_GATEWAY_URL: services.value.gateway.url,
      MILLRACE_FEATURE_SERVER_URL: services.value['feature-server'].url,
      MILLRACE_REGISTRY_URL: services.value.registry.url,
    },
  });
  return stdout;
}

async function writeBlock(file: string): Promise<void> {
  await writeFile(join(folder, file), here(block(file.endsWith('.py') ? 'python' : 'ts', named(file)).text));
}

it('runs what the README shows, from the definition to the training snapshot', async () => {
  await writeBlock('definitions.ts');
  await shell(block('sh', starting('npx millrace apply')).text);

  await writeBlock('producer.ts');
  expect((await run(process.execPath, ['producer.ts'], { cwd: folder })).stdout.trim()).toBe('120.5');
  expect(JSON.parse(await shell(block('sh', starting('curl')).text))).toMatchObject({
    accepted: 1,
    rejected: [],
  });

  const { url, user: username, password, database } = stack.clickhouse;
  const clickhouse = createClient({ url, username, password, database });
  const query = block('sql', () => true).text;
  const rows = async () => (await clickhouse.query({ query, format: 'JSONEachRow' })).json();
  await vi.waitUntil(async () => (await rows()).length === 2, { timeout: 60_000, interval: 100 });
  expect(await rows()).toMatchObject([{ revenue: 80 }, { revenue: 120.5, orders: 3 }]);
  await clickhouse.close();

  await writeBlock('training.py');
  const { stdout } = await run(python, ['training.py'], { cwd: folder });
  expect(stdout).toContain("'shop_sales__revenue': 120.5, 'shop_sales__orders': 3");
  expect(stdout).toContain("'shop_sales__revenue': None, 'shop_sales__orders': None");
});
