import { type Command, Option } from 'commander';
import { createMillrace, type Millrace } from '@millrace/client';
import { z } from 'zod';
import type { Terminal } from './io/terminal.ts';

/** The options that every command has. */
export const globalsSchema = z.object({
  json: z.boolean().default(false),
  gatewayUrl: z.string(),
  featureServerUrl: z.string(),
  registryUrl: z.string(),
  monitorUrl: z.string(),
  onlineProjectorUrl: z.string(),
  offlineProjectorUrl: z.string(),
});

/** See {@link globalsSchema}. */
export type Globals = z.infer<typeof globalsSchema>;

const services = [
  ['gateway', 7400],
  ['feature-server', 7401],
  ['registry', 7402],
  ['monitor', 7403],
  ['online-projector', 7404],
  ['offline-projector', 7405],
] as const;

/** Adds the options that every command has. */
export function addGlobals(program: Command): void {
  program.option('--json', 'print one JSON document instead of text');
  for (const [name, port] of services) {
    const variable = `MILLRACE_${name.replaceAll('-', '_').toUpperCase()}_URL`;
    program.addOption(
      new Option(`--${name}-url <url>`, `address of the ${name}`)
        .env(variable)
        .default(`http://127.0.0.1:${port}`),
    );
  }
}

/** What a command works with. */
export interface Context {
  readonly globals: Globals;
  readonly terminal: Terminal;
  readonly millrace: Millrace;
  /** Prints the answer: as JSON where `--json` asks for it, else as text. */
  answer(json: unknown, text: () => string): void;
}

/** Makes the context of a command from its options. */
export function contextOf(command: Command, terminal: Terminal): Context {
  const globals = globalsSchema.parse(command.optsWithGlobals());
  const { gatewayUrl, featureServerUrl, registryUrl, monitorUrl } = globals;
  const producer = { service: 'millrace-cli' };
  return {
    globals,
    terminal,
    millrace: createMillrace({ gatewayUrl, featureServerUrl, registryUrl, monitorUrl, producer }),
    answer: (json, text) => terminal.out(globals.json ? JSON.stringify(json, jsonValue, 2) : text()),
  };
}

function jsonValue(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
