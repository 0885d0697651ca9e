import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findJdk, majorOf } from './setup/jdk.mjs';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace jdks '));
});
afterAll(() => rm(folder, { recursive: true }));

/** A Java home that says its version in the `release` file, or only when it is run. */
async function jdk(path: string, version: string, says: 'release' | 'run' = 'release'): Promise<string> {
  const home = join(folder, path);
  await mkdir(join(home, 'bin'), { recursive: true });
  await writeFile(
    join(home, 'bin', 'java'),
    `#!/bin/sh\necho 'openjdk version "${version}" 2026-01-01' >&2\n`,
  );
  await chmod(join(home, 'bin', 'java'), 0o755);
  if (says === 'release')
    await writeFile(join(home, 'release'), `IMPLEMENTOR="x"\nJAVA_VERSION="${version}"\n`);
  return home;
}

describe('findJdk', () => {
  test('takes JAVA_HOME first, then the PATH, when they are new enough', async () => {
    const [a, b] = [await jdk('first/a', '21.0.4'), await jdk('first/b', '24', 'run')];
    await jdk('first/folder/c', '25.0.1');
    const options = { folders: [join(folder, 'first/folder')] };
    const both = { JAVA_HOME: a, PATH: join(b, 'bin') };
    expect(await findJdk({ ...options, environment: both })).toMatchObject({
      java: join(a, 'bin/java'),
      major: 21,
    });
    expect(await findJdk({ ...options, environment: { PATH: join(b, 'bin') } })).toMatchObject({ major: 24 });
  });

  test('passes an old one by for the newest in the usual folders', async () => {
    const old = await jdk('second/old', '17.0.15');
    await jdk('second/folder/jdk-21', '21.0.4');
    const newest = await jdk('second/folder/jdk-25.jdk/Contents/Home', '25.0.3');
    await jdk('second/folder/jdk8', '1.8.0_402');
    const found = await findJdk({
      environment: { JAVA_HOME: old, PATH: '' },
      folders: [join(folder, 'second/folder')],
    });
    expect(found).toEqual({ java: join(newest, 'bin/java'), version: '25.0.3', major: 25 });
  });

  test('says what it found when nothing is new enough', async () => {
    const old = await jdk('third/old', '17.0.15');
    const search = findJdk({ environment: { PATH: join(old, 'bin') }, folders: [join(folder, 'third')] });
    await expect(search).rejects.toThrow(/JDK 21 or newer is needed; found 17\.0\.15 \(.*\)/);
    await expect(findJdk({ environment: {}, folders: [] })).rejects.toThrow('found none');
  });
});

test.each([
  ['21.0.4', 21],
  ['25', 25],
  ['1.8.0_402', 8],
  ['26-ea', 26],
])('majorOf(%s) is %i', (version, major) => {
  expect(majorOf(version)).toBe(major);
});
