export { featureRowSchema } from './avro.ts';
export { canonicalJson, definitionHash, definitionText } from './canonical.ts';
export type { DefinitionProblem } from './compatibility.ts';
export {
  Catalog,
  type RegisteredView,
  type ResolvedFeature,
  type ResolvedService,
  type ResolvedServiceView,
} from './catalog.ts';
export {
  defineEntity,
  defineFeatureService,
  defineFeatureView,
  type DefinedEntity,
  type DefinedService,
  type DefinedServiceView,
  type DefinedView,
} from './define.ts';
export {
  type Definition,
  type DefinitionKind,
  definitionSchema,
  type Entity,
  entitySchema,
  type Expectations,
  type Feature,
  type FeatureService,
  featureServiceSchema,
  type FeatureView,
  featureViewSchema,
  type ServiceView,
} from './definition.ts';
export { definitionOf } from './definition-of.ts';
export { featureReference, parseFeatureReference } from './feature-reference.ts';
export {
  describeType,
  type FeatureType,
  featureTypeSchema,
  type FeatureValue,
  type ScalarType,
  scalarTypes,
  type ValueOf,
} from './feature-type.ts';
export { type PlanContext, planDefinitions, type PlannedDefinition } from './plan.ts';
