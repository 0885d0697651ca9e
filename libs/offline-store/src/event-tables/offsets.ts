import type { PartitionOffset } from '@millrace/events';
import { array, field, int32, int64, tuple, word } from './codec.ts';

/** A vector of offsets. */
export const offsets = array(
  tuple<PartitionOffset>([
    field('topic', word, ({ topic }) => topic),
    field('partition', int32, ({ partition }) => partition),
    field('offset', int64, ({ offset }) => offset),
  ]),
);
