import type { KeyColumnType } from '@millrace/events';
import type { ErrorCode } from '@millrace/kernel';
import type { FeatureType } from '../feature-type.ts';
import type { ByteWriter } from './byte-writer.ts';
import { type ReportIssue, showValue } from './issue.ts';
import { type WriteValue, writeScalar } from './scalar.ts';

/** Checks one column of a row and writes it in Avro; what is wrong is reported. */
export type WriteColumn = (value: unknown, out: ByteWriter, report: ReportIssue) => void;

const NULL_BRANCH = 0;
const VALUE_BRANCH = 2;

/** A feature: null where the row has none. */
export function featureColumn(name: string, type: FeatureType): WriteColumn {
  const write = typeof type === 'string' ? scalarFeature(name, type) : arrayFeature(name, type);
  return (value, out, report) => {
    if (value === null || value === undefined) {
      out.byte(NULL_BRANCH);
      return;
    }
    out.byte(VALUE_BRANCH);
    write(value, out, report);
  };
}

/** A column of the entity key: never null. */
export function keyColumn(name: string, type: KeyColumnType): WriteColumn {
  const write = writeScalar[type];
  return (value, out, report) => {
    if (value === null || value === undefined) {
      report(name, 'KEY_INVALID', `${name} is part of the entity key: it must have a value (${type})`);
      return;
    }
    const broken = write(value, out);
    if (broken !== undefined) report(name, 'KEY_INVALID', `${name} (${type}) ${broken}`);
  };
}

function scalarFeature(name: string, type: Extract<FeatureType, string>): WriteColumn {
  const write = writeScalar[type];
  const code = codeOf(type);
  return (value, out, report) => {
    const broken = write(value, out);
    if (broken !== undefined) report(name, code, `${name} (${type}) ${broken}`);
  };
}

function arrayFeature(name: string, type: Exclude<FeatureType, string>): WriteColumn {
  const item = 'array' in type ? type.array : type.embedding;
  const dimension = 'dimension' in type ? type.dimension : undefined;
  const write: WriteValue = writeScalar[item];
  const code = codeOf(item);
  return (value, out, report) => {
    if (!Array.isArray(value)) {
      report(name, 'VALUE_INVALID', `${name} must be an array of ${item}, not ${showValue(value)}`);
      return;
    }
    if (dimension !== undefined && value.length !== dimension) {
      report(name, 'VALUE_INVALID', `${name} must have ${dimension} values, not ${value.length}`);
      return;
    }
    if (value.length > 0) out.integer(value.length);
    for (let index = 0; index < value.length; index++) {
      const broken = write(value[index], out);
      if (broken !== undefined) report(`${name}[${index}]`, code, `${name}[${index}] (${item}) ${broken}`);
    }
    out.byte(0);
  };
}

function codeOf(type: Extract<FeatureType, string>): ErrorCode {
  return type === 'timestamp' ? 'TIME_INVALID' : 'VALUE_INVALID';
}
