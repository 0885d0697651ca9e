export { AvroReader } from './avro-reader.ts';
export { type AvroField, type AvroNode, parseAvroSchema } from './avro-schema.ts';
export { checkOf } from './check-avro.ts';
export { arrayLength, blockCount, type Skip, skipOf } from './skip-avro.ts';
