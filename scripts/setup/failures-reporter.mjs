import { appendFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const MESSAGE_LINES = 12;

/**
 * A reporter for vitest that appends what failed, test by test, to the file named by `MILLRACE_TEST_FAILURES`: the end
 * of a long output is all that many people see, and it should say more than that something failed.
 */
export default class FailuresReporter {
  onTestRunEnd(modules, unhandled) {
    const failures = [
      ...modules.flatMap((module) => [...failuresOf(module)]),
      ...unhandled.map((error) => describe('an error outside of any test', [error])),
    ];
    if (failures.length > 0) appendFileSync(process.env.MILLRACE_TEST_FAILURES, `${failures.join('\n')}\n`);
  }
}

function* failuresOf(module) {
  if (module.errors().length > 0) yield describe(module.relativeModuleId, module.errors());
  for (const suite of module.children.allSuites()) {
    if (suite.errors().length > 0)
      yield describe(`${module.relativeModuleId} › ${suite.fullName}`, suite.errors());
  }
  for (const test of module.children.allTests('failed')) {
    yield describe(`${module.relativeModuleId} › ${test.fullName}`, test.result().errors ?? []);
  }
}

function describe(title, errors) {
  const lines = errors.flatMap(({ message, stack, diff }) => [
    ...stripVTControlCharacters(`${message}\n${diff ?? ''}`)
      .trim()
      .split('\n')
      .slice(0, MESSAGE_LINES),
    ...(stack ?? '')
      .split('\n')
      .filter((line) => line.trimStart().startsWith('at '))
      .slice(0, 3),
  ]);
  return [title, ...lines.map((line) => `    ${line}`)].join('\n');
}
