// Writes src/generated/events.ts from schemas/*.avsc. Run: node libs/events/generate.ts
import { writeFileSync } from 'node:fs';
import { generateEvents } from './src/generate-events.ts';

writeFileSync(new URL('./src/generated/events.ts', import.meta.url), generateEvents());
