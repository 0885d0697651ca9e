import { stopOnSignal } from '@millrace/embedded';
import { describeError } from '@millrace/kernel';
import { describeOptions, parseOptions } from './demo/options.ts';
import { terminalOutput } from './demo/progress.ts';
import { startDemo } from './demo/run-demo.ts';

const output = terminalOutput();

/** Answers the exit code: 0 when every check passed, 1 when one failed or something went wrong. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    output.line(describeOptions());
    return 0;
  }
  const demo = await startDemo(options, output);
  const { checks, passed, world } = demo.value;
  const failed = checks.filter((check) => !check.passed).map(({ name }) => name);
  if (!passed) console.error(`\nThe demo failed: ${failed.join('; ')}`);
  const code = passed ? 0 : 1;
  if (options.stay) {
    output.line('\nEverything keeps running until Ctrl-C:');
    for (const [name, { url }] of Object.entries(world.addresses.services))
      output.line(`  ${name.padEnd(18)} ${url}`);
    const { url, user, password } = world.addresses.stack.clickhouse;
    output.line(`  ${'ClickHouse'.padEnd(18)} ${url} (user ${user}, password ${password})`);
    stopOnSignal(demo);
    return code;
  }
  await demo.stop();
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
