import type { KeyColumnType } from '@millrace/events';
import {
  type AvroField,
  type AvroNode,
  type AvroReader,
  parseAvroSchema,
  skipOf,
} from '@millrace/events/avro-bytes';
import { MillraceError } from '@millrace/kernel';
import type { RegisteredView } from '../catalog.ts';
import { type RowFeature, rowFeatures } from './row-features.ts';

/** Reads one field of a record, exactly to its end, and puts what it wants of it into a target. */
export type RowStep<T> = (reader: AvroReader, target: T) => void;

/** What is done with a feature. */
export interface FeatureSteps<T> {
  /** It is null; also called in a deletion, for each feature of the schema. */
  readonly putNull: (target: T) => void;
  /** Compiles how a value that is not null is read. @throws MillraceError VALUE_INVALID when the types do not fit. */
  readonly value: (node: AvroNode) => RowStep<T>;
}

/** What somebody wants of a view's records; asked for each field in the order of the writer's schema. */
export interface RowVisitor<T> {
  /** The event id: a string that must be a UUID. */
  readonly eventId: RowStep<T>;
  /** The event time: a long of microseconds. */
  readonly eventTime: RowStep<T>;
  keyColumn(name: string, type: KeyColumnType, node: AvroNode): RowStep<T>;
  /** A feature; asked for once, whichever types a schema gives it. */
  feature(feature: RowFeature): FeatureSteps<T>;
  /** The record is a deletion. */
  readonly deleted: (target: T) => void;
}

/**
 * Compiles how to read records of a view that were written with a schema, from its first byte to its last. What
 * the view does not know is passed over. The projectors of both stores read with this, so that they refuse the
 * same records with the same codes.
 *
 * @returns a step that throws MillraceError EVENT_MALFORMED, also for bytes behind the record, and what the
 *   visitor's steps throw.
 * @throws MillraceError VALUE_INVALID when the schema does not fit the view.
 */
export function compileRowWalk<T>(
  view: RegisteredView,
  schemaId: number,
  schema: string,
  visitor: RowVisitor<T>,
): RowStep<T> {
  const root = parseAvroSchema(schema);
  const found = new Set<string>();
  const steps = inOrder(fieldsOf(root, 'the record').map((field) => topStep(field, view, visitor, found)));
  for (const needed of ['eventId', 'eventTime', ...Object.keys(view.entity.keys), 'values']) {
    if (!found.has(needed))
      throw new MillraceError('VALUE_INVALID', `schema ${schemaId} has no ${needed}`, {
        details: { schemaId, field: needed },
      });
  }
  return (reader, target) => {
    steps(reader, target);
    reader.end();
  };
}

function topStep<T>(
  { name, node }: AvroField,
  view: RegisteredView,
  visitor: RowVisitor<T>,
  found: Set<string>,
): RowStep<T> {
  switch (name) {
    case 'envelope':
      return inOrder(fieldsOf(node, name).map((field) => envelopeStep(field, visitor, found)));
    case 'key':
      return inOrder(fieldsOf(node, name).map((field) => keyStep(field, view, visitor, found)));
    case 'values':
      return valuesStep(node, view, visitor, found);
    default:
      return skipOf(node);
  }
}

function envelopeStep<T>({ name, node }: AvroField, visitor: RowVisitor<T>, found: Set<string>): RowStep<T> {
  if (name === 'eventId' && node.kind === 'string') {
    found.add(name);
    return visitor.eventId;
  }
  if (name === 'eventTime' && (node.kind === 'timestamp' || node.kind === 'long')) {
    found.add(name);
    return visitor.eventTime;
  }
  return skipOf(node);
}

function keyStep<T>(
  { name, node }: AvroField,
  view: RegisteredView,
  visitor: RowVisitor<T>,
  found: Set<string>,
): RowStep<T> {
  const type = view.entity.keys[name];
  if (type === undefined) return skipOf(node);
  found.add(name);
  return visitor.keyColumn(name, type, node);
}

function valuesStep<T>(
  node: AvroNode,
  view: RegisteredView,
  visitor: RowVisitor<T>,
  found: Set<string>,
): RowStep<T> {
  const branches = node.kind === 'union' ? node.branches : [node];
  const index = branches.findIndex(({ kind }) => kind === 'record');
  const record = branches[index];
  if (record?.kind !== 'record') return skipOf(node);
  found.add('values');
  const known = new Map(rowFeatures(view).map((feature) => [feature.name, feature]));
  const nulls: ((target: T) => void)[] = [];
  const features = inOrder(
    record.fields.map(({ name, node: field }): RowStep<T> => {
      const feature = known.get(name);
      if (feature === undefined) return skipOf(field);
      const steps = visitor.feature(feature);
      nulls.push(steps.putNull);
      return featureStep(field, steps);
    }),
  );
  const isUnion = node.kind === 'union';
  return (reader, target) => {
    const branch = isUnion ? reader.count() : index;
    if (branch === index) {
      features(reader, target);
      return;
    }
    if (branches[branch]?.kind !== 'null') badBranch();
    visitor.deleted(target);
    for (const putNull of nulls) putNull(target);
  };
}

function featureStep<T>(node: AvroNode, { putNull, value }: FeatureSteps<T>): RowStep<T> {
  const branches = node.kind === 'union' ? node.branches : [node];
  const steps = branches.map(
    (branch): RowStep<T> => (branch.kind === 'null' ? (_reader, target) => putNull(target) : value(branch)),
  );
  if (node.kind !== 'union') return steps[0] ?? badBranch;
  return (reader, target) => (steps[reader.count()] ?? badBranch)(reader, target);
}

function badBranch(): never {
  throw new MillraceError('EVENT_MALFORMED', 'a union has no branch of this index');
}

function inOrder<T>(steps: readonly RowStep<T>[]): RowStep<T> {
  return (reader, target) => {
    for (const step of steps) step(reader, target);
  };
}

function fieldsOf(node: AvroNode, name: string): readonly AvroField[] {
  if (node.kind === 'record') return node.fields;
  throw new MillraceError('VALUE_INVALID', `${name} is not a record in the schema`);
}
