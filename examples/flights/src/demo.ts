import { describeError } from '@millrace/kernel';
import { describeOptions, parseOptions } from './demo/options.ts';
import { terminalOutput } from './demo/progress.ts';
import { startDemo } from './demo/run-demo.ts';

const output = terminalOutput();

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    output.line(describeOptions());
    return 0;
  }
  const demo = await startDemo(options, output);
  await demo.stop();
  return demo.value.passed ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
